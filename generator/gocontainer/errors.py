"""Everything that can go wrong, as classes that carry data; each writes its own sentences.

    GocontainerError            1   the environment failed
    ├── WriteError                  a file or folder could not be written
    ├── GitFailed                   git said no, or is not there
    ├── GitTooOld                   git is older than 2.38
    ├── CannotFetch                 an external template cannot be had
    ├── TemplateError               a template breaks the rules of the template language
    ├── NotACheckout                a maintainer's command outside a checkout
    ├── UsageError              2   the call or an answer is wrong
    │   ├── UnknownKey                  no option has this name
    │   ├── InvalidAnswer               the value breaks the option's rule
    │   ├── NotApplicable               the option has no meaning with the other answers
    │   ├── ConflictingAnswers          each answer is fine, together they cannot work
    │   ├── UnreadablePlace             nobody may look at the folder to be written
    │   ├── NothingToResume             no earlier conversation was left
    │   ├── MissingAnswers              nobody can be asked
    │   ├── NotARepository              no lock file lies there
    │   ├── UnreadableLock              the lock file was changed by hand, or is not ours
    │   ├── Refused                     a reason, and what to do instead
    │   │   ├── Impossible                  an answer at the wizard cannot go with the others
    │   │   ├── CannotUpdate                something is in the way of an update
    │   │   └── CannotUse                   a template or a file cannot be used, or not safely
    │   ├── UnreadableAnswers           the answers file cannot be used
    │   └── TargetNotEmpty              something is in the way
    └── Cancelled             130   a person said stop
        └── Interrupted     129, 143   the terminal went away, or the system said stop

An error is one sentence that says what is wrong, then one that says what to do.
"""

from __future__ import annotations

from collections.abc import Sequence

EXIT_CODES = {
    0: "done",
    1: "the environment failed; nothing was written",
    2: "bad usage or answers; nothing was written",
    3: "an update left conflicts for a person",
    4: "files drifted, an update is there or an image is past its end of life (`status`), "
    "or a preview would change something",
    129: "the terminal was closed; nothing was written",
    130: "cancelled; nothing was written",
    143: "terminated; nothing was written",
}
"""What each exit code of the process means."""


class GocontainerError(Exception):
    """Base of all errors that a user can see; ``exit_code`` is the process's."""

    exit_code = 1


class WriteError(GocontainerError):
    """The repository could not be written; nothing was left behind."""

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"Cannot write {self.path}: {self.reason}. Choose another folder with --output."


class GitFailed(GocontainerError):
    """git ended with an error, or is not there; ``said`` is what it printed."""

    def __init__(self, command: str, said: str) -> None:
        self.command, self.said = command, said

    def __str__(self) -> str:
        said = " ".join(self.said.split()).removeprefix("fatal: ").rstrip(".")
        return f"{self.command} failed: {said}. Nothing was changed; mend that and run the command again."


class GitTooOld(GocontainerError):
    """git has no ``merge-tree --write-tree`` before 2.38."""

    def __init__(self, version: str) -> None:
        self.version = version

    def __str__(self) -> str:
        return f"git {self.version} cannot merge without a work tree. Install git 2.38 or newer."


class CannotFetch(GocontainerError):
    """The template at ``source`` cannot be had: ``reason`` says why."""

    def __init__(self, source: str, reason: str) -> None:
        self.source, self.reason = source, reason

    def __str__(self) -> str:
        reason = " ".join(self.reason.split()).removeprefix("fatal: ").rstrip(".")
        hint = "Check the address and your access to it, or say with --template where it is."
        return f"The template {self.source} cannot be fetched: {reason}. {hint}"


class TemplateError(GocontainerError):
    """A template file uses more of the template language than the rules allow."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        self.path, self.line, self.reason = path, line, reason

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}. See 'Rules for the template' in ARCHITECTURE.md."


class NotACheckout(GocontainerError):
    """``path`` does not hold the template's sources."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __str__(self) -> str:
        return (
            f"{self.path} holds no template. Run this from a checkout of gocontainer, installed with 'pip install -e'."
        )


class UsageError(GocontainerError):
    """The caller can mend this; nothing was written."""

    exit_code = 2


def _short(value: object) -> str:
    text = "nothing" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:56] + "..." + text[0]  # noqa: PLR2004


class UnknownKey(UsageError):
    """No option is called ``key``; ``nearest`` is the closest name, if any is close."""

    def __init__(self, where: str, key: str, nearest: str | None, known: Sequence[str] = ()) -> None:
        self.where, self.key, self.nearest, self.known = where, key, nearest, tuple(known)

    def __str__(self) -> str:
        hint = f"There are {', '.join(self.known)}." if self.known else "Run 'gocontainer options' for the list."
        hint = f"Did you mean {self.nearest}?" if self.nearest else hint
        return f"{self.where}: there is no option {_short(self.key)}. {hint}"


class InvalidAnswer(UsageError):
    """``value`` is not what ``where`` may be: ``expected`` names it, ``hint`` says what to do."""

    def __init__(self, where: str, value: object, expected: str, hint: str) -> None:
        self.where, self.value, self.expected, self.hint = where, value, expected, hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""  # an answer that was just typed needs no address
        return f"{place}{_short(self.value)} is not {self.expected}. {self.hint}"


class NotApplicable(UsageError):
    """``where`` was given although the option has no meaning with the other answers."""

    def __init__(self, where: str, needs: str) -> None:
        self.where, self.needs = where, needs

    def __str__(self) -> str:
        return f"{self.where} has no meaning unless {self.needs}. Leave it out, or change the other answer."


class ConflictingAnswers(UsageError):
    """``answers`` are fine one by one; ``reason`` says why not together."""

    def __init__(self, answers: Sequence[str], reason: str, hint: str) -> None:
        self.answers, self.reason, self.hint = tuple(answers), reason, hint

    def __str__(self) -> str:
        return f"{' with '.join(self.answers)} cannot work: {self.reason}. {self.hint}"


class Refused(UsageError):
    """``reason`` says why, ``hint`` what to do instead."""

    def __init__(self, reason: str, hint: str) -> None:
        self.reason, self.hint = reason, hint

    def __str__(self) -> str:
        return f"{self.reason[0].upper()}{self.reason[1:]}. {self.hint}"


class Impossible(Refused):
    """An answer cannot go with what was answered before."""


class UnreadablePlace(UsageError):
    """What is at ``path`` cannot be seen: ``reason`` says why."""

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"{self.path} cannot be read: {self.reason}. Choose another service name or --output folder."


class NothingToResume(UsageError):
    """No conversation was left in the current folder, or none that can be read."""

    def __str__(self) -> str:
        return "There is nothing to resume: no answers were left in this folder. Leave --resume out."


class MissingAnswers(UsageError):
    """A required answer is missing and there is no terminal to ask at."""

    def __init__(self, missing: Sequence[str], flags: Sequence[str]) -> None:
        self.missing, self.flags = tuple(missing), tuple(flags)

    def __str__(self) -> str:
        return (
            f"{', '.join(self.missing)} is missing, and nobody can be asked."
            " Run 'gocontainer new SERVICE', with any of these flags:\n  " + "\n  ".join(self.flags)
        )


class UnreadableAnswers(UsageError):
    """The answers file cannot be read or is not a mapping."""

    def __init__(self, path: str, reason: str, hint: str = "Give a YAML, TOML or JSON mapping of options.") -> None:
        self.path, self.reason, self.hint = path, reason, hint

    def __str__(self) -> str:
        return f"Cannot read answers from {self.path}: {self.reason}. {self.hint}"


class NotARepository(UsageError):
    """``path`` is no repository that gocontainer wrote."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __str__(self) -> str:
        return f"{self.path} holds no .gocontainer.lock. Name the top of a repository that gocontainer wrote."


class UnreadableLock(UsageError):
    """The lock file at ``path`` is not as this tool writes it."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __str__(self) -> str:
        return f"{self.path} is not as gocontainer wrote it. Bring it back, say with 'git checkout'."


class CannotUpdate(Refused):
    """An update is not possible now."""


class CannotUse(Refused):
    """What was named cannot be used: an external template without running its code, say, or an empty trace."""


class TargetNotEmpty(UsageError):
    """The target folder holds ``entries``, and only ``.git`` may be there."""

    def __init__(self, path: str, entries: Sequence[str]) -> None:
        self.path, self.entries = path, tuple(entries)

    def __str__(self) -> str:
        shown = ", ".join(self.entries[:5]) + (f" and {len(self.entries) - 5} more" if len(self.entries) > 5 else "")  # noqa: PLR2004
        return f"{self.path} is in the way: {shown}. Choose another service name or --output folder."


class Cancelled(GocontainerError):
    """A person ended the wizard; nothing was written. ``kept`` says whether it can be resumed."""

    exit_code = 130

    def __init__(self) -> None:
        self.kept = False

    def __str__(self) -> str:
        way_back = " 'gocontainer new --resume' goes on from here." if self.kept else ""
        return f"{self._what}. Nothing was written.{way_back}"

    _what = "Cancelled"


HANG_UP = 1
"""The number of SIGHUP, a name that Windows lacks: the terminal is gone."""


class Interrupted(Cancelled):
    """A signal ended the wizard; nothing was written. The exit code is 128 and the signal's number."""

    _what = "Interrupted"

    def __init__(self, signal: int) -> None:
        super().__init__()
        self.exit_code = 128 + signal
