"""Conflicts in which lines are the wrong unit: a version that both sides raised, the sums of Go's modules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

MARKER = 48
"""Length of the conflict markers to be parsed: longer than any that a file holds by chance."""
OWNED = frozenset(["deploy/components/image/kustomization.yaml"])
"""Files that the template writes once; they are the project's alone from then on."""

_VERSION = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)+(?:[-+][0-9A-Za-z.-]+)?)(?![\w.])")
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}|@[0-9a-f]{40}\b|\b[0-9a-f]{40}\b")


class Hunk(NamedTuple):
    """One conflict: the lines of each side."""

    yours: list[str]
    before: list[str]
    template: list[str]


def resolve(path: str, marked: str) -> str | None:
    """Return the text with every conflict in it decided, or None where one needs a person.

    ``marked`` has diff3 conflicts with markers of MARKER characters.
    """
    name = path.rpartition("/")[2]
    decide: Callable[[Hunk], list[str] | None] = _sums if name == "go.sum" else _versions
    lines: list[str] = []
    for part in _parts(marked):
        chosen = decide(part) if isinstance(part, Hunk) else [part]
        if chosen is None:
            return None
        lines += chosen
    text = "".join(lines)
    return "".join(sorted(set(text.splitlines(keepends=True)))) if name == "go.sum" else text


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


def _versions(hunk: Hunk) -> list[str] | None:
    """Take each line from whoever changed it, and of two that differ in a version the higher."""
    if not len(hunk.yours) == len(hunk.before) == len(hunk.template):
        return None
    chosen = [_line(*three) for three in zip(hunk.yours, hunk.before, hunk.template, strict=True)]
    return None if any(line is None for line in chosen) else [line for line in chosen if line is not None]


def _line(yours: str, before: str, template: str) -> str | None:
    if template in (yours, before):
        return yours
    if yours == before:
        return template
    if not _shape(yours) == _shape(before) == _shape(template):
        return None
    mine, theirs = _number(yours), _number(template)
    if mine is None or theirs is None:
        return None
    # The higher version brings the digest or commit that belongs to it; of the same version, the project's stays.
    return template if theirs > mine else yours


def _shape(line: str) -> str:
    """Return a line without its versions and digests."""
    return _VERSION.sub("", _DIGEST.sub("", line))


def _number(line: str) -> tuple[tuple[int, int, str], ...] | None:
    """Return the one version in a line as something to compare; a pre-release is below its release."""
    found: Sequence[str] = _VERSION.findall(_DIGEST.sub("", line))
    if len(found) != 1:
        return None
    release, _, rest = found[0].replace("+", "-", 1).partition("-")
    numbers = tuple((1, int(part), "") for part in release.split("."))
    if not rest:
        return (*numbers, (1, 0, ""))
    return (*numbers, *((0, int(part), "") if part.isdigit() else (0, 0, part) for part in rest.split(".")))
