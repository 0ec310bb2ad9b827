"""Finds an answer by what a person types of its name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from gocontainer.options.patterns import nearest
from gocontainer.options.table import BY_NAME, GROUPS
from gocontainer.texts import series, tr


class Entry(NamedTuple):
    """Something that has a name for programs and one for people."""

    name: str
    title: str

    def begins(self, typed: str) -> bool:
        """Whether either name begins with ``typed``."""
        return alike(self.name).startswith(alike(typed)) or alike(self.title).startswith(alike(typed))

    def has_word(self, typed: str) -> bool:
        """Whether a later word of either does."""
        words = (*alike(self.name).split("_"), *alike(self.title).split("_"))
        return any(word.startswith(alike(typed)) for word in words)


def entry(name: str) -> Entry:
    """Return an option or a group by its name and its title."""
    title = GROUPS[name] if name in GROUPS else BY_NAME[name].title
    return Entry(name, tr(title))


def alike(text: str) -> str:
    """Return ``text`` without what people may write one way or another: ``--base-image`` and ``Base image``."""
    return re.sub(r"[-_\s]+", "_", text.strip().lstrip("-")).lower()


def beginning(typed: str, entries: Sequence[Entry], start: int) -> int | None:
    """Return the place of the next entry from ``start`` on that begins with ``typed``, or else has such a word."""
    places = [(start + number) % len(entries) for number in range(len(entries))]
    for fits in (Entry.begins, Entry.has_word):
        for place in places:
            if entries[place].name and fits(entries[place], typed):
                return place
    return None


def named(line: str, entries: Sequence[Entry]) -> str | None:
    """Return the name of the one entry that ``line`` means: in any spelling, by its number or by how it begins."""
    whole = [each.name for each in entries if alike(line) in (alike(each.name), alike(each.title))]
    if not whole and line.isdecimal() and 0 < int(line) <= len(entries):
        return entries[int(line) - 1].name
    found = whole or [each.name for each in entries if each.begins(line)]
    return found[0] if len(found) == 1 else None


def unknown(line: str, entries: Sequence[Entry]) -> str:
    """Return the sentence that says that ``line`` means none of them, and which one it may have meant."""
    begun = [each.name for each in entries if alike(line) and each.begins(line)]
    if begun:
        return tr("{line} may be {names}. Write more of it.", line=repr(line), names=series(begun))
    words = {alike(word): each.name for each in entries for word in each}
    like = nearest(alike(line), words)
    if like is None:
        return tr("there is no answer {line}. {key} lists them.", line=repr(line), key="?")
    return tr("there is no answer {line}. Did you mean {name}?", line=repr(line), name=words[like])
