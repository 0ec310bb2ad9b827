"""What the eye sees of the wizard, page by page, as committed films. `make films` takes them afresh.

A film is one text file: every page of one walk, one below the other. `cat` shows one with its colours.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from gocontainer.options.table import OPTIONS
from gocontainer.wizard.conversation import FIRST
from tests.helpers.support import ROOT, answers
from tests.helpers.terminal import DOWN, ENTER, ESCAPE, LARGE, SMALL, UP, Size, Terminal, new

FOLDER = ROOT / "tests/films"


class Shot(NamedTuple):
    """Keys to press, what must then be on the screen, and what the page is called."""

    title: str
    keys: Sequence[str]
    sees: str


def _questions() -> list[Shot]:
    """Every question that the defaults leave a meaning, in order, each taken as it is."""
    asked = answers().applicable()
    rest = [option for option in OPTIONS if option.name in asked and option.name not in FIRST]
    return [
        Shot(option.name, [DOWN, ENTER] if number == 0 else [ENTER], " ".join(option.help.split()[:4]))
        for number, option in enumerate(rest)
    ]


SHORT = (
    Shot("profile", [], "What kind of service"),
    Shot("profile, another choice", [UP], "emoves 6 files"),
    Shot("a name that cannot be", [DOWN, ENTER, "Orders", ENTER], "is not a DNS label"),
    Shot("the name mended", ["\x15orders"], "example.com/orders"),
    Shot("review", [ENTER], "6/6 Review"),
)
WALK = (
    *SHORT,
    *_questions(),
    Shot("review again", [ENTER], "6/6 Review"),
    Shot("the files", [DOWN, DOWN, ENTER], "with the answers that they are there for"),
    Shot("the image's line", [ESCAPE, *[DOWN] * 7], "so no cluster can"),
    Shot("cgo would move defaults", [*[DOWN] * 3, ENTER, UP], "Sets base_image to"),
    Shot("what moved is said", [ENTER], "base_image is distroless-base now"),
    Shot("choices that cannot be", [UP, ENTER, UP], "A binary with C code"),
)


class Film(NamedTuple):
    """One walk at one kind of terminal."""

    name: str
    size: Size
    shots: Sequence[Shot]
    colour: bool = False
    arguments: Sequence[str] = ()
    environment: tuple[tuple[str, str], ...] = ()


LINES = (
    Shot("profile", [], "Number or name [service]:"),
    Shot("name", ["\n"], "service [my-service]:"),
    Shot("a name that cannot be", ["Orders\n"], "would do"),
    Shot("review", ["orders\n"], "Write, or change:"),
    Shot("one answer", ["cgo\n"], "Number or name [no]:"),
    Shot("what moved is said", ["y\n"], "cgo: yes (you)"),
)
ASCII = (("LANG", "C"), ("LC_ALL", "C"))
FILMS = (
    Film("80x24", SMALL, WALK, environment=(("NO_COLOR", "1"),)),
    Film("80x24-colour", SMALL, WALK, colour=True),
    Film("120x40", LARGE, WALK, environment=(("NO_COLOR", "1"),)),
    Film("120x40-colour", LARGE, WALK, colour=True),
    Film("80x24-ascii", SMALL, WALK, environment=ASCII),
    Film("line-by-line", Size(80, 60), LINES, arguments=("--plain",)),
)


def take(film: Film, expected: Sequence[str] = ()) -> list[str]:
    """Return the pages of a film; where there are ``expected`` ones, up to the first that does not look like that."""
    with tempfile.TemporaryDirectory() as home:
        terminal = new(Path(home), *film.arguments, size=film.size, **dict(film.environment))
        wanted: Sequence[str | None] = expected or [None] * len(film.shots)
        pages = []
        for shot, page in zip(film.shots, wanted, strict=True):
            pages.append(_shoot(terminal, film, shot, page))
            if page not in (None, pages[-1]):  # each page after it would only be waited for
                break
        terminal.send("\x03")
        assert terminal.end() == 130
    return pages


def _shoot(terminal: Terminal, film: Film, shot: Shot, expected: str | None) -> str:
    def page() -> str:
        return (terminal.coloured() if film.colour else terminal.text()).rstrip("\n")

    terminal.send(*shot.keys)
    terminal.sees(shot.sees)
    for _ in range(10):
        while page() != expected and terminal.read(0.3):
            pass
        if expected is None or page() == expected:
            break
    return page()


def path(film: Film) -> Path:
    """Return where a film is kept."""
    return FOLDER / f"{film.name}.txt"


def joined(film: Film, pages: Sequence[str]) -> str:
    """Return a film as its file has it."""
    return "".join(f"=== {shot.title} ===\n{page}\n" for shot, page in zip(film.shots, pages, strict=True))


def split(text: str) -> list[str]:
    """Return the pages of a film's file."""
    return [part.partition(" ===\n")[2].removesuffix("\n") for part in text.split("=== ")[1:]]


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with ProcessPoolExecutor(len(FILMS)) as pool:  # each waits most of its time for a screen that has come to rest
        for each, pages in zip(FILMS, pool.map(take, FILMS), strict=True):
            path(each).write_text(joined(each, pages), "utf-8")
