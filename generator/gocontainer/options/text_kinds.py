"""Further kinds: names, lists and maps, each of one grammar whoever asks, and a choice that was once yes or no."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from gocontainer.errors import InvalidAnswer
from gocontainer.options.patterns import names_like, truth
from gocontainer.options.types import Select, Text, Value
from gocontainer.texts import tr

MOST_ENTRIES = 20
LONGEST_PART = 200
_SHORT = rf"(?=[^=,]{{1,{LONGEST_PART}}}(?:[=,]|$))"
_TWICE = r"(?:.*,)?([^=,]+)=.*,\1="
_SHORT_ENTRY = rf"(?=[^,]{{1,{LONGEST_PART}}}(?:,|$))"
_ENTRY_TWICE = r"(?:.*,)?([^,]+),(?:.*,)?\1(?:,|$)"


class Name(Text):
    """A line of text whose refusal names one that is like it and would do."""

    def _refusal(self, raw: object, where: str) -> InvalidAnswer | None:
        refusal = super()._refusal(raw, where)
        if refusal and isinstance(raw, str):
            refused = super()._refusal
            good = (name for name in names_like(raw, self.longest) if refused(name, "") is None)
            refusal.hint = next((tr("{name} would do.", name=name) for name in good), refusal.hint)
        return refusal


class TextMany(Text):
    """Entries with commas between, none of them twice; in a file also a list. The answer is the line, or is empty."""

    entry: str
    """The pattern of one; it has no group that counts."""

    def __init__(self, *, entry: str, **given: Any) -> None:
        entry = f"{_SHORT_ENTRY}(?:{entry})"
        pattern = rf"(?!{_ENTRY_TWICE})(?:{entry}(?:,{entry}){{0,{MOST_ENTRIES - 1}}})?"
        longest = MOST_ENTRIES * (LONGEST_PART + 1)
        super().__init__(pattern=pattern, longest=longest, default="", **{**given, "entry": entry})

    def parse(self, raw: object, where: str) -> Value:
        if isinstance(raw, str) or not isinstance(raw, Sequence):
            return super().parse(raw, where)
        if not all(_matches(self.entry, each) for each in raw):
            raise InvalidAnswer(where, raw, self.accepts, self.hint)
        return super().parse(",".join(raw), where)


class Map(Text):
    """``name=value`` with commas between, or a value alone, which is for every name; in a file also a mapping.

    The answer is the line; it is empty where nothing is given.
    """

    key: str
    """The pattern of a name; it and that of a value have no group that counts."""
    value: str

    def __init__(self, *, key: str, value: str, **given: Any) -> None:
        key, value = f"{_SHORT}(?:{key})", f"{_SHORT}(?:{value})"
        entry = f"{key}={value}"
        pattern = rf"(?!{_TWICE})(?:(?:{entry}(?:,{entry}){{0,{MOST_ENTRIES - 1}}})|{value})?"
        longest = MOST_ENTRIES * 2 * (LONGEST_PART + 1)
        super().__init__(pattern=pattern, longest=longest, default="", **{**given, "key": key, "value": value})

    def parse(self, raw: object, where: str) -> Value:
        if not isinstance(raw, Mapping):
            return super().parse(raw, where)
        if not all(_matches(self.key, name) and _matches(self.value, raw[name]) for name in raw):
            raise InvalidAnswer(where, raw, self.accepts, self.hint)
        return super().parse(",".join(f"{name}={value}" for name, value in raw.items()), where)


def _matches(pattern: str, raw: object) -> bool:
    return isinstance(raw, str) and re.fullmatch(pattern, raw) is not None


def entries(line: str) -> dict[str, str]:
    """Return the names and values of an answer; the name of a value that is alone is empty."""
    pairs = (entry.rpartition("=") for entry in line.split(",") if entry)
    return {name: value for name, _, value in pairs}


class FormerToggle(Select):
    """One of ``choices``. It was yes or no once: whatever meant that still does, and is read as one of them."""

    yes: str
    no: str

    def parse(self, raw: object, where: str) -> Value:
        return super().parse(self.meant(raw), where)

    def meant(self, raw: object) -> object:
        """Return the choice that ``raw`` stands for where it means yes or no, else ``raw`` as it is."""
        word = truth(raw)
        return raw if word is None else self.yes if word else self.no
