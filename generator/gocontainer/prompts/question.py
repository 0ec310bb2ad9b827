"""What a prompt asks, whichever way it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

Check = Callable[[str], str | None]
"""Says why a line cannot be taken, if it cannot."""


class Item(NamedTuple):
    """One choice; ``obstacle`` says why it cannot be chosen."""

    value: Any
    name: str
    label: str = ""
    obstacle: str = ""


class Asking(Protocol):
    """Asks a person one question after the other; None is the way back."""

    def held(self) -> AbstractContextManager[None]:
        """Hold the terminal for a conversation; raise Cancelled or Interrupted where the person ends it."""

    def text(self, question: str, default: str, check: Check, typed: str = "") -> str | None:
        """Ask for a line, until it can be taken. An empty one is what was ``typed`` before, or the default."""

    def complete(self, question: str, names: Mapping[str, str]) -> str | None:
        """Ask for one of some names, each with what it is."""

    def choose(self, question: str, items: Sequence[Item], default: Any) -> Any:
        """Ask for one of some choices."""

    def confirm(self, question: str) -> bool | None:
        """Ask for yes or no; Enter is no."""
