"""Which tags of an external template are releases, and which of them is the newest for a repository."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_TAG = re.compile(r"(.*?)(\d+(?:\.\d+)*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?")
_SINCE = re.compile(r"-\d+-g[0-9a-f]{4,}$")
"""What ``git describe`` adds to the tag before a commit."""
_V = re.compile(r"(?<![A-Za-z])v$")


class Release(NamedTuple):
    """A tag that is a version, ordered as semantic versioning says."""

    number: tuple[int, ...]
    is_final: bool
    candidate: tuple[tuple[bool, int, str], ...]
    """The parts of a prerelease, as in ``2.0.0-rc.1``: a number comes before a word."""
    prefix: str
    """What stands before the number; a ``v`` right before it means nothing."""
    tag: str


def newest(tags: Iterable[str], known: str) -> str:
    """Return the newest release among ``tags`` for a repository of the version ``known``, if it is of any; else "".

    It has the prefix of that version: none, or a ``v``, where that is none. Prereleases count only for who has one of
    the same number.
    """
    old = _release(_SINCE.sub("", known))
    found = [each for each in map(_release, tags) if each]
    prefix = old.prefix if old and any(each.prefix == old.prefix for each in found) else ""
    tried = old.number if old and not old.is_final else None
    found = [each for each in found if each.prefix == prefix and (each.is_final or each.number == tried)]
    return max(found).tag if found else ""


def _release(tag: str) -> Release | None:
    match = _TAG.fullmatch(tag)
    if match is None:
        return None
    prefix, number, candidate = match.groups()
    parts = candidate.split(".") if candidate else []
    ordered = tuple((not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts)
    return Release(tuple(map(int, number.split("."))), not parts, ordered, _V.sub("", prefix), tag)
