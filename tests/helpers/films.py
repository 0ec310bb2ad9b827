"""What the eye sees of the wizard, page by page, as committed films. `make films` takes them afresh.

A film is one text file: every page of one walk, one below the other. `cat` shows one with its colours; without them
its words are to be the same, so that no file is kept of that.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from gocontainer.options.profiles import PROFILE
from gocontainer.options.table import BY_NAME, GROUPS, OPTIONS
from gocontainer.texts import speak, tr
from gocontainer.wizard.conversation import CONTAINER, PAGES
from tests.helpers.support import ROOT, answers
from tests.helpers.terminal import (
    CTRL_U,
    DOWN,
    END,
    ENTER,
    ESCAPE,
    HOME,
    LARGE,
    LEFT,
    RIGHT,
    SMALL,
    UP,
    Size,
    Terminal,
    new,
)

FOLDER = ROOT / "tests/films"


class Shot(NamedTuple):
    """Keys to press, what must then be on the screen, and what the page is called.

    What must be there is a text of the catalogues, or the same in every language.
    """

    title: str
    keys: Sequence[str]
    sees: str


def _questions() -> Iterator[Shot]:
    """Yield every question that the defaults leave a meaning, group by group, each taken as it is."""
    asked = {PROFILE.name, *answers().applicable()}
    for number, group in enumerate(GROUPS):
        rows = [option for option in (PROFILE, *OPTIONS) if option.group == group and option.name in asked]
        first = [ENTER, ENTER] if number else [ENTER]
        for option in rows:
            yield Shot(option.name, first if option is rows[0] else [DOWN], option.question)


SHORT = (
    Shot("name", [], "What is the service called, and what kind is it?"),
    Shot("profile", [DOWN], PROFILE.question),
    Shot("profile, another choice", [RIGHT], "3 serverless"),
    Shot("a name that cannot be", [LEFT, UP, "Orders", ENTER], "Orders"),
    Shot("the name mended", [CTRL_U + "orders"], "example.com/orders"),
)
WALK = (
    *SHORT,
    Shot("the four", [ENTER], "Where does the service run, and in what image?"),
    *(Shot(f"the four, {name}", [DOWN], BY_NAME[name].question) for name in PAGES[CONTAINER][1:]),
    Shot("where CI pushes", [ENTER], BY_NAME["image"].question),
    Shot("review", [ENTER], "4/4"),
    Shot("a folded review", [UP], "4/4"),
    Shot("an unfolded review", [ENTER, END], "dependabot"),
    Shot("the groups", [HOME, DOWN, ENTER], "Which answers do you want to change?"),
    *_questions(),
    Shot("the groups again", [ENTER], "Which answers do you want to change?"),
    Shot("the files", [ESCAPE, DOWN, ENTER], "Files, with the answers that they are there for"),
    Shot("the image's line", [ESCAPE, "im"], "(--image)"),
    Shot("cgo moves defaults", ["cg", ENTER, UP], "distroless-base"),
    Shot("what moved is said", [ENTER], "4/4"),
    Shot("choices that cannot be", ["b", ENTER, "a"], BY_NAME["base_image"].question),
    Shot("nothing begins so", ["z"], "z"),
)


class Film(NamedTuple):
    """One walk at one kind of terminal, in one language."""

    name: str
    size: Size
    shots: Sequence[Shot]
    colour: bool = True
    arguments: Sequence[str] = ()
    environment: tuple[tuple[str, str], ...] = ()
    language: str = "en"

    def without_colour(self) -> Film:
        """The same walk where the terminal is asked for no colour."""
        return self._replace(
            name=f"{self.name}{PALE}", colour=False, environment=(*self.environment, ("NO_COLOR", "1"))
        )


LINES = (
    Shot("name", [], "[my-service]:"),
    Shot("a name that cannot be", ["Orders\n"], "'Orders'"),
    Shot("profile", ["orders\n"], "[service]:"),
    Shot("the four", ["\n"], "(--config-center)"),
    Shot("one of the four", ["base image\n"], "[distroless-static]:"),
    Shot("it is changed", ["alp\n"], "you"),
    Shot("where CI pushes", ["\n"], "[localhost/orders]:"),
    Shot("review", ["\n"], "~/src/orders"),
    Shot("no such answer", ["prot\n"], "'prot'"),
    Shot("a choice that cannot be", ["cgo\n"], "Does the binary link C code?"),
    Shot("neither yes nor no", ["maybe\n"], "'maybe'"),
    Shot("back at the review", ["<\n"], "~/src/orders"),
    Shot("all rows", ["list\n"], "dependabot"),
    Shot("the groups", ["all\n"], "A number or a name opens a group. Enter goes back to the review."),
)
MIRRORS = Shot("mirrors", [ENTER], BY_NAME["registry_mirrors"].question)
"""What is asked in Chinese alone."""
PROMPTS = (
    Shot("name", [], BY_NAME["service"].question),
    Shot("a name that cannot be", ["Orders", ENTER], "'Orders'"),
    *(
        Shot(name, [CTRL_U + "orders", ENTER] if name == "target" else [ENTER], BY_NAME[name].question)
        for name in PAGES[CONTAINER]
    ),
    Shot("back at the question before", [ESCAPE], BY_NAME["cgo"].question),
    Shot("what moved is said", [UP, ENTER], "distroless-base"),
    Shot("where CI pushes", [ENTER], BY_NAME["image"].question),
    Shot("review", [ENTER], "What now?"),
    Shot("the answers", [DOWN, ENTER], "Which answer changes?"),
    Shot("those that are meant", ["repl"], "max_replicas"),
    Shot("a choice that cannot be", [CTRL_U + "base_image", ENTER], BY_NAME["base_image"].question),
    Shot("the review again", [ENTER], "What now?"),
)
PALE = "-without-colour"
TINY, HIGH = Size(60, 20), Size(80, 60)


def in_language(language: str) -> Iterator[Film]:
    """Yield the films of one language: each size, in colour and without, in ASCII signs, by prompts, line by line."""
    mark = "" if language == "en" else f"-{language}"
    locale = (("LANG", "C.UTF-8"),) if language == "en" else (("LANG", f"{language}.UTF-8"), ("GOCONTAINER_LANG", ""))
    ascii_ = (("LANG", "C"), ("LC_ALL", "C"), ("GOCONTAINER_LANG", language))
    pushes = next(number for number, shot in enumerate(PROMPTS) if shot.title == "where CI pushes")
    prompts = PROMPTS if language == "en" else (*PROMPTS[:pushes], MIRRORS, *PROMPTS[pushes:])
    screen = Film("", SMALL, WALK, environment=locale, language=language)
    inline = screen._replace(shots=prompts, arguments=("--inline",))
    for size in (TINY, SMALL, LARGE):
        film = screen._replace(name=f"{size}{mark}", size=size)
        yield from (film, film.without_colour())
    yield screen._replace(name=f"80x24-ascii{mark}", environment=ascii_)
    for size in (TINY, HIGH):
        yield inline._replace(name=f"inline-{size}{mark}", size=size)
    yield inline._replace(name=f"inline-ascii{mark}", size=HIGH, environment=ascii_)
    lines = Size(80, 180)
    yield Film(
        f"line-by-line{mark}", lines, LINES, colour=False, arguments=("--plain",), environment=locale, language=language
    )


FILMS = (*in_language("en"), *in_language("zh_CN"))


def take(film: Film, expected: Sequence[str] = ()) -> list[str]:
    """Return the pages of a film; where there are ``expected`` ones, up to the first that does not look like that."""
    with tempfile.TemporaryDirectory() as home, speaking(film.language):
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


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Look texts up in the language of the program that is filmed."""
    speak(language)
    try:
        yield
    finally:
        speak("en")


def _shoot(terminal: Terminal, film: Film, shot: Shot, expected: str | None) -> str:
    def page() -> str:
        return (terminal.coloured() if film.colour else terminal.text()).rstrip("\n")

    before = page()
    terminal.send(*shot.keys)
    terminal.sees(tr(shot.sees))
    if expected is None:  # what is awaited may be on the page before, and the machine busy
        terminal.until(lambda: page() != before, f"another page than before {shot.title}")
        terminal.settle()
        return page()
    for _ in range(10):
        while page() != expected and terminal.read(0.3):
            pass
        if page() == expected:
            break
    return page()


def path(film: Film) -> Path:
    """Return where a film is kept, in its colours if it may have any."""
    return FOLDER / f"{film.name.removesuffix(PALE)}.txt"


def kept(film: Film) -> list[str]:
    """Return the pages of a film as they are kept, without the colours that it is not to have."""
    text = path(film).read_text("utf-8")
    return split(text if film.colour else bare(text))


def bare(text: str) -> str:
    """Return a text without colours."""
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def joined(film: Film, pages: Sequence[str]) -> str:
    """Return a film as its file has it."""
    return "".join(f"=== {shot.title} ===\n{page}\n" for shot, page in zip(film.shots, pages, strict=True))


def split(text: str) -> list[str]:
    """Return the pages of a film's file."""
    return [part.partition(" ===\n")[2].removesuffix("\n") for part in text.split("=== ")[1:]]


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    films = [film for film in FILMS if PALE not in film.name]
    with ProcessPoolExecutor(len(films)) as pool:  # each waits most of its time for a screen that has come to rest
        for each, pages in zip(films, pool.map(take, films), strict=True):
            path(each).write_text(joined(each, pages), "utf-8")
