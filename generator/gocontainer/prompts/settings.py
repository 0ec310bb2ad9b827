"""Which answer of a repository is to change, and to what: ``gocontainer update --set`` without KEY=VALUE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gocontainer.answers import lockfile
from gocontainer.answers.model import Layer
from gocontainer.answers.updated import answered
from gocontainer.errors import InvalidAnswer, NotARepository, UsageError
from gocontainer.external.wanted import in_a_line
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Option, Select, SelectMany, Toggle
from gocontainer.prompts.question import Asking, Item
from gocontainer.texts import tr


class Known(NamedTuple):
    """An answer of the repository: its value, and what it is about."""

    value: Any
    title: str
    option: Option | None
    """None where it is a variable of an external template."""


def complete(prompts: Asking, folder: Path, settings: Sequence[str]) -> tuple[str, ...]:
    """Return ``settings`` with each that is empty, or only a name, asked for."""
    given = dict(each.split("=", 1) for each in settings if "=" in each)
    try:
        known = _known(lockfile.read(folder), given)
    except NotARepository:  # cruft made it, say: which variables there are its template alone knows
        return tuple(settings)
    with prompts.held():
        return tuple(_asked(prompts, known, each) if not each or each in known else each for each in settings)


def _known(lock: lockfile.Lock, given: Mapping[str, str]) -> Mapping[str, Known]:
    """Return the answers that have a meaning."""
    if lock.name != lockfile.NAME:
        return {name: Known(value, name, None) for name, value in lock.answers.items()}
    values = lock.answers
    try:
        values = answered(lock, Layer("flag", given))[0].applicable()
    except UsageError:  # an answer that is not valid any more, which the person may want to change
        values = {name: value for name, value in values.items() if name in BY_NAME}
    return {name: Known(value, tr(BY_NAME[name].title), BY_NAME[name]) for name, value in values.items()}


def _asked(prompts: Asking, known: Mapping[str, Known], name: str) -> str:
    """Ask for the option, unless it is named, and for its value."""
    while True:
        chosen = name or _name(prompts, known)
        value = value_of(prompts, chosen, known[chosen]) if chosen else None
        if value is not None:
            return f"{chosen}={value}"


def _name(prompts: Asking, known: Mapping[str, Known]) -> str | None:
    meanings = {
        name: tr("{title}: {value}", title=each.title, value=in_a_line(each.value)) for name, each in known.items()
    }
    return prompts.complete(tr("Which answer changes?"), meanings)


def value_of(prompts: Asking, name: str, known: Known) -> str | None:
    """Ask for a value by the option's rule; that of an external template's variable its template checks."""
    option, now = known.option, in_a_line(known.value)
    question = name if known.title == name else f"{known.title} ({name})"
    if isinstance(option, Toggle) or (option is None and isinstance(known.value, bool)):
        items = [Item("true", tr("yes")), Item("false", tr("no"))]
        return _chosen(prompts.choose(question, items, now))
    if isinstance(option, Select) and not isinstance(option, SelectMany):
        items = [Item(choice.value, choice.value, tr(choice.label)) for choice in option.choices]
        return _chosen(prompts.choose(question, items, now))

    def check(line: str) -> str | None:
        try:
            _ = option and option.parse(line, "")
        except InvalidAnswer as error:
            return str(error)
        return None

    return prompts.text(question, now, check)


def _chosen(value: Any) -> str | None:
    return None if value is None else str(value)
