"""Answers from all their sources, merged and validated.

defaults < derived < profile < detected < answers file < environment < flags < wizard
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from gocontainer.answers import forges, migrations
from gocontainer.errors import (
    ConflictingAnswers,
    MissingAnswers,
    NotApplicable,
    UnknownKey,
    UsageError,
    WrongAnswers,
)
from gocontainer.options.conflicts import CONFLICTS, Conflict, Move
from gocontainer.options.patterns import nearest
from gocontainer.options.profiles import PRESETS, PROFILE
from gocontainer.options.table import BY_NAME, OPTIONS
from gocontainer.options.types import Option, Value, holds, may_hold
from gocontainer.texts import tr

if TYPE_CHECKING:
    from typing import Unpack

    from gocontainer.answers.adopted import Adopted
    from gocontainer.answers.answer_types import AnswerValues


class Layer(NamedTuple):
    """Raw answers from one source. ``label`` names a key as the user wrote it: ``{flag}`` and so on."""

    origin: str
    values: Mapping[str, object]
    label: str = "{name}"
    adopted: Adopted | None = None
    """What is known of code that is not the template's."""

    def where(self, name: str) -> str:
        """Return how errors name the key: ``--port``, ``GOCONTAINER_PORT``, ``port in answers.yaml``."""
        option = BY_NAME.get(name)
        flag = option.flag if option else "--" + name
        variable = option.variable if option else "GOCONTAINER_" + name.upper()
        return self.label.format(name=name, flag=flag, variable=variable)


UNSAID = ("default", "derived", "profile")
"""Where a value comes from that nobody gave: an update keeps it, and says what it would be today."""


class AnswerSet(Mapping[str, Value]):
    """Answers by name. ``origins`` says where each came from, and ``profile`` which profile preset the rest, if any."""

    adopted: Adopted | None = None
    """What the render needs to know of code that is not the template's, where it was adopted."""

    def __init__(self, values: Mapping[str, Value], origins: Mapping[str, str], profile: str = "") -> None:
        self._values, self.origins, self.profile = dict(values), dict(origins), profile

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.items())})"

    def applicable(self) -> dict[str, Value]:
        """Return the answers that have a meaning with the others."""
        return {**self}

    def defaults(self) -> tuple[str, ...]:
        """Return what nobody answered and has a meaning, in the order of the options."""
        return tuple(name for name in self.applicable() if self.origins[name] in UNSAID)


class Answers(AnswerSet):
    """A complete and valid set of answers to the options of our own template: option name to value.

    ``Answers(service="orders", base_image="scratch")`` fills in the defaults and raises UsageError
    where an answer is missing, wrong or in conflict.
    """

    moved: Mapping[str, str] = {}
    """Defaults that moved out of the way, each with the answer that forced it."""

    def __init__(self, **values: Unpack[AnswerValues]) -> None:
        self._take(_fill((Layer("given", {**values}),)))

    @classmethod
    def merge(cls, *layers: Layer) -> Answers:
        """Merge ``layers``, the last one first in rank, over profile and defaults; validate all.

        Raises UsageError: UnknownKey, InvalidAnswer, NotApplicable, MissingAnswers, ConflictingAnswers, or WrongAnswers
        where there are several of them.
        """
        self = cls.__new__(cls)
        self._take(_fill(layers))
        return self

    @classmethod
    def merge_with_room(cls, *layers: Layer) -> Answers:
        """Merge ``layers`` as ``merge`` does, but let defaults move that are in the way of an answer."""
        moved: dict[str, Value] = {}
        causes: dict[str, str] = {}
        while True:
            filled = _fill((*layers, Layer("moved", moved)))
            move = _room(filled)
            if move is None:
                break
            moved[move.name], causes[move.name] = move.value, move.cause
        self = cls.__new__(cls)
        self._take(filled)
        self.moved = causes
        return self

    def _take(self, filled: Filled) -> None:
        refuse([*filled.errors, *_together(filled)])
        super().__init__(filled.values, filled.origins, filled.profile)
        self.adopted = filled.adopted

    def context(self) -> dict[str, str | bool]:
        """Return the values as templates see them: strings and booleans."""
        return {name: value if isinstance(value, bool) else str(value) for name, value in self.items()}

    def applicable(self) -> dict[str, Value]:
        return {name: value for name, value in self.items() if holds(BY_NAME[name].when, self)}


class Filled(NamedTuple):
    """Every option's value, where it came from and how errors name that place; not yet checked together."""

    values: dict[str, Value]
    origins: dict[str, str]
    places: dict[str, str]
    given: frozenset[str]
    profile: str
    errors: tuple[UsageError, ...]
    """What is wrong with single answers; such an answer counts as not given."""
    adopted: Adopted | None
    """What is known of code that is not the template's."""

    @property
    def conflicts(self) -> Iterator[Conflict]:
        """Yield what the answers have against one another."""
        for conflict in CONFLICTS:
            is_free = self.adopted is not None and conflict.of_our_code
            if conflict.applies(self.values) and not is_free and not self.wrong & {*conflict.names}:
                yield conflict

    @property
    def wrong(self) -> frozenset[str]:
        """The options whose answers are wrong."""
        return frozenset(error.option for error in self.errors)

    @property
    def held(self) -> frozenset[str]:
        """The options whose values are more than defaults."""
        return frozenset(name for name in self.values if self.origins[name] != "default")


def fill(layers: Sequence[Layer]) -> Filled:
    """Fill up ``layers`` from profile and defaults; raise UnknownKey, InvalidAnswer, MissingAnswers."""
    filled = _fill(layers)
    refuse(filled.errors)
    return filled


def refuse(errors: Sequence[UsageError]) -> None:
    """Raise what is wrong, if anything is: one error as it is, several as one."""
    if errors:
        raise errors[0] if len(errors) == 1 else WrongAnswers(errors)


def _fill(layers: Sequence[Layer]) -> Filled:
    given, origins, places, errors = _parsed(layers)
    profile = str(given.pop("profile", PROFILE.default))
    preset = PRESETS[profile].answers
    at_profile = tr("profile {profile}", profile=profile)
    follows = forges.following(given, str(given.get("service", "")))
    values: dict[str, Value] = {}
    for option in OPTIONS:
        name = option.name
        if name in given and (name not in follows or origins[name] != "detected"):
            values[name] = given[name]
        elif name in preset and may_hold(option.when, values):
            values[name], origins[name], places[name] = preset[name], "profile", at_profile
        elif name in follows:
            values[name], origins[name], places[name] = follows[name], "derived", tr("derived")
        else:
            values[name], origins[name], places[name] = default_of(option, values), "default", tr("default")
    if not values["service"] and "service" not in {error.option for error in errors}:
        errors.append(MissingAnswers(["SERVICE"]).at("service"))
    adopted = next((layer.adopted for layer in layers if layer.adopted), None)
    return Filled(values, origins, places, frozenset(given), profile, tuple(errors), adopted)


def _parsed(
    layers: Sequence[Layer],
) -> tuple[dict[str, Value], dict[str, str], dict[str, str], list[UsageError]]:
    """Return what ``layers`` give, with origins and places, and what is wrong with it."""
    given: dict[str, Value] = {}
    origins: dict[str, str] = {}
    places: dict[str, str] = {}
    errors: list[UsageError] = []
    for layer in layers:
        for name, raw in layer.values.items():
            where = layer.where(name)
            try:
                given[name] = _option(name, where).parse(raw, where)
            except UsageError as error:
                errors.append(error.at(name, where, raw))
            else:
                origins[name], places[name] = layer.origin, where
    return given, origins, places, errors


def layers_of_today(layers: Iterable[Layer], known: Mapping[str, object] | None = None) -> Iterator[Layer]:
    """Yield ``layers`` by today's names and values; each stands above ``known`` answers and the layers before."""
    answers = dict(known or {})
    for layer in layers:
        values = migrations.today(layer.values, answers)
        answers |= values
        yield layer._replace(values=values)


def service_in(layers: Sequence[Layer]) -> str | None:
    """Return the service that ``layers`` name, if any: what is detected, and where, depends on it."""
    named = [layer for layer in layers if "service" in layer.values]
    if not named:
        return None
    return str(BY_NAME["service"].parse(named[-1].values["service"], named[-1].where("service")))


def fits(name: str, value: object) -> bool:
    """Whether ``value`` is a valid answer to the option ``name``."""
    return BY_NAME[name].fits(value)


def _option(name: str, where: str) -> Option:
    if name not in BY_NAME:
        raise UnknownKey(where, name, nearest(name, BY_NAME))
    return BY_NAME[name]


def default_of(option: Option, values: Mapping[str, Value]) -> Value:
    """Return the default of an option, in which the service and the target of ``values`` may have a part."""
    default = option.by_target.get(values.get("target", ""), option.default)
    if isinstance(default, str) and "{service}" in default:
        # Not every good name of a service makes a good module path: vendor, for one.
        names = (values["service"], f"{values['service']}-service")
        return next(filter(option.fits, (default.format(service=name) for name in names)), default)
    return default


def _room(filled: Filled) -> Move | None:
    """Return how a default is to move, if that ends a conflict."""
    moves = (conflict.room(filled.values, filled.held) for conflict in filled.conflicts)
    return next(filter(None, moves), None)


def _together(filled: Filled) -> Iterator[UsageError]:
    """Yield what is wrong with answers that are fine one by one; not where it may be for another that is wrong."""
    values, places = filled.values, filled.places
    # What a lock remembers of defaults may have lost its meaning by what an update sets.
    said = [name for name in BY_NAME if name in filled.given and filled.origins[name] not in UNSAID]
    for name in said:
        when = BY_NAME[name].when
        if not holds(when, values) and not filled.wrong & when.keys():
            needs = [
                tr("{name} is {values}", name=key, values=tr(" or ").join(map(str, few))) for key, few in when.items()
            ]
            yield NotApplicable(places[name], tr(" and ").join(needs)).at(name, places[name], values[name])
    for conflict in filled.conflicts:
        named = [_named(name, values[name], places[name]) for name in conflict.names]
        first = next((name for name in conflict.names if name in filled.given), conflict.names[0])
        yield ConflictingAnswers(named, conflict.reason, conflict.hint).at(first, places[first], values[first])


def _named(name: str, value: Value, place: str) -> str:
    return f"{name} {str(value).lower()}" + (f" ({place})" if place != name else "")
