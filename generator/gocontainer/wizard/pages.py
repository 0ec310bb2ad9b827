"""What the pages of the wizard have in common, as styled text; nothing here knows a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from wcwidth import clip, ljust, width, wrap

from gocontainer.console import lines_of
from gocontainer.options.types import Option, Value
from gocontainer.texts import tr
from gocontainer.wizard.preview import Leaf, Preview, grown
from gocontainer.wizard.review import Row
from gocontainer.wizard.settling import Settled

Text = list[tuple[str, str]]
"""Style class and text, in turn; the same as prompt_toolkit's."""

TABLE = 100
"""Columns that a table takes at most: an origin should stand near its value."""
VALUE, ORIGIN = 20, 12
"""Columns of a value that a table has room for, and those that an origin takes at least."""
SHORT = 18
"""Columns of a table that are no name, at least: a value that is cut, and what is around it."""
NARROW = 50
"""Columns below which words are left out that stand elsewhere, too."""


class Glyphs(NamedTuple):
    """The signs of a terminal, each with a meaning of its own beside any colour."""

    pointer: str = "❯"  # noqa: RUF001 - it is not meant to be a >
    on: str = "●"
    off: str = "○"
    rule: str = "─"
    bar: str = "│"
    error: str = "✗"
    warning: str = "!"
    note: str = "→"
    arrows: str = "↑↓"
    sideways: str = "←→"
    up: str = "↑"
    down: str = "↓"
    cut: str = "…"
    dot: str = "·"


ASCII = Glyphs(">", "[x]", "[ ]", "-", "|", "x", "!", "->", "Up/Down", "Left/Right", "^", "v", "...", "-")


class Line(NamedTuple):
    """A line of a list; only one with a ``key`` can be pointed at. Text without a style takes the pointer's."""

    key: Value | None
    text: Text


def named(option: Option) -> str:
    """Return the common name of an option, with its flag."""
    return f"{tr(option.title)} ({'SERVICE' if option.name == 'service' else option.flag})"


def cell(text: str, columns: int, cut: str) -> str:
    """Return ``text`` cut or padded to ``columns``, of which a CJK letter takes two."""
    columns = max(columns, width(cut))
    if width(text) > columns:
        text = clip(text, 0, columns - width(cut)).rstrip() + cut
    return ljust(text, columns)


def widest(*texts: str) -> int:
    """Return the columns of the widest of ``texts``."""
    return max(map(width, texts), default=0)


def tilde(path: Path) -> str:
    """Return ``path`` as shells shorten it."""
    try:
        home = Path.home()
    except RuntimeError:  # nobody's
        return str(path)
    if path == home:
        return "~"
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) else str(path)


def wrapped(text: Text, columns: int) -> Text:
    """Return ``text`` with its lines broken between words, in CJK between letters; each part of it starts a line."""
    columns = max(columns, 1)
    return [(style, "\n".join("\n".join(_broken(line, columns)) for line in part.split("\n"))) for style, part in text]


def _broken(line: str, columns: int) -> Iterator[str]:
    """Yield the lines of a line; a word that is longer than one is broken."""
    for each in lines_of(line, columns) if width(line) != len(line) else [line]:
        yield from wrap(each, columns, break_on_hyphens=False)


def drawn(lines: Sequence[Line], pointed: Value | None, glyphs: Glyphs) -> Text:
    """Return a list with its pointer."""
    text: Text = []
    for line in lines:
        here = line.key is not None and line.key == pointed
        text.append(("class:pointed", f"{glyphs.pointer} " if here else " " * (width(glyphs.pointer) + 1)))
        text += [(style or ("class:pointed" if here else ""), part) for style, part in line.text]
        text.append(("", "\n"))
    return text[:-1]


def table(rows: Sequence[Row], titles: Sequence[str], columns: int, glyphs: Glyphs) -> list[Line]:
    """Return a line for each answer: its title, its value, a sign where there is something to know, its origin.

    Where room is short the origins go first: what an answer is counts more.
    """
    columns = min(columns, TABLE)
    names = min(widest(*titles), columns - SHORT)
    values = min(VALUE, max((width(row.value) for row in rows), default=0))
    origins = max(ORIGIN, *(width(row.origin) for row in rows), ORIGIN)
    room = columns - names - origins - 5
    if room < values:
        origins, room = 0, columns - names - 4
    lines = []
    for row, title in zip(rows, titles, strict=True):
        value = cell(row.value, room, glyphs.cut)
        remark = glyphs.warning if row.remark else " "
        origin = f" {row.origin}" if origins else ""
        text = [("", f"{cell(title, names, glyphs.cut)}  {value} "), ("class:error", remark), ("class:quiet", origin)]
        lines.append(Line(row.name, text))
    return lines


def header(step: int, steps: Sequence[str], columns: int, glyphs: Glyphs) -> Text:
    """Return the name, and the progress at the right."""
    marks = " ".join(glyphs.on if number == step else glyphs.off for number in range(1, len(steps) + 1))
    progress = f"{step}/{len(steps)} {steps[step - 1]}"
    progress = cell(progress, min(width(progress), columns - width("gocontainer new") - 1), glyphs.cut)
    room = columns - width("gocontainer new") - width(progress)
    marks = marks + "  " if room > width(marks) + 2 else ""
    space = " " * max(room - width(marks), 1)
    return [("class:name", "gocontainer new"), ("class:quiet", space + marks), ("class:now", progress)]


def hints(keys: Sequence[tuple[str, str]], columns: int, lines: int) -> Text:
    """Return keys with what they do, on up to so many ``lines``.

    Where room is short the first one goes, then a line is added, then others go, for the last lead on and out.
    """
    for allowed, words in ((1, keys), (1, keys[1:]), *((lines, keys[number:]) for number in range(len(keys)))):
        for gap in ("   ", "  "):
            rows = _rows(words, gap, columns)
            if len(rows) <= allowed and all(width(gap.join(map(" ".join, row))) <= columns for row in rows):
                return _spaced(rows, gap)
    return []


def _rows(words: Sequence[tuple[str, str]], gap: str, columns: int) -> list[list[tuple[str, str]]]:
    """Return ``words`` on as many lines as they need."""
    rows: list[list[tuple[str, str]]] = [[]]
    for word in words:
        if rows[-1] and width(gap.join(map(" ".join, [*rows[-1], word]))) > columns:
            rows.append([])
        rows[-1].append(word)
    return rows


def _spaced(rows: Sequence[Sequence[tuple[str, str]]], gap: str) -> Text:
    text: Text = []
    for row in rows:
        for key, meaning in row:
            text += [("class:key", key), ("class:quiet", f" {meaning}{gap}")]
        text[-1] = ("class:quiet", text[-1][1].rstrip() + "\n")
    return [*text[:-1], ("class:quiet", text[-1][1].rstrip())]


def panel(before: Settled, after: Settled, marks: Mapping[str, str], preview: Preview, rows: int) -> Text:
    """Return the files beside the page, with ``marks`` for those that the page is about."""
    paths = {*preview.tree(before), *preview.tree(after)}
    count = tr("{count} files", count=len(preview.paths(after)))
    text: Text = [("class:question", f"{after.answers['service']}/"), ("class:quiet", f"  {count}\n")]
    styles = {"+": "class:added", "-": "class:removed", "~": "class:now"}
    tree = _folded(paths, marks, rows)
    for leaf in tree[:rows]:
        mark = marks.get(leaf.path, " ")
        text.append((styles.get(mark, "class:quiet"), f"{mark} {'  ' * leaf.depth}{leaf.name}\n"))
    if len(tree) > rows:
        text[-1] = ("class:quiet", f"  {tr('and {count} more', count=len(tree) - rows + 1)}")
    return text


def _folded(paths: set[str], marks: Mapping[str, str], rows: int) -> Sequence[Leaf]:
    """Return the tree, folded as far as needed for ``rows``: marked files stay in sight."""
    tree = list(grown(paths))
    for deepest in (9, 2, 1, 0):
        kept = [leaf for leaf in tree if leaf.depth <= deepest or _leads(leaf.path, marks)]
        if len(kept) <= rows:
            break
    return kept


def _leads(path: str, marks: Mapping[str, str]) -> bool:
    return any(marked == path or (path.endswith("/") and marked.startswith(path)) for marked in marks)
