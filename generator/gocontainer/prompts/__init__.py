"""What a person is asked outside of the wizard's pages.

``settings.py`` and ``template.py`` say what; ``terminal.py`` draws prompts that stay in the scrollback, and
``lines.py`` asks the same line by line. ``find.py`` knows what a typed name means. Nothing of the wizard is imported.
"""
