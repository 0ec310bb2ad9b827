"""What each page of the wizard says, as styled text; nothing here knows a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from wcwidth import clip, ljust, width, wrap

from gocontainer.options.table import BY_NAME
from gocontainer.options.types import SelectMany, Value
from gocontainer.wizard import review
from gocontainer.wizard.conversation import REVIEW, Conversation, Question
from gocontainer.wizard.preview import Leaf, Preview, grown
from gocontainer.wizard.settling import Settled, shown

Text = list[tuple[str, str]]
"""Style class and text, in turn; the same as prompt_toolkit's."""

WRITE, CUSTOMISE, FILES = "write it", "customise", "show the files"
"""What else a person can do at the review; none of them is the name of an option."""
TABLE = 100
"""Columns that the review takes at most: an origin should stand near its value."""


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
    up: str = "↑"
    down: str = "↓"
    cut: str = "…"
    dot: str = "·"


ASCII = Glyphs(">", "[x]", "[ ]", "-", "|", "x", "!", "->", "Up/Down", "^", "v", "...", "-")


class Line(NamedTuple):
    """A line of a list; only one with a ``key`` can be pointed at. Text without a style takes the pointer's."""

    key: Value | None
    text: Text


def cell(text: str, columns: int, cut: str) -> str:
    """Return ``text`` cut or padded to ``columns``, of which a CJK letter takes two."""
    columns = max(columns, width(cut))
    if width(text) > columns:
        text = clip(text, 0, columns - width(cut)).rstrip() + cut
    return ljust(text, columns)


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
    """Return ``text`` with its lines broken between words; each part of it starts a line."""
    columns = max(columns, 1)
    return [
        (style, "\n".join("\n".join(wrap(line, columns, break_on_hyphens=False)) for line in part.split("\n")))
        for style, part in text
    ]


def header(step: int, steps: Sequence[str], columns: int, glyphs: Glyphs) -> Text:
    """Return the name, and the progress at the right."""
    marks = " ".join(glyphs.on if number == step else glyphs.off for number in range(1, len(steps) + 1))
    progress = f"{step}/{len(steps)} {steps[step - 1]}"
    room = columns - width("gocontainer new") - width(progress)
    marks = marks + "  " if room > width(marks) + 2 else ""
    space = " " * max(room - width(marks), 1)
    return [("class:name", "gocontainer new"), ("class:quiet", space + marks), ("class:now", progress)]


def hints(keys: Sequence[tuple[str, str]], columns: int) -> Text:
    """Return keys with what they do; where room is short the first ones go, for the last lead on and out."""
    words = [(key, f" {meaning}   ") for key, meaning in keys]
    while words and width("".join(map("".join, words)).rstrip()) > columns:
        words.pop(0)
    return [part for key, meaning in words for part in (("class:key", key), ("class:quiet", meaning))]


def destination(conversation: Conversation, *, dry_run: bool) -> Text:
    """Return where the repository will be."""
    target = conversation.settler.target(conversation.settled)
    title = "A dry run, nothing is written to " if dry_run else "Ready to write "
    return [("class:question", f"{title}{tilde(target)}")]


def asked(question: Question) -> Text:
    """Return the question and its why."""
    return [("class:question", question.option.help), ("class:quiet", f"\n{question.option.why}")]


def choices(question: Question, ticked: set[Value], columns: int, glyphs: Glyphs) -> list[Line]:
    """Return a line for each choice; one that cannot be chosen is there, and says why."""
    many = isinstance(question.option, SelectMany)
    column = max((width(shown(offer.value)) for offer in question.offers), default=0)
    lines = []
    for offer in question.offers:
        tick = f"{glyphs.on if offer.value in ticked else glyphs.off} " if many else ""
        name = f"{tick}{shown(offer.value):{column}}"
        if offer.obstacle:
            reason = cell(f"{glyphs.error} {offer.obstacle}", columns - column - 2, glyphs.cut)
            lines.append(Line(offer.value, [("class:disabled", f"{name}  {reason.rstrip()}")]))
            continue
        default = f"  {glyphs.dot} default" if offer.value == question.default else ""
        room = columns - width(name) - width(default) - 2
        label = "" if offer.label == shown(offer.value) else f"  {cell(offer.label, room, glyphs.cut).rstrip()}"
        lines.append(Line(offer.value, [("", name), ("class:quiet", label + default)]))
    return lines


def reviewed(
    conversation: Conversation, preview: Preview, columns: int, glyphs: Glyphs, *, dry_run: bool
) -> list[Line]:
    """Return what can be done, then every answer with its origin, group by group."""
    count = len(preview.paths(conversation.settled))
    columns = min(columns, TABLE)
    lines = [
        Line(WRITE, [("", f"{'List' if dry_run else 'Write'} {count} files")]),
        Line(CUSTOMISE, [("", "Customise every answer, group by group")]),
        Line(FILES, [("", "Show the files")]),
    ]
    rows = review.rows(conversation)
    origins = max(12, *(width(row.origin) for row in rows))
    names = max(len(row.name) for row in rows)
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            lines += [Line(None, [("", "")]), Line(None, [("class:question", group)])]
        value = cell(row.value, columns - names - origins - 8, glyphs.cut)
        remark = glyphs.warning if row.remark else " "
        text = [("", f"{row.name:{names}}  {value} "), ("class:error", remark), ("class:quiet", f" {row.origin}")]
        lines.append(Line(row.name, text))
    return lines


def explained(conversation: Conversation, key: str) -> Text:
    """Return what a line of the review is about: the value in full, for it may be cut above."""
    rows = {row.name: row for row in review.rows(conversation)}
    if key not in rows:
        return [("", " ".join(f"{name}: {row.remark}" for name, row in rows.items() if row.remark))]
    row = rows[key]
    meaning = row.remark or f"{BY_NAME[key].help} {BY_NAME[key].why}"
    return [("", row.value), ("class:quiet", f"\n{meaning}")]


def listed(preview: Preview, settled: Settled, glyphs: Glyphs) -> list[Line]:
    """Return the tree of files, each with the answers that it is there for."""
    lines = []
    for leaf in preview.leaves(settled):
        reason = f"  {glyphs.dot} {leaf.reason}" if leaf.reason else ""
        lines.append(Line(leaf.path, [("", "  " * leaf.depth + leaf.name), ("class:now", reason)]))
    return lines


def consequences(conversation: Conversation, raw: object, preview: Preview) -> Text:
    """Return what would follow from answering ``raw``: where it is written, what else moves, which files change."""
    if raw is None:
        return []
    supposed = conversation.supposing(raw)
    if supposed is None:
        # A line that is being typed is told nothing before Enter.
        return [("", str(conversation.obstacle(raw)))] if conversation.question.offers else []
    if conversation.at == "service":
        target = tilde(conversation.settler.target(supposed))
        answers = supposed.answers
        follows = f"folder  {target}\nmodule  {answers['module']}\nimage   {answers['image']}"
        return [("class:quiet", follows)]
    moved = [name for name in supposed.moved if name not in conversation.settled.moved]
    also = " and ".join(f"{name} to {shown(supposed.value(name))}" for name in moved)
    said = [f"sets {also}"] if also else []
    marks = preview.difference(conversation.settled, supposed)
    for mark, verb in (("+", "adds"), ("-", "removes"), ("~", "changes")):
        paths = [path for path, each in marks.items() if each == mark]
        if paths:
            said.append(f"{verb} {paths[0] if len(paths) == 1 else f'{len(paths)} files'}")
    if not said and not conversation.question.offers:
        said = [f"it may be {conversation.question.option.rule}"]
    sentence = ", ".join(said)
    return [("class:quiet", f"{sentence[0].upper()}{sentence[1:]}.")] if sentence else []


def panel(conversation: Conversation, raw: object, preview: Preview, rows: int) -> Text:
    """Return the files beside the page: what the answer pointed at would add, change or remove."""
    now = conversation.settled
    if conversation.at == REVIEW:
        after, marks = now, preview.there_for(str(raw), now)
    else:
        after = conversation.supposing(raw) or now
        marks = preview.difference(now, after)
    paths = {*preview.tree(now), *preview.tree(after)}
    text: Text = [
        ("class:question", f"{after.answers['service']}/"),
        ("class:quiet", f"  {len(preview.paths(after))} files\n"),
    ]
    styles = {"+": "class:added", "-": "class:removed", "~": "class:now"}
    tree = _folded(paths, marks, rows)
    for leaf in tree[:rows]:
        mark = marks.get(leaf.path, " ")
        text.append((styles.get(mark, "class:quiet"), f"{mark} {'  ' * leaf.depth}{leaf.name}\n"))
    if len(tree) > rows:
        text[-1] = ("class:quiet", f"  and {len(tree) - rows + 1} more")
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
