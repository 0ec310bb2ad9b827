"""Prompts that stay in the scrollback, by questionary: the only module that imports it, and only for a terminal.

Each is an application of its own. While it asks it may redraw its lines; once it is answered they are erased, and
one line with question and answer is printed, which is the same for each kind of prompt and in each language.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Protocol, cast

import questionary
from prompt_toolkit import print_formatted_text
from prompt_toolkit.application import Application, get_app, get_app_session
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.styles import Style

from gocontainer.console import lines_of, visible, width
from gocontainer.errors import HANG_UP, Cancelled, Interrupted
from gocontainer.options.patterns import nearest
from gocontainer.prompts.question import Check, Item
from gocontainer.prompts.signals import held
from gocontainer.texts import series, tr

STYLE = Style.from_dict(
    {
        "qmark": "noinherit ansicyan",
        "question": "bold",
        "answer": "noinherit ansicyan",
        "pointer": "noinherit bold ansicyan",
        "highlighted": "noinherit bold ansicyan",
        "selected": "noinherit",
        "instruction": "dim",
        "quiet": "dim",
        "disabled": "dim",
        "error": "bold ansired",
        "completion-menu": "noinherit",
        "completion-menu.completion": "noinherit",
        "completion-menu.completion.current": "noinherit reverse",
        "completion-menu.meta.completion": "noinherit dim",
        "completion-menu.meta.completion.current": "noinherit dim reverse",
        "scrollbar.background": "noinherit",
        "scrollbar.button": "noinherit reverse",
        "scrollbar.arrow": "noinherit",
    }
)
"""The terminal's own colours, as on the full screen."""
_MARK, _MARGIN = "?", len(" > ")


class Signs(Protocol):
    """The signs of a terminal."""

    @property
    def pointer(self) -> str:
        """Stands before the choice that Enter takes."""

    @property
    def error(self) -> str:
        """Stands before what is wrong."""

    @property
    def arrows(self) -> str:
        """The keys that move."""


class Prompts:
    """What a person is asked at the terminal; None is the way back. Raises Cancelled or Interrupted.

    Where a question has a ``title``, that is what stays of it beside its answer.
    """

    def __init__(self, signs: Signs) -> None:
        self._signs = signs
        self._begun = False
        # A prompt needs no place of its cursor; a terminal that does not answer (a recording) would get a warning.
        vars(get_app_session().output).update(enable_cpr=False)

    def held(self) -> AbstractContextManager[None]:
        """Hold the terminal for a conversation."""
        return held()

    @property
    def columns(self) -> int:
        """Columns of the terminal."""
        return _columns()

    def text(self, question: str, default: str, check: Check, typed: str = "", title: str = "") -> str | None:
        """Ask for a line, until it can be taken. An empty one is the default, which Tab puts into the line."""
        hint = [("class:quiet", visible(default))]
        ask = partial(questionary.text, placeholder=hint)
        return self._line(ask, check, question, title or question, default, typed)

    def complete(self, question: str, names: Mapping[str, str]) -> str | None:
        """Ask for one of some names, each with what it is; they are offered at once, and fewer while one types."""

        def ask(message: str, **others: Any) -> questionary.Question:
            meanings = {name: visible(meaning) for name, meaning in names.items()}  # questionary changes them
            asked = questionary.autocomplete(message, list(names), meta_information=meanings, **others)
            offer = asked.application.current_buffer.start_completion
            asked.application.pre_run_callables.append(offer)
            return asked

        def check(line: str) -> str | None:
            alike = nearest(line, names)
            if line in names:
                return None
            return tr("Did you mean {name}?", name=alike) if alike else tr("Type a part of a name, and Tab takes it.")

        return self._line(ask, check, question, question)

    def _line(
        self,
        ask: Callable[..., questionary.Question],
        check: Check,
        question: str,
        title: str,
        default: str = "",
        typed: str = "",
    ) -> str | None:
        while True:
            message = _broken(question)
            end = len(_MARK) + 3 + width(message.rpartition("\n")[2]) + width(visible(typed or default))
            message += "\n" if end > _columns() else ""  # what is typed gets a line of its own
            line = self._ask(ask(message, default=typed, qmark=_MARK, style=STYLE), default)
            if line is None:
                return None
            typed = line.strip() or default
            error = check(typed)
            if error is None:
                self._answered(title, typed)
                return typed
            self.tell(f"{self._signs.error} {error}", "class:error")

    def choose(self, question: str, items: Sequence[Item], default: Any, title: str = "") -> Any:
        """Ask for one of some choices, the default pointed at; what cannot be chosen says why."""
        columns = max(width(item.name) for item in items)
        choices = [_choice(number, item, columns) for number, item in enumerate(items)]
        pointed = next((choice for choice, item in zip(choices, items, strict=True) if item.value == default), None)
        message = "\n".join([_broken(question), *self._obstacles(items)])
        pointer = self._signs.pointer
        asked = questionary.select(message, choices, pointed, _MARK, pointer, STYLE, instruction=" ")
        number = self._ask(asked)
        if number is None:
            return None
        self._answered(title or question, items[number].name)
        return items[number].value

    def _obstacles(self, items: Sequence[Item]) -> Iterator[str]:
        for obstacle in dict.fromkeys(item.obstacle for item in items if item.obstacle):
            names = series(item.name for item in items if item.obstacle == obstacle)
            said = tr("{title}: {value}", title=names, value=obstacle)
            yield _broken(f"{self._signs.error} {said}", 0)

    def confirm(self, question: str) -> bool | None:
        """Ask for yes or no; Enter is no."""
        yes: bool | None = self._ask(
            questionary.confirm(
                _broken(question), default=False, qmark=_MARK, style=STYLE, instruction=tr("(y/N)") + " "
            )
        )
        if yes is not None:
            self._answered(question, tr("yes") if yes else tr("no"))
        return yes

    def tell(self, text: str, style: str = "") -> None:
        """Print a line between the questions, broken between words."""
        self.show([(style, _broken(text, 0))])

    def show(self, text: Sequence[tuple[str, str]]) -> None:
        """Print a line of several styles."""
        print_formatted_text(FormattedText([(style, visible(part)) for style, part in text]), style=STYLE)

    def _answered(self, question: str, answer: str) -> None:
        self.show([("class:qmark", f"{_MARK} "), ("class:question", question), ("class:answer", f" {answer}")])

    def _ask(self, question: questionary.Question, default: str = "") -> Any:
        """Return what a person answers; None where they go back."""
        if not self._begun:
            self._begun = True
            self.tell(
                tr("{arrows} move, Enter takes, Esc goes back, Ctrl-C quits.", arrows=self._signs.arrows), "class:quiet"
            )
        application = question.application
        application.erase_when_done = True
        # Seconds: a lone Esc is the key itself; Alt and a letter come together.
        application.ttimeoutlen = application.timeoutlen = 0.05
        bindings = [application.key_bindings, _keys(default)]
        application.key_bindings = merge_key_bindings([each for each in bindings if each])
        application.pre_run_callables.append(partial(_heed_signals, application))
        before = {number: signal.getsignal(number) for number in _endings()}
        try:
            return question.unsafe_ask()
        except (EOFError, KeyboardInterrupt):
            raise Cancelled from None
        except OSError:
            raise Interrupted(HANG_UP) from None  # the terminal is gone
        finally:
            for number, handler in before.items():  # an event loop leaves none
                signal.signal(number, handler)


def _choice(number: int, item: Item, columns: int) -> questionary.Choice:
    """Return the lines for a choice, its label in full."""
    name, before = visible(item.name), " " * (_MARGIN + columns + 2)
    if item.obstacle:
        return questionary.Choice(name, number, disabled=cast("str", True))
    label = f"\n{before}".join(lines_of(visible(item.label), max(_columns() - len(before), 1)))
    return questionary.Choice(f"{name}{' ' * (columns - width(name))}  {label}".rstrip(), number)


def _columns() -> int:
    return get_app_session().output.get_size().columns


def _broken(text: str, before: int = len(_MARK) + 2) -> str:
    """Return ``text`` as lines that fit, its own indent kept; ``before`` is what stands in front of it."""
    indent = " " * (len(text) - len(text.lstrip()))
    return "\n".join(lines_of(visible(text), max(_columns() - before, 1), subsequent_indent=indent))


def _keys(default: str) -> KeyBindings:
    """Return the keys that questionary lacks."""
    keys = KeyBindings()
    empty = Condition(lambda: not get_app().current_buffer.text)

    @keys.add("escape", eager=True)
    def back(event: KeyPressEvent) -> None:
        event.app.exit(result=None)

    @keys.add("tab", filter=empty & Condition(lambda: bool(default)), eager=True)
    def edit(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text(default)

    @keys.add("c-d", filter=empty, eager=True)
    def quit_(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    @keys.add("c-z", eager=True)
    def suspend(event: KeyPressEvent) -> None:
        event.app.suspend_to_background()

    return keys


def _endings() -> Sequence[signal.Signals]:
    """Return the signals that end a prompt: whoever runs us may want one ignored; on Windows a loop takes none."""
    numbers = () if os.name == "nt" else (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    return [number for number in numbers if signal.getsignal(number) not in (signal.SIG_IGN, None)]


def _heed_signals(application: Application[Any]) -> None:
    """Let a signal end the prompt, so that the terminal gets its modes back."""

    def end(ending: Exception) -> None:
        if not application.is_done:
            application.exit(exception=ending)

    for number in _endings():
        ending = Cancelled() if number == signal.SIGINT else Interrupted(number)
        asyncio.get_running_loop().add_signal_handler(number, end, ending)
