"""Prompts that stay in the scrollback: what a person is asked outside of the wizard's pages.

``terminal.py`` draws them; the others say what is asked. Nothing of the wizard is imported here.
"""
