"""The wizard's full screen without the terminal: what is shown."""

from __future__ import annotations

from collections.abc import Sequence

from gocontainer.options.sets import members
from gocontainer.options.table import BY_NAME
from gocontainer.texts import joined, tr
from gocontainer.wizard import controls, pages, parts, review
from gocontainer.wizard.controls import Controls
from gocontainer.wizard.conversation import CUSTOMISE, REVIEW, Conversation
from gocontainer.wizard.pages import Glyphs, Line, Text
from gocontainer.wizard.preview import Preview
from gocontainer.wizard.settling import Settled

WIDE = 116
"""Columns from which the files stand beside the page."""
PANEL = 36
"""Columns of the files beside the page."""
MARGIN = 2
LOW = 22
"""Rows below which a page is kept to what is needed."""
ROOMY = 16
"""Rows from which there is room for a heading, and for a second line of keys."""
TINY = (40, 12)
"""Columns and rows below which there is no room for a page."""


class Screen(Controls):
    """The page as text, part by part from the top."""

    def __init__(
        self,
        conversation: Conversation,
        preview: Preview,
        glyphs: Glyphs,
        found: Sequence[str],
        *,
        dry_run: bool = False,
    ) -> None:
        super().__init__(conversation, preview)
        self.glyphs, self.found, self.dry_run = glyphs, found, dry_run
        self.columns, self.rows = 80, 24

    @property
    def wide(self) -> bool:
        """Whether there is room for the files beside the page."""
        return self.columns >= WIDE and not self.files

    @property
    def tiny(self) -> bool:
        """Whether there is no room for a page."""
        return self.columns < TINY[0] or self.rows < TINY[1]

    @property
    def room(self) -> int:
        """Columns of the page itself."""
        return self.columns - 2 * MARGIN - (PANEL + 3 if self.wide else 0)

    @property
    def _one(self) -> bool:
        """Whether the page has one question, which then is its title."""
        return len(self.conversation.names) == 1 and not self.files

    def header(self) -> Text:
        """Return the name and the progress."""
        talk = self.conversation
        return pages.header(talk.step, talk.steps, self.columns - 2 * MARGIN, self.glyphs)

    def heading(self) -> Text:
        """Return what the page is about."""
        talk = self.conversation
        if self.files:
            return [("class:question", tr("Files, with the answers that they are there for"))]
        if self._one:
            asked = parts.asked(BY_NAME[talk.names[0]], titled=True, brief=self.rows < LOW)
            return pages.wrapped(_broken(asked), self.room)
        if self.rows < ROOMY:
            return []
        if talk.at == REVIEW:
            text = parts.destination(talk, dry_run=self.dry_run)
        else:
            text = [
                (
                    "class:question",
                    tr("Which answers do you want to change?") if talk.at == CUSTOMISE else parts.heading(talk),
                )
            ]
        return pages.wrapped(text, self.room)

    def actions(self) -> Text:
        """Return what can be done at the review; it stays where it is."""
        if self.conversation.at != REVIEW or self.files:
            return []
        count = len(self.preview.paths(self.conversation.settled))
        lines = parts.actions(count, self.room - 3, self.glyphs, dry_run=self.dry_run)
        return pages.drawn(lines, self.pointed, self.glyphs)

    def lines(self) -> list[Line]:
        """Return the lines of the page's list; the only question of a page is its heading."""
        talk, room = self.conversation, self.room - 3
        if self.files:
            return parts.listed(self.preview, talk.settled, self.glyphs)
        if talk.at == REVIEW:
            return parts.reviewed(talk, room, self.glyphs, unfolded=self.unfolded)
        if talk.at == CUSTOMISE:
            return parts.grouped(talk, room, self.glyphs)
        return parts.lines(talk, room, self.glyphs)

    def body(self) -> Text:
        """Return the list, with its pointer."""
        return pages.drawn(self.lines(), self.pointed, self.glyphs)

    def line_pointed_at(self) -> int:
        """Return the number of the line that must be in sight."""
        keys = [line.key for line in self.lines()]
        return keys.index(self.pointed) if self.pointed in keys else 0

    def asked(self) -> Text:
        """Return the question of the line pointed at, where the page has several."""
        if self.name is None or self._one:
            return []
        return pages.wrapped(_broken(parts.asked(BY_NAME[self.name], titled=False, brief=self.rows < LOW)), self.room)

    def choices(self) -> Text:
        """Return the choices of the question pointed at, with a pointer of their own."""
        if self.name is None or not self.offers:
            return []
        return pages.drawn(self._choices(), self.offers[self.choice].value, self.glyphs)

    def _choices(self) -> list[Line]:
        assert self.question is not None
        ticked = members(self.question.value) if self.asks_many else ()
        return parts.choices(self.question, ticked, self.room - 3, self.glyphs)

    @property
    def hint(self) -> str:
        """What stands in an empty line of text."""
        known = self.question is not None and self.question.default is not None
        return self.default + (f"  {self.glyphs.dot} {tr('default')}" if known else "")

    def detail(self) -> Text:
        """Return what is wrong, else what is to be known of the line pointed at."""
        if self.error:
            return pages.wrapped([("class:error", f"{self.glyphs.error} {self.error}")], self.room)
        talk = self.conversation
        if self.name is not None:
            text = self._of_question(self.name)
        elif self.files:
            text = []
        elif talk.at == REVIEW:
            text = parts.explained(talk, self.pointed)
        else:
            text = parts.members(talk, self.pointed)
        return pages.wrapped(_broken(text), self.room)

    def _of_question(self, name: str) -> Text:
        """Return a choice in full where it is cut or cannot be, or what may be typed; then what follows from it."""
        after = self._supposed()
        text: Text = []
        if self.offers:
            assert self.question is not None
            text.append(("", parts.in_full(self._choices()[self.choice], self.question, self.glyphs)))
        else:
            text += [("class:quiet", parts.rule(BY_NAME[name])), ("", review.row(name, after).remark)]
        if self.offers and self.offers[self.choice].obstacle:
            return text
        if name == "service":
            text.append(("class:quiet", parts.follows(self.conversation, after)))
        else:
            text.append(("class:quiet", joined(*parts.consequences(self.conversation.before, after, self.preview))))
        return [(style, part) for style, part in text if part]

    def _supposed(self) -> Settled:
        """Return the complete answers, with the line that is being typed if it can be one."""
        talk = self.conversation
        if self.name is None or not self.asks_text:
            return talk.settled
        return talk.supposing(self.name, self.text.strip() or self.default) or talk.settled

    def notes(self) -> Text:
        """Return what the answers of the page changed beside themselves; in the beginning, what was found."""
        text: Text = []
        if self.conversation.notes:
            text = [("class:now", f"{self.glyphs.note} {joined(*self.conversation.notes)}")]
        elif not self.conversation.can_go_back and self.rows >= LOW:
            text = [("class:quiet", tr("Found: {facts}.", facts=tr("; ").join(self.found)))]
        return pages.wrapped(text, self.room)

    def panel(self) -> Text:
        """Return the files beside the page: what the page has changed, or what the line pointed at is there for."""
        before, after = self.conversation.before, self._supposed()
        if self.conversation.names:
            marks = {} if self.name == "service" else self.preview.difference(before, after)
        else:
            marks = self.preview.there_for(self.pointed, after)
        return pages.panel(before, after, marks, self.preview, self.rows - 6)

    def estimate(self) -> Text:
        """Return the estimate for the answers."""
        if self.rows < LOW:
            return []
        text: Text = [("class:quiet", str(self.preview.estimate(self._supposed())))]
        return pages.wrapped(text, self.columns - 2 * MARGIN)

    def _meaning_of_enter(self) -> str:
        if self.files:
            return tr("back")
        if self.name is not None:
            return tr("accept") if self._one or self.columns < pages.NARROW else tr("accept all")
        meanings = {controls.WRITE: tr("list") if self.dry_run else tr("write"), controls.FILES: tr("show")}
        return meanings.get(self.pointed, tr("open"))

    def hints(self) -> Text:
        """Return the keys that do something here."""
        several = len(self.keys) > 1
        keys = [
            (self.glyphs.arrows, tr("move"), several or bool(self.offers)),
            (self.glyphs.sideways, tr("choose"), several and bool(self.offers)),
            ("Space", tr("tick"), self.asks_many),
            ("a-z", tr("find {letters}", letters=self.typed).strip(), self.finds),
            ("Tab", tr("edit the default"), self.asks_text and not self.text),
            ("Ctrl-R", tr("review"), self.name is not None or self.conversation.at == CUSTOMISE),
            ("Enter", self._meaning_of_enter(), True),
            ("w", tr("list") if self.dry_run else tr("write"), self.may_write and self.pointed != controls.WRITE),
            ("Esc", tr("back"), self.files or self.conversation.can_go_back),
            ("Ctrl-C", tr("quit"), True),
        ]
        usable = [(key, meaning) for key, meaning, usable in keys if usable]
        return pages.hints(usable, self.columns - 2 * MARGIN, lines=2 if self.rows >= ROOMY else 1)


def _broken(text: Text) -> Text:
    """Return parts of a text, each on a line of its own."""
    return [(style, f"\n{part}" if number else part) for number, (style, part) in enumerate(text)]
