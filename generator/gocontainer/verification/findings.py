"""What is looked at, and what is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gocontainer.repository.objects import Entries, Read
from gocontainer.texts import tr

Files = Mapping[str, bytes]
"""Contents by path, from the top of the repository."""


class Snapshot(Mapping[str, bytes]):
    """The files of a commit, or of what will be one; each is read once it is asked for."""

    def __init__(self, entries: Entries, read: Read) -> None:
        self.entries, self._read = {path: each for path, each in entries.items() if each.mode != "160000"}, read
        self._known: dict[str, bytes] = {}

    def load(self, paths: Iterable[str]) -> None:
        """Read many files at once."""
        wanted = [path for path in paths if path not in self._known]
        contents = self._read([self.entries[path].oid for path in wanted])
        self._known.update(zip(wanted, contents, strict=True))

    def __getitem__(self, path: str) -> bytes:
        """Return a file's content."""
        if path not in self._known:
            self.load([path] if path in self.entries else [])
        return self._known[path]

    def __contains__(self, path: object) -> bool:
        """Whether there is such a file."""
        return path in self.entries

    def __iter__(self) -> Iterator[str]:
        """Return every path."""
        return iter(self.entries)

    def __len__(self) -> int:
        """Return how many files there are."""
        return len(self.entries)


class Sides(NamedTuple):
    """What was merged, and what came of it; ``prefix`` is the service's folder, with a slash at its end."""

    prefix: str
    base: Files
    mine: Snapshot
    theirs: Files
    merged: Snapshot

    @property
    def changed(self) -> list[str]:
        """The files that are not as in the last commit."""
        after, before = self.merged.entries, self.mine.entries
        return [path for path, entry in after.items() if before.get(path) != entry]


class Place(NamedTuple):
    """A line of a file."""

    path: str
    line: int

    def __str__(self) -> str:
        """Return it as compilers write it."""
        return f"{self.path}:{self.line}"


class Finding(NamedTuple):
    """Something wrong; ``said`` is the name that it is about, or another tool's own words."""

    kind: str
    """go, syntax, twice or missing."""
    path: str
    line: int
    said: str
    yours: Place | None = None
    """Where the owner has a part of it, in the last commit."""
    template: Place | None = None
    """Where the template has, in its newest render."""

    @property
    def sides(self) -> dict[str, Place | None]:
        """Both places, by the side."""
        return {"yours": self.yours, "template": self.template}

    @property
    def sentence(self) -> str:
        """What a person reads."""
        if self.kind == "twice":
            return tr("{said} stands twice", said=self.said)
        if self.kind == "missing":
            return tr("{said} is named here, and is not there", said=self.said)
        return tr("cannot be parsed: {said}", said=self.said) if self.kind == "syntax" else self.said


class Verified(NamedTuple):
    """What only the merge broke, and, a line each, what else is to be known."""

    broken: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def new(found: Iterable[Finding], *known: Iterable[Finding]) -> list[Finding]:
    """Return those that none of the others has as often: they may lie elsewhere there."""
    before = [*map(_counted, known)]
    left = {kind: max(each[kind] for each in before) for kind in {kind for each in before for kind in each}}
    at = {(each.path, each.kind, each.said) for some in known for each in some}
    fresh = []
    for each in sorted(found, key=lambda each: ((each.path, each.kind, each.said) not in at, each)):
        if left.get((each.kind, each.said), 0) > 0:
            left[each.kind, each.said] -= 1
        else:
            fresh.append(each)
    return sorted(fresh)


def _counted(found: Iterable[Finding]) -> Counter[tuple[str, str]]:
    return Counter((each.kind, each.said) for each in found)


def line_of(text: str, *words: str) -> int:
    """Return the first line that has the words; the first of all where none has."""
    lines = text.splitlines()
    return next((at for at, line in enumerate(lines, 1) if all(word in line for word in words)), 1)
