"""Conflicts in which lines are the wrong unit: a version that both sides raised, the sums of Go's modules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from gocontainer.update.go_requirements import required

MARKER = 48
"""Length of the conflict markers to be parsed: longer than any that a file holds by chance."""

_YAML = (".yaml", ".yml")
_USES = re.compile(r"\s*(?:-\s+)?uses:\s")
"""A line of YAML that names an action."""
_PROGRAM = re.compile(r".*(?<![\w.@/:-])[\w-]+(?:\.[\w-]+)+(?:/[\w.~-]+)+@v\d")
"""A line that names a Go program at a version: its module has a host and a path."""
_PACKAGE = re.compile(r"\s*(?:-\s+)?[\"']?[A-Za-z0-9][\w.-]*(?:\[[\w, -]*\])?==\d")
_PACKAGES = re.compile(r"(?:.*requirements.*|constraints.*)\.(?:txt|in|lock)|pyproject\.toml")
"""A line that pins a Python package, and the names of the files in which one does."""
_INSTALLED = re.compile(r".*\b(?:pip3?|pipx|uv|uvx)\s.*\s[\"']?[A-Za-z0-9][\w.-]*==\d")
"""A line that installs one, in whatever file."""
_REQUIRED = re.compile(r"\s*(?:require\s+)?\S+\s+v\d\S*\s*(?://.*)?$")
_BLOCK = re.compile(r"\s*(\w+)\s*\(\s*$")
"""A line of go.mod that requires a module, and one that begins a block of lines."""
_TAG = re.compile(r"\s*(?:-\s+)?(?:image:|newTag:)")
_IMAGE = re.compile(r"\s*(?:-\s+)?image:\s+[\"']?")
_NAME = re.compile(r"([^\s@\"']+)(@sha256:[0-9a-f]{64})?")
"""An image's name with the tag, and its digest."""
_VERSION = re.compile(r"(?<![\w.])v?(\d{1,9}(?:\.\d{1,9})+)([-+][0-9A-Za-z.+-]+)?(?![\w.])")
_SHORT = re.compile(r"[0-9]{1,18}")
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
    unpinned: str = ""
    """The image in ``taken`` whose digest went with the tag in ``other``."""


class Decision(NamedTuple):
    """The text without conflicts, and each line that both sides had changed in another way."""

    text: str
    choices: tuple[TakenVersion, ...]


def resolve(path: str, marked: str) -> Decision | None:
    """Return what becomes of a file when each of its conflicts can be decided; None where one needs a person.

    ``marked`` has diff3 conflicts with markers of MARKER characters. Where it has none, the conflict is about
    something else than lines, such as an empty file that both sides added.
    """
    name = path.rpartition("/")[2]
    try:
        parts = list(_parts(marked))
    except ValueError:
        return None
    if not any(isinstance(part, Hunk) for part in parts):
        return None
    if name == "go.sum":
        both = [line for part in parts for line in (_sums(part) if isinstance(part, Hunk) else [part])]
        return Decision("".join(f"{line}\n" for line in sorted({line.rstrip("\r\n") for line in both})), ())
    resolver = _Resolver(name, parts)
    lines: list[str] = []
    choices: list[TakenVersion] = []
    for part in parts:
        if not isinstance(part, Hunk):
            lines.append(part)
            resolver.pass_by(part)
            continue
        pinned = resolver.pinned(part)
        chosen = pinned or resolver.versions(part)
        if chosen is None:
            chosen = _requirements(part) if resolver.module else None
            if chosen is None:
                return None
        else:
            choices += resolver.moved(part, chosen) if pinned else resolver.choices(part, chosen)
        lines += chosen
    return Decision("".join(lines), tuple(choices))


class _Resolver:
    """Decides the conflicts of one file, of which it knows where images are named."""

    def __init__(self, name: str, parts: Sequence[str | Hunk]) -> None:
        self.name, self.module, self.is_yaml = name, name == "go.mod", name.endswith(_YAML)
        self.columns = _columns(name, parts)
        self.block = ""
        """Of go.mod, the block that a conflict stands in."""

    def pass_by(self, line: str) -> None:
        """Note what a line says of those that follow."""
        begun = _BLOCK.match(line) if self.module else None
        self.block = begun[1] if begun else "" if line.strip() == ")" else self.block

    def is_pin(self, line: str) -> bool:
        """Whether the number in a line is a version that somebody may raise: nobody else's numbers are decided."""
        if self.module:
            words = line.split()
            alone = self.block == "" and words[:1] in (["go"], ["require"])
            required = _REQUIRED.match(line) and (alone or self.block == "require")
            return bool(required or (alone and words[0] == "go"))
        if self.has_tag(line) or (self.is_yaml and _USES.match(line)) or _PROGRAM.match(line):
            return True
        return bool(_INSTALLED.match(line) or (_PACKAGES.fullmatch(self.name) and _PACKAGE.match(line)))

    def image(self, line: str) -> re.Match[str] | None:
        """Return the image that a line names, and its digest."""
        if self.columns is None:
            found = _IMAGE.match(line) if self.is_yaml else None
            return _NAME.match(line, found.end()) if found else None
        column = self.columns.get(_key(line))
        return None if column is None else _NAME.match(line, column)

    def has_tag(self, line: str) -> bool:
        """Whether the version in a line is an image's."""
        return bool(self.image(line) or (self.is_yaml and _TAG.match(line)))

    def images(self, lines: Iterable[str]) -> Iterator[re.Match[str]]:
        """Yield the images of some lines."""
        return (found for found in map(self.image, lines) if found)

    def pinned(self, hunk: Hunk) -> list[str] | None:
        """Where the project did nothing but pin images, take the template's lines, and its digests for tags that stay.

        Where it did what the template does and pinned as well, its own lines stand.
        """
        yours, before, template = ([self.bare(line) for line in lines] for lines in hunk)
        images = [list(self.images(lines)) for lines in hunk]
        if (yours, before) == (hunk.yours, hunk.before):  # no digest: nothing was pinned, and git has its reasons
            return None
        if len({len(found) for found in images}) > 1 or yours not in (before, template):
            return None
        digests = {found[1]: found[2] or "" for found in images[0]}
        return [self.with_digest(line, digests) for line in hunk.template]

    def with_digest(self, line: str, digests: Mapping[str, str]) -> str:
        """Return a line with the digest that its image has in ``digests``."""
        found = self.image(line)
        if found is None or found[1] not in digests:
            return line
        return line[: found.end(1)] + digests[found[1]] + line[found.end() :]

    def bare(self, line: str) -> str:
        """Return a line without an image's digest."""
        found = self.image(line)
        return line[: found.end(1)] + line[found.end() :] if found else line

    def taken(self, taken: str, other: str) -> TakenVersion:
        """Return a choice between two lines, with the image that lost its digest by it."""
        new, old = self.image(taken), self.image(other)
        lost = new[1] if new and old and old[2] and not new[2] and ":" in new[1] else ""
        return TakenVersion(taken.strip(), other.strip(), lost)

    def moved(self, hunk: Hunk, chosen: Sequence[str]) -> Iterator[TakenVersion]:
        """Yield what became of each line with an image where only digests were the project's."""
        sides = (hunk.yours, hunk.before, hunk.template, chosen)
        images = [[found.string for found in self.images(lines)] for lines in sides]
        for yours, before, template, taken in zip(*images, strict=True):
            yield from (self.taken(taken, other) for other in (yours, template) if other not in (taken, before))

    def choices(self, hunk: Hunk, chosen: list[str]) -> Iterator[TakenVersion]:
        """Yield what became of each line that both sides had changed."""
        for taken, yours, before, template in zip(chosen, hunk.yours, hunk.before, hunk.template, strict=True):
            if len({yours, before, template}) == 3:  # noqa: PLR2004
                yield self.taken(taken, yours if taken == template else template)

    def versions(self, hunk: Hunk) -> list[str] | None:
        """Take each line from whoever changed it, and of two that differ in a version the higher."""
        if not len(hunk.yours) == len(hunk.before) == len(hunk.template):
            return None
        three = zip(hunk.yours, hunk.before, hunk.template, strict=True)
        chosen = [self.line(*lines) for lines in three]
        return None if any(line is None for line in chosen) else [line for line in chosen if line is not None]

    def line(self, yours: str, before: str, template: str) -> str | None:
        """Return the winning line of a three-way conflict; None where a person must decide."""
        self.pass_by(before)
        if yours == template:
            return yours
        same = self.shape(yours) == self.shape(before) == self.shape(template)
        if not same or not self.is_pin(before):
            return None
        if template == before:
            return yours
        if yours == before:
            return template
        mine, old, theirs = _number(yours), _number(before), _number(template)
        if mine is None or old is None or theirs is None:  # no tag, or one without a number: it is the same
            return yours if self.has_tag(before) else None
        # The higher version brings the digest or commit that belongs to it; of the same version, the project's stays.
        return None if min(mine, theirs) < old else template if theirs > mine else yours

    def shape(self, line: str) -> str:
        """Return a line without its versions and digests; what follows an image's version is no part of that."""
        return _VERSION.sub(r"\2" if self.has_tag(line) else "", _DIGEST.sub("", line))


def _columns(name: str, parts: Sequence[str | Hunk]) -> dict[str, int] | None:
    """Return where each line of a Dockerfile that names an image names it, on any side; None for other files."""
    from gocontainer.repository.dockerfile import is_dockerfile, references  # most updates have no such conflict

    if not is_dockerfile(name):
        return None
    columns: dict[str, int] = {}
    for side in range(len(Hunk._fields)):
        text = "".join(part if isinstance(part, str) else "".join(part[side]) for part in parts)
        lines = text.split("\n")
        places = (each.place for each in references(text))
        columns |= {_key(lines[place[0]]): place[1] for place in places if place}
    return columns


def _key(line: str) -> str:
    """Return a line without what may be added to it: a digest stands behind the name."""
    return _DIGEST.sub("", line.removesuffix("\n"))


def _parts(marked: str) -> Iterator[str | Hunk]:
    """Yield lines and conflicts; ValueError where a line within one looks like a marker: none knows the sides then."""
    sides: list[list[str]] = []
    for line in marked.splitlines(keepends=True):
        sign = line[:MARKER]
        if sign == "<" * MARKER:
            sides = [[]]
        elif sides and sign in ("|" * MARKER, "=" * MARKER):
            sides.append([])
        elif sides and sign == ">" * MARKER:
            yours, before, template = sides
            yield Hunk(yours, before, template)
            sides = []
        elif sides:
            sides[-1].append(line)
        else:
            yield line


def _sums(hunk: Hunk) -> list[str]:
    """Keep every sum: Go ignores those that it does not need, and `go mod tidy` removes them."""
    return [*hunk.yours, *hunk.template]


def _requirements(hunk: Hunk) -> list[str] | None:
    """Take each module that go.mod requires from whoever changed it, in order; None where that is not all it says."""
    yours, before, template = map(required, hunk)
    if yours is None or before is None or template is None:
        return None
    chosen = []
    for path in sorted({*yours, *template}):
        mine, old, new = yours.get(path), before.get(path), template.get(path)
        if mine and new and old is None:
            mine = new = max(mine, new, key=lambda line: (_number(line) or (), "indirect" not in line))
        if mine not in (old, new) and new != old:
            return None
        line = new if mine == old else mine
        chosen += [line] if line else []
    return chosen


def _number(line: str) -> tuple[tuple[int, int, str], ...] | None:
    """Return the one version in a line as something to compare; a pre-release is below its release."""
    found: list[tuple[str, str]] = _VERSION.findall(_DIGEST.sub("", line))
    if len(found) != 1:
        return None
    release, rest = found[0]
    numbers = tuple((1, int(part), "") for part in release.split("."))
    if not rest or rest.startswith("+"):
        return (*numbers, (1, 0, ""))
    return (*numbers, *((0, int(part), "") if _SHORT.fullmatch(part) else (0, 0, part) for part in rest[1:].split(".")))
