"""A real pseudo-terminal with the command in it, and what the eye would see on it."""

from __future__ import annotations

import shutil
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pexpect
import pyte

from tests.helpers.support import GOCONTAINER, clean_environment

ENTER, ESCAPE, UP, DOWN, HOME, TAB, SPACE = "\r", "\x1b", "\x1b[A", "\x1b[B", "\x1b[H", "\t", " "
LEFT, RIGHT, END = "\x1b[D", "\x1b[C", "\x1b[F"
CTRL_C, CTRL_D, CTRL_R, CTRL_U = "\x03", "\x04", "\x12", "\x15"
LEAVE = b"\x1b[?1049l"
"""What a program writes to give the screen back."""
PATIENCE = 60
"""Seconds after which a screen that does not come is a failure; only a failing test waits for so long."""


class Size(NamedTuple):
    """Columns and rows."""

    columns: int
    rows: int

    def __str__(self) -> str:
        return f"{self.columns}x{self.rows}"


SMALL, LARGE = Size(80, 24), Size(120, 40)


class Eye(pyte.Screen):
    """A screen that tells dim letters from others, as bright black: pyte knows no dim."""

    def select_graphic_rendition(self, *attrs: int) -> None:
        super().select_graphic_rendition(*(90 if each == 2 else each for each in attrs))


class Terminal:
    """The command at a terminal."""

    def __init__(self, arguments: Sequence[str], cwd: Path, env: Mapping[str, str], size: Size = SMALL) -> None:
        self.screen = Eye(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.written = b""
        self.child: Any = pexpect.spawn(
            arguments[0], list(arguments[1:]), cwd=str(cwd), env=dict(env), dimensions=(size.rows, size.columns)
        )
        self.child.delaybeforesend = None

    def send(self, *keys: str) -> None:
        """Type keys; after an Esc wait, as a person does, so that it is not taken for the start of another key."""
        for key in keys:
            if key == CTRL_C:
                self.settle()
            self.child.send(key)
            if key == ESCAPE:
                self.drain(0.2)

    def kill(self, number: int) -> None:
        """Send a signal to the program."""
        self.settle()
        self.child.kill(number)

    def settle(self) -> None:
        """Wait until the program waits: Python heeds a signal between a prompt and its reading only at Enter."""
        self.drain(0.3)
        if Path("/proc").is_dir():
            self.until(self._sleeps, "a program that waits")

    def _sleeps(self) -> bool:
        try:
            return Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()[0] != "R"
        except OSError:  # it is over
            return True

    def modes(self) -> list[Any]:
        """Return the modes of the pseudo-terminal, which outlive the program."""
        return termios.tcgetattr(self.child.child_fd)

    def resize(self, size: Size) -> None:
        """Change the size of the terminal, as dragging a window's corner does."""
        self.screen.resize(size.rows, size.columns)
        self.child.setwinsize(size.rows, size.columns)

    def hang_up(self) -> None:
        """Close the terminal, as closing its window does."""
        self.child.ptyproc.fileobj.close()
        self.child.closed = self.child.ptyproc.closed = True

    def read(self, seconds: float) -> bool:
        """Take what was written within ``seconds``; False where nothing was."""
        try:
            data = self.child.read_nonblocking(65536, timeout=seconds)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return False
        self.written += data
        page, left, after = data.rpartition(LEAVE)
        if left:  # pyte has one screen only: what follows stands on the one that was there before
            self._stream.feed(page)
            self.screen.reset()
        self._stream.feed(after)
        return True

    def drain(self, quiet: float = 0.3) -> None:
        """Read until nothing has been written for ``quiet`` seconds."""
        while self.read(quiet):
            pass

    def text(self) -> str:
        """Return what is on the screen, half a wide character aside, as it stands while a page is drawn."""
        rows = (self.screen.buffer[number] for number in range(self.screen.lines))
        return "\n".join("".join(row[x].data for x in range(self.screen.columns)).rstrip() for row in rows)

    def coloured(self) -> str:
        """Return what is on the screen as a terminal would get it, colours included."""
        return "\n".join(_row(self.screen.buffer[number], self.screen.columns) for number in range(self.screen.lines))

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Read until ``condition`` holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"waited for {what!r} in vain; on the screen:\n{self.text()}"
            if not self.read(0.1) and not self.child.isalive() and not condition():
                raise AssertionError(f"ended before {what!r}; on the screen:\n{self.text()}")

    def shows(self, text: str) -> bool:
        """Whether ``text`` is on the screen, wherever its lines break."""
        return "".join(text.split()) in "".join(self.text().split())

    def sees(self, *texts: str) -> None:
        """Wait until all ``texts`` are on the screen."""
        for text in texts:
            self.until(partial(self.shows, text), text)

    def end(self) -> int:
        """Wait for the end and return the exit code."""
        deadline = time.monotonic() + PATIENCE
        while self.child.isalive():
            assert time.monotonic() < deadline, f"still running; on the screen:\n{self.text()}"
            self.read(0.05)
        self.drain(0.05)
        status: int = self.child.exitstatus if self.child.exitstatus is not None else -self.child.signalstatus
        return status


CODES = {"default": "", "brightblack": "2", "red": "31", "cyan": "36"}


def _row(row: Mapping[int, pyte.screens.Char], columns: int) -> str:
    """Return a line of the screen with the codes for its styles; a style that ends a line does not go on."""
    parts, before = [], ""
    for column in range(columns):
        cell = row[column]
        codes = [code for code in ("1" if cell.bold else "", "7" if cell.reverse else "", CODES[cell.fg]) if code]
        style = f"\x1b[0;{';'.join(codes)}m" if codes else "\x1b[0m"
        if cell.data and cell.data != " " and style != (before or "\x1b[0m"):
            parts.append(style)
            before = style
        parts.append(cell.data)
    text = "".join(parts).rstrip()
    return text + ("\x1b[0m" if before not in ("", "\x1b[0m") else "")


def environment(home: Path, programs: Sequence[str], **others: str) -> dict[str, str]:
    """An environment that is the same everywhere: nobody's git, a terminal with colours and Unicode."""
    path = home / "bin"
    path.mkdir(exist_ok=True)
    for program in programs:
        place = shutil.which(program)
        if place and not (path / program).exists():
            (path / program).symlink_to(place)
    nobody = {
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        "XDG_CONFIG_HOME": str(home / "config"),
    }
    dropped = ("NO_COLOR", "PROMPT_TOOLKIT", "LC_", "COLORTERM")
    kept = {name: value for name, value in clean_environment().items() if not name.startswith(dropped)}
    terminal = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": str(home), "PATH": str(path)}
    return {**kept, **nobody, **terminal, **others}


def new(
    home: Path,
    *arguments: str,
    size: Size = SMALL,
    place: str = "src",
    programs: Sequence[str] = ("git",),
    **others: str,
) -> Terminal:
    """Start ``gocontainer new`` in ``place``, a folder of ``home``, with nothing but ``programs`` on the path."""
    (home / place).mkdir(exist_ok=True)
    return Terminal([GOCONTAINER, "new", *arguments], home / place, environment(home, programs, **others), size)
