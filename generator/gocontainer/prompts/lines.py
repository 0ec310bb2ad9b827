"""The same questions line by line: for screen readers, and for terminals that cannot move their cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from gocontainer.console import visible
from gocontainer.prompts import find
from gocontainer.prompts.find import Entry
from gocontainer.prompts.question import Check, Item
from gocontainer.prompts.signals import heard, held_by_lines
from gocontainer.texts import tr

BACK, HELP = "<", "?"


class Lines:
    """Asks with ``say`` and ``ask``, which returns the line that was typed behind a prompt."""

    def __init__(self, say: Callable[[str], None], ask: Callable[[str], str]) -> None:
        self._say, self._ask, self._end = heard(say), heard(ask), say
        self._begun = False

    def held(self) -> AbstractContextManager[None]:
        """Hold the terminal for a conversation."""
        return held_by_lines(self._end)

    def text(self, question: str, default: str, check: Check, typed: str = "") -> str | None:
        """Ask for a line, until it can be taken. An empty one is what was ``typed`` before, or the default."""
        self._begin()
        shown = typed or default
        for line in self._typed(f"{question.removesuffix(':')} [{shown}]"):
            error = check(line or shown)
            if error is None:
                return line or shown
            self._refuse(error)
        return None

    def complete(self, question: str, names: Mapping[str, str]) -> str | None:
        """Ask for one of some names, in any spelling; a question mark lists them, each with what it is."""
        self._begin()
        entries = [Entry(name, name) for name in names]
        for line in self._typed(f"{question} {tr('({key} lists them)', key=HELP)}"):
            found = find.named(line, entries)
            if found is not None:
                return found
            if line == HELP:
                for number, meaning in enumerate(names.items(), 1):
                    self._say(f"  {number}. {' - '.join(meaning)}")
            else:
                self._refuse(find.unknown(line, entries))
        return None

    def choose(self, question: str, items: Sequence[Item], default: Any) -> Any:
        """Ask for one of some choices, by its number or by how it begins."""
        self._begin()
        self._say(question.removesuffix(":"))
        for number, item in enumerate(items, 1):
            text = tr("{value}: {label}", value=item.name, label=item.label) if item.label else item.name
            self._say(f"  {number}. {text}")
        shown = next((item.name for item in items if item.value == default), items[0].name)
        by_name = {item.name: item.value for item in items}
        entries = [Entry(name, name) for name in by_name]
        for line in self._typed(f"{tr('Number or name')} [{visible(shown)}]"):
            found = find.named(line, entries) if line else shown
            if found is not None:
                return by_name[found]
            self._refuse(find.unknown(line, entries))
        return None

    def confirm(self, question: str) -> bool | None:
        """Ask for yes or no; Enter is no."""
        entries = [Entry("yes", tr("yes")), Entry("no", tr("no"))]
        for line in self._typed(f"{question} {tr('(y/N)')}"):
            found = find.named(line, entries) if line else "no"
            if found is not None:
                return found == "yes"
            self._say(tr("It may be {rule}.", rule=tr("yes or no")))
        return None

    def _begin(self) -> None:
        """Say how to answer, once."""
        if not self._begun:
            self._say(tr("Enter takes what is in brackets, {back} goes back, Ctrl-C quits.", back=BACK))
        self._begun = True

    def _typed(self, prompt: str) -> Iterator[str]:
        """Yield what is typed at a prompt, which comes again for as long as it is asked for; not the way back."""
        while (line := self._ask(f"{visible(prompt)}: ").strip()) != BACK:
            yield line

    def _refuse(self, error: str) -> None:
        self._say(tr("Not taken: {error}", error=error))
