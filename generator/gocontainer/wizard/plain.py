"""The wizard line by line: for screen readers, for terminals that cannot move their cursor, for logs."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType
from typing import TypeVar

from gocontainer.errors import HANG_UP, Cancelled, Interrupted
from gocontainer.options.types import SelectMany, Toggle
from gocontainer.wizard import review
from gocontainer.wizard.conversation import REVIEW, Conversation, Question
from gocontainer.wizard.pages import tilde
from gocontainer.wizard.preview import Preview
from gocontainer.wizard.settling import shown

Say = Callable[[str], None]
Ask = Callable[[str], str]
Spoken = TypeVar("Spoken")
BACK, HELP = "<", "?"


def converse(conversation: Conversation, preview: Preview, found: Sequence[str], say: Say, ask: Ask) -> None:
    """Hold the conversation; raise Cancelled or Interrupted where it is ended before its end."""
    pages = Plain(conversation, preview, _heard(say), _heard(ask))
    with _signals():
        try:
            pages.begin(found)
            while not pages.page():
                pass
        except (EOFError, KeyboardInterrupt):
            with suppress(OSError):
                say("")  # the line that was being typed is over
            raise Cancelled from None


def _heard(speak: Callable[[str], Spoken]) -> Callable[[str], Spoken]:
    """Return ``speak``, which raises Interrupted where the terminal is gone."""

    def spoken(text: str) -> Spoken:
        try:
            return speak(text)
        except OSError:
            raise Interrupted(HANG_UP) from None

    return spoken


@contextmanager
def _signals() -> Iterator[None]:
    """Turn the signals that end a process into errors for as long as somebody is asked."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise Interrupted(number)

    numbers = [getattr(signal, name) for name in ("SIGHUP", "SIGTERM") if hasattr(signal, name)]
    # Whoever runs us may want one of them ignored; what C code has set cannot be put back.
    heeded = [number for number in numbers if signal.getsignal(number) not in (signal.SIG_IGN, None)]
    before = {number: signal.signal(number, end) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Plain:
    """The pages, one line at a time."""

    def __init__(self, conversation: Conversation, preview: Preview, say: Say, ask: Ask) -> None:
        self.conversation, self.preview, self._say, self._ask = conversation, preview, say, ask
        self._told: dict[str, str] = {}
        """What was said of each answer at the last review: only news is said again."""
        self._noted: tuple[str, ...] = ()

    def begin(self, found: Sequence[str]) -> None:
        """Say what was found, and how to answer."""
        self._say(f"Found: {'; '.join(found)}.")
        self._say(
            f"Enter takes what is in brackets, {BACK} goes back, {HELP} says what an answer may be, Ctrl-C quits."
        )

    def page(self) -> bool:
        """Show one page and take one line; True when all is said."""
        talk = self.conversation
        if talk.notes is not self._noted:
            self._noted = talk.notes
            for note in talk.notes:
                self._say(note)
        self._say("")
        self._say(f"Step {talk.step} of {len(talk.steps)}, {talk.steps[talk.step - 1]}")
        return self._review() if talk.at == REVIEW else self._question(talk.question)

    def _question(self, question: Question) -> bool:
        self._say(f"{question.option.help} {question.option.why}")
        for number, offer in enumerate(question.offers, 1):
            label = "" if offer.label == shown(offer.value) else f": {offer.label}"
            obstacle = f" (not now: {offer.obstacle})" if offer.obstacle else ""
            self._say(f"  {number}. {shown(offer.value)}{label}{obstacle}")
        line = self._ask(f"{_prompt(question)} [{shown(question.value)}]: ").strip()
        if line == HELP:
            self._say(f"It may be {question.option.rule}.")
        elif line == BACK:
            if not self.conversation.back():
                self._say("This is the first question.")
        else:
            error = self.conversation.answer(_meant(line, question))
            if error:
                self._say(f"Not taken: {error}")
        return False

    def _review(self) -> bool:
        """Say what is new and take one line; True where it was an empty one, which means: write."""
        talk, settled = self.conversation, self.conversation.settled
        self._say(f"Ready to write {len(self.preview.paths(settled))} files to {tilde(talk.settler.target(settled))}")
        self._say(f"{self.preview.estimate(settled)}.")
        rows = {row.name: f"  {row.name}: {row.value} ({row.origin}) {row.remark}" for row in review.rows(talk)}
        for name, text in rows.items():
            if self._told.get(name) != text:
                self._say(text.rstrip())
        self._told = rows
        self._say("Enter writes. A name changes that answer, all asks for everything, list and files list them.")
        line = self._ask("Write, or change: ").strip()
        actions: Mapping[str, Callable[[], object]] = {
            BACK: talk.back,
            HELP: partial(self._say, f"It may be all, list, files or the name of an answer: {', '.join(rows)}."),
            "all": talk.customise,
            "list": self._told.clear,
            "files": self._list,
            **{name: partial(talk.change, name) for name in rows},
        }
        if not line:
            return self._may_write()
        if line in actions:
            actions[line]()
        else:
            self._say(f"Not taken: there is no answer {line!r}. Choose from {', '.join(rows)}.")
        return False

    def _may_write(self) -> bool:
        error = self.conversation.finish()
        if error:
            self._say(f"Not written: {error}")
        return error is None

    def _list(self) -> None:
        for leaf in self.preview.leaves(self.conversation.settled):
            reason = f" ({leaf.reason})" if leaf.reason else ""
            self._say(f"  {leaf.path}{reason}")


def _prompt(question: Question) -> str:
    if isinstance(question.option, SelectMany):
        return "Numbers or names"
    return "Number or name" if question.offers else question.option.name


def _meant(line: str, question: Question) -> object:
    """Return the answer that a line is: nothing for the current one, a number or a letter for a choice."""
    if not line:
        return question.value
    words = {str(number): offer.value for number, offer in enumerate(question.offers, 1)}
    if isinstance(question.option, Toggle):
        words |= {"y": True, "n": False}
    if isinstance(question.option, SelectMany):
        return ",".join(str(words.get(part, part)) for part in re.split(r"[,\s]+", line.strip(", ")))
    return words.get(line, line)
