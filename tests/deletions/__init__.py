"""Statements of the rendered Go are deleted, and the repository's own tests are to notice."""
