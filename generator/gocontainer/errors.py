"""Everything that can go wrong, as classes that carry data; each writes its own sentences.

The environment failed (exit code 1), the call or an answer is wrong (2), or a person said stop (128 and more).
An error is one sentence that says what is wrong, then one that says what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

from gocontainer.texts import listed, mark, series, tr, written


def _clause(said: str) -> str:
    """Return what git said as a part of a sentence."""
    return " ".join(said.split()).removeprefix("fatal: ").rstrip(".")


def _short(value: object) -> str:
    text = tr("nothing") if value is None else str(value).lower() if isinstance(value, bool) else written(value)
    return text if len(text) <= 60 else text[:56] + "..." + text[0]  # noqa: PLR2004


_FORMS: Mapping[str, Callable[[Any], str]] = {
    "answers": lambda answers: tr(" with ").join(answers),
    "entries": listed,
    "expected": tr,
    "hint": tr,
    "key": _short,
    "missing": series,
    "reason": tr,
    "value": _short,
}
"""How the values of errors are written in their sentences, by their names."""


class GocontainerError(Exception):
    """Base of all errors that a user can see; ``exit_code`` is the process's."""

    exit_code = 1
    says: ClassVar[str]
    """The sentences, a text that people read: names in braces are the error's attributes."""

    def __str__(self) -> str:
        return tr(self.says, **self._values())

    def _values(self) -> dict[str, object]:
        return {name: _FORMS[name](value) if name in _FORMS else value for name, value in vars(self).items()}


class WriteError(GocontainerError):
    """The repository could not be written; nothing was left behind."""

    says = mark("Cannot write {path}: {reason}. Choose another folder with --output.")

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason


class GitFailed(GocontainerError):
    """git ended with an error, or is not there; ``said`` is what it printed."""

    says = mark("{command} failed: {said}. Nothing was changed; mend that and run the command again.")

    def __init__(self, command: str, said: str) -> None:
        self.command, self.said = command, _clause(said)


class GitTooOld(GocontainerError):
    """git has no ``merge-tree --write-tree`` before 2.38."""

    says = mark("git {version} cannot merge without a work tree. Install git 2.38 or newer.")

    def __init__(self, version: str) -> None:
        self.version = version


class CannotFetch(GocontainerError):
    """The template at ``source`` cannot be had: ``reason`` says why."""

    says = mark(
        "The template {source} cannot be fetched: {reason}. "
        "Check the address and your access to it, or say with --template where it is."
    )

    def __init__(self, source: str, reason: str) -> None:
        self.source, self.reason = source, _clause(reason)


class TemplateError(GocontainerError):
    """A template file uses more of the template language than the rules allow."""

    says = mark("{path}:{line}: {reason}. See 'Rules for the template' in ARCHITECTURE.md.")

    def __init__(self, path: str, line: int, reason: str) -> None:
        self.path, self.line, self.reason = path, line, reason


class NotACheckout(GocontainerError):
    """``path`` does not hold the template's sources."""

    says = mark("{path} holds no template. Run this from a checkout of gocontainer, installed with 'pip install -e'.")

    def __init__(self, path: str) -> None:
        self.path = path


class UsageError(GocontainerError):
    """The caller can mend this; nothing was written. ``option`` is the answer that is wrong, if it is one."""

    exit_code = 2
    option = ""
    where = ""
    value: object = None

    def at(self, option: str, where: str = "", value: object = None) -> Self:
        """Note which answer is wrong, where it was given and what it is, and return the error itself."""
        self.option, self.where, self.value = option, where, value
        return self


class WrongAnswers(UsageError):
    """Several answers are wrong: ``errors`` has one for each."""

    def __init__(self, errors: Sequence[UsageError]) -> None:
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n".join(map(str, self.errors))


class UnknownKey(UsageError):
    """No option is called ``key``; ``nearest`` is the closest name, if any is close."""

    says = mark("{where}: there is no option {key}. {hint}")

    def __init__(self, where: str, key: str, nearest: str | None, known: Sequence[str] = ()) -> None:
        self.where, self.key, self.nearest, self.known = where, key, nearest, tuple(known)
        self.hint = tr("Run 'gocontainer options' for the list.")
        if nearest:
            self.hint = tr("Did you mean {nearest}?", nearest=nearest)
        elif known:
            self.hint = tr("There are {names}.", names=series(known))


class InvalidAnswer(UsageError):
    """``value`` is not what ``where`` may be: ``expected`` names it, ``hint`` says what to do."""

    says = mark("{where}: {value} is not {expected}. {hint}")

    def __init__(self, where: str, value: object, expected: str, hint: str) -> None:
        self.where, self.value, self.expected, self.hint = where, value, expected, hint

    def __str__(self) -> str:
        # An answer that was just typed needs no address.
        return super().__str__() if self.where else tr("{value} is not {expected}. {hint}", **self._values())


class NotApplicable(UsageError):
    """``where`` was given although the option has no meaning with the other answers."""

    says = mark("{where} has no meaning unless {needs}. Leave it out, or change the other answer.")

    def __init__(self, where: str, needs: str) -> None:
        self.where, self.needs = where, needs


class ConflictingAnswers(UsageError):
    """``answers`` are fine one by one; ``reason`` says why not together."""

    says = mark("{answers} cannot work: {reason}. {hint}")

    def __init__(self, answers: Sequence[str], reason: str, hint: str) -> None:
        self.answers, self.reason, self.hint = tuple(answers), reason, hint


class Refused(UsageError):
    """``reason`` says why, ``hint`` what to do instead."""

    says = mark("{reason}. {hint}")

    def __init__(self, reason: str, hint: str) -> None:
        self.reason, self.hint = reason, hint

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text[0].upper()}{text[1:]}"


class Impossible(Refused):
    """An answer cannot go with what was answered before."""


class UnreadablePlace(UsageError):
    """What is at ``path`` cannot be seen: ``reason`` says why."""

    says = mark("{path} cannot be read: {reason}. Choose another service name or --output folder.")

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason


class NothingToResume(UsageError):
    """No conversation was left in the current folder, or none that can be read."""

    says = mark("There is nothing to resume: no answers were left in this folder. Leave --resume out.")


class MissingAnswers(UsageError):
    """A required answer is missing and there is no terminal to ask at."""

    says = mark(
        "{missing} is missing, and nobody can be asked. "
        "Run 'gocontainer new SERVICE'; 'gocontainer options' lists what else can be said."
    )

    def __init__(self, missing: Sequence[str]) -> None:
        self.missing = tuple(missing)


class UnreadableAnswers(UsageError):
    """The answers file cannot be read or is not a mapping."""

    says = mark("Cannot read answers from {path}: {reason}. {hint}")

    def __init__(self, path: str, reason: str, hint: str = "") -> None:
        self.path, self.reason = path, reason
        self.hint = hint or tr("Give a YAML, TOML or JSON mapping of options.")


class NotARepository(UsageError):
    """``path`` lies in no repository that gocontainer wrote."""

    says = mark(
        "Neither {path} nor a folder above it in its repository holds .gocontainer.lock. "
        "Name a repository that gocontainer wrote."
    )

    def __init__(self, path: str) -> None:
        self.path = path


class UnreadableLock(UsageError):
    """The lock file at ``path`` is not as this tool writes it."""

    says = mark("{path} is not as gocontainer wrote it. {hint}")

    def __init__(self, path: str, hint: str = mark("Bring it back, say with 'git checkout'.")) -> None:
        self.path, self.hint = path, hint


class CannotUpdate(Refused):
    """An update is not possible now."""


class CannotUse(Refused):
    """What was named cannot be used: an external template without running its code, say, or an empty trace."""


class TargetNotEmpty(UsageError):
    """The target folder holds ``entries`` beside which nothing is written; ``hint`` says what to do instead."""

    says = mark("{path} is in the way: {entries}. {hint}")

    def __init__(self, path: str, entries: Sequence[str], hint: str) -> None:
        self.path, self.entries, self.hint = path, tuple(entries), hint


class Cancelled(GocontainerError):
    """A person ended the wizard; nothing was written. ``kept`` says whether it can be resumed."""

    exit_code = 130
    says = mark("Cancelled. Nothing was written.")

    def __init__(self) -> None:
        self.kept = False

    def __str__(self) -> str:
        return super().__str__() + (" " + tr("'gocontainer new --resume' goes on from here.") if self.kept else "")


HANG_UP = 1
"""The number of SIGHUP, a name that Windows lacks: the terminal is gone."""


class Interrupted(Cancelled):
    """A signal ended the wizard; nothing was written. The exit code is 128 and the signal's number."""

    says = mark("Interrupted. Nothing was written.")

    def __init__(self, signal: int) -> None:
        super().__init__()
        self.signal, self.exit_code = signal, 128 + signal


class HalfUndone(Interrupted):
    """A signal came while an update was undone; the rest can still be."""

    says = mark("Interrupted. Run 'gocontainer update --abort' again.")
