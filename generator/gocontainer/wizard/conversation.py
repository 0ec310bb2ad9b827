"""The conversation without a terminal: the page to show next, and complete answers from those so far.

Screens draw it and tests walk it. It keeps only what the person said; everything else, also what had
to move to make room for an answer, follows from that afresh each time. So whatever way a person took,
the same answers give the same repository.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gocontainer.errors import UsageError
from gocontainer.options.sets import members
from gocontainer.options.table import BY_NAME, GROUPS, OPTIONS
from gocontainer.options.types import Option, Select, SelectMany, Toggle, Value, holds
from gocontainer.prompts import find
from gocontainer.texts import is_english, tr
from gocontainer.wizard.settling import Settled, Settler, changes, shown, told

NAME, CONTAINER, IMAGE, REVIEW, CUSTOMISE = "name", "container", "image", "review", "customise"
PAGES: Mapping[str, tuple[str, ...]] = {
    NAME: ("service", "profile"),
    CONTAINER: ("target", "base_image", "cgo", "config_center"),
    IMAGE: ("image",),
}
"""The pages that everyone gets, in order, and what each asks for; the last one where CI pushes is not known."""
IN_CHINESE: Mapping[str, tuple[str, ...]] = {CONTAINER: ("registry_mirrors",)}
"""What a page asks for in Chinese as well: many foreign registries are out of reach there."""


def titles() -> Mapping[str, str]:
    """Return what the pages are called, but for those of a group or of one option."""
    return {
        NAME: tr("Name"),
        CONTAINER: tr("Container"),
        IMAGE: tr("Image"),
        REVIEW: tr("Review"),
        CUSTOMISE: tr("Customise"),
    }


class Offer(NamedTuple):
    """One choice of a question. ``obstacle`` says why it cannot be chosen."""

    value: Value
    label: str
    obstacle: str | None


class Question(NamedTuple):
    """One question of a page, with all that is known of it."""

    option: Option
    value: Value
    default: Value | None
    """What it is without the person's own answer; None where the others need that answer."""
    offers: tuple[Offer, ...]


class Conversation:
    """A conversation: starts with the answers of the call, ends with complete ones.

    It is at a page: one of the ``PAGES``, the ``REVIEW``, the list of groups (``CUSTOMISE``), a group or one option.
    """

    def __init__(self, settler: Settler, said: Mapping[str, Value] | None = None) -> None:
        self.settler = settler
        self.said: dict[str, Value] = dict(said or {})
        self.drafts: dict[str, str] = {}
        """Lines that were typed and not yet taken."""
        self.settled = settler.start(self.said)
        if "service" in settler.held:
            settler.refuse_occupied(self.settled)
        self._came: list[str] = []
        """Where to go back to from a page that the person chose."""
        self._arrive(self._after(None))
        self.notes = tuple(changes(None, self.settled))

    # Where the person is

    @property
    def place(self) -> tuple[str, list[str]]:
        """Where the person is, and where a page that they chose leads back to."""
        return self.at, list(self._came)

    def go_to(self, at: str, came: Sequence[str]) -> None:
        """Go on at the ``place`` of an earlier conversation; what the call answers by now is not asked."""
        self._came = list(came)
        while self._came and (at in self.settler.held or (at in BY_NAME and not self._applies(at))):
            at = self._came.pop()
        self._arrive(at if self._came or at not in PAGES or self._has(at) else self._after(at))

    @property
    def names(self) -> tuple[str, ...]:
        """The options that the page asks for; none at the review and at the list of groups."""
        return self._names(self.at)

    def _names(self, at: str) -> tuple[str, ...]:
        if at in PAGES and not self._came:
            return self._asked(at)
        if at in GROUPS:
            return self.members(at)
        return (at,) if at in BY_NAME else ()

    def members(self, group: str) -> tuple[str, ...]:
        """Return the options of a group that have a meaning now."""
        return tuple(name for name in self.changeable() if BY_NAME[name].group == group)

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that have a question for these answers."""
        groups = {BY_NAME[name].group for name in self.changeable()}
        return tuple(group for group in GROUPS if group in groups)

    @property
    def title(self) -> str:
        """What the page is called."""
        return titles().get(self.at) or find.entry(self.at).title

    @property
    def steps(self) -> list[str]:
        """The titles of the pages that everyone gets, and of the review."""
        return [titles()[page] for page in (*filter(self._has, PAGES), REVIEW)]

    @property
    def step(self) -> int:
        """The number of the current one of the ``steps``, from 1; all that the person chose belongs to the review."""
        page = (*self._came, self.at)[0]
        pages = [*filter(self._has, PAGES), REVIEW]
        return (pages.index(page) if page in pages else len(pages) - 1) + 1

    @property
    def can_go_back(self) -> bool:
        """Whether the person came from somewhere."""
        return bool(self._came) or self._before() is not None

    def _has(self, page: str) -> bool:
        """Whether a page has a question; where CI pushes is one only if nothing tells it."""
        known = page == IMAGE and IMAGE not in self.said and self.settled.answers.origins[IMAGE] != "default"
        return not known and bool(self._asked(page))

    def _asked(self, page: str) -> tuple[str, ...]:
        """Return what a page that everyone gets asks for, of all that the call has not answered."""
        names = (*PAGES[page], *(() if is_english() else IN_CHINESE.get(page, ())))
        return tuple(name for name in names if name not in self.settler.held and self._applies(name))

    def _after(self, page: str | None) -> str:
        pages = list(PAGES)
        return next(filter(self._has, pages[pages.index(page) + 1 if page else 0 :]), REVIEW)

    def _before(self) -> str | None:
        pages = list(PAGES)
        end = pages.index(self.at) if self.at in pages else len(pages)
        return next(filter(self._has, reversed(pages[:end])), None)

    def _applies(self, name: str) -> bool:
        return name == "profile" or holds(BY_NAME[name].when, self.settled.answers)

    def changeable(self) -> tuple[str, ...]:
        """Return the options that have a meaning now, the profile first."""
        return ("profile", *(option.name for option in OPTIONS if self._applies(option.name)))

    # What is asked and answered

    def question(self, name: str) -> Question:
        """Return the question for an option."""
        option = BY_NAME[name]
        return Question(
            option=option,
            value=self.settled.value(name),
            default=self._without(name),
            offers=tuple(self._offers(option)),
        )

    def _offers(self, option: Option) -> Iterator[Offer]:
        choices: list[tuple[Value, str]] = []
        if isinstance(option, Toggle):
            choices = [(value, shown(value)) for value in (True, False)]
        elif isinstance(option, Select):
            choices = [(choice.value, tr(choice.label)) for choice in option.choices]
        now, several = self.settled.value(option.name), isinstance(option, SelectMany)
        taken = members(now) if several else [now]
        for value, label in choices:
            obstacle = None if value in taken else self.obstacle(option.name, [*taken, value] if several else value)
            yield Offer(value, label, obstacle)

    def _tried(self, name: str, raw: object) -> tuple[dict[str, Value], Settled]:
        """Return the person's answers and the complete ones as they would be with ``raw`` as the answer to ``name``."""
        value = BY_NAME[name].parse(raw, "")
        others = {key: each for key, each in self.said.items() if key != name}
        # An accepted default is nothing said.
        said = others if name != "service" and self._without(name) == value else {**others, name: value}
        return said, self.settler.settle(said)

    def _without(self, name: str) -> Value | None:
        """Return the value that ``name`` has if the person's answer to it is dropped; None where the others need it."""
        if name not in self.said:
            return self.settled.value(name)
        try:
            return self.settler.settle({key: each for key, each in self.said.items() if key != name}).value(name)
        except UsageError:
            return None

    def obstacle(self, name: str, raw: object) -> str | None:
        """Return why ``raw`` cannot be the answer to ``name``, if it cannot."""
        try:
            self._tried(name, raw)
        except UsageError as error:
            return told(name, error)
        return None

    def supposing(self, name: str, raw: object) -> Settled | None:
        """Return the complete answers with ``raw`` as the answer to ``name``; None where it cannot be."""
        try:
            return self._tried(name, raw)[1]
        except UsageError:
            return None

    def answer(self, name: str, raw: object) -> str | None:
        """Take an answer, or return the sentence that says why it cannot be one; the page stays."""
        try:
            said, settled = self._tried(name, raw)
            if name == "service":
                self.settler.refuse_occupied(settled)
        except UsageError as error:
            return told(name, error)
        self.drafts.pop(name, None)
        self.said, self.settled = said, settled
        self.notes = tuple(changes(self.arrived, settled, self.names))
        return None

    # From page to page

    def _arrive(self, at: str) -> None:
        self.at = at
        self.arrived = self.settled
        """The complete answers as they were when the person came to the page."""
        self._said_before = dict(self.said)

    @property
    def before(self) -> Settled:
        """The complete answers as they were when the person came to the page, but for the name: it is in every file."""
        named = {name: self.said[name] for name in ("service",) if name in self.said}
        try:
            return self.settler.settle({**self._said_before, **named})
        except UsageError:
            return self.arrived

    def go_on(self) -> str | None:
        """Take the page as it is and go on, or return the sentence that says why it cannot be left."""
        error = self._take()
        if error is None:
            self._arrive(self._came.pop() if self._came else self._after(self.at))
        return error

    def go_to_review(self) -> str | None:
        """Take the page and all that is still to be asked as they are, or return why that cannot be."""
        error = self._take()
        if error is None:
            self._came = []
            self._arrive(REVIEW)
        return error

    def _take(self) -> str | None:
        if self.settled == self.arrived:
            self.notes = ()
        # The name counts as said once it was seen: another folder could suggest another one.
        unsaid = "service" in self.names and "service" not in self.said
        return self.answer("service", self.settled.value("service")) if unsaid else None

    def back(self) -> bool:
        """Go back to where the person came from; False at the beginning.

        All answers are kept, but for those to a page that was opened from another one: Esc closes it as it was.
        """
        if self._came:
            self.said, self.settled = self._said_before, self.arrived
            before: str | None = self._came.pop()
        else:
            before = self._before()
        if before is None:
            return False
        self.notes = ()
        self._arrive(before)
        return True

    def change(self, page: str) -> None:
        """Open a group, one option or the list of groups, to come back here."""
        self._came.append(self.at)
        self.notes = ()
        self._arrive(page)

    def finish(self) -> str | None:
        """Return why the repository cannot be written after all, if so: the place may have filled meanwhile."""
        try:
            self.settler.refuse_occupied(self.settled)
        except UsageError as error:
            return str(error)
        return None
