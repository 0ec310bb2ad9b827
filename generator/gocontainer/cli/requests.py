"""Calls of commands, typed; and what is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gocontainer.errors import UsageError


class NewRequest(NamedTuple):
    """A call of the command; ``given`` are the table's flags."""

    service: str | None
    named: str | None
    output: str | None
    no_input: bool
    plain: bool
    resume: bool
    no_git: bool
    template: str | None
    trust: bool
    dry_run: bool
    as_json: bool
    answers_files: tuple[str, ...]
    settings: tuple[str, ...]
    given: Mapping[str, Any]


class UpdateRequest(NamedTuple):
    """A call of ``update``."""

    path: str
    version: str | None
    template: str | None
    trust: bool
    settings: tuple[str, ...]
    dry_run: bool
    diff: bool
    on_conflict: str
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

    def __str__(self) -> str:
        return f"{self.reason} Run '{self.command} --help' for help."
