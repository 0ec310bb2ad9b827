"""Where each side has its part of what a merge broke: a line of the owner's, and one of the template's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from gocontainer.verification.findings import Files, Finding, Place, Sides

_WORD = re.compile(r"[A-Za-z_][\w-]*")
_DECLARED = re.compile(r"\b(?:func\s*(?:\([^)]*\))?|type|var|const|name:)\s*([A-Za-z_][\w-]*)")


class _Change(NamedTuple):
    """A line that a side wrote or took away, and the line of the side where that was."""

    path: str
    line: int
    text: str
    words: frozenset[str]
    is_there: bool


def placed(found: Sequence[Finding], sides: Sides) -> list[Finding]:
    """Return what was found with the place of each side."""
    if not found:
        return []
    own = [path for path in sides.mine if path.startswith(sides.prefix)]
    sides.mine.load(own)
    yours = [*_changes(sides.base, {path: sides.mine[path] for path in own})]
    template = [*_changes(sides.base, sides.theirs)]
    return [each._replace(yours=_place(each, yours, sides), template=_place(each, template, sides)) for each in found]


def _changes(base: Files, side: Files) -> Iterator[_Change]:
    """Yield the lines that a side changed in the first render."""
    for path in sorted({*base, *side}):
        before, after = (_lines(files[path]) if path in files else [] for files in (base, side))
        if before == after or path.rpartition("/")[2] in (".gocontainer.lock", "base.pack"):
            continue
        matcher = SequenceMatcher(None, before, after, autojunk=False)
        for tag, start, end, at, to in matcher.get_opcodes():
            if tag == "equal":
                continue
            for number in range(at, to):
                yield _change(path, number + 1, after[number], is_there=True)
            for number in range(start, end):
                there = max(at, min(at + number - start, to - 1)) if after else number
                yield _change(path, there + 1, before[number], is_there=False)


def _change(path: str, line: int, text: str, *, is_there: bool) -> _Change:
    return _Change(path, line, text, frozenset(_WORD.findall(text)), is_there)


def _lines(content: bytes) -> list[str]:
    return [] if b"\0" in content[:8000] else content.decode("utf-8", "replace").splitlines()


def _place(found: Finding, changes: Sequence[_Change], sides: Sides) -> Place | None:
    """Return the line of a side that has most to do with what was found; rare words say more."""
    if not changes:
        return None
    line = _line(found, sides)
    said = {*_WORD.findall(found.said)}
    words = said & {*_WORD.findall(line)} or said
    often = Counter(word for change in changes for word in change.words & words)

    def weight(change: _Change) -> tuple[bool, bool, float, bool, bool]:
        own = change.path == found.path
        known = sum(1 / often[word] for word in change.words & words)
        same = own and change.is_there and change.text == line
        return same, bool(words.intersection(_DECLARED.findall(change.text))), known, own, change.is_there

    best = max(changes, key=weight)
    return Place(best.path, best.line)


def _line(found: Finding, sides: Sides) -> str:
    """Return the line of the merge that is wrong."""
    lines = _lines(sides.merged[found.path]) if found.path in sides.merged else []
    return lines[found.line - 1] if 0 < found.line <= len(lines) else ""
