"""Which options interact, by the tables and the template: what follows from two of them is rendered with both."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from gocontainer.options.conflicts import CONFLICTS
from gocontainer.options.sets import SelectAny
from gocontainer.options.table import BY_NAME, OPTIONS
from gocontainer.options.types import Option, Value
from gocontainer.rendering import language, layout
from gocontainer.rendering.variables import template_variables

Names = frozenset[str]


@cache
def interacting() -> frozenset[Names]:
    """Return the pairs of factors that interact.

    Two of what every service is asked do where a file follows from both. A question of a group that is only asked
    under conditions does, with any other, where a statement follows from both, or where both switch files in one top
    folder: kustomize makes one object of them, and Go one program.
    """
    sources, in_a_file, in_a_statement = variable_sources(), set[Names](), set[Names]()
    switches: dict[str, Names] = {}
    for path, program in language.load()["files"].items():
        switching = [name for row, when in layout.FILES.items() if layout.covers(row, path) for name in when]
        statements = [_factors(names, sources) for names in (switching, *_statements(program))]
        in_a_statement.update(*map(_pairs, statements))
        in_a_file |= _pairs(Names().union(*statements))
        top = path[: path.find("/") + 1] or path
        switches[top] = switches.get(top, Names()) | statements[0]
    in_a_folder = set[Names]().union(*map(_pairs, switches.values()))
    conditional = conditional_options()
    always = {pair for pair in in_a_file if not any(option_of(factor).name in conditional for factor in pair)}
    return frozenset(in_a_statement | in_a_folder | always)


def conditional_options() -> Names:
    """Return the options of those groups of which not every service is asked something."""
    always = {option.group for option in OPTIONS if not option.when}
    return Names(option.name for option in OPTIONS if option.group not in always)


def factors() -> dict[str, tuple[Value, ...]]:
    """Return what the test matrix varies, with its levels: an option, or each choice of one that takes any of them."""
    found: dict[str, tuple[Value, ...]] = {}
    for option in OPTIONS:
        if isinstance(option, SelectAny):
            found |= {factor_of(option.name, value): (False, True) for value in option.values}
        elif len(option.samples()) > 1:
            found[option.name] = option.samples()
    return found


def factor_of(name: str, value: Value) -> str:
    """Return the factor that an option with one of its samples belongs to."""
    return f"{name}={value}" if isinstance(BY_NAME[name], SelectAny) else name


def option_of(factor: str) -> Option:
    """Return the option that a factor belongs to."""
    return BY_NAME[factor.partition("=")[0]]


def with_a_meaning(answers: Mapping[str, Value]) -> dict[str, Value]:
    """Return answers with those under which each of them has a meaning, without a conflict if that can be."""
    found = dict(answers)
    for name in answers:
        for other, accepted in option_of(name).when.items():
            if other not in answers:
                found[other] = next((value for value in accepted if not clash({**found, other: value})), accepted[0])
    return _with_what_follows(found)


def _with_what_follows(answers: Mapping[str, Value]) -> dict[str, Value]:
    """Return answers with the only ones under which these have a meaning, and so on."""
    needs = (need for name in answers for need in option_of(name).when.items() if need[0] not in answers)
    left = {other: accepted[0] for other, accepted in needs if len(accepted) == 1}
    return _with_what_follows({**answers, **left}) if left else dict(answers)


@cache
def torn() -> Names:
    """Return the options of which each value is in some conflict, so that others may leave none."""
    every = (
        (option, [each.when.get(option.name, ()) for each in CONFLICTS])
        for option in OPTIONS
        if len(option.samples()) > 1
    )
    return Names(option.name for option, refused in every if {*option.samples()} <= {*itertools.chain(*refused)})


def clash(answers: Mapping[str, Value]) -> bool:
    """Whether some of these answers cannot stand together."""
    return any({*conflict.names} <= answers.keys() and conflict.applies(answers) for conflict in CONFLICTS)


def variable_sources() -> dict[str, set[str]]:
    """Return for each derived value the factors that change it: alone, or beside a level of another."""
    found: dict[str, set[str]] = {}
    levels = [{option.name: level} for option in OPTIONS if len(option.samples()) > 1 for level in option.samples()]
    for one, other in itertools.combinations(levels, 2):
        answers = frozenset(with_a_meaning({**one, **other}).items())
        for answer in answers:
            for changed, _ in _variables(answers) - _variables(answers - {answer}):
                found.setdefault(changed, set()).add(factor_of(*answer))
    return found


@cache
def _variables(answers: frozenset[tuple[str, Value]]) -> frozenset[tuple[str, str]]:
    """Return the derived values for ``answers``, and for the defaults of the rest."""
    given = {option.name: option.default for option in OPTIONS} | dict(answers)
    return frozenset(template_variables(given, language.load()["pins"]).items())


def _pairs(names: Iterable[str]) -> set[Names]:
    return {Names(pair) for pair in itertools.combinations(names, 2)}


def _factors(names: Iterable[str], sources: Mapping[str, Iterable[str]]) -> Names:
    """Return the factors behind the names of options and of derived values."""
    return Names(factor for name in names for factor in (sources.get(name, ()) if name[:2] == "__" else [name]))


def _statements(program: Sequence[Any], around: Sequence[str] = ()) -> Iterator[Sequence[str]]:
    """Yield the names behind each value and each condition, those of the conditions around it included."""
    for part in program:
        if isinstance(part, str):
            continue
        if part[0] == "get":
            yield [*around, part[1]]
        else:
            inner = [*around, *_tested(part[1])]
            yield inner
            yield from _statements([*part[2], *part[3]], inner)


def _tested(test: Sequence[Any]) -> Iterator[str]:
    """Yield the names in a test."""
    if test[0] in ("and", "or", "not"):
        for inner in test[1:]:
            yield from _tested(inner)
    else:
        yield test[1]
