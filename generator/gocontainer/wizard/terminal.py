"""The full screen at a real terminal, by prompt_toolkit: layout, keys, colours, signals.

One application holds the whole conversation, so that going back, the files beside the page and a
terminal that changes its size need no code of their own.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from functools import partial

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.data_structures import Point
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition, FilterOrBool
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import ConditionalContainer, Dimension, HSplit, Layout, VSplit, Window, WindowRenderInfo
from prompt_toolkit.layout.containers import AnyContainer
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.layout.margins import Margin
from prompt_toolkit.layout.processors import AfterInput, ConditionalProcessor
from prompt_toolkit.styles import Style

from gocontainer.errors import HANG_UP, Cancelled, Interrupted
from gocontainer.wizard.pages import Glyphs, Text
from gocontainer.wizard.screen import MARGIN, PANEL, Screen

STYLE = Style.from_dict(
    {
        "name": "bold",
        "question": "bold",
        "quiet": "dim",
        "pointed": "bold ansicyan",
        "now": "ansicyan",
        "disabled": "dim",
        "error": "bold ansired",
        "added": "ansicyan",
        "removed": "ansired",
        "key": "bold",
    }
)
"""The terminal's own colours, so that its theme holds. No colour says what a sign does not say as well."""


class Terminal:
    """The application around a screen."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self._failure: Exception | None = None
        self._page = self._shown
        self._entry = Buffer(multiline=False, on_text_changed=lambda buffer: screen.type(buffer.text))
        self._list = self._scrolling(screen.body, screen.line_pointed_at)
        self._choices = self._scrolling(screen.choices, lambda: screen.choice)
        self.application: Application[None] = Application(
            layout=Layout(self._whole(), focused_element=self._list),
            key_bindings=self._bindings(),
            style=STYLE,
            full_screen=True,
            before_render=lambda _: self._measure(),
        )
        # Seconds: a lone Esc is the key itself; Alt and a letter come together.
        self.application.ttimeoutlen = self.application.timeoutlen = 0.05
        self._sync()

    def run(self) -> None:
        """Hold the conversation until it is done or has no room; raise Cancelled or Interrupted if it ends early."""
        try:
            self.application.run(pre_run=self._heed_signals, handle_sigint=False)
        except (EOFError, KeyboardInterrupt):
            raise Cancelled from None
        except OSError as error:
            if error is self._failure:
                raise
            raise Interrupted(HANG_UP) from None  # the terminal is gone

    def _measure(self) -> None:
        """Take the terminal's size; at a new one start the page afresh from the corner.

        prompt_toolkit goes there by relative moves, which miss where the terminal has scrolled in between.
        """
        output, screen = self.application.output, self.screen
        size = output.get_size()
        if (screen.columns, screen.rows) != (size.columns, size.rows):
            screen.columns, screen.rows = size.columns, size.rows
            if screen.tiny:
                self.application.exit()
                return
            self.application.renderer.reset(leave_alternate_screen=False)
            output.erase_screen()
            output.cursor_goto(0, 0)

    def _heed_signals(self) -> None:
        if os.name == "nt":  # where an event loop takes no signals
            return
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._end, Cancelled())
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._end, Interrupted(number))

    def _end(self, ending: Exception) -> None:
        if not self.application.is_done:
            self.application.exit(exception=ending)

    def _safely(self, content: Callable[[], Text]) -> Callable[[], StyleAndTextTuples]:
        """Return ``content`` for prompt_toolkit; what goes wrong in it ends the application, as an error should.

        It is asked several times while a page is drawn, and made once.
        """
        drawing, text = -1, StyleAndTextTuples()

        def made() -> StyleAndTextTuples:
            nonlocal drawing, text
            if drawing != self.application.render_counter:
                drawing = self.application.render_counter
                try:
                    text = list(content())
                except Exception as error:  # noqa: BLE001 - prompt_toolkit would print it over the page and go on
                    self._fail(error)
                    text = []
            return text

        return made

    def _fail(self, error: Exception) -> None:
        self._failure = error
        if self.application.is_running:
            self._end(error)

    @property
    def _shown(self) -> tuple[object, ...]:
        """The page, and the question on it."""
        screen = self.screen
        return screen.conversation.at, screen.files, screen.name

    def _sync(self) -> None:
        """Let the layout follow the screen's page."""
        screen, shown = self.screen, self._shown
        if shown != self._page or self._entry.text != screen.text:
            # A fresh document: nothing of another line can be undone into this one.
            self._entry.reset(Document(screen.text))
        if shown != self._page:
            self._line.horizontal_scroll = self._choices.vertical_scroll = 0
        if shown[:2] != self._page[:2]:
            self._list.vertical_scroll = 0
        self._page = shown
        self.application.layout.focus(
            self._line if screen.asks_text else self._choices if screen.offers else self._list
        )
        if screen.done:
            self.application.exit()

    def _paste(self, event: KeyPressEvent) -> None:
        """Take what was pasted as part of the line: its own line breaks are no Enter."""
        if self.screen.asks_text:
            self._entry.insert_text(" ".join(event.data.split()))

    # Layout

    def _whole(self) -> AnyContainer:
        screen = self.screen
        text = Condition(lambda: screen.asks_text)
        empty = Condition(lambda: not screen.text)
        default = ConditionalProcessor(AfterInput(lambda: screen.hint, "class:quiet"), empty)
        self._line = Window(BufferControl(self._entry, [default]), height=1)
        pointer = Window(FormattedTextControl([("class:pointed", f"{screen.glyphs.pointer} ")]), width=2, height=1)
        page = HSplit(
            [
                self._part(self._text(screen.heading, lambda: 1), screen.heading),
                self._part(self._text(screen.actions, lambda: 3), screen.actions),
                self._part(self._list, screen.lines),
                self._part(self._text(screen.asked, lambda: 1), screen.asked),
                ConditionalContainer(VSplit([pointer, self._line]), text),
                ConditionalContainer(self._choices, Condition(lambda: bool(screen.offers))),
                ConditionalContainer(_blank(), Condition(lambda: screen.name is not None)),
                self._text(screen.detail, lambda: 5 if screen.name else 4),
                Window(),
                self._text(screen.notes),
            ]
        )
        bar = Window(width=1, char=screen.glyphs.bar, style="class:quiet")
        panel = VSplit(
            [Window(width=1), bar, Window(width=1), Window(FormattedTextControl(self._safely(screen.panel)))],
            width=PANEL + 3,
        )
        frame = HSplit(
            [
                self._text(screen.header, lambda: 1),
                self._rule(),
                VSplit([page, ConditionalContainer(panel, Condition(lambda: screen.wide))]),
                self._rule(),
                self._text(screen.estimate),
                self._text(screen.hints, lambda: 1),
            ]
        )
        return VSplit([Window(width=MARGIN), frame, Window(width=MARGIN)])

    def _part(self, content: AnyContainer, lines: Callable[[], Sequence[object]]) -> AnyContainer:
        """Return a part of the page with a blank line below it, for where it has ``lines``."""
        return ConditionalContainer(HSplit([content, _blank()]), Condition(lambda: bool(lines())))

    def _scrolling(self, content: Callable[[], Text], line: Callable[[], int]) -> Window:
        """Return a list that scrolls, with ``line`` in sight."""
        return Window(
            FormattedTextControl(
                self._safely(content),
                focusable=True,
                show_cursor=False,
                get_cursor_position=lambda: Point(0, line()),
            ),
            height=Dimension(min=1),
            dont_extend_height=True,
            right_margins=[_More(self.screen.glyphs)],
        )

    def _text(self, content: Callable[[], Text], at_least: Callable[[], int] = lambda: 0) -> Window:
        """Return a window as high as its text; where room is short, ``at_least`` as many lines of it."""
        safe = self._safely(content)

        def height() -> Dimension:
            text = safe()
            lines = sum(part[1].count("\n") for part in text) + 1 if text else 0
            return Dimension(min=min(lines, at_least()), preferred=lines, max=lines)

        return Window(FormattedTextControl(safe), height=height, wrap_lines=True)

    def _rule(self) -> Window:
        return Window(height=1, char=self.screen.glyphs.rule, style="class:quiet")

    # Keys

    def _act(self, action: Callable[[], None]) -> None:
        try:
            action()
            self._sync()
        except Exception as error:  # noqa: BLE001 - as in _safely
            self._fail(error)

    def _letter(self, event: KeyPressEvent) -> None:
        """Take a letter for what it is here; a key without one is none."""
        if event.data.isprintable() and self.screen.heeds(event.data):
            self._act(partial(self.screen.letter, event.data))
        elif event.data.isprintable():
            self._entry.insert_text(event.data)

    def _bindings(self) -> KeyBindings:
        bindings = KeyBindings()
        screen = self.screen
        in_list = Condition(lambda: not screen.asks_text)

        def on(keys: tuple[str, ...], action: Callable[[], None], *, when: FilterOrBool = True) -> None:
            for key in keys:
                bindings.add(key, filter=when)(lambda _: self._act(action))

        on((Keys.Up, Keys.BackTab), partial(screen.move, -1))
        on((Keys.Down,), partial(screen.move, 1))
        on((Keys.Left,), partial(screen.shift, -1), when=in_list)
        on((Keys.Right,), partial(screen.shift, 1), when=in_list)
        for key, lines in {Keys.PageUp: -10, Keys.PageDown: 10, Keys.Home: -1000, Keys.End: 1000}.items():
            on((key,), partial(screen.scroll, lines), when=in_list)
        on((" ",), screen.tick, when=in_list)
        on((Keys.Tab,), lambda: screen.edit() if screen.asks_text and not screen.text else screen.move(1))
        on((Keys.Enter, Keys.ControlJ), screen.enter)  # what was typed before we listened is the latter
        on((Keys.Escape,), screen.back)
        on((Keys.ControlR,), screen.the_rest_as_it_is)
        bindings.add(Keys.Any, filter=Condition(lambda: screen.finds))(self._letter)
        bindings.add(Keys.BracketedPaste)(self._paste)
        bindings.add(Keys.ControlZ)(lambda event: event.app.suspend_to_background())
        bindings.add(Keys.ControlC)(lambda _: self._end(Cancelled()))
        # In a line with text it deletes a letter, as everywhere.
        bindings.add(Keys.ControlD, filter=Condition(lambda: not screen.text))(lambda _: self._end(Cancelled()))
        return bindings


class _More(Margin):
    """Says at the edge of a list that it goes on."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.glyphs = glyphs

    def get_width(self, get_ui_content: object) -> int:  # noqa: ARG002 - the base class's signature
        return 1

    def create_margin(self, window_render_info: WindowRenderInfo, width: int, height: int) -> StyleAndTextTuples:  # noqa: ARG002
        above = window_render_info.first_visible_line() > 0
        below = window_render_info.last_visible_line() < window_render_info.ui_content.line_count - 1
        signs = [" "] * height
        signs[0] = self.glyphs.up if above else " "
        signs[-1] = self.glyphs.down if below else signs[-1]
        return [("class:now", "\n".join(signs))]


def _blank() -> Window:
    return Window(height=Dimension(min=0, max=1, preferred=1))
