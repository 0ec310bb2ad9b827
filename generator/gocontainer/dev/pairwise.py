"""The test matrix: rows of answers in which every two levels of every two options meet that interact."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Mapping, Sequence

from gocontainer.answers.model import fits
from gocontainer.dev import interactions
from gocontainer.dev.interactions import with_a_meaning
from gocontainer.errors import CannotUse
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Option, Value, may_hold

Row = Mapping[str, Value]
TRIES = 10
"""Orders of the missing pairs that are tried for a new row; the one that has the most of them becomes the row."""


def rows(before: Sequence[Row] = ()) -> list[Row]:
    """Return the pairwise rows, none of them in conflict: the defaults, those of ``before``, and what these lack.

    A row of ``before`` stays as it is while its answers are valid, since whatever was proved of it then stays proved;
    else the answers that do not fit give way to those that do. An option that it does not name takes its default.
    """
    varied = interactions.varied()
    found: list[Row] = [{option.name: option.default for option in varied}]
    for row in before:
        answers: list[Row] = [{name: value} for name, value in row.items() if name in BY_NAME and fits(name, value)]
        repaired = _complete(answers, varied)
        if repaired not in found:
            found.append(repaired)
    left = missing(found)
    order = random.Random(0)  # noqa: S311
    while left:
        tries = [_complete(order.sample(left, len(left)), varied) for _ in range(TRIES)]
        found.append(min(tries, key=lambda row: len(_without(left, row))))
        left = _without(left, found[-1])
    return found


def _complete(pairs: Sequence[Row], varied: Sequence[Option]) -> Row:
    """Return one row with as many of ``pairs`` as fit, the first ones first."""
    row: dict[str, Value] = {}
    levels = [{option.name: level} for option in varied for level in (option.default, *option.samples())]
    for some in (*pairs, *levels):
        if all(row.get(name, level) == level for name, level in some.items()) and fine({**row, **some}):
            row.update(some)
    return {option.name: row[option.name] for option in varied}


def _without(pairs: Sequence[Row], row: Row) -> list[Row]:
    """Return those of ``pairs`` that a row does not have."""
    return [pair for pair in pairs if not pair.items() <= row.items()]


def missing(found: Sequence[Row]) -> list[Row]:
    """Return the possible levels of single options, and pairs of those that interact, that no row has."""
    varied, interacting = interactions.varied(), interactions.interacting()
    wanted: list[Row] = [{option.name: level} for option in varied for level in option.samples()]
    wanted += [
        {one.name: a, two.name: b}
        for one, two in itertools.combinations(varied, 2)
        if frozenset((one.name, two.name)) in interacting
        for a, b in itertools.product(one.samples(), two.samples())
    ]
    pairs = [with_a_meaning(levels) for levels in wanted]
    possible = [pair for pair in pairs if fine(pair) and all(_meant(name, pair) for name in pair)]
    return [pair for pair in possible if not any(pair.items() <= row.items() for row in found)]


def fine(row: Row) -> bool:
    """Whether answers can stand together, as far as the row says."""
    if interactions.clash(row) or any(
        value != BY_NAME[name].default and not _meant(name, row) for name, value in row.items()
    ):
        return False
    left = [BY_NAME[name] for name in interactions.torn() if name not in row]
    return all(any(not interactions.clash({**row, each.name: level}) for level in each.samples()) for each in left)


def _meant(name: str, row: Row) -> bool:
    """Whether an answer has a meaning, as far as the row says."""
    return may_hold(BY_NAME[name].when, row)


def rows_json(before: str = "[]") -> str:
    """Return tests/rows.json, grown from ``before``, one row a line, without answers that have no meaning."""
    try:
        known = json.loads(before)
    except ValueError as error:
        hint = "Bring it back, or deal the rows afresh with 'gocontainer dev derive --matrix'."
        raise CannotUse("tests/rows.json is no JSON", hint) from error
    meant = ({name: value for name, value in row.items() if _meant(name, row)} for row in rows(known))
    return "[\n  " + ",\n  ".join(map(json.dumps, meant)) + "\n]\n"
