"""The commands: flags in, reports out, errors turned into exit codes.

``main`` has the group and ``new``; ``repository_commands`` explain, update and status. Nothing but ``dev`` and
``__main__`` imports it.
"""
