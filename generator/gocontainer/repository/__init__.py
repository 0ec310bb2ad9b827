"""The disk and git: a tree of files written whole or not at all, and the only module that runs git.

Knows no answers. All packages but ``options`` may import it.
"""
