"""Conflicts in which lines are the wrong unit: a version that both sides raised, the sums of Go's modules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

MARKER = 48
"""Length of the conflict markers to be parsed: longer than any that a file holds by chance."""
OWNED = frozenset(["deploy/components/image/kustomization.yaml"])
"""Files that the template writes once; they are the project's alone from then on."""

_PIN = re.compile(r"\s*(?:-\s+)?(?:FROM\s|image:|newTag:|uses:)|.*(?:@v|==)\d")
"""Lines whose numbers are versions: an image's, an action's, a program's; and all lines of go.mod."""
_IMAGE = re.compile(r"\s*(?:-\s+)?(?:FROM\s|image:|newTag:)")
_VERSION = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)+)([-+][0-9A-Za-z.+-]+)?(?![\w.])")
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}|@[0-9a-f]{40}\b|\b[0-9a-f]{40}\b")


class Hunk(NamedTuple):
    """One conflict: the lines of each side."""

    yours: list[str]
    before: list[str]
    template: list[str]


class Choice(NamedTuple):
    """Two lines that differ in a version."""

    taken: str
    other: str


class Decision(NamedTuple):
    """The text without conflicts, and each line that both sides had changed in another way."""

    text: str
    choices: tuple[Choice, ...]


def resolve(path: str, marked: str) -> Decision | None:
    """Return what becomes of a file when each of its conflicts can be decided; None where one needs a person.

    ``marked`` has diff3 conflicts with markers of MARKER characters. Where it has none, the conflict is about
    something else than lines, such as an empty file that both sides added.
    """
    name, parts = path.rpartition("/")[2], list(_parts(marked))
    if not any(isinstance(part, Hunk) for part in parts):
        return None
    if name == "go.sum":
        both = [line for part in parts for line in (_sums(part) if isinstance(part, Hunk) else [part])]
        return Decision("".join(f"{line}\n" for line in sorted({line.rstrip("\r\n") for line in both})), ())
    lines: list[str] = []
    choices: list[Choice] = []
    for part in parts:
        chosen = _versions(part, module=name == "go.mod") if isinstance(part, Hunk) else [part]
        if chosen is None:
            return None
        lines += chosen
        choices += _choices(part, chosen) if isinstance(part, Hunk) else []
    return Decision("".join(lines), tuple(choices))


def _choices(hunk: Hunk, chosen: list[str]) -> Iterator[Choice]:
    for taken, yours, before, template in zip(chosen, hunk.yours, hunk.before, hunk.template, strict=True):
        if len({yours, before, template}) == 3:  # noqa: PLR2004
            yield Choice(taken.strip(), (yours if taken == template else template).strip())


def _parts(marked: str) -> Iterator[str | Hunk]:
    sides: list[list[str]] = []
    for line in marked.splitlines(keepends=True):
        sign = line[:MARKER]
        if sign == "<" * MARKER:
            sides = [[]]
        elif sides and sign in ("|" * MARKER, "=" * MARKER):
            sides.append([])
        elif sides and sign == ">" * MARKER:
            yield Hunk(sides[0], sides[1], sides[-1])
            sides = []
        elif sides:
            sides[-1].append(line)
        else:
            yield line


def _sums(hunk: Hunk) -> list[str]:
    """Keep every sum: Go ignores those that it does not need, and `go mod tidy` removes them."""
    return [*hunk.yours, *hunk.template]


def _versions(hunk: Hunk, *, module: bool) -> list[str] | None:
    """Take each line from whoever changed it, and of two that differ in a version the higher."""
    if not len(hunk.yours) == len(hunk.before) == len(hunk.template):
        return None
    three = zip(hunk.yours, hunk.before, hunk.template, strict=True)
    chosen = [_line(*lines, module=module) for lines in three]
    return None if any(line is None for line in chosen) else [line for line in chosen if line is not None]


def _line(yours: str, before: str, template: str, *, module: bool) -> str | None:
    """Return whose line stands, or None where more than a version was changed, or a version was lowered."""
    if yours == template:
        return yours
    if not _shape(yours) == _shape(before) == _shape(template) or not (module or _PIN.match(before)):
        return None
    if template == before:
        return yours
    if yours == before:
        return template
    mine, old, theirs = _number(yours), _number(before), _number(template)
    if mine is None or old is None or theirs is None:  # no tag, or one without a number: it is the same
        return yours if _IMAGE.match(before) else None
    # The higher version brings the digest or commit that belongs to it; of the same version, the project's stays.
    return None if min(mine, theirs) < old else template if theirs > mine else yours


def _shape(line: str) -> str:
    """Return a line without its versions and digests; what follows an image's version is no part of that."""
    return _VERSION.sub(r"\2" if _IMAGE.match(line) else "", _DIGEST.sub("", line))


def _number(line: str) -> tuple[tuple[int, int, str], ...] | None:
    """Return the one version in a line as something to compare; a pre-release is below its release."""
    found: list[tuple[str, str]] = _VERSION.findall(_DIGEST.sub("", line))
    if len(found) != 1:
        return None
    release, rest = found[0]
    numbers = tuple((1, int(part), "") for part in release.split("."))
    if not rest or rest.startswith("+"):
        return (*numbers, (1, 0, ""))
    return (*numbers, *((0, int(part), "") if part.isdigit() else (0, 0, part) for part in rest[1:].split(".")))
