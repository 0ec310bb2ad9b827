"""Which template a call asks for, and who can be asked about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol


class Question(NamedTuple):
    """A variable of a template that a person may be asked for."""

    name: str
    label: str
    default: Any
    choices: Sequence[tuple[Any, str, str]]
    """For each its value, what it renders to, and its label."""
    fixed: bool
    """Whether the default is the same for all answers."""


def in_a_line(value: object) -> str:
    """Return the value of a variable as ``--set`` takes it: a text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class Person(Protocol):
    """Somebody at a terminal."""

    def asked(self) -> AbstractContextManager[None]:
        """Hold the terminal for a conversation."""

    def trusts(self, source: str, code: Sequence[str]) -> bool:
        """Return whether the code of a template may run."""

    def answer(self, question: Question, earlier: Any, number: int, count: int) -> Any:
        """Return the answer to the question ``number`` of ``count``, or None to go back.

        ``earlier`` is what was answered before the person went back, if anything.
        """


class Wizard(NamedTuple):
    """How the wizard that a fork of our template brings is to be held."""

    output: str = "."
    inline: bool = False
    dry_run: bool = False
    plain: bool = False


class Wanted(NamedTuple):
    """What the command line says of a template."""

    template: str | None = None
    revision: str | None = None
    trust: bool = False
    directory: str | None = None
    """The folder in the template's repository where it lies."""
    person: Callable[[], Person] | None = None
    """Makes the one who is asked for what is left open; nobody is where it is None."""
    wizard: Wizard = Wizard()
