"""Questions that may be answered with nothing: the value is the empty text, and a condition names members."""

from __future__ import annotations

from collections.abc import Sequence

from gocontainer.options.patterns import BLANKS
from gocontainer.options.types import SelectMany, Value
from gocontainer.texts import tr

NONE = "none"
"""How a person writes the answer that has no member; the empty text is the same."""


def members(value: object) -> list[str]:
    """Return the choices that the answer to a SelectMany has."""
    return [part for part in str(value).split(",") if part]


class AtLeast(tuple[str, ...]):
    """In a condition: the answers that have all members of one of these sets, whatever else they have."""

    __slots__ = ()

    def __contains__(self, value: object) -> bool:
        return any({*members(each)} <= {*members(value)} for each in self)


class SelectAny(SelectMany):
    """Any of ``choices``, also none of them."""

    def parse(self, raw: object, where: str) -> Value:
        if raw.strip(BLANKS) in ("", NONE) if isinstance(raw, str) else isinstance(raw, Sequence) and not raw:
            return ""
        return super().parse(raw, where)

    @property
    def accepts(self) -> str:
        return tr("`none`, or {some}", some=super().accepts)

    def samples(self) -> tuple[Value, ...]:
        return ("", *self.values)
