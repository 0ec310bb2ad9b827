"""Answers of earlier versions in the words of today: options that were renamed or removed, values that went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Migration(NamedTuple):
    """One change of an option. ``to`` is its new name, or nothing where it is gone; ``values`` maps old to new."""

    name: str
    to: str | None
    values: Mapping[object, object] = {}


MIGRATIONS: Sequence[Migration] = (Migration("scaler", "scale_on", {"knative": "requests", "keda": "lag"}),)
"""In the order in which they came to be: an answer goes through all of them."""


def today(name: str, value: object) -> tuple[str | None, object]:
    """Return an answer by today's name and value; no name where nobody is asked any more."""
    now: str | None = name
    for each in MIGRATIONS:
        if each.name == now:
            now, value = each.to, next((new for old, new in each.values.items() if old == value), value)
    return now, value


def migrated(answers: Mapping[str, object], defaults: Sequence[str]) -> tuple[dict[str, object], tuple[str, ...]]:
    """Return what a lock remembers by today's names and values; of two answers to one question the new one stays."""
    found: dict[str, object] = {}
    for name, value in answers.items():
        now, new = today(name, value)
        if now is not None and (now == name or now not in answers):
            found[now] = new
    names = (today(name, None)[0] for name in defaults)
    return found, tuple(name for name in dict.fromkeys(names) if name is not None)
