"""The kinds of question: what an answer may be, how it is read and described."""

from __future__ import annotations

import itertools
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NoReturn, TypeVar, dataclass_transform

from gocontainer.errors import InvalidAnswer
from gocontainer.options.patterns import BLANKS, as_text, nearest, truth
from gocontainer.texts import series, tr

Value = str | bool | int
When = Mapping[str, tuple[Value, ...]]
ALWAYS: When = {}


def holds(when: When, values: Mapping[str, Value]) -> bool:
    """Whether every named answer is one of the accepted values."""
    return all(values[name] in accepted for name, accepted in when.items())


def may_hold(when: When, values: Mapping[str, Value]) -> bool:
    """Whether no answer in ``values`` contradicts ``when`` yet; one that is missing may still fit."""
    return holds({name: accepted for name, accepted in when.items() if name in values}, values)


@dataclass_transform(kw_only_default=True, frozen_default=True, eq_default=False)
class Record:
    """A dataclass in all but the time that their module takes: its fields are given by name, once."""

    _fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls._fields = tuple(dict.fromkeys((*cls._fields, *cls.__annotations__)))

    def __init__(self, **given: Any) -> None:
        needed = {name for name in self._fields if not hasattr(type(self), name)}
        if wrong := (needed - given.keys()) | (given.keys() - {*self._fields}):
            raise TypeError(f"{type(self).__name__}: unknown or not given: {', '.join(sorted(wrong))}")
        vars(self).update(given)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}: {name} cannot be set")


class Option(Record, ABC):
    """One question. ``title`` is its common name, ``help`` says what it is, ``why`` what it costs and buys."""

    name: str
    group: str
    title: str
    question: str
    """What a person is asked."""
    help: str
    why: str
    default: Value
    by_target: Mapping[Value, Value] = {}
    """The default for the targets that need another."""
    required: bool = False
    """Whether somebody has to answer it."""
    when: When = ALWAYS
    dependencies: bool = False
    """Whether the answer changes the Go modules that the service needs."""
    before: Callable[[Mapping[str, Value]], Value] | None = None
    """What renders what a repository had, of whose answers it is not one yet; the default where nothing else does."""

    @property
    def flag(self) -> str:
        """The long flag, with its dashes."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable."""
        return "GOCONTAINER_" + self.name.upper()

    @abstractmethod
    def parse(self, raw: object, where: str) -> Value:
        """Return the canonical value, or raise InvalidAnswer naming ``where`` it came from."""

    def fits(self, raw: object) -> bool:
        """Whether ``raw`` is a valid answer."""
        try:
            self.parse(raw, "")
        except InvalidAnswer:
            return False
        return True

    @property
    @abstractmethod
    def accepts(self) -> str:
        """What a value may be, in a few words for tables."""

    @property
    def rule(self) -> str:
        """The same without Markdown's signs."""
        return self.accepts.replace("`", "")

    def samples(self) -> tuple[Value, ...]:
        """Return the levels that the test matrix covers."""
        return (self.default,)


class Text(Option):
    """A line of text that ``pattern`` must match whole; ``expected`` and ``hint`` say so in words."""

    pattern: str
    longest: int
    expected: str
    hint: str
    example: str = ""
    """What the test matrix answers, where a file differs by whether there is an answer."""
    reserved: tuple[str, ...] = ()
    """Path elements that are refused in any case."""

    def parse(self, raw: object, where: str) -> Value:
        refusal = self._refusal(raw, where)
        if refusal:
            raise refusal
        return str(raw)

    def _refusal(self, raw: object, where: str) -> InvalidAnswer | None:
        if raw == self.default and not self.required:  # most are, and need no pattern to be compiled
            return None
        if not isinstance(raw, str) or len(raw) > self.longest or not re.fullmatch(self.pattern, raw):
            return InvalidAnswer(where, raw, self.expected, self.hint)
        taken = [part for part in raw.lower().split("/") if part.partition(".")[0] in self.reserved]
        if not taken:
            return None
        rule = tr("usable: {word} has a meaning of its own in YAML, in Go or on Windows", word=repr(taken[0]))
        return InvalidAnswer(where, raw, rule, tr("Choose another."))

    @property
    def accepts(self) -> str:
        return tr(self.expected)

    def samples(self) -> tuple[Value, ...]:
        return (self.default, self.example) if self.example else (self.default,)


LACKING: Any = None
"""A fact that the row of a choice does not give: ``gocontainer dev derive`` refuses such a row by its name."""


class Choice(Record):
    """One value of a Select or a SelectMany. A subclass has a field for each fact of its choices."""

    value: str
    label: str = LACKING

    @property
    def pins(self) -> Sequence[tuple[str, str]]:
        """The entries of pins.toml that it needs, each by its table and its name."""
        return ()


Row = TypeVar("Row", bound=Choice)


def by_value(*choices: Row) -> Mapping[str, Row]:
    """Return the rows of a question by their values."""
    return {choice.value: choice for choice in choices}


class Select(Option):
    """One of ``choices``."""

    choices: tuple[Choice, ...]

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(choice.value for choice in self.choices)

    def parse(self, raw: object, where: str) -> Value:
        if raw not in self.values:
            raise InvalidAnswer(where, raw, tr("one of the choices"), self._hint(raw))
        return str(raw)

    def _hint(self, raw: object) -> str:
        like = nearest(raw, self.values) if isinstance(raw, str) else None
        if like:
            return tr("Did you mean {nearest}?", nearest=like)
        if isinstance(raw, float):  # to YAML, TOML and JSON a version is a number: 1.30 arrives as 1.3
            return tr("Choose from {names}, in quotes.", names=series(self.values))
        return tr("Choose from {names}.", names=series(self.values))

    @property
    def accepts(self) -> str:
        return ", ".join(f"`{value}`" for value in self.values)

    def samples(self) -> tuple[Value, ...]:
        return self.values


class SelectMany(Select):
    """Several of ``choices``; the value is one comma-joined string in the table's order."""

    def parse(self, raw: object, where: str) -> Value:
        parts = [part.strip(BLANKS) for part in raw.split(",")] if isinstance(raw, str) else raw
        if not isinstance(parts, Sequence) or list(parts) in ([], [""]):
            raise InvalidAnswer(where, raw, tr("a list of choices"), self._hint(None))
        for part in parts:
            super().parse(part, where)
        return ",".join(value for value in self.values if value in parts)

    @property
    def accepts(self) -> str:
        return tr("several of {names}", names=super().accepts)

    def several(self) -> tuple[str, ...]:
        """Return every value that names more than one choice."""
        sizes = range(2, len(self.values) + 1)
        return tuple(",".join(some) for size in sizes for some in itertools.combinations(self.values, size))

    def samples(self) -> tuple[Value, ...]:
        return tuple(dict.fromkeys((self.default, self.values[0], ",".join(self.values))))


class Toggle(Option):
    """Yes or no, named by a positive noun."""

    def parse(self, raw: object, where: str) -> Value:
        word = truth(raw)
        if word is None:
            raise InvalidAnswer(where, raw, tr("true or false"), tr("Give true or false."))
        return word

    @property
    def accepts(self) -> str:
        return "`true`, `false`"

    def samples(self) -> tuple[Value, ...]:
        return (True, False)


class Integer(Option):
    """A whole number from ``minimum`` to ``maximum``."""

    minimum: int
    maximum: int

    def parse(self, raw: object, where: str) -> Value:
        text = as_text(raw)
        good = not isinstance(raw, bool) and re.fullmatch("0|[1-9][0-9]{0,8}", text, re.ASCII)
        if not good or not self.minimum <= int(text) <= self.maximum:
            rule = tr("a whole number from {least} to {most}", least=self.minimum, most=self.maximum)
            raise InvalidAnswer(where, raw, rule, tr("Give one, such as {number}.", number=self.default))
        return int(text)

    @property
    def accepts(self) -> str:
        return tr("{minimum} to {maximum}", minimum=self.minimum, maximum=self.maximum)

    def samples(self) -> tuple[Value, ...]:
        return tuple(dict.fromkeys((self.default, self.minimum, self.maximum)))


class Quantity(Option):
    """A Kubernetes quantity from ``minimum`` to ``maximum``. Each of the ``suffixes`` has its factor."""

    minimum: str
    maximum: str
    suffixes: Mapping[str, int]
    hint: str

    @property
    def pattern(self) -> str:
        return f"[1-9][0-9]{{0,5}}({'|'.join(self.suffixes)})"

    def amount(self, value: str) -> int:
        """Return a valid ``value`` in the unit of the smallest suffix."""
        digits = re.match("[0-9]+", value)
        assert digits is not None, value
        return int(digits.group()) * self.suffixes[value[digits.end() :]]

    def parse(self, raw: object, where: str) -> Value:
        text = as_text(raw)
        good = not isinstance(raw, bool) and re.fullmatch(self.pattern, text, re.ASCII)
        if not good or not self.amount(self.minimum) <= self.amount(text) <= self.amount(self.maximum):
            rule = tr("an amount from {least} to {most}", least=self.minimum, most=self.maximum)
            raise InvalidAnswer(where, raw, rule, self.hint)
        return text

    def ends(self, factor: int) -> tuple[int, int]:
        """Return the least and the most that may stand before the suffix of a ``factor``."""
        return -(-self.amount(self.minimum) // factor), self.amount(self.maximum) // factor

    @property
    def accepts(self) -> str:
        return tr("{minimum} to {maximum}", minimum=self.minimum, maximum=self.maximum)

    def samples(self) -> tuple[Value, ...]:
        return (self.default, self.minimum, self.maximum)
