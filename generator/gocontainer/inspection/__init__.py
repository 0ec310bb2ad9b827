"""Looks at a repository that change nothing: where its numbers come from, what drifted, what is past its end of life.

Builds on ``rendering`` and ``update``; only ``cli`` and ``dev`` import it.
"""
