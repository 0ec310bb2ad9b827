"""The wizard line by line: for screen readers, for terminals that cannot move their cursor, for logs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from gocontainer.errors import Cancelled
from gocontainer.options.table import BY_NAME, GROUPS
from gocontainer.options.types import SelectMany, Toggle
from gocontainer.prompts import find
from gocontainer.prompts.find import Entry
from gocontainer.prompts.signals import heard, held_by_lines
from gocontainer.texts import joined, series, tr
from gocontainer.wizard import parts, review
from gocontainer.wizard.conversation import CUSTOMISE, NAME, REVIEW, Conversation, Offer, Question
from gocontainer.wizard.pages import named, tilde
from gocontainer.wizard.preview import Preview
from gocontainer.wizard.settling import shown

Say = Callable[[str], None]
Ask = Callable[[str], str]
BACK, REST, HELP = "<", ">", "?"
QUIT = ("q", "quit", "exit")


def converse(conversation: Conversation, preview: Preview, found: Sequence[str], say: Say, ask: Ask) -> None:
    """Hold the conversation; raise Cancelled or Interrupted where it is ended before its end."""
    pages = Plain(conversation, preview, heard(say), heard(ask))
    with held_by_lines(say):
        pages.begin(found)
        while not pages.page():
            pass


class Plain:
    """The pages, one line at a time."""

    def __init__(self, conversation: Conversation, preview: Preview, say: Say, ask: Ask) -> None:
        self.conversation, self.preview, self._say, self._ask = conversation, preview, say, ask
        self._told: dict[str, str] = {}
        """What was said of each answer at the last review: only news is said again."""
        self._noted: tuple[str, ...] = ()
        self._asking = 0
        """Which question of the first page is asked: its name comes first, and then the rest."""

    def begin(self, found: Sequence[str]) -> None:
        """Say what was found, and how to answer."""
        self._say(tr("Found: {facts}.", facts=tr("; ").join(found)))
        self._say(
            tr(
                "Enter takes what is in brackets, {back} goes back, {rest} takes all the rest as it is, "
                "{help} says what an answer may be, q quits.",
                back=BACK,
                rest=REST,
                help=HELP,
            )
        )

    def page(self) -> bool:
        """Show one page and take the lines for it; True when all is said."""
        talk = self.conversation
        self._news()
        self._say("")
        self._say(tr("Step {number} of {count}: {title}", number=talk.step, count=len(talk.steps), title=talk.title))
        if talk.at == REVIEW:
            return self._review()
        if talk.at == NAME or len(talk.names) == 1:
            self._question(talk.question(talk.names[self._asking]))
        else:
            self._sheet()
        return False

    def _news(self) -> None:
        if self.conversation.notes is not self._noted:
            self._noted = self.conversation.notes
            for note in self._noted:
                self._say(note)

    def _lines(self, prompt: str) -> Iterator[str]:
        """Yield what is typed at a prompt, which comes again for as long as it is asked for."""
        while True:
            line = self._ask(f"{prompt}: ").strip()
            if line.lower() in QUIT:
                raise Cancelled
            yield line

    # One question

    def _question(self, question: Question) -> None:
        self._say(joined(tr(question.option.question), tr(question.option.why)))
        if question.offers:
            self._offer(question.offers)
        else:
            remark = review.row(question.option.name, self.conversation.settled).remark
            self._say(joined(parts.rule(question.option), remark))
        for line in self._lines(f"{_prompt(question)} [{shown(question.value)}]"):
            if line == HELP:
                self._say(tr("It may be {rule}.", rule=rule(question)))
                continue
            raw = question.value if line in ("", REST) else _meant(line, question)
            if self._back() if line == BACK else self._taken(question.option.name, raw, rest=line == REST):
                return

    def _offer(self, offers: Sequence[Offer]) -> None:
        for number, offer in enumerate(offers, 1):
            value = shown(offer.value)
            text = value if offer.label == value else tr("{value}: {label}", value=value, label=offer.label)
            if offer.obstacle:
                text = tr("{choice} (not now: {reason})", choice=text, reason=offer.obstacle)
            self._say(f"  {number}. {text}")

    def _back(self) -> bool:
        """Go back by a question; False at the first, which is said."""
        if self._asking:
            self._asking -= 1
        elif not self.conversation.back():
            self._say(tr("This is the first question."))
            return False
        return True

    def _taken(self, name: str, raw: object, *, rest: bool) -> bool:
        """Take an answer and go on; False where it cannot be, which is said."""
        talk = self.conversation
        error = talk.answer(name, raw)
        if error is None and not rest and self._asking + 1 < len(talk.names):
            self._asking += 1
            return True
        error = error or (talk.go_to_review() if rest else talk.go_on())
        if error:
            self._say(tr("Not taken: {error}", error=error))
            return False
        self._asking = 0
        return True

    # Several questions that are taken together

    def _sheet(self) -> None:
        talk = self.conversation
        names = talk.names or talk.groups
        for number, name in enumerate(names, 1):
            self._say(f"  {number}. {self._entry(name)}")
        if talk.names:
            self._say(tr("Enter takes them as they are. A number or a name changes one."))
        else:
            self._say(tr("A number or a name opens a group. Enter goes back to the review."))
        entries = [find.entry(name) for name in names]
        for line in self._lines(tr("Take, or change") if talk.names else tr("Back, or open")):
            if line == HELP:
                self._say(tr("It may be {rule}.", rule=series(names)))
            elif self._heeded(line, entries):
                return

    def _heeded(self, line: str, entries: Sequence[Entry]) -> bool:
        """Do what a line says; False where it cannot be, which is said."""
        if line == BACK:
            return self._back()
        if line not in ("", REST):
            return self._changed(line, entries)
        error = self.conversation.go_to_review() if line else self.conversation.go_on()
        if error:
            self._say(tr("Not taken: {error}", error=error))
        return error is None

    def _entry(self, name: str) -> str:
        """Return the line of a question of a page, or of a group."""
        if name in GROUPS:
            return find.entry(name).title
        (row,) = review.rows(self.conversation, [name])
        return tr("{name}: {value} ({origin})", name=named(BY_NAME[name]), value=row.value, origin=row.origin)

    def _changed(self, line: str, entries: Sequence[Entry]) -> bool:
        """Open what a line names; False where it names nothing, which is said."""
        name = find.named(line, entries)
        if name is None:
            self._say(tr("Not taken: {error}", error=find.unknown(line, entries)))
            return False
        self.conversation.change(name)
        return True

    # The review

    def _review(self) -> bool:
        """Say what is new and take lines; True where one was empty, which means: write."""
        talk, settled = self.conversation, self.conversation.settled
        count, folder = len(self.preview.paths(settled)), tilde(talk.settler.target(settled))
        self._say(tr("Ready to write {count} files to {folder}", count=count, folder=folder))
        self._say(tr("{sentence}.", sentence=self.preview.estimate(settled)))
        names = talk.changeable()
        self._tell([row.name for row in review.parted(talk)[0]])
        self._say(
            tr(
                "Enter writes. A name or a number changes that answer, all asks group by group, "
                "list and files list them."
            )
        )
        actions: Mapping[str, Callable[[], object]] = {"all": partial(talk.change, CUSTOMISE), BACK: talk.back}
        lists: Mapping[str, Callable[[], object]] = {
            "list": partial(self._tell, names, again=True),
            "files": self._list,
        }
        lists = {
            **lists,
            HELP: partial(self._say, tr("It may be all, list, files, or one of {names}.", names=series(names))),
        }
        for line in self._lines(tr("Write, or change")):
            if line in lists:
                lists[line]()
            elif line in actions:
                actions[line]()
                return False
            elif line in ("", REST, "w"):
                if self._may_write():
                    return True
            elif self._changed(line, [find.entry(name) for name in names]):
                return False
        return False

    def _tell(self, names: Sequence[str], *, again: bool = False) -> None:
        """Say the answers to ``names``, each with its number; of what was said before only news, unless ``again``."""
        numbers = {name: number for number, name in enumerate(self.conversation.changeable(), 1)}
        for row in review.rows(self.conversation, names):
            title = tr(BY_NAME[row.name].title)
            text = tr("{name}: {value} ({origin})", name=title, value=row.value, origin=row.origin)
            text = f"  {numbers[row.name]}. {joined(text, row.remark)}"
            if again or self._told.get(row.name) != text:
                self._say(text)
            self._told[row.name] = text

    def _may_write(self) -> bool:
        error = self.conversation.finish()
        if error:
            self._say(tr("Not written: {error}", error=error))
        return error is None

    def _list(self) -> None:
        for leaf in self.preview.leaves(self.conversation.settled):
            reason = f" ({leaf.reason})" if leaf.reason else ""
            self._say(f"  {leaf.path}{reason}")


def rule(question: Question) -> str:
    """Return what an answer may be, in a few words."""
    return tr("yes or no") if isinstance(question.option, Toggle) else question.option.rule


def _prompt(question: Question) -> str:
    if isinstance(question.option, SelectMany):
        return tr("Numbers or names")
    return tr("Number or name") if question.offers else tr(question.option.title)


def _meant(line: str, question: Question) -> object:
    """Return the answer that a line is: a number, or how a choice is written or begins."""
    entries = [Entry(str(offer.value), shown(offer.value)) for offer in question.offers]
    if isinstance(question.option, SelectMany):
        return ",".join(find.named(part, entries) or part for part in re.split(r"[,\s]+", line.strip(", ")))
    return (find.named(line, entries) if entries else None) or line
