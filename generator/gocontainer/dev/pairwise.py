"""The test matrix: rows of answers in which every two levels of every two factors meet that interact."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Mapping, Sequence

from gocontainer.dev import interactions
from gocontainer.dev.interactions import factor_of, option_of, with_a_meaning
from gocontainer.errors import CannotUse
from gocontainer.options.sets import SelectAny, members
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Value, may_hold

Row = Mapping[str, Value]
TRIES = 10
"""Orders of the missing pairs that are tried for a new row; the one that has the most of them becomes the row."""


def rows(before: Sequence[Row] = ()) -> list[Row]:
    """Return the pairwise rows, none of them in conflict: the defaults, those of ``before``, and what these lack.

    A row of ``before`` stays as it is while its answers are valid, since whatever was proved of it then stays proved;
    else the answers that do not fit give way to those that do. An option that it does not name takes its default.
    """
    factors = interactions.factors()
    found: list[Row] = [{name: _default(name) for name in factors}]
    for row in before:
        known = ((BY_NAME[name], value) for name, value in row.items() if name in BY_NAME)
        valid = {option.name: option.parse(value, "") for option, value in known if option.fits(value)}
        repaired = _complete([{name: level} for name, level in _levels(valid).items()], factors)
        if repaired not in found:
            found.append(repaired)
    left = _missing(found)
    order = random.Random(0)  # noqa: S311
    while left:
        tries = [_complete(order.sample(left, len(left)), factors) for _ in range(TRIES)]
        found.append(min(tries, key=lambda row: len(_without(left, row))))
        left = _without(left, found[-1])
    return [_answers(row) for row in found]


def _levels(answers: Row) -> Row:
    """Return the level of each factor in a row of answers."""
    levels: dict[str, Value] = {}
    for name, value in answers.items():
        option = BY_NAME[name]
        if isinstance(option, SelectAny):
            levels |= {factor_of(name, choice): choice in members(value) for choice in option.values}
        else:
            levels[name] = value
    return levels


def _answers(levels: Row) -> Row:
    """Return the answers that a row of levels gives so far."""
    answers: dict[str, Value] = {}
    for factor, level in levels.items():
        name, _, choice = factor.partition("=")
        answers[name] = ",".join([*members(answers.get(name, "")), *([choice] if level else [])]) if choice else level
    return answers


def _default(factor: str) -> Value:
    return False if "=" in factor else BY_NAME[factor].default


def _complete(pairs: Sequence[Row], factors: Mapping[str, Sequence[Value]]) -> Row:
    """Return one row with as many of ``pairs`` as fit, the first ones first."""
    row: dict[str, Value] = {}
    levels = [{name: level} for name in factors for level in (_default(name), *factors[name])]
    for some in (*pairs, *levels):
        if all(row.get(name, level) == level for name, level in some.items()) and fine(_answers({**row, **some})):
            row.update(some)
    return {name: row[name] for name in factors}


def _without(pairs: Sequence[Row], row: Row) -> list[Row]:
    """Return those of ``pairs`` that a row does not have."""
    return [pair for pair in pairs if not pair.items() <= row.items()]


def missing(found: Sequence[Row]) -> list[Row]:
    """Return the possible levels of single factors, and pairs of those that interact, that no row of answers has."""
    return _missing([_levels(row) for row in found])


def _missing(found: Sequence[Row]) -> list[Row]:
    factors, interacting = interactions.factors(), interactions.interacting()
    wanted: list[Row] = [{name: level} for name, levels in factors.items() for level in levels]
    wanted += [
        {one: a, two: b}
        for one, two in itertools.combinations(factors, 2)
        if frozenset((one, two)) in interacting
        for a, b in itertools.product(factors[one], factors[two])
    ]
    pairs = [with_a_meaning(levels) for levels in wanted]
    possible = [pair for pair in pairs if fine(_answers(pair)) and all(_meant(name, pair) for name in pair)]
    return [pair for pair in possible if not any(pair.items() <= row.items() for row in found)]


def fine(answers: Row) -> bool:
    """Whether answers can stand together, as far as the row says."""
    if interactions.clash(answers) or any(
        value != BY_NAME[name].default and not _meant(name, answers) for name, value in answers.items()
    ):
        return False
    left = [BY_NAME[name] for name in interactions.torn() if name not in answers]
    return all(any(not interactions.clash({**answers, each.name: level}) for level in each.samples()) for each in left)


def _meant(factor: str, answers: Row) -> bool:
    """Whether an answer has a meaning, as far as the row says."""
    return may_hold(option_of(factor).when, answers)


def rows_json(before: str = "[]") -> str:
    """Return tests/rows.json, grown from ``before``, one row a line, without answers that have no meaning."""
    try:
        known = json.loads(before)
    except ValueError as error:
        hint = "Bring it back, or deal the rows afresh with 'gocontainer dev derive --matrix'."
        raise CannotUse("tests/rows.json is no JSON", hint) from error
    meant = ({name: value for name, value in row.items() if _meant(name, row)} for row in rows(known))
    return "[\n  " + ",\n  ".join(map(json.dumps, meant)) + "\n]\n"
