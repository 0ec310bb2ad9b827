"""The terminal while a person is asked: the signals that end a process, and what is typed between two prompts."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TypeVar

from gocontainer.errors import HANG_UP, Cancelled, Interrupted

Spoken = TypeVar("Spoken")


@contextmanager
def signals_as_errors() -> Iterator[None]:
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


@contextmanager
def held() -> Iterator[None]:
    """Keep the terminal for a conversation: what is typed between two prompts is for the next one, and not shown."""
    with signals_as_errors(), _unseen():
        try:
            yield
        except KeyboardInterrupt:
            raise Cancelled from None


@contextmanager
def held_by_lines(say: Callable[[str], object]) -> Iterator[None]:
    """Keep it for a conversation line by line, which a person ends by Ctrl-C or by the end of what is typed."""
    with signals_as_errors():
        try:
            yield
        except (EOFError, KeyboardInterrupt):
            with suppress(OSError):
                say("")  # the line that was being typed is over
            raise Cancelled from None


def heard(speak: Callable[[str], Spoken]) -> Callable[[str], Spoken]:
    """Return ``speak``, which raises Interrupted where the terminal is gone."""

    def spoken(text: str) -> Spoken:
        try:
            return speak(text)
        except OSError:
            raise Interrupted(HANG_UP) from None

    return spoken


@contextmanager
def _unseen() -> Iterator[None]:
    if os.name == "nt":
        yield
        return
    import termios

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    modes = termios.tcgetattr(terminal)
    modes[0] &= ~termios.ICRNL  # Enter is Enter to a prompt, and not the end of a line
    modes[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(terminal, termios.TCSANOW, modes)
    try:
        yield
    finally:
        with suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)
