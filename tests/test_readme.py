"""The README is short, its figures are those that were measured, and what it shows of the output is the output."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.helpers.snippets import headings, misquoted
from tests.helpers.support import ROOT

READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
MOST = 500
CHARACTERS = 8 / 5
"""Chinese characters that say as much as an English word."""

readmes = pytest.mark.parametrize("readme", READMES, ids=lambda page: page.name)


@readmes
def test_a_readme_has_at_most_500_words(readme: Path) -> None:
    assert words(readme.read_text()) <= MOST


def words(text: str) -> float:
    """How many words a text has, code and marks among them; of Chinese what says as much."""
    chinese, marks = "[\u4e00-\u9fff]", "[\u3000-\u303f\uff00-\uffef]"
    return len(re.sub(f"{chinese}|{marks}", " ", text).split()) + len(re.findall(chinese, text)) / CHARACTERS


def test_a_readme_of_more_words_is_found() -> None:
    assert words("word " * MOST) == MOST
    assert words("字" * 801) > MOST


def test_words_of_both_languages_are_counted() -> None:
    assert words("one two-three `four five`\n```sh\nls -l\n```\n") == 8
    assert words("用 gocontainer 写一个服务。") == 1 + 6 / CHARACTERS


# Figures


@readmes
def test_every_figure_of_the_table_stands_where_its_row_leads(readme: Path) -> None:
    assert len(rows(readme.read_text())) == 5
    assert invented(readme, readme.read_text()) == []


def rows(text: str) -> list[str]:
    """The rows of a README's table whose first cell is a link."""
    return re.findall(r"(?m)^\| \[.*\|$", text)


def invented(readme: Path, text: str) -> list[str]:
    """The figures of a README's table that are not in the section that their row links."""
    found = []
    for row in rows(text):
        path, _, title = re.findall(r"\]\(([^)]+)\)", row)[0].partition("#")
        measured = figures(section(readme.parent / path, title))
        found += sorted(figures(re.sub(r"\]\([^)]+\)", "", row)) - measured)
    return found


def figures(text: str) -> set[str]:
    """The numbers in a text."""
    return set(re.findall(r"\d+(?:\.\d+)?", text))


def section(page: Path, name: str) -> str:
    """A section of a page, with the tables that it includes."""
    text = page.read_text()
    lines = text.splitlines(keepends=True)
    edges = [*((each.anchor, each.line) for each in headings(text)), ("", len(lines))]
    (part,) = ("".join(lines[start:end]) for (title, start), (_, end) in pairwise(edges) if title == name)
    return re.sub(r"```\{include\} (\S+)\n```", lambda found: (page.parent / found[1]).read_text(), part)


def test_a_figure_that_was_not_measured_is_found() -> None:
    readme = READMES[0]
    text = readme.read_text()
    assert "| 5.72 MB |" in text
    assert invented(readme, text.replace("| 5.72 MB |", "| 5.71 MB |")) == ["5.71"]
    assert invented(readme, text.replace("image.md#the-image", "image.md#the-runtime", 1)) != []


# What comes out


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("├── deploy ", "├── deployment "),
        ("├── Dockerfile ", "│   "),
        ("USER 65532:65532", "USER 0"),
        ("AS build\n...\n", "AS build\n"),
        ("AS build\n...\n", "AS build\n...\n...\n"),
    ],
)
def test_a_tree_or_a_cut_that_is_not_the_outputs_is_found(old: str, new: str) -> None:
    text = READMES[0].read_text()
    assert misquoted(text) == []
    assert old in text
    assert len(misquoted(text.replace(old, new, 1))) == 1
