"""The conversation as prompts that stay in the scrollback, one question after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from gocontainer.options.table import BY_NAME
from gocontainer.options.types import SelectMany
from gocontainer.prompts.question import Item
from gocontainer.prompts.terminal import Prompts
from gocontainer.texts import tr
from gocontainer.wizard import parts, review
from gocontainer.wizard.controls import FILES, WRITE
from gocontainer.wizard.conversation import REVIEW, Conversation, Question
from gocontainer.wizard.pages import Glyphs, named, table
from gocontainer.wizard.preview import Preview
from gocontainer.wizard.settling import changes, shown

CHANGE = "change an answer"
"""What else can be done at the review; the name of no option."""


def converse(
    conversation: Conversation, found: Sequence[str], prompts: Prompts, glyphs: Glyphs, *, dry_run: bool
) -> None:
    """Hold the conversation; raise Cancelled or Interrupted where it is ended before its end."""
    with prompts.held():
        Inline(conversation, Preview(), prompts, glyphs, dry_run=dry_run).run(found)


class Inline:
    """The questions of a page are asked one by one; Esc goes back to the one before."""

    def __init__(
        self, conversation: Conversation, preview: Preview, prompts: Prompts, glyphs: Glyphs, *, dry_run: bool
    ) -> None:
        self.conversation, self.preview, self._prompts, self._glyphs = conversation, preview, prompts, glyphs
        self._dry_run = dry_run
        self._passed: list[str] = []
        """The questions of the page that were answered."""

    def run(self, found: Sequence[str]) -> None:
        """Say what was found, and ask until everything is said."""
        self._prompts.tell(tr("Found: {facts}.", facts=tr("; ").join(found)), "class:quiet")
        self._note(self.conversation.notes)
        while not (self._review() if self.conversation.at == REVIEW else self._page()):
            pass

    def _names(self) -> tuple[str, ...]:
        """Return what the page asks: of everyone no profile, which the review changes."""
        names = self.conversation.names
        return names if len(names) == 1 and self.conversation.place[1] else tuple(n for n in names if n != "profile")

    def _page(self) -> bool:
        """Ask one question, or leave the page where all its questions are answered."""
        talk = self.conversation
        left = [name for name in self._names() if name not in self._passed]
        if not left:
            error = talk.go_on()
            if error:
                self._wrong(error)
            self._passed = []
        elif self._ask(talk.question(left[0])):
            self._passed.append(left[0])
        elif self._passed:
            self._passed.pop()
        elif talk.back():
            self._passed = list(self._names()[:-1])
        return False

    def _ask(self, question: Question) -> bool:
        """Ask one question until its answer can be taken; False where the person goes back."""
        before = self.conversation.settled
        option = question.option
        several = question.offers and not isinstance(option, SelectMany)
        taken = self._choose(question) if several else self._type(question)
        if taken:
            self._note(changes(before, self.conversation.settled, (option.name,)))
        return taken

    def _choose(self, question: Question) -> bool:
        items = []
        for value, label, obstacle in question.offers:
            items.append(Item(value, shown(value), label if label != shown(value) else "", obstacle or ""))
        while True:
            value = self._prompts.choose(_asked(question), items, question.value, named(question.option))
            error = None if value is None else self.conversation.answer(question.option.name, value)
            if error is None:
                return value is not None
            self._wrong(error)

    def _type(self, question: Question) -> bool:
        name = question.option.name
        default = str(question.value if question.default is None else question.default)
        typed = str(self.conversation.said.get(name, ""))
        typed = "" if typed == default else typed
        check = partial(self.conversation.answer, name)
        return self._prompts.text(_asked(question), default, check, typed, named(question.option)) is not None

    def _wrong(self, error: str) -> None:
        self._prompts.tell(f"{self._glyphs.error} {error}", "class:error")

    def _note(self, notes: Iterable[str]) -> None:
        for note in notes:
            self._prompts.tell(f"{self._glyphs.note} {note}", "class:answer")

    # The review

    def _review(self) -> bool:
        """Show the answers and ask what to do; True where the repository may be written."""
        talk = self.conversation
        self._summary()
        while True:
            count = len(self.preview.paths(talk.settled))
            items = [
                Item(WRITE, parts.writes(count, dry_run=self._dry_run)),
                Item(CHANGE, tr("Change an answer")),
                Item(FILES, tr("Show the files")),
            ]
            chosen = self._prompts.choose(tr("What now?"), items, WRITE)
            if chosen is None:
                if talk.back():
                    self._passed = list(self._names()[:-1])
                    return False
            elif chosen == FILES:
                self._list()
            elif chosen == CHANGE:
                if self._change():
                    return False
            elif (error := talk.finish()) is None:
                return True
            else:
                self._wrong(error)

    def _summary(self) -> None:
        talk, tell = self.conversation, self._prompts.tell
        front, rest = review.parted(talk)
        tell("")
        for style, text in parts.destination(talk, dry_run=self._dry_run):
            tell(text, style)
        titles = [tr(BY_NAME[row.name].title) for row in front]
        for line in table(front, titles, self._prompts.columns - 2, self._glyphs):
            self._prompts.show([("", "  "), *line.text])
        for row in front:
            if row.remark:
                remark = tr("{title}: {value}", title=tr(BY_NAME[row.name].title), value=row.remark)
                tell(f"  {self._glyphs.warning} {remark}", "class:error")
        tell(f"  {tr('more ({count})', count=len(rest))}", "class:quiet")
        tell(f"  {tr('{sentence}.', sentence=self.preview.estimate(talk.settled))}", "class:quiet")

    def _change(self) -> bool:
        """Ask which answer is to change; False where the person goes back."""
        talk = self.conversation
        meanings = {
            row.name: tr("{title}: {value}", title=tr(BY_NAME[row.name].title), value=row.value)
            for row in review.rows(talk)
        }
        name = self._prompts.complete(tr("Which answer changes?"), meanings)
        if name is None:
            return False
        talk.change(name)
        self._passed = []
        return True

    def _list(self) -> None:
        for leaf in self.preview.leaves(self.conversation.settled):
            reason = f"  {self._glyphs.dot} {leaf.reason}" if leaf.reason else ""
            self._prompts.show([("", "  " * (leaf.depth + 1) + leaf.name), ("class:answer", reason)])


def _asked(question: Question) -> str:
    return tr("{title}: {value}", title=named(question.option), value=tr(question.option.question))
