"""The test matrix: rows of answers in which every two levels of every two options meet."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from functools import cache

from allpairspy import AllPairs

from gocontainer.conflicts import CONFLICTS
from gocontainer.kinds import Option, Value
from gocontainer.options import OPTIONS

Row = Mapping[str, Value]


@cache
def rows() -> tuple[Row, ...]:
    """Return the pairwise rows, none of them in conflict, the defaults first."""
    varied = _varied()
    names = [option.name for option in varied]
    levels = [list(option.samples()) for option in varied]
    pairs = AllPairs(levels, filter_func=lambda some: _fine(dict(zip(names, some, strict=False))))
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
        if all(row.get(name, level) == level for name, level in some.items()) and _fine({**row, **some}):
            row.update(some)
    return {option.name: row[option.name] for option in varied}


def missing(found: Sequence[Row]) -> list[Row]:
    """Return the possible pairs of levels that no row has."""
    pairs: list[Row] = [
        {one.name: a, two.name: b}
        for one, two in itertools.combinations(_varied(), 2)
        for a, b in itertools.product(one.samples(), two.samples())
    ]
    return [pair for pair in pairs if _fine(pair) and not any(pair.items() <= row.items() for row in found)]


def _varied() -> list[Option]:
    return [option for option in OPTIONS if len(option.samples()) > 1]


def _fine(row: Row) -> bool:
    return not any(set(conflict.names) <= set(row) and conflict.applies(row) for conflict in CONFLICTS)


def rows_json() -> str:
    """Return the rows as tests/rows.json has them, one a line."""
    return "[\n  " + ",\n  ".join(json.dumps(row) for row in rows()) + "\n]\n"
