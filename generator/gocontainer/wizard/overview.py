"""What the pages without a question say: the review, the groups of all answers, the files."""

from __future__ import annotations

from wcwidth import ljust, width

from gocontainer.options.table import BY_NAME, GROUPS
from gocontainer.options.types import Select, SelectMany
from gocontainer.texts import tr
from gocontainer.wizard import review
from gocontainer.wizard.controls import ALL, FILES, MORE, WRITE
from gocontainer.wizard.conversation import Conversation
from gocontainer.wizard.pages import Glyphs, Line, Text, cell, named, table, tilde
from gocontainer.wizard.preview import Preview
from gocontainer.wizard.settling import Settled


def destination(conversation: Conversation, *, dry_run: bool) -> Text:
    """Return where the repository will be."""
    target = tilde(conversation.settler.target(conversation.settled))
    if dry_run:
        return [("class:question", tr("A dry run, nothing is written to {folder}", folder=target))]
    return [("class:question", tr("Ready to write {folder}", folder=target))]


def actions(count: int, columns: int, glyphs: Glyphs, *, dry_run: bool) -> list[Line]:
    """Return what can be done with ``count`` files; these lines stay where they are."""
    write = tr("List {count} files", count=count) if dry_run else tr("Write {count} files", count=count)
    customise, files = tr("Customise every answer, group by group"), tr("Show the files")
    texts = {WRITE: write, ALL: customise, FILES: files}
    return [Line(key, [("", cell(text, columns, glyphs.cut).rstrip())]) for key, text in texts.items()]


def reviewed(conversation: Conversation, columns: int, glyphs: Glyphs, *, unfolded: bool) -> list[Line]:
    """Return the answers that matter most with their origins; the rest, group by group, where it is ``unfolded``."""
    front, rest = review.parted(conversation)
    ordered = [*front, *rest]
    lines = table(ordered, [tr(BY_NAME[row.name].title) for row in ordered], columns, glyphs)
    shown = lines[: len(front)]
    if rest and not unfolded:
        return [*shown, Line(MORE, [("", tr("more ({count})", count=len(rest)))])]
    group = ""
    for row, line in zip(rest, lines[len(front) :], strict=True):
        if row.group != group:
            group = row.group
            shown += [Line(None, [("", "")]), Line(None, [("class:question", tr(GROUPS[group]))])]
        shown.append(line)
    return shown


def explained(conversation: Conversation, key: str) -> Text:
    """Return what a line of the review is about, in full, for it may be cut above."""
    rows = {row.name: row for row in review.rows(conversation)}
    if key not in rows:
        return [("", f"{tr(BY_NAME[name].title)}: {row.remark}") for name, row in rows.items() if row.remark]
    row, option = rows[key], BY_NAME[key]
    label = ""
    if isinstance(option, Select) and not isinstance(option, SelectMany):
        label = next(f" {tr(choice.label)}" for choice in option.choices if choice.value == row.value)
    text = f"{named(option)}: {row.value}"
    return [("", f"{text},{label}" if label else text), ("class:quiet", row.remark or tr(option.why))]


def grouped(conversation: Conversation, columns: int, glyphs: Glyphs) -> list[Line]:
    """Return a line for each group: its title, how many questions it has, and which."""
    titles = {group: tr(GROUPS[group]) for group in conversation.groups}
    column = max(map(width, titles.values()))
    lines = []
    for group, title in titles.items():
        names = [tr(BY_NAME[name].title) for name in conversation.changeable() if BY_NAME[name].group == group]
        inside = cell(", ".join(names), columns - column - 7, glyphs.cut).rstrip()
        lines.append(Line(group, [("", f"{ljust(title, column)}  {len(names):2}  "), ("class:quiet", inside)]))
    return lines


def members(conversation: Conversation, group: str) -> Text:
    """Return all questions of a group, for which its line may have no room."""
    names = [tr(BY_NAME[name].title) for name in conversation.changeable() if BY_NAME[name].group == group]
    return [("class:quiet", ", ".join(names))]


def listed(preview: Preview, settled: Settled, glyphs: Glyphs) -> list[Line]:
    """Return the tree of files, each with the answers that it is there for."""
    lines = []
    for leaf in preview.leaves(settled):
        reason = f"  {glyphs.dot} {leaf.reason}" if leaf.reason else ""
        lines.append(Line(leaf.path, [("", "  " * leaf.depth + leaf.name), ("class:now", reason)]))
    return lines
