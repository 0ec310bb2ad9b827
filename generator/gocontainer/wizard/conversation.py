"""The conversation without a terminal: the question to ask next, and complete answers from those so far.

Screens draw it and tests walk it. It keeps only what the person said; everything else, also what had
to move to make room for an answer, follows from that afresh each time. So whatever way a person took,
the same answers give the same repository.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gocontainer.errors import InvalidAnswer, UsageError
from gocontainer.options.table import BY_NAME, GROUPS, OPTIONS
from gocontainer.options.types import Option, Select, SelectMany, Toggle, Value, holds
from gocontainer.wizard.settling import Settled, Settler, changes

FIRST = ("profile", "service")
"""Asked of everyone; the rest is one keystroke away."""
REVIEW = "review"


class Offer(NamedTuple):
    """One choice of a question. ``obstacle`` says why it cannot be chosen."""

    value: Value
    label: str
    obstacle: str | None


class Question(NamedTuple):
    """What is asked now."""

    option: Option
    value: Value
    default: Value | None
    """What it is without the person's own answer; None where the others need that answer."""
    offers: tuple[Offer, ...]


class Conversation:
    """A conversation: starts with the answers of the call, ends with complete ones."""

    def __init__(self, settler: Settler, said: Mapping[str, Value] | None = None) -> None:
        self.settler = settler
        self.said: dict[str, Value] = dict(said or {})
        self.drafts: dict[str, str] = {}
        """Lines that were typed and not yet taken."""
        self.settled = settler.start(self.said)
        self.notes = tuple(changes(None, self.settled))
        if "service" in settler.held:
            settler.refuse_occupied(self.settled)
        self._trail: list[str] = []
        self._queue = [name for name in FIRST if name not in settler.held]
        self.at = self._next()

    @property
    def place(self) -> tuple[str, list[str], list[str]]:
        """Where the person is, where they came from, and what is still to be asked."""
        return self.at, list(self._trail), list(self._queue)

    def go_on(self, at: str, trail: Sequence[str], queue: Sequence[str]) -> None:
        """Go on at the ``place`` of an earlier conversation; what the call answers by now is not asked."""
        held = self.settler.held
        self._trail = [name for name in trail if name not in held]
        self._queue = [] if at == REVIEW else [name for name in (at, *queue) if name not in held]
        self.at = self._next()

    @property
    def steps(self) -> list[str]:
        """The groups that have a question for these answers, and the review."""
        groups = {BY_NAME[name].group for name in (*self.changeable(), self.at) if name != REVIEW}
        return [*(title for group, title in GROUPS.items() if group in groups), "Review"]

    @property
    def step(self) -> int:
        """The number of the current one of the ``steps``, from 1."""
        return len(self.steps) if self.at == REVIEW else self.steps.index(GROUPS[BY_NAME[self.at].group]) + 1

    @property
    def option(self) -> Option | None:
        """The option that is asked for now; there is none at the review."""
        return BY_NAME.get(self.at)

    @property
    def question(self) -> Question:
        """The question that is asked now, with all that is known of it; there is none at the review."""
        option = BY_NAME[self.at]
        return Question(
            option=option,
            value=self.settled.value(self.at),
            default=self._without(self.at),
            offers=tuple(self._offers(option)),
        )

    def _offers(self, option: Option) -> Iterator[Offer]:
        choices: list[tuple[Value, str]] = []
        if isinstance(option, Toggle):
            choices = [(True, "yes"), (False, "no")]
        elif isinstance(option, Select):
            choices = [(choice.value, choice.label) for choice in option.choices]
        for value, label in choices:
            yield Offer(value, label, None if isinstance(option, SelectMany) else self.obstacle(value))

    def _tried(self, raw: object) -> tuple[dict[str, Value], Settled]:
        """Return the person's answers and the complete ones as they would be with ``raw`` as the current answer."""
        value = BY_NAME[self.at].parse(raw, "")
        others = {name: each for name, each in self.said.items() if name != self.at}
        # An accepted default is nothing said.
        said = others if self.at != "service" and self._without(self.at) == value else {**others, self.at: value}
        return said, self.settler.settle(said)

    def _without(self, name: str) -> Value | None:
        """Return the value that ``name`` has if the person's answer to it is dropped; None where the others need it."""
        try:
            return self.settler.settle({key: each for key, each in self.said.items() if key != name}).value(name)
        except UsageError:
            return None

    def obstacle(self, raw: object) -> str | None:
        """Return why ``raw`` cannot be the answer now, if it cannot."""
        try:
            self._tried(raw)
        except UsageError as error:
            return self._told(error)
        return None

    def supposing(self, raw: object) -> Settled | None:
        """Return the complete answers with ``raw`` as the current one; None where it cannot be."""
        try:
            return self._tried(raw)[1]
        except UsageError:
            return None

    def answer(self, raw: object) -> str | None:
        """Take an answer and go on, or return the sentence that says why it cannot be one."""
        try:
            said, settled = self._tried(raw)
            if self.at == "service":
                self.settler.refuse_occupied(settled)
        except UsageError as error:
            return self._told(error)
        self.drafts.pop(self.at, None)
        self.notes = tuple(changes(self.settled, settled, self.at))
        self.said, self.settled = said, settled
        self._go_on()
        return None

    def _told(self, error: UsageError) -> str:
        """Return an error's sentence."""
        if not isinstance(error, InvalidAnswer):
            return str(error)
        if error.where:  # another answer that follows from this one
            return f"With this answer, {error}"
        return str(error)

    def finish(self) -> str | None:
        """Return why the repository cannot be written after all, if so: the place may have filled meanwhile."""
        try:
            self.settler.refuse_occupied(self.settled)
        except UsageError as error:
            return str(error)
        return None

    def _go_on(self) -> None:
        if self._trail[-1:] == [REVIEW] and not self._queue:
            self._trail.pop()  # one answer was changed from the review
        else:
            self._trail.append(self.at)
        self.at = self._next()

    def _next(self) -> str:
        while self._queue:
            name = self._queue.pop(0)
            if self._applies(name):
                return name
        return REVIEW

    def _applies(self, name: str) -> bool:
        when = BY_NAME[name].when
        return not when or holds(when, self.settled.answers)

    @property
    def can_go_back(self) -> bool:
        """Whether the person came from somewhere."""
        return bool(self._trail)

    def back(self) -> bool:
        """Go back to where the person came from, with all answers kept; False at the beginning."""
        if not self._trail:
            return False
        if self.at != REVIEW:
            self._queue.insert(0, self.at)
        self.at, self.notes = self._trail.pop(), ()
        if self.at == REVIEW:
            self._queue = []
        elif not self._applies(self.at):
            return self.back()
        return True

    def change(self, name: str) -> None:
        """Ask for one answer again, from the review."""
        self._trail.append(REVIEW)
        self._queue, self.at, self.notes = [], name, ()

    def customise(self) -> None:
        """Ask for everything that has not been asked yet, group by group."""
        rest = self._rest()
        if any(map(self._applies, rest)):
            self._trail.append(REVIEW)
            self._queue, self.notes = rest, ()
            self.at = self._next()

    def _rest(self) -> list[str]:
        """Return what is asked when everything is; a single choice is none."""
        known = {*self.settler.held, *FIRST}
        open_ = (option for option in OPTIONS if option.name not in known)
        return [option.name for option in open_ if not isinstance(option, Select) or len(option.choices) > 1]

    def changeable(self) -> tuple[str, ...]:
        """Return the options that have a meaning now, the profile first."""
        return ("profile", *(option.name for option in OPTIONS if self._applies(option.name)))
