"""Each Chinese page does and shows what its English one does, so that a page that was left behind is noticed."""

from __future__ import annotations

import re
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.helpers.snippets import Snippet, headings, links, snippets, steps
from tests.helpers.support import ROOT

ENGLISH = {
    ROOT / "README.zh-CN.md": ROOT / "README.md",
    **{page: page.with_name(page.name.replace("-zh.md", ".md")) for page in sorted((ROOT / "docs").rglob("*-zh.md"))},
}
CHINESE = {english: page for page, english in ENGLISH.items()}

pairs = pytest.mark.parametrize(("chinese", "english"), ENGLISH.items(), ids=lambda page: page.stem)


@pairs
def test_a_chinese_page_is_not_behind_its_english_one(chinese: Path, english: Path) -> None:
    assert behind(chinese.read_text(), english.read_text()) == []


def behind(chinese: str, english: str) -> list[str]:
    """What two pages do not share that does not depend on the language."""
    levels = [[heading.level for heading in headings(text)] for text in (chinese, english)]
    found = [] if levels[0] == levels[1] else [f"headings: {' '.join(levels[0])}, not {' '.join(levels[1])}"]
    found += [
        f"snippet: {ours}, not {theirs}"
        for ours, theirs in zip_longest(map(essence, snippets(chinese)), map(essence, snippets(english)))
        if ours != theirs
    ]
    return found + [f"figure: {figure}" for figure in sorted(figures(chinese) ^ figures(english))]


def essence(snippet: Snippet) -> tuple[str, str, str]:
    """What a snippet is in any language: its commands, the paths of its tree, of a screen nothing, else all of it."""
    text = snippet.text
    if snippet.language == "console":
        text = "\n".join(re.sub(r"\s+# .*", "", step.command) for step in steps(snippet))
    elif snippet.kind == "tree":
        text = " ".join(re.findall(r"[├└]── \S+", text))
    elif snippet.mark == "screen":
        text = ""
    return snippet.language, snippet.mark, text


def figures(text: str) -> set[str]:
    """The numbers of more than one digit in a page's own words; small ones are words, in English at least."""
    prose = re.sub(r"(?ms)^```.*?^```|\]\([^)]*\)|<!--.*?-->|^% .*?$", "", text)
    return set(re.findall(r"\d[\d.,]*\d", prose))


@pairs
def test_a_chinese_page_and_its_english_one_link_each_other(chinese: Path, english: Path) -> None:
    assert english.name in links(chinese.read_text())
    assert chinese.name in links(english.read_text())


@pairs
def test_a_chinese_page_leads_to_chinese_pages_where_there_are_any(chinese: Path, english: Path) -> None:
    assert abroad(chinese, chinese.read_text()) == [english.name]


def abroad(page: Path, text: str) -> list[str]:
    """The links of a Chinese page to an English one that has a Chinese one."""
    return [link for link in links(text) if (page.parent / link.partition("#")[0]).resolve() in CHINESE]


@pytest.mark.parametrize("page", ENGLISH, ids=lambda page: page.stem)
def test_no_line_of_a_chinese_page_ends_within_a_phrase(page: Path) -> None:
    """A browser makes a space of the line's end, which Chinese does not have."""
    assert torn(page.read_text()) == []


def torn(text: str) -> list[str]:
    """The places of a text where a line ends between two characters."""
    return re.findall("[\u4e00-\u9fff]\n[\u4e00-\u9fff]", text)


# Shown to fail

TWO = """# One

It takes 12.5 s.

```console
$ ls -l  # look
total 0
```

% screen
```text
Ready
```

## Two
"""


def test_a_translation_may_differ_in_words_output_and_screens() -> None:
    other = TWO
    for old, new in (
        ("One", "一"),
        ("It takes 12.5 s.", "需要 12.5 秒。"),
        ("look", "看"),
        ("Ready", "就绪"),
        ("total 0", "..."),
    ):
        assert old in other
        other = other.replace(old, new)
    assert behind(other, TWO) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("## Two\n", "", "headings: "),
        ("## Two", "### Two", "headings: "),
        ("ls -l", "ls", "snippet: "),
        ("% screen\n```text\nReady\n```\n", "", "snippet: "),
        ("12.5", "12.4", "figure: 12.4"),
    ],
)
def test_a_page_that_was_left_behind_is_found(old: str, new: str, said: str) -> None:
    assert old in TWO
    assert behind(TWO.replace(old, new), TWO)[0].startswith(said)


def test_a_link_out_of_the_language_is_found() -> None:
    page = ROOT / "docs/tutorial-zh.md"
    assert abroad(page, "[a](how-to/config-nacos.md#x) [b](how-to/update.md) [c](how-to/config-nacos-zh.md)") == [
        "how-to/config-nacos.md#x"
    ]


def test_a_line_that_ends_within_a_phrase_is_found() -> None:
    assert torn("先写一行\n再写一行，\n用 Go\n写。") == ["行\n再"]


def test_every_chinese_page_has_an_english_one() -> None:
    assert len(ENGLISH) >= 7
    assert [page.name for page, english in ENGLISH.items() if not english.is_file()] == []


TERMS = ROOT / "docs" / "explanation" / "chinese-terms.md"
SOURCE = re.compile(r"\[[^]]+\]\(https://[^)]+\)|本项目")


def test_every_term_names_its_source() -> None:
    assert unsourced(TERMS.read_text()) == []


def unsourced(text: str) -> list[str]:
    """The terms of a table of terms beside which no page and not this project stands."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [row[1] for row in rows[2:] if not SOURCE.search(row[2])]


def test_a_term_without_a_source_is_found() -> None:
    source = "[OpenTelemetry：Collector](https://opentelemetry.io/zh/docs/collector/)"
    table = f"| 英文 | 中文 | 出处 |\n| --- | --- | --- |\n| trace | 链路 | {source} |\n| drain | 排空 | 通用说法 |\n"
    assert unsourced(table) == ["排空"]


def test_every_term_is_used() -> None:
    """A term that no text has any more leaves the table."""
    catalogue = ROOT / "generator" / "gocontainer" / "locale" / "zh_CN" / "LC_MESSAGES" / "gocontainer.po"
    texts = "".join(page.read_text() for page in (catalogue, *ENGLISH) if page != TERMS)
    rows = [line.strip("| ").split(" | ") for line in TERMS.read_text().splitlines() if line.startswith("| ")]
    terms = [term for row in rows[2:] for term in row[1].split("、")]
    assert [term for term in terms if term not in texts] == []
