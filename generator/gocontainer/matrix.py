"""The test matrix: rows of answers in which every two levels of every two options meet."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from functools import cache

from allpairspy import AllPairs

from gocontainer.conflicts import CONFLICTS
from gocontainer.kinds import Option, Value, holds
from gocontainer.options import BY_NAME, OPTIONS

Row = Mapping[str, Value]


@cache
def rows() -> tuple[Row, ...]:
    """Return the pairwise rows, none of them in conflict, the defaults first."""
    varied = _varied()
    names = [option.name for option in varied]
    levels = [list(option.samples()) for option in varied]
    pairs = AllPairs(levels, filter_func=lambda some: fine(dict(zip(names, some, strict=False))))
    found: list[Row] = [{option.name: option.default for option in varied}]
    found += [dict(zip(names, row, strict=True)) for row in pairs]
    while left := missing(found):
        found.append(_complete(left, varied))
    return tuple(found)


def _complete(pairs: Sequence[Row], varied: Sequence[Option]) -> Row:
    """Return one row with as many of ``pairs`` as fit: with conflicts, AllPairs leaves some out."""
    row: dict[str, Value] = {}
    levels = [{option.name: level} for option in varied for level in (option.default, *option.samples())]
    for some in (*pairs, *levels):
        if all(row.get(name, level) == level for name, level in some.items()) and fine({**row, **some}):
            row.update(some)
    return {option.name: row[option.name] for option in varied}


def missing(found: Sequence[Row]) -> list[Row]:
    """Return the possible pairs of levels that no row has."""
    pairs: list[Row] = [
        with_a_meaning({one.name: a, two.name: b})
        for one, two in itertools.combinations(_varied(), 2)
        for a, b in itertools.product(one.samples(), two.samples())
    ]
    possible = [pair for pair in pairs if fine(pair) and all(_meant(name, pair) for name in pair)]
    return [pair for pair in possible if not any(pair.items() <= row.items() for row in found)]


def with_a_meaning(pair: Row) -> Row:
    """Return a pair with answers under which both have a meaning."""
    return {other: accepted[0] for name in pair for other, accepted in BY_NAME[name].when.items()} | {**pair}


def _varied() -> list[Option]:
    return [option for option in OPTIONS if len(option.samples()) > 1]


def fine(row: Row) -> bool:
    """Whether answers can stand together, as far as the row says."""
    if any(set(conflict.names) <= set(row) and conflict.applies(row) for conflict in CONFLICTS):
        return False
    return all(value == BY_NAME[name].default or _meant(name, row) for name, value in row.items())


def _meant(name: str, row: Row) -> bool:
    """Whether an answer has a meaning, as far as the row says."""
    return holds({other: accepted for other, accepted in BY_NAME[name].when.items() if other in row}, row)


def rows_json() -> str:
    """Return the rows as tests/rows.json has them, one a line, without answers that have no meaning."""
    meant = ({name: value for name, value in row.items() if _meant(name, row)} for row in rows())
    return "[\n  " + ",\n  ".join(map(json.dumps, meant)) + "\n]\n"
