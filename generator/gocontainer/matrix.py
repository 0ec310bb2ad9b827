"""The test matrix: rows of answers in which every two levels of every two options meet."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from functools import cache

from gocontainer.conflicts import CONFLICTS
from gocontainer.kinds import Option, Value
from gocontainer.options import OPTIONS

Row = Mapping[str, Value]


@cache
def rows() -> tuple[Row, ...]:
    """Return the pairwise rows, none of them in conflict, the defaults first.

    With conflicts the generator of pairs may run into a dead end and leave one out; another order of
    the options leads elsewhere, so the shortest of the complete results is taken.
    """
    varied = [option for option in OPTIONS if len(option.samples()) > 1]
    orders = [varied[start:] + varied[:start] for start in range(len(varied))]
    complete = [found for found in map(_pairs, orders) if not missing(found)]
    shortest = min(complete, key=len)
    defaults = {option.name: option.default for option in varied}
    return (defaults, *({name: row[name] for name in defaults} for row in shortest))


def missing(found: Sequence[Row]) -> list[Row]:
    """Return the possible pairs of levels that no row has."""
    varied = [option for option in OPTIONS if len(option.samples()) > 1]
    pairs: list[Row] = [
        {one.name: a, two.name: b}
        for one, two in itertools.combinations(varied, 2)
        for a, b in itertools.product(one.samples(), two.samples())
    ]
    return [pair for pair in pairs if _fine(pair) and not any(pair.items() <= row.items() for row in found)]


def _pairs(varied: Sequence[Option]) -> list[Row]:
    from allpairspy import AllPairs

    names = [option.name for option in varied]
    levels = [list(option.samples()) for option in varied]
    found = AllPairs(levels, filter_func=lambda some: _fine(dict(zip(names, some, strict=False))))
    return [dict(zip(names, row, strict=True)) for row in found]


def _fine(row: Row) -> bool:
    return not any(set(conflict.names) <= set(row) and conflict.applies(row) for conflict in CONFLICTS)


def rows_json() -> str:
    """Return the rows as tests/rows.json has them, one a line."""
    return "[\n  " + ",\n  ".join(json.dumps(row) for row in rows()) + "\n]\n"
