"""Conflicts in which lines are the wrong unit: a version that both sides raised, the sums of Go's modules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

MARKER = 48
"""Length of the conflict markers to be parsed: longer than any that a file holds by chance."""
OWNED = frozenset(["deploy/components/image/kustomization.yaml"])
"""Files that the template writes once; they are the project's alone from then on."""

_PIN = re.compile(r"\s*(?:-\s+)?(?:FROM\s|#\s*syntax\s*=|image:|newTag:|uses:)|.*(?:@v|==)\d")
"""Lines whose numbers are versions: an image's, an action's, a program's; and all lines of go.mod."""
_IMAGE = re.compile(r"\s*(?:-\s+)?(?:FROM\s|#\s*syntax\s*=|image:|newTag:)")
_REFERENCE = re.compile(
    r"(\s*(?:FROM\s+(?:--\S+\s+)*|#\s*syntax\s*=\s*|(?:-\s+)?image:\s+[\"']?))([^\s@\"']+)(@sha256:[0-9a-f]{64})?"
)
"""What stands before an image, its name with the tag, its digest."""
_VERSION = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)+)([-+][0-9A-Za-z.+-]+)?(?![\w.])")
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}|@[0-9a-f]{40}\b|\b[0-9a-f]{40}\b")


class Hunk(NamedTuple):
    """One conflict: the lines of each side."""

    yours: list[str]
    before: list[str]
    template: list[str]


class TakenVersion(NamedTuple):
    """Two lines that differ in a version."""

    taken: str
    other: str


class Decision(NamedTuple):
    """The text without conflicts, and each line that both sides had changed in another way."""

    text: str
    choices: tuple[TakenVersion, ...]


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
    choices: list[TakenVersion] = []
    for part in parts:
        if not isinstance(part, Hunk):
            lines.append(part)
            continue
        pinned = _pinned(part)
        chosen = pinned or _versions(part, module=name == "go.mod")
        if chosen is None:
            return None
        lines += chosen
        choices += _moved(part, chosen) if pinned else _choices(part, chosen)
    return Decision("".join(lines), tuple(choices))


def unpinned(choices: Iterable[TakenVersion]) -> list[str]:
    """Return the images in what was taken whose digest went with the tag that gave way."""
    pairs = ((_REFERENCE.match(each.taken), _REFERENCE.match(each.other)) for each in choices)
    return [taken[2] for taken, other in pairs if taken and other and other[3] and not taken[3] and ":" in taken[2]]


def _pinned(hunk: Hunk) -> list[str] | None:
    """Where the project did nothing but pin images, take the template's lines, and its digests for tags that stay.

    Where it did what the template does and pinned as well, its own lines stand.
    """
    yours, before, template = ([_bare(line) for line in lines] for lines in hunk)
    images = [list(_references(lines)) for lines in hunk]
    if (yours, before) == (hunk.yours, hunk.before):  # no digest: nothing was pinned, and git has its reasons
        return None
    if len({len(found) for found in images}) > 1 or yours not in (before, template):
        return None
    digests = {found[2]: found[3] or "" for found in images[0]}
    return [_with_digest(line, digests) for line in hunk.template]


def _with_digest(line: str, digests: Mapping[str, str]) -> str:
    found = _REFERENCE.match(line)
    if found is None or found[2] not in digests:
        return line
    return found[1] + found[2] + digests[found[2]] + line[found.end() :]


def _bare(line: str) -> str:
    """Return a line without an image's digest."""
    found = _REFERENCE.match(line)
    return found[1] + found[2] + line[found.end() :] if found else line


def _references(lines: Iterable[str]) -> Iterator[re.Match[str]]:
    return (found for found in map(_REFERENCE.match, lines) if found)


def _moved(hunk: Hunk, chosen: Sequence[str]) -> Iterator[TakenVersion]:
    """Yield what became of each line with an image where only digests were the project's."""
    sides = (hunk.yours, hunk.before, hunk.template, chosen)
    images = [[each.string.strip() for each in _references(lines)] for lines in sides]
    for yours, before, template, taken in zip(*images, strict=True):
        yield from (TakenVersion(taken, other) for other in (yours, template) if other not in (taken, before))


def _choices(hunk: Hunk, chosen: list[str]) -> Iterator[TakenVersion]:
    for taken, yours, before, template in zip(chosen, hunk.yours, hunk.before, hunk.template, strict=True):
        if len({yours, before, template}) == 3:  # noqa: PLR2004
            yield TakenVersion(taken.strip(), (yours if taken == template else template).strip())


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
