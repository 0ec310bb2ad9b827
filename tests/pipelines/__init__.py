"""The pipelines that no other judge reads: what Gitea makes of its own, and what a Jenkinsfile's syntax tree says."""
