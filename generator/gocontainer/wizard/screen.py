"""The wizard's full screen without the terminal: what is pointed at, what a key does, what is shown."""

from __future__ import annotations

from collections.abc import Sequence

from gocontainer.options.types import Select, SelectMany, Toggle, Value
from gocontainer.wizard import pages
from gocontainer.wizard.conversation import REVIEW, Conversation
from gocontainer.wizard.pages import Glyphs, Line, Text
from gocontainer.wizard.preview import Preview

WIDE = 116
"""Columns from which the files stand beside the page."""
PANEL = 38
"""Columns of the files beside the page."""
MARGIN = 2
LOW = 18
"""Rows below which a page is kept to what is needed."""
TINY = (40, 12)
"""Columns and rows below which there is no room for a page."""


class Screen:
    """A conversation, and the pointer, the ticks and the line of text of its current page."""

    def __init__(
        self,
        conversation: Conversation,
        preview: Preview,
        glyphs: Glyphs,
        found: Sequence[str],
        *,
        dry_run: bool = False,
    ) -> None:
        self.conversation, self.preview, self.glyphs, self.found = conversation, preview, glyphs, found
        self.dry_run = dry_run
        self.columns, self.rows = 80, 24
        self.files = False
        self.done = False
        self._left: Value | None = None
        """The line of the review that the person went away from, to come back to."""
        self._arrive()

    def _arrive(self) -> None:
        """Start a page: point at the current answer."""
        self.pointer, self.error, self.text = 0, "", ""
        self.ticked: set[Value] = set()
        conversation = self.conversation
        if self.files:
            return
        if conversation.at == REVIEW:
            keys = [line.key for line in self._targets()]
            self.pointer = keys.index(self._left) if self._left in keys else 0
            return
        question = conversation.question
        if self.asks_text:
            self.text = conversation.drafts.get(conversation.at, str(conversation.said.get(conversation.at, "")))
        elif isinstance(question.option, SelectMany):
            self.ticked = set(str(question.value).split(","))
        else:
            self.pointer = [offer.value for offer in question.offers].index(question.value)

    # What a key does

    def move(self, by: int) -> None:
        """Move the pointer; from one end it comes out at the other."""
        count = len(self._targets())
        if count and not self.asks_text:
            self.pointer = (self.pointer + by) % count
            self.error = ""

    def scroll(self, by: int) -> None:
        """Move the pointer by several lines, as far as there are any."""
        self.pointer = min(max(self.pointer + by, 0), len(self._targets()) - 1)

    def tick(self) -> None:
        """Tick the choice pointed at, or take its tick away, where several may be chosen."""
        pointed = self.pointed()
        if self._asks_many and pointed is not None and pointed.key is not None:
            self.ticked ^= {pointed.key}
            self.error = ""

    def edit(self) -> None:
        """Put the default into an empty line of text."""
        if self.asks_text and not self.text:
            self.type(self.default)

    def type(self, text: str) -> None:
        """Take the line of text; what was wrong before is looked at again at each key."""
        self.text = text
        if self.asks_text:
            self.conversation.drafts[self.conversation.at] = text
        if self.error:
            text = text.strip()
            self.error = (self.conversation.obstacle(text) or "") if text else ""

    def enter(self) -> None:
        """Take the answer, or do what the line of the review says; ``done`` says that all is said."""
        if self.files:
            self.back()
        elif self.conversation.at == REVIEW:
            self.act(self._action())
        else:
            raw = self.supposed()
            self.error = "Tick at least one." if raw is None else self.conversation.answer(raw) or ""
            if not self.error:
                self._arrive()

    def act(self, action: str) -> None:
        """Do what a line of the review says: its action, or the change of its answer."""
        if action == pages.WRITE:
            self.error = self.conversation.finish() or ""
            self.done = not self.error
            return
        self._left = action
        if action == pages.FILES:
            self.files = True
        elif action == pages.CUSTOMISE:
            self._left = None
            self.conversation.customise()
        else:
            self.conversation.change(action)
        self._arrive()

    def back(self) -> None:
        """Go back to the page before, with all answers kept."""
        if self.files:
            self.files = False
        else:
            self._left = None if self.conversation.at == REVIEW else self._left
            if not self.conversation.back():
                return
        self._arrive()

    # What there is

    @property
    def asks_text(self) -> bool:
        """Whether the page is a question that is answered by typing."""
        option = self.conversation.option
        return not self.files and option is not None and not isinstance(option, Select | Toggle)

    @property
    def _asks_many(self) -> bool:
        return isinstance(self.conversation.option, SelectMany)

    @property
    def wide(self) -> bool:
        """Whether there is room for the files beside the page."""
        return self.columns >= WIDE and not self.files

    @property
    def tiny(self) -> bool:
        """Whether there is no room for a page: then nothing is asked, and Enter does nothing."""
        return self.columns < TINY[0] or self.rows < TINY[1]

    @property
    def default(self) -> str:
        """What Enter takes while nothing is typed."""
        if not self.asks_text:
            return ""
        question = self.conversation.question
        return str(question.value if question.default is None else question.default)

    @property
    def hint(self) -> str:
        """What stands in an empty line of text."""
        mark = "" if self.conversation.question.default is None else f"  {self.glyphs.dot} default"
        return self.default + mark

    def lines(self) -> list[Line]:
        """Return the lines of the page's list."""
        if self.files:
            return pages.listed(self.preview, self.conversation.settled, self.glyphs)
        if self.conversation.at == REVIEW:
            return pages.reviewed(self.conversation, self.preview, self.room - 3, self.glyphs, dry_run=self.dry_run)
        return pages.choices(self.conversation.question, self.ticked, self.room - 3, self.glyphs)

    def _targets(self) -> list[Line]:
        return [line for line in self.lines() if line.key is not None]

    def pointed(self) -> Line | None:
        """Return the line that is pointed at, where there is a list."""
        targets = self._targets()
        return targets[min(self.pointer, len(targets) - 1)] if targets else None

    def _action(self) -> str:
        """Return what the review's line is about."""
        pointed = self.pointed()
        return str(pointed.key) if pointed else pages.WRITE

    def supposed(self) -> Value | None:
        """Return the answer that Enter would give now; None where it would give none."""
        if self.asks_text:
            return self.text.strip() or self.default
        if self._asks_many:
            return ",".join(sorted(map(str, self.ticked))) or None
        pointed = self.pointed()
        return pointed.key if pointed else None

    # What is shown

    @property
    def room(self) -> int:
        """Columns of the page itself."""
        return self.columns - 2 * MARGIN - (PANEL + 3 if self.wide else 0)

    def header(self) -> Text:
        """Return the name and the progress."""
        return pages.header(self.conversation.step, self.conversation.steps, self.columns - 2 * MARGIN, self.glyphs)

    def heading(self) -> Text:
        """Return what the page is about."""
        if self.files:
            return [("class:question", "Files"), ("class:quiet", ", with the answers that they are there for")]
        if self.conversation.at == REVIEW:
            return pages.wrapped(pages.destination(self.conversation, dry_run=self.dry_run), self.room)
        question, why = pages.wrapped(pages.asked(self.conversation.question), self.room)
        return [question] if self.rows < LOW else [question, why]

    def body(self) -> Text:
        """Return the list, with its pointer."""
        pointed = self.pointed()
        text: Text = []
        for line in self.lines():
            here = pointed is not None and line.key is not None and line.key == pointed.key
            text.append(("class:pointed", f"{self.glyphs.pointer} " if here else "  "))
            text += [(style or ("class:pointed" if here else ""), part) for style, part in line.text]
            text.append(("", "\n"))
        return text[:-1]

    def line_pointed_at(self) -> int:
        """Return the number of the line that must be in sight."""
        pointed = self.pointed()
        keys = [line.key for line in self.lines()]
        return keys.index(pointed.key) if pointed else 0

    def detail(self) -> Text:
        """Return what is wrong, else what follows from the answer pointed at."""
        if self.error:
            text = [("class:error", f"{self.glyphs.error} {self.error}")]
        elif self.files:
            text = []
        elif self.conversation.at == REVIEW:
            text = pages.explained(self.conversation, self._action())
        else:
            text = pages.consequences(self.conversation, self.supposed(), self.preview)
        return pages.wrapped(text, self.room)

    def notes(self) -> Text:
        """Return what the last answer changed beside itself; in the beginning, what was found."""
        text: Text = []
        if self.conversation.notes:
            text = [("class:now", f"{self.glyphs.note} {' '.join(self.conversation.notes)}")]
        elif not self.conversation.can_go_back and self.rows >= LOW:
            text = [("class:quiet", f"Found: {'; '.join(self.found)}.")]
        return pages.wrapped(text, self.room)

    def panel(self) -> Text:
        """Return the files beside the page."""
        return pages.panel(self.conversation, self.supposed(), self.preview, self.rows - 6)

    def estimate(self) -> Text:
        """Return the estimate for the answers, the one pointed at included."""
        if self.rows < LOW:
            return []
        supposed = None if self.conversation.at == REVIEW else self.conversation.supposing(self.supposed())
        text: Text = [("class:quiet", str(self.preview.estimate(supposed or self.conversation.settled)))]
        return pages.wrapped(text, self.columns - 2 * MARGIN)

    def _meaning_of_enter(self) -> str:
        if self.files:
            return "back"
        if self.conversation.at != REVIEW:
            return "accept"
        meanings = {pages.WRITE: "list" if self.dry_run else "write", pages.CUSTOMISE: "ask", pages.FILES: "show"}
        return meanings.get(self._action(), "change")

    def keys(self) -> Text:
        """Return the keys that do something here."""
        keys = [
            (self.glyphs.arrows, "move", not self.asks_text),
            ("Space", "tick", self._asks_many),
            ("Tab", "edit the default", self.asks_text and not self.text),
            ("Enter", self._meaning_of_enter(), True),
            ("Esc", "back", self.files or self.conversation.can_go_back),
            ("Ctrl-C", "quit", True),
        ]
        return pages.hints([(key, meaning) for key, meaning, usable in keys if usable], self.columns - 2 * MARGIN)

    def too_small(self) -> Text:
        """Return what is shown where there is no room for a page."""
        text = [("", f"Make the terminal {TINY[0]}x{TINY[1]} or larger, or quit with Ctrl-C.")]
        return pages.wrapped(text, self.columns)
