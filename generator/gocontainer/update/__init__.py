"""Merging a newer template into a repository without losing an edit.

``steps`` has prepare, plan and apply; ``base`` finds the first render, ``git_merge`` merges, ``lost_edits`` and
``resolvers`` look after what git cannot know, ``journal`` undoes. Builds on ``rendering``.
"""
