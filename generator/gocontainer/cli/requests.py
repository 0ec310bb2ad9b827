"""Calls of commands, typed; and what is wrong with one, for people and for programs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gocontainer.console import absolute
from gocontainer.errors import UsageError, WrongAnswers
from gocontainer.texts import joined, tr


class NewRequest(NamedTuple):
    """A call of the command; ``given`` are the table's flags."""

    service: str | None
    named: str | None
    output: str | None
    no_input: bool
    plain: bool
    inline: bool
    resume: bool
    no_git: bool
    template: str | None
    directory: str | None
    trust: bool
    dry_run: bool
    as_json: bool
    answers_files: tuple[str, ...]
    settings: tuple[str, ...]
    given: Mapping[str, Any]

    def at_the_folder(self) -> NewRequest:
        """Return the call with ``.`` as what it stands for: the folder itself, whose name is the service's."""
        if self.service not in (".", "./") or self.named is not None:
            return self
        folder = absolute(self.output or ".")
        return self._replace(service=folder.name, output=os.path.normpath(f"{self.output or '.'}/.."))


class UpdateRequest(NamedTuple):
    """A call of ``update``."""

    path: str
    version: str | None
    template: str | None
    directory: str | None
    trust: bool
    settings: tuple[str, ...]
    dry_run: bool
    diff: bool
    on_conflict: str
    verify: bool
    commit: bool
    branch: str | None
    baseless: bool
    finish: bool
    abort: bool
    restore: tuple[str, ...]
    as_json: bool

    @property
    def must_be_clean(self) -> bool:
        """Whether conflicts are to stop the update: nobody can decide them on a branch that is not checked out."""
        return self.on_conflict == "abort" or bool(self.branch)


class WrongCall(UsageError):
    """The flags or arguments of ``command`` are not as its help says: ``reason`` is a sentence."""

    def __init__(self, command: str, reason: str) -> None:
        self.command, self.reason = command, reason

    @property
    def hint(self) -> str:
        """What to do."""
        return tr("Run '{command} --help' for help.", command=self.command)

    def __str__(self) -> str:
        return joined(self.reason, self.hint)


def each_of(error: BaseException) -> Sequence[BaseException]:
    """Return the errors that one stands for."""
    return error.errors if isinstance(error, WrongAnswers) else (error,)


def sentences(error: BaseException, command: str) -> str:
    """Return what is wrong, and what to do about it."""
    if isinstance(error, OSError):  # the current folder is gone, a parent may not be searched, and so on
        values = {"place": error.filename or tr("The current folder"), "reason": error.strerror}
        if command in ("init", "new"):
            return tr("{place}: {reason}. Choose another folder with --output.", **values)
        return tr("{place}: {reason}. Mend that and run the command again.", **values)
    return str(error)


def as_json(error: BaseException, command: str) -> Mapping[str, Any]:
    """Return the document that a call with ``--json`` prints where it fails."""
    return {"errors": [_as_json(each, sentences(each, command)) for each in each_of(error)]}


def _as_json(error: BaseException, text: str) -> Mapping[str, Any]:
    """Return one error; the last of its sentences is the way out, where it has no hint of its own."""
    option, where, value = (getattr(error, name, None) for name in ("option", "where", "value"))
    reason, _, last = text.rpartition(". ")
    way_out = str(getattr(error, "hint", "")) or (last if reason else "")
    reason = text.removesuffix(way_out).rstrip().removeprefix(f"{where}: ").rstrip(".")
    return {
        "option": option or None,
        "where": where or None,
        "value": value if value is None or isinstance(value, str | int | float | list) else str(value),
        "reason": reason,
        "way_out": way_out or None,
    }
