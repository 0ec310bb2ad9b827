"""Complete answers from what was said: filled up, those without a meaning left out, defaults in the way moved."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gocontainer.answers.detect import Surroundings, detected
from gocontainer.answers.model import Answers, Filled, Layer, fill, fits, service_in
from gocontainer.errors import Impossible, InvalidAnswer, UnreadablePlace, UsageError
from gocontainer.options.conflicts import CONFLICTS
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Toggle, Value, holds
from gocontainer.repository import tree
from gocontainer.texts import tr


class Settled(NamedTuple):
    """Complete answers, and what had to change for them."""

    answers: Answers
    moved: Mapping[str, str]
    """Defaults that were changed, each with the option that forced it."""
    dropped: tuple[str, ...]
    """Options that were answered and have no meaning with the other answers."""

    def value(self, name: str) -> Value:
        """Return the value of an option, or the profile."""
        return self.answers.profile if name == "profile" else self.answers[name]


class Settler:
    """Knows what is given beside what a person says: the call's own answers and the surroundings."""

    def __init__(self, given: Sequence[Layer], around: Surroundings) -> None:
        self.given, self.around = tuple(given), around
        self.held = frozenset(name for layer in given for name in layer.values)
        """The options that the call itself answers."""
        self._suggested = Layer("default", {"service": self.suggested_name()})
        self._detected: dict[Path, Layer] = {}

    def suggested_name(self) -> str:
        """Return a name of the service to start from."""
        clone = self.around.clone
        return clone if clone and fits("service", clone) else _free_name(self.around.here)

    def detect(self, target: Path) -> Layer:
        """Return what the repository at or around ``target`` suggests; raise UnreadablePlace."""
        try:
            return detected(target)
        except OSError as error:
            raise UnreadablePlace(str(target), error.strerror or str(error)) from error

    def refuse_occupied(self, settled: Settled) -> None:
        """Raise TargetNotEmpty or UnreadablePlace where the repository cannot be written."""
        target = self.target(settled)
        try:
            tree.refuse_occupied(target)
        except OSError as error:
            raise UnreadablePlace(str(target), error.strerror or str(error)) from error

    def target(self, settled: Settled) -> Path:
        """Return the repository's folder."""
        return self.around.target(str(settled.answers["service"]))

    def start(self, said: Mapping[str, Value]) -> Settled:
        """Return the complete answers at the start; a conflict of what the call itself gives names its flags."""
        try:
            return self.settle(said)
        except Impossible:
            if not said:
                Answers.merge_with_room(self._suggested, *self.given)
            raise

    def settle(self, said: Mapping[str, Value]) -> Settled:
        """Return the complete answers with ``said``; raise UsageError where they cannot be together.

        An answer without a meaning is left out. A default that is in the way of an answer moves.
        """
        moved: dict[str, Value] = {}
        causes: dict[str, str] = {}
        while True:
            wanted, filled = self._applicable({**moved, **said})
            conflict = next((each for each in CONFLICTS if each.applies(filled.values)), None)
            if conflict is None:
                break
            move = conflict.room(filled.values, {*said, *moved, *self.held})
            if move is None:
                raise Impossible(conflict.reason, conflict.hint)
            moved[move.name], causes[move.name] = move.value, move.cause
        answers = Answers.merge(*self._layers(wanted))
        return Settled(answers, causes, tuple(name for name in said if name not in wanted))

    def _applicable(self, said: Mapping[str, Value]) -> tuple[dict[str, Value], Filled]:
        """Return what has a meaning of ``said``, and everything filled up."""
        wanted = dict(said)
        while True:
            filled = fill(self._layers(wanted))
            idle = [name for name in wanted if not holds(BY_NAME[name].when, filled.values)]
            if not idle:
                return wanted, filled
            for name in idle:
                del wanted[name]

    def _layers(self, said: Mapping[str, Value]) -> tuple[Layer, ...]:
        person = Layer("wizard", said, "")
        service = service_in((self._suggested, *self.given, person))
        target = self.around.target(str(service))
        if target not in self._detected:
            self._detected[target] = self.detect(target)
        return (self._suggested, self.around.owner, self._detected[target], *self.given, person)


def changes(before: Settled | None, after: Settled, answered: Collection[str] = ()) -> Iterator[str]:
    """Yield a sentence for everything that answers changed beside themselves; at the start, for all that moved."""
    moved_before, dropped_before = (before.moved, before.dropped) if before else ({}, ())
    for name in BY_NAME:
        now = shown(after.value(name))
        if name in answered and name not in after.moved:
            continue
        if name in after.dropped and name not in dropped_before:
            yield tr("{name} has no meaning now and is left out.", name=name)
        elif name in dropped_before and name not in after.dropped:
            yield tr("{name} is {value} again, as you said.", name=name, value=now)
        elif name in after.moved and (before is None or before.value(name) != after.value(name)):
            yield tr("{name} is {value} now, to go with {other}.", name=name, value=now, other=after.moved[name])
        elif name in moved_before and name not in after.moved:
            yield tr("{name} is {value} again.", name=name, value=now)


def shown(value: Value) -> str:
    """Return a value as people write it."""
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    return str(value).replace(",", ", ") or tr("none")


def _free_name(parent: Path) -> str:
    """Return a name to start from that is not taken in ``parent``."""
    names = ("my-service", *(f"my-service-{number}" for number in range(2, 1000)))
    return next(name for name in names if not (parent / name).exists())


def told(name: str, error: UsageError) -> str:
    """Return an error's sentence."""
    if not isinstance(error, InvalidAnswer):
        return str(error)
    if error.where:  # another answer that follows from this one
        return tr("With this answer, {error}", error=error)
    if isinstance(BY_NAME[name], Toggle):
        return str(InvalidAnswer("", error.value, tr("yes or no"), tr("Give yes or no.")))
    return str(error)
