"""A file line by line, with what another version of it has."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from gocontainer.repository.tree import File


def lines_of(before: File | None, after: File | None) -> Iterator[tuple[str, str]]:
    """Yield the lines of both versions in order, each with ``-``, ``+`` or a blank where both have it."""
    old, new = ((file.content.decode().splitlines() if file else []) for file in (before, after))
    for _, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if old[start:end] == new[first:last]:
            yield from ((" ", line) for line in new[first:last])
        else:
            yield from (("-", line) for line in old[start:end])
            yield from (("+", line) for line in new[first:last])
