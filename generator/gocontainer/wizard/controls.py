"""What is pointed at on a page of the wizard, and what each key does."""

from __future__ import annotations

from collections.abc import Sequence

from gocontainer.options.sets import members
from gocontainer.options.table import BY_NAME, GROUPS
from gocontainer.options.types import Integer, Quantity, Select, SelectMany, Toggle
from gocontainer.prompts import find
from gocontainer.prompts.find import Entry
from gocontainer.texts import tr
from gocontainer.wizard import review
from gocontainer.wizard.conversation import CUSTOMISE, REVIEW, Conversation, Offer, Question
from gocontainer.wizard.preview import Preview
from gocontainer.wizard.settling import Settled, shown

WRITE, ALL, FILES, MORE = "write it", "customise every answer", "show the files", "more"
"""What else a person can do at the review; none of them is the name of an option."""
ACTIONS = (WRITE, ALL, FILES)


class Controls:
    """A conversation, and on its current page the line and the choice pointed at, and the line of text."""

    def __init__(self, conversation: Conversation, preview: Preview) -> None:
        self.conversation, self.preview = conversation, preview
        self.files = self.unfolded = self.done = False
        self._known: tuple[str, Settled, Question] | None = None
        """The question that was last made, and what for: a page asks for it many times."""
        self._left: dict[str, str] = {}
        """The line of each list that the person went away from, to come back to."""
        self._arrive()

    def _arrive(self) -> None:
        """Start a page: point at its first line, at the one that the person left it by, or at one half typed."""
        keys = self.keys
        left = next(filter(self.conversation.drafts.get, keys), self._left.get(self.conversation.at))
        self._go(keys.index(left) if left in keys and not self.files else 0)

    def _go(self, pointer: int) -> None:
        """Point at a line; at a question, at its choice as it is or at its line of text."""
        self.pointer, self.choice, self.text = pointer, 0, ""
        self.error = self.typed = ""
        name = self.name
        if name is not None and self.asks_text:
            said = str(self.conversation.said.get(name, ""))
            self.text = self.conversation.drafts.get(name, said if said != self.default else "")
        elif name is not None and not self.asks_many:
            self.choice = [offer.value for offer in self.offers].index(self.conversation.settled.value(name))

    # What there is

    @property
    def keys(self) -> Sequence[str]:
        """What can be pointed at, in order: questions, actions, answers, groups or files."""
        talk = self.conversation
        if self.files:
            return [leaf.path for leaf in self.preview.leaves(talk.settled)]
        if talk.at == CUSTOMISE:
            return talk.groups
        if talk.at != REVIEW:
            return talk.names
        front, rest = review.parted(talk)
        hidden = [MORE] if rest and not self.unfolded else [row.name for row in rest]
        return [*ACTIONS, *(row.name for row in front), *hidden]

    @property
    def pointed(self) -> str:
        """Which of them is pointed at."""
        keys = self.keys
        return keys[min(self.pointer, len(keys) - 1)]

    @property
    def name(self) -> str | None:
        """The option of the line pointed at, on a page with questions."""
        return self.pointed if self.conversation.names and not self.files else None

    @property
    def question(self) -> Question | None:
        """The question pointed at."""
        name, settled = self.name, self.conversation.settled
        if name is None:
            return None
        if self._known is None or self._known[0] != name or self._known[1] is not settled:
            self._known = name, settled, self.conversation.question(name)
        return self._known[2]

    @property
    def offers(self) -> Sequence[Offer]:
        """The choices of the question pointed at."""
        return self.question.offers if self.question else ()

    @property
    def asks_text(self) -> bool:
        """Whether the question pointed at is answered by typing."""
        return self.name is not None and not isinstance(BY_NAME[self.name], Select | Toggle)

    @property
    def asks_many(self) -> bool:
        """Whether several choices may be ticked."""
        return self.name is not None and isinstance(BY_NAME[self.name], SelectMany)

    @property
    def finds(self) -> bool:
        """Whether letters find a line: where text is asked for, those that go on from its name, or are no number."""
        if not self.asks_text:
            return True
        return not self.text and (bool(self.typed) or isinstance(BY_NAME[self.pointed], Integer | Quantity))

    def heeds(self, letter: str) -> bool:
        """Whether a letter finds a line, or takes a choice, instead of being a letter of the text."""
        if not self.asks_text:
            return True
        goes_on = bool(self.typed) and self._line(self.typed + letter, further=0) == self.pointer
        number = isinstance(BY_NAME[self.pointed], Integer | Quantity) and not letter.isdecimal()
        return not self.text and (goes_on or number)

    @property
    def default(self) -> str:
        """What Enter takes while nothing is typed."""
        question = self.question
        if question is None or not self.asks_text:
            return ""
        return str(question.value if question.default is None else question.default)

    @property
    def may_write(self) -> bool:
        """Whether w writes."""
        return self.conversation.at in (REVIEW, CUSTOMISE) and not self.files

    # What a key does

    def move(self, by: int) -> None:
        """Move the pointer; from one end it comes out at the other. A typed line is taken first."""
        count = len(self.keys)
        if count == 1:
            self.shift(by)
        elif self._take_text():
            self._go((self.pointer + by) % count)

    def scroll(self, by: int) -> None:
        """Move the pointer by several lines, as far as there are any."""
        if self._take_text():
            self._go(min(max(self.pointer + by, 0), len(self.keys) - 1))

    def shift(self, by: int) -> None:
        """Go to the next choice of the line pointed at."""
        if self.offers:
            self.pick((self.choice + by) % len(self.offers))

    def pick(self, choice: int) -> None:
        """Point at a choice; it is the answer at once, unless it cannot be or several may be ticked."""
        if self.name is None or choice >= len(self.offers):
            return
        self.choice, self.error, self.typed = choice, "", ""
        offer = self.offers[choice]
        if not self.asks_many and offer.obstacle is None:
            self._answer(self.name, offer.value)

    def tick(self) -> None:
        """Tick the choice pointed at, or take its tick away, where several may be."""
        if self.name is None or not self.asks_many:
            return
        before = members(self.conversation.settled.value(self.name))
        ticked = {*before} ^ {str(self.offers[self.choice].value)}
        if ticked or BY_NAME[self.name].fits(""):
            self._answer(self.name, ",".join(ticked))
        else:
            self.error = tr("Tick at least one.")

    def _answer(self, name: str, raw: object) -> None:
        self.error = self.conversation.answer(name, raw) or ""
        self.pointer = self.keys.index(name)  # other lines may have come or gone

    def letter(self, letter: str) -> None:
        """Do what a letter or a digit means in a list: a choice by its number, w to write, a name by its letters."""
        writes = letter == "w" and self.may_write
        if letter in "123456789" and self.offers:
            self.pick(int(letter) - 1)
            self.tick()
        elif (self.typed or not writes) and self._find(self.typed + letter):
            self.typed += letter
        elif writes:
            self.write()
        elif self._find(letter):
            self.typed = letter
        else:
            self.typed, self.error = "", tr("Nothing here begins with {letter}.", letter=letter)

    def _find(self, typed: str) -> bool:
        """Point at the line, or else take the choice, that begins with ``typed``; a first letter leads on."""
        further = len(typed) == 1
        choices = [Entry(str(offer.value), shown(offer.value)) for offer in self.offers]
        line, choice = self._line(typed, further), find.beginning(typed, choices, self.choice + further)
        before = self.typed
        if line is not None:
            self._go(line)
        elif choice is not None:
            self.pick(choice)
        self.typed = before
        return line is not None or choice is not None

    def _line(self, typed: str, further: int) -> int | None:
        """Return the line that begins with ``typed``; a review is unfolded for one that is hidden."""
        keys = self.keys
        if len(keys) == 1:
            return None
        line = find.beginning(typed, [self._entry(key) for key in keys], self.pointer + further)
        if line is None and MORE in keys:
            self.unfolded = True
            line = self._line(typed, further)
            self.unfolded = line is not None
        return line

    def _entry(self, key: str) -> Entry:
        if self.files:
            return Entry(key, key.rstrip("/").rpartition("/")[2])
        if key in BY_NAME or key in GROUPS:
            return find.entry(key)
        return Entry(key, tr("more")) if key == MORE else Entry("", "")

    def edit(self) -> None:
        """Put the default into an empty line of text."""
        if self.asks_text and not self.text:
            self.type(self.default)

    def type(self, text: str) -> None:
        """Take the line of text; what was wrong before is looked at again at each key."""
        self.text, self.typed = text, ""
        if self.name is not None and self.asks_text:
            self.conversation.drafts[self.name] = text
            if self.error:
                self.error = (self.conversation.obstacle(self.name, text.strip()) or "") if text.strip() else ""

    def _take_text(self) -> bool:
        """Take the line of text as the answer; False where it cannot be."""
        if self.name is not None and self.asks_text:
            self.error = self.conversation.answer(self.name, self.text.strip() or self.default) or ""
            return not self.error
        return True

    def enter(self) -> None:
        """Take the page, or do what the line of a list says; ``done`` says that all is said."""
        if self.files:
            self.back()
        elif self.name is None:
            self._act(self.pointed)
        else:
            at, groups = self.conversation.at, self.conversation.groups
            if self._may_leave():
                self._leave(self.conversation.go_on())
                if at in groups and not self.error:  # the next group is what one wants next
                    self._go(min(self.pointer + 1, len(self.keys) - 1))

    def the_rest_as_it_is(self) -> None:
        """Take the page and all that is still to be asked as they are, and go to the review."""
        self.files = False
        if self._may_leave():
            self._leave(self.conversation.go_to_review())

    def _may_leave(self) -> bool:
        """Take what is typed, or say why the page cannot be left with what is pointed at."""
        if self.offers and not self.asks_many and self.offers[self.choice].obstacle:
            self.error = str(self.offers[self.choice].obstacle)
            return False
        return self._take_text()

    def _leave(self, error: str | None) -> None:
        if error is None:
            self._arrive()
        else:
            self.error = error

    def write(self) -> None:
        """End the conversation, if the repository can be written."""
        self.the_rest_as_it_is()
        self.error = self.conversation.finish() or ""
        self.done = not self.error

    def _act(self, action: str) -> None:
        """Do what a line of a list says: its action, or open its answer or group."""
        if action == WRITE:
            self.write()
            return
        if action == MORE:
            self.unfolded = True
            return
        self._left[self.conversation.at] = action
        if action == FILES:
            self.files = True
        else:
            self.conversation.change(CUSTOMISE if action == ALL else action)
        self._arrive()

    def back(self) -> None:
        """Go back to the page before."""
        if self.files or self.conversation.back():
            self.files = False
            self._arrive()
