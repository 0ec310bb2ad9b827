"""Scorecard: its checks of files by their documented rules, and the module that runs the real ones."""
