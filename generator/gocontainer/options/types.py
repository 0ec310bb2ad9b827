"""The kinds of question: what an answer may be, how it is read and described, and which known word is nearest."""

from __future__ import annotations

import itertools
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, NoReturn, TypeVar, dataclass_transform

from gocontainer.errors import InvalidAnswer

Value = str | bool | int
When = Mapping[str, tuple[Value, ...]]
ALWAYS: When = {}


def holds(when: When, values: Mapping[str, Value]) -> bool:
    """Whether every named answer is one of the accepted values."""
    return all(values[name] in accepted for name, accepted in when.items())


def may_hold(when: When, values: Mapping[str, Value]) -> bool:
    """Whether no answer in ``values`` contradicts ``when`` yet; one that is missing may still fit."""
    return holds({name: accepted for name, accepted in when.items() if name in values}, values)


def either(words: Sequence[str]) -> str:
    """Return ``a, b or c``."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the one of ``words`` that is most like ``word``, if any is like it."""
    import difflib

    return next(iter(difflib.get_close_matches(word.lower(), list(words), n=1)), None)


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
    when: When = ALWAYS
    dependencies: bool = False
    """Whether the answer changes the Go modules that the service needs."""

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

    @abstractmethod
    def schema(self) -> dict[str, object]:
        """Return the JSON Schema of a value in an answers file."""

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
    reserved: tuple[str, ...] = ()
    """Path elements that are refused in any case."""

    def parse(self, raw: object, where: str) -> Value:
        if not isinstance(raw, str) or len(raw) > self.longest or not re.fullmatch(self.pattern, raw):
            raise InvalidAnswer(where, raw, self.expected, self.hint)
        taken = [part for part in raw.lower().split("/") if part.partition(".")[0] in self.reserved]
        if taken:
            rule = f"usable: {taken[0]!r} has a meaning of its own in YAML, in Go or on Windows"
            raise InvalidAnswer(where, raw, rule, "Choose another.")
        return raw

    def schema(self) -> dict[str, object]:
        schema = {"type": "string", "pattern": f"^(?:{self.pattern})$", "maxLength": self.longest}
        return schema | ({"not": {"enum": list(self.reserved)}} if self.reserved else {})

    @property
    def accepts(self) -> str:
        return self.expected


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
            # To YAML, TOML and JSON a version is a number: 1.30 arrives as 1.3.
            quotes = ", in quotes" if isinstance(raw, float) else ""
            alike = nearest(raw, self.values) if isinstance(raw, str) else None
            hint = f"Did you mean {alike}?" if alike else f"Choose from {', '.join(self.values)}{quotes}."
            raise InvalidAnswer(where, raw, "one of the choices", hint)
        return str(raw)

    def schema(self) -> dict[str, object]:
        return {"enum": list(self.values)}

    @property
    def accepts(self) -> str:
        return ", ".join(f"`{value}`" for value in self.values)

    def samples(self) -> tuple[Value, ...]:
        return self.values


class SelectMany(Select):
    """Several of ``choices``; the value is one comma-joined string in the table's order."""

    def parse(self, raw: object, where: str) -> Value:
        parts = [part.strip() for part in raw.split(",")] if isinstance(raw, str) else raw
        if not isinstance(parts, Sequence) or list(parts) in ([], [""]):
            raise InvalidAnswer(where, raw, "a list of choices", f"Choose from {', '.join(self.values)}.")
        for part in parts:
            super().parse(part, where)
        return ",".join(value for value in self.values if value in parts)

    def schema(self) -> dict[str, object]:
        return {"type": "array", "items": {"enum": list(self.values)}, "minItems": 1, "uniqueItems": True}

    @property
    def accepts(self) -> str:
        return f"several of {super().accepts}"

    def several(self) -> tuple[str, ...]:
        """Return every value that names more than one choice."""
        sizes = range(2, len(self.values) + 1)
        return tuple(",".join(some) for size in sizes for some in itertools.combinations(self.values, size))

    def samples(self) -> tuple[Value, ...]:
        return tuple(dict.fromkeys((self.default, self.values[0], ",".join(self.values))))


_WORDS = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(("false", "no", "off", "0"), False)


class Toggle(Option):
    """Yes or no, named by a positive noun."""

    def parse(self, raw: object, where: str) -> Value:
        word = raw if isinstance(raw, bool) else _WORDS.get(str(raw).lower())
        if word is None:
            raise InvalidAnswer(where, raw, "true or false", "Give true or false.")
        return word

    def schema(self) -> dict[str, object]:
        return {"type": "boolean"}

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
        text = str(raw)
        good = not isinstance(raw, bool) and re.fullmatch("0|[1-9][0-9]{0,8}", text, re.ASCII)
        if not good or not self.minimum <= int(text) <= self.maximum:
            rule = f"a whole number from {self.minimum} to {self.maximum}"
            raise InvalidAnswer(where, raw, rule, f"Give one, such as {self.default}.")
        return int(text)

    def schema(self) -> dict[str, object]:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}

    @property
    def accepts(self) -> str:
        return f"{self.minimum} to {self.maximum}"

    def samples(self) -> tuple[Value, ...]:
        return tuple(dict.fromkeys((self.default, self.minimum, self.maximum)))


class Quantity(Option):
    """A Kubernetes quantity from ``minimum`` to ``maximum`` with one of the ``suffixes``.

    A suffix maps to its factor: the same amount counts the same, however it is written.
    """

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
        text = str(raw)
        good = not isinstance(raw, bool) and re.fullmatch(self.pattern, text, re.ASCII)
        if not good or not self.amount(self.minimum) <= self.amount(text) <= self.amount(self.maximum):
            raise InvalidAnswer(where, raw, f"an amount from {self.minimum} to {self.maximum}", self.hint)
        return text

    def schema(self) -> dict[str, object]:
        return {"type": ["string", "integer"], "pattern": f"^(?:{self.pattern})$"}

    @property
    def accepts(self) -> str:
        return f"{self.minimum} to {self.maximum}"

    def samples(self) -> tuple[Value, ...]:
        return (self.default, self.minimum, self.maximum)
