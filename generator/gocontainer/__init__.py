"""gocontainer: a Go service that is ready for production in containers, and stays so."""

from __future__ import annotations

__version__ = "0.2.0.dev0"
__all__ = ["Answers", "File", "GocontainerError", "Tree", "render"]

TYPE_CHECKING = False  # as typing has it, whose import would be most of the time of --version
if TYPE_CHECKING:
    from gocontainer.answers.model import Answers
    from gocontainer.errors import GocontainerError
    from gocontainer.rendering.engine import render
    from gocontainer.repository.tree import File, Tree

_HOMES = {
    "Answers": "gocontainer.answers.model",
    "File": "gocontainer.repository.tree",
    "GocontainerError": "gocontainer.errors",
    "Tree": "gocontainer.repository.tree",
    "render": "gocontainer.rendering.engine",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that ``--version`` imports nothing."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
