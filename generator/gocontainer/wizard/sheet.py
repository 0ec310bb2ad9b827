"""What a page with questions says: a line for each, and below them the choices or the rule of the one pointed at."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from wcwidth import width

from gocontainer.options import types
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Integer, Option, Quantity, SelectMany
from gocontainer.texts import tr
from gocontainer.wizard import review
from gocontainer.wizard.conversation import CONTAINER, NAME, Conversation, Question
from gocontainer.wizard.pages import NARROW, Glyphs, Line, Text, cell, named, table, tilde
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
    titles = [named(option) if columns >= NARROW else tr(option.title) for option in options]
    return table(review.rows(conversation, names), titles, columns, glyphs)


def asked(option: Option, *, titled: bool, brief: bool) -> Text:
    """Return the question, below its title where that stands nowhere else, and its why where there is room."""
    text: Text = [("class:question", named(option))] if titled else []
    text.append(("" if titled else "class:question", tr(option.question)))
    return text if brief else [*text, ("class:quiet", tr(option.why))]


def choices(question: Question, ticked: Collection[str], columns: int, glyphs: Glyphs) -> list[Line]:
    """Return a numbered line for each choice; one that cannot be chosen is there, and says why."""
    many = isinstance(question.option, SelectMany)
    column = max((width(shown(offer.value)) for offer in question.offers), default=0)
    found = []
    for number, offer in enumerate(question.offers, 1):
        tick = f"{glyphs.on if offer.value in ticked else glyphs.off} " if many else ""
        name = f"{number} {tick}{shown(offer.value)}{' ' * (column - width(shown(offer.value)))}"
        if offer.obstacle:
            reason = cell(f"{glyphs.error} {offer.obstacle}", columns - width(name) - 2, glyphs.cut)
            found.append(Line(offer.value, [("class:disabled", f"{name}  {reason.rstrip()}")]))
            continue
        default = f"  {glyphs.dot} {tr('default')}" if offer.value == question.default else ""
        room = columns - width(name) - width(default) - 2
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
        return f"{tr('An amount from {least} to {most}.', least=option.minimum, most=option.maximum)} {tr(option.hint)}"
    return tr(option.hint) if isinstance(option, types.Text) else ""


def follows(conversation: Conversation, supposed: Settled) -> str:
    """Return what follows from the name."""
    answers, target = supposed.answers, tilde(conversation.settler.target(supposed))
    facts = {tr("folder"): target, tr("module"): answers["module"], tr("image"): answers["image"]}
    column = max(map(width, facts))
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
