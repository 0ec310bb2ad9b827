"""A real Gitea: what a repository with its pipeline asks of it."""
