"""Answers of earlier versions in the words of today: options that were renamed or removed, values that went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gocontainer.answers.lockfile import Lock


class Migration(NamedTuple):
    """One change of an option. ``to`` is its new name, or nothing where it is gone; ``values`` maps old to new."""

    name: str
    to: str | None
    values: Mapping[object, object] = {}


MIGRATIONS: Sequence[Migration] = ()
"""In the order in which they came to be: an answer goes through all of them."""


def migrate(remembered: Lock, migrations: Sequence[Migration] | None = None) -> Lock:
    """Return ``remembered`` by today's names and values; answered under both names, the new one's value stays."""
    answers, defaults = dict(remembered.answers), list(remembered.defaults)
    for each in MIGRATIONS if migrations is None else migrations:
        if each.name not in answers:
            continue
        value = answers.pop(each.name)
        if each.to is not None:
            answers.setdefault(each.to, each.values.get(value, value))
        defaults = [each.to if name == each.name else name for name in defaults if name != each.name or each.to]  # type: ignore[misc]
    return remembered._replace(answers=answers, defaults=tuple(defaults))
