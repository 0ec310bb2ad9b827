"""The commands: flags in, reports out, errors turned into exit codes.

``main`` runs a call; ``new`` and ``repository_commands`` have the commands, ``parameters`` their flags,
``click_commands`` the help and the errors. Nothing but ``adopt``, ``dev`` and ``__main__`` imports it.
"""
