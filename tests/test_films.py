"""Every page of the wizard, at a real pseudo-terminal, as it was last looked at."""

from __future__ import annotations

import re

import pytest
import wcwidth

from tests.helpers import films
from tests.helpers.english import english
from tests.helpers.support import COMMAND, answers
from tests.helpers.terminal import SMALL

pytestmark = COMMAND

QUICK = {"60x20", "80x24-without-colour", "80x24-zh_CN", "120x40-zh_CN-without-colour", "80x24-ascii", "line-by-line",
         "inline-60x20", "inline-80x60-zh_CN", "inline-ascii-zh_CN"}  # fmt: skip
"""The others are taken in `make test-all` only: each size, sign, language and manner of asking is among these."""
FILMS = [pytest.param(film, id=film.name, marks=[pytest.mark.slow] * (film.name not in QUICK)) for film in films.FILMS]


@pytest.mark.parametrize("film", FILMS)
def test_every_page_looks_as_it_was_last_looked_at(film: films.Film) -> None:
    expected = films.kept(film)
    assert len(expected) == len(film.shots), "run 'make films' and look at them"
    for shot, taken, page in zip(film.shots, films.take(film, expected), expected, strict=False):
        assert taken == page, f"{shot.title}: run 'make films' and look at it"


def test_the_films_show_every_question() -> None:
    titles = {shot.title for shot in films.WALK}
    assert {"profile", *answers().applicable()} - titles == set()


def test_a_language_gets_a_film_of_every_kind_of_conversation() -> None:
    here, chinese = ({film.name for film in films.in_language(each)} for each in ("en", "zh_CN"))
    screens = {f"{size}{colour}" for size in ("60x20", "80x24", "120x40") for colour in ("", films.PALE)}
    others = {"80x24-ascii", "inline-60x20", "inline-80x60", "inline-ascii", "line-by-line"}
    assert here == screens | others
    assert {name.replace("-zh_CN", "") for name in chinese} == here
    assert {film.name for film in films.FILMS} == {*here, *chinese} > QUICK


def test_no_film_is_kept_that_nothing_takes() -> None:
    assert {path.name for path in films.FOLDER.iterdir()} == {films.path(film).name for film in films.FILMS}


@pytest.mark.parametrize(
    "film",
    [each for each in films.FILMS if each.language != "en" and films.PALE not in each.name],
    ids=lambda film: film.name,
)
def test_nothing_that_a_film_of_another_language_shows_is_english(film: films.Film) -> None:
    pages = films.split(films.bare(films.path(film).read_text("utf-8")))
    assert [(shot.title, words) for shot, page in zip(film.shots, pages, strict=True) if (words := foreign(page))] == []


def foreign(page: str) -> list[str]:
    """Return the English words of a page, without what a person typed and what is cut."""
    page = re.sub(r"a-z 查找(?: [a-z]+)?|[A-Za-z]+…", "", page)
    page = re.sub(r"(?m)(?<=[:？❯>] )(?:alp|all|base image|list|maybe|Orders|prot|repl)(?= *(?:│.*)?$)", "", page)
    return english(page)


def test_english_on_a_film_of_another_language_would_be_noticed() -> None:
    path = next(films.path(film) for film in films.FILMS if film.language == "en")
    assert {"default", "move", "What", "is"} <= {*foreign(films.split(films.bare(path.read_text("utf-8")))[0])}


@pytest.mark.parametrize("film", films.FILMS, ids=lambda film: film.name)
def test_a_film_keeps_to_its_size_and_its_signs(film: films.Film) -> None:
    text = films.path(film).read_text("utf-8")
    assert findings(text if film.colour else films.bare(text), film) == []


CHINESE = re.compile("[\u4e00-\u9fff\uff08\uff09\uff0c\uff1a\uff1b\uff1f\u3001\u3002]")
"""Letters and punctuation, which are no signs of a screen."""


def findings(text: str, film: films.Film) -> list[str]:
    bare = films.bare(text)
    lines = [line for page in films.split(bare) for line in page.split("\n")]
    rules = {
        "too wide": max(map(wcwidth.width, lines)) > film.size.columns,
        "too high": max(len(page.split("\n")) for page in films.split(bare)) > film.size.rows,
        "colour": not film.colour and bare != text,
        "no colour": film.colour and "\x1b[0;1;36m" not in text,
        "more than ASCII": "ascii" in film.name and not CHINESE.sub("", bare).isascii(),
    }
    return [rule for rule, broken in rules.items() if broken]


def test_a_page_that_breaks_a_rule_would_be_noticed() -> None:
    film = films.Film("bad-ascii", SMALL, (), colour=False)
    page = "\n".join(["\x1b[0;31m→" + "x" * 80] * 25)
    assert findings(f"=== bad ===\n{page}\n", film) == ["too wide", "too high", "colour", "more than ASCII"]
    assert findings("=== bad ===\n名称，x\n", film) == []
    assert findings("=== bad ===\nx\n", film._replace(colour=True)) == ["no colour"]
