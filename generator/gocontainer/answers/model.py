"""Answers from all their sources, merged and validated.

defaults < profile < detected < answers file < environment < flags < wizard
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from gocontainer.errors import ConflictingAnswers, InvalidAnswer, MissingAnswers, NotApplicable, UnknownKey
from gocontainer.options.conflicts import CONFLICTS
from gocontainer.options.profiles import PRESETS, PROFILE
from gocontainer.options.table import BY_NAME, OPTIONS
from gocontainer.options.types import Option, Toggle, Value, holds, may_hold, nearest
from gocontainer.texts import tr

if TYPE_CHECKING:
    from typing import Unpack

    from gocontainer.options.answer_types import AnswerValues


class Layer(NamedTuple):
    """Raw answers from one source. ``label`` names a key as the user wrote it: ``{flag}`` and so on."""

    origin: str
    values: Mapping[str, object]
    label: str = "{name}"

    def where(self, name: str) -> str:
        """Return how errors name the key: ``--port``, ``GOCONTAINER_PORT``, ``port in answers.yaml``."""
        option = BY_NAME.get(name)
        flag = option.flag if option else "--" + name
        variable = option.variable if option else "GOCONTAINER_" + name.upper()
        return self.label.format(name=name, flag=flag, variable=variable)


class AnswerSet(Mapping[str, Value]):
    """Answers by name. ``origins`` says where each came from, and ``profile`` which profile preset the rest, if any."""

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
        return tuple(name for name in self.applicable() if self.origins[name] in ("default", "profile"))


class Answers(AnswerSet):
    """A complete and valid set of answers to the options of our own template: option name to value.

    ``Answers(service="orders", base_image="scratch")`` fills in the defaults and raises UsageError
    where an answer is missing, wrong or in conflict.
    """

    def __init__(self, **values: Unpack[AnswerValues]) -> None:
        self._take(fill((Layer("given", {**values}),)))

    @classmethod
    def merge(cls, *layers: Layer) -> Answers:
        """Merge ``layers``, the last one first in rank, over profile and defaults; validate all.

        Raises UsageError: UnknownKey, InvalidAnswer, NotApplicable, MissingAnswers, ConflictingAnswers.
        """
        self = cls.__new__(cls)
        self._take(fill(layers))
        return self

    def _take(self, filled: Filled) -> None:
        _check(filled)
        super().__init__(filled.values, filled.origins, filled.profile)

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


def fill(layers: Sequence[Layer]) -> Filled:
    """Fill up ``layers`` from profile and defaults; raise UnknownKey, InvalidAnswer, MissingAnswers."""
    given: dict[str, Value] = {}
    origins: dict[str, str] = {}
    places: dict[str, str] = {}
    for layer in layers:
        for name, raw in layer.values.items():
            given[name] = _option(name, layer).parse(raw, layer.where(name))
            origins[name], places[name] = layer.origin, layer.where(name)
    profile = str(given.pop("profile", PROFILE.default))
    preset = PRESETS[profile].answers
    values: dict[str, Value] = {}
    for option in OPTIONS:
        if option.name in given:
            values[option.name] = given[option.name]
        elif option.name in preset and may_hold(option.when, values):
            values[option.name], origins[option.name] = preset[option.name], "profile"
            places[option.name] = tr("profile {profile}", profile=profile)
        elif option.default == "":
            raise MissingAnswers([option.name], usage())
        else:
            values[option.name], origins[option.name] = _default(option, values), "default"
            places[option.name] = tr("default")
    return Filled(values, origins, places, frozenset(given), profile)


def service_in(layers: Sequence[Layer]) -> str | None:
    """Return the service that ``layers`` name, if any: what is detected, and where, depends on it."""
    named = [layer for layer in layers if "service" in layer.values]
    if not named:
        return None
    return str(BY_NAME["service"].parse(named[-1].values["service"], named[-1].where("service")))


def fits(name: str, value: object) -> bool:
    """Whether ``value`` is a valid answer to the option ``name``."""
    try:
        BY_NAME[name].parse(value, name)
    except InvalidAnswer:
        return False
    return True


def usage() -> tuple[str, ...]:
    """Return each flag with what it accepts, for people."""
    width = max(len(option.flag) for option in BY_NAME.values())
    return tuple(_usage(option, width) for option in BY_NAME.values() if option.name != "service")


def _usage(option: Option, width: int) -> str:
    if isinstance(option, Toggle):
        return tr("{on} or {off}", on=option.flag, off=f"--no-{option.flag.removeprefix('--')}")
    return f"{option.flag:{width}}  {option.rule}"


def _option(name: str, layer: Layer) -> Option:
    if name not in BY_NAME:
        raise UnknownKey(layer.where(name), name, nearest(name, BY_NAME))
    return BY_NAME[name]


def _default(option: Option, values: Mapping[str, Value]) -> Value:
    default = option.default
    if isinstance(default, str) and "{service}" in default:
        # Not every good name of a service makes a good module path: vendor, for one.
        return option.parse(default.format(service=values["service"]), tr("{flag}, by default", flag=option.flag))
    return default


def _check(filled: Filled) -> None:
    values, places = filled.values, filled.places
    for name in filled.given:
        when = BY_NAME[name].when
        if not holds(when, values):
            needs = [
                tr("{name} is {values}", name=key, values=tr(" or ").join(map(str, few))) for key, few in when.items()
            ]
            raise NotApplicable(places[name], tr(" and ").join(needs))
    for conflict in CONFLICTS:
        if conflict.applies(values):
            named = [_named(name, values[name], places[name]) for name in conflict.names]
            raise ConflictingAnswers(named, conflict.reason, conflict.hint)


def _named(name: str, value: Value, place: str) -> str:
    return f"{name} {str(value).lower()}" + (f" ({place})" if place != name else "")
