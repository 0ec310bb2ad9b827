"""Merging a newer template into a repository without losing an edit.

``steps`` prepares and plans, ``apply`` writes, ``undo`` takes back what ``journal`` remembers; ``base`` finds the first
render, ``git_merge`` merges, ``lost_edits`` and ``resolvers`` look after what git cannot know. Builds on ``rendering``.
"""
