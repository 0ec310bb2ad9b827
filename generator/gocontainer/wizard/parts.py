"""What each page says: its questions with choices and rules, the review, the groups of all answers, the files."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from gocontainer.options import types
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Integer, Option, Quantity, Select, SelectMany
from gocontainer.prompts import find
from gocontainer.texts import joined, series, tr
from gocontainer.wizard import review
from gocontainer.wizard.controls import ALL, FILES, MORE, WRITE
from gocontainer.wizard.conversation import CONTAINER, NAME, Conversation, Question
from gocontainer.wizard.pages import SHORT, Glyphs, Line, Text, cell, named, table, tilde, widest
from gocontainer.wizard.preview import Preview
from gocontainer.wizard.settling import Settled, shown


def heading(conversation: Conversation) -> str:
    """Return what a page with several questions asks; a group has its title."""
    if conversation.at == NAME:
        return tr("What is the service called, and what kind is it?")
    if conversation.at == CONTAINER:
        return tr("Where does the service run, and in what image?")
    return conversation.title


def lines(conversation: Conversation, columns: int, glyphs: Glyphs) -> list[Line]:
    """Return a line for each question of the page, where there are several."""
    names = conversation.names
    if len(names) == 1:
        return []
    options = [BY_NAME[name] for name in names]
    titles = [named(option) for option in options]
    if widest(*titles) > columns - SHORT:
        titles = [tr(option.title) for option in options]
    return table(review.rows(conversation, names), titles, columns, glyphs)


def asked(option: Option, *, titled: bool, brief: bool) -> Text:
    """Return the question, below its title where that stands nowhere else, and its why where there is room."""
    text: Text = [("class:question", named(option))] if titled else []
    text.append(("" if titled else "class:question", tr(option.question)))
    return text if brief else [*text, ("class:quiet", tr(option.why))]


def choices(question: Question, ticked: Collection[str], columns: int, glyphs: Glyphs) -> list[Line]:
    """Return a numbered line for each choice; one that cannot be chosen is there, and says why."""
    many = isinstance(question.option, SelectMany)
    column = widest(*(shown(offer.value) for offer in question.offers))
    found = []
    for number, offer in enumerate(question.offers, 1):
        tick = f"{glyphs.on if offer.value in ticked else glyphs.off} " if many else ""
        name = f"{number} {tick}{cell(shown(offer.value), column, glyphs.cut)}"
        if offer.obstacle:
            reason = cell(f"{glyphs.error} {offer.obstacle}", columns - widest(name) - 2, glyphs.cut)
            found.append(Line(offer.value, [("class:disabled", f"{name}  {reason.rstrip()}")]))
            continue
        default = f"  {glyphs.dot} {tr('default')}" if offer.value == question.default else ""
        room = columns - widest(name) - widest(default) - 2
        label = "" if offer.label == shown(offer.value) else f"  {cell(offer.label, room, glyphs.cut).rstrip()}"
        found.append(Line(offer.value, [("", name), ("class:quiet", label + default)]))
    return found


def in_full(line: Line, question: Question, glyphs: Glyphs) -> str:
    """Return what a choice says in full, where it cannot be chosen or is cut."""
    offer = next(offer for offer in question.offers if offer.value == line.key)
    if offer.obstacle:
        return offer.obstacle
    return offer.label if any(glyphs.cut in part for _, part in line.text) else ""


def rule(option: Option) -> str:
    """Return what may be typed, with an example."""
    if isinstance(option, Integer):
        return tr(
            "A whole number from {least} to {most}, such as {value}.",
            least=option.minimum,
            most=option.maximum,
            value=option.default,
        )
    if isinstance(option, Quantity):
        amount = tr("An amount from {least} to {most}.", least=option.minimum, most=option.maximum)
        return joined(amount, tr(option.hint))
    return tr(option.hint) if isinstance(option, types.Text) else ""


def follows(conversation: Conversation, supposed: Settled) -> str:
    """Return what follows from the name."""
    answers, target = supposed.answers, tilde(conversation.settler.target(supposed))
    facts = {tr("folder"): target, tr("module"): answers["module"], tr("image"): answers["image"]}
    column = widest(*facts)
    return "\n".join(f"{cell(title, column, '')}  {value}" for title, value in facts.items())


def consequences(before: Settled, after: Settled, preview: Preview) -> Iterator[str]:
    """Yield a sentence for each kind of difference between the files before the page and now."""
    marks = preview.difference(before, after)
    added, removed, changed = ([path for path, each in marks.items() if each == mark] for mark in "+-~")
    if added:
        yield tr("Adds {file}.", file=added[0]) if len(added) == 1 else tr("Adds {count} files.", count=len(added))
    if removed:
        one = len(removed) == 1
        yield tr("Removes {file}.", file=removed[0]) if one else tr("Removes {count} files.", count=len(removed))
    if changed:
        one = len(changed) == 1
        yield tr("Changes {file}.", file=changed[0]) if one else tr("Changes {count} files.", count=len(changed))


def destination(conversation: Conversation, *, dry_run: bool) -> Text:
    """Return where the repository will be."""
    target = tilde(conversation.settler.target(conversation.settled))
    if dry_run:
        return [("class:question", tr("A dry run, nothing is written to {folder}", folder=target))]
    return [("class:question", tr("Ready to write {folder}", folder=target))]


def writes(count: int, *, dry_run: bool) -> str:
    """Return what is done with ``count`` files at the end."""
    return tr("List {count} files", count=count) if dry_run else tr("Write {count} files", count=count)


def actions(count: int, columns: int, glyphs: Glyphs, *, dry_run: bool) -> list[Line]:
    """Return what can be done with ``count`` files; these lines stay where they are."""
    customise, files = tr("Customise every answer, group by group"), tr("Show the files")
    texts = {WRITE: writes(count, dry_run=dry_run), ALL: customise, FILES: files}
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
            shown += [Line(None, [("", "")]), Line(None, [("class:question", find.entry(group).title)])]
        shown.append(line)
    return shown


def explained(conversation: Conversation, key: str) -> Text:
    """Return what a line of the review is about, in full, for it may be cut above."""
    rows = {row.name: row for row in review.rows(conversation)}
    if key not in rows:
        return [("", _titled(tr(BY_NAME[name].title), row.remark)) for name, row in rows.items() if row.remark]
    row, option = rows[key], BY_NAME[key]
    label = ""
    if isinstance(option, Select) and not isinstance(option, SelectMany):
        label = next(tr(choice.label) for choice in option.choices if choice.value == row.value)
    text = _titled(named(option), tr("{value}, {label}", value=row.value, label=label) if label else row.value)
    return [("", text), ("class:quiet", row.remark or tr(option.why))]


def _titled(title: str, value: str) -> str:
    return tr("{title}: {value}", title=title, value=value)


def grouped(conversation: Conversation, columns: int, glyphs: Glyphs) -> list[Line]:
    """Return a line for each group: its title, how many questions it has, and which."""
    titles = {group: find.entry(group).title for group in conversation.groups}
    column = widest(*titles.values())
    lines = []
    for group, title in titles.items():
        names = _titles_of(conversation, group)
        inside = cell(series(names), columns - column - 7, glyphs.cut).rstrip()
        lines.append(
            Line(group, [("", f"{cell(title, column, glyphs.cut)}  {len(names):2}  "), ("class:quiet", inside)])
        )
    return lines


def members(conversation: Conversation, group: str) -> Text:
    """Return all questions of a group, for which its line may have no room."""
    return [("class:quiet", series(_titles_of(conversation, group)))]


def _titles_of(conversation: Conversation, group: str) -> list[str]:
    return [tr(BY_NAME[name].title) for name in conversation.members(group)]


def listed(preview: Preview, settled: Settled, glyphs: Glyphs) -> list[Line]:
    """Return the tree of files, each with the answers that it is there for."""
    lines = []
    for leaf in preview.leaves(settled):
        reason = f"  {glyphs.dot} {leaf.reason}" if leaf.reason else ""
        lines.append(Line(leaf.path, [("", "  " * leaf.depth + leaf.name), ("class:now", reason)]))
    return lines
