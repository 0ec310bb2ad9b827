"""The table of options for a program and for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gocontainer.console import lines_of
from gocontainer.options.conflicts import CONFLICTS, Conflict
from gocontainer.options.profiles import PRESETS, PROFILE
from gocontainer.options.schema import value_schema
from gocontainer.options.table import GROUPS, OPTIONS
from gocontainer.options.types import Option, Select, Toggle, When
from gocontainer.texts import joined, tr

WIDTH = 80
"""Columns of a terminal that is as small as most."""


def options_document() -> dict[str, Any]:
    """Return all that a form needs as plain data: groups, options, profiles and conflicts."""
    return {
        "groups": [{"name": name, "title": title} for name, title in GROUPS.items()],
        "options": [_option(option) for option in (PROFILE, *OPTIONS)],
        "profiles": [
            {"name": name, "label": preset.label, "presets": dict(preset.answers)} for name, preset in PRESETS.items()
        ],
        "conflicts": [_conflict(conflict) for conflict in CONFLICTS],
    }


def _option(option: Option) -> dict[str, Any]:
    return {
        "name": option.name,
        "group": option.group,
        "title": option.title,
        "question": option.question,
        "flag": option.flag,
        "variable": option.variable,
        "help": option.help,
        "why": option.why,
        "default": option.default,
        "by_target": dict(option.by_target),
        "required": option.required,
        "when": _lists(option.when),
        "choices": [{"value": each.value, "label": each.label} for each in option.choices]
        if isinstance(option, Select)
        else None,
        "schema": value_schema(option),
    }


def _conflict(conflict: Conflict) -> dict[str, Any]:
    return {
        "when": _lists(conflict.when),
        "ordered": list(conflict.ordered) if conflict.ordered else None,
        "reason": conflict.reason,
        "way_out": conflict.hint,
    }


def _lists(when: When) -> Mapping[str, list[Any]]:
    return {name: list(accepted) for name, accepted in when.items()}


def options_text() -> str:
    """Return the table for a terminal."""
    lines = []
    for group, title in GROUPS.items():
        lines.append(tr(title))
        for option in (PROFILE, *OPTIONS):
            if option.group == group:
                lines += _entry(option)
        lines.append("")
    return "\n".join(lines)


def _entry(option: Option) -> Iterator[str]:
    yield from lines_of(f"{option.name} ({option.rule})", WIDTH, "  ", "      ")
    default = tr("Default: {value}", value=shown_default(option))
    about = tr("{title}: {value}", title=tr(option.title), value=joined(tr(option.help), tr(option.why)))
    for text in (about, default):
        yield from lines_of(text, WIDTH, "      ", "      ")


def shown_default(option: Option) -> str:
    """Return what an option is where nobody answers it, for people."""
    if isinstance(option, Toggle):
        return "true" if option.default else "false"
    default = str(option.default).replace("{service}", "SERVICE")
    for target, value in option.by_target.items():
        default = tr("{default}; with target {target}, {value}", default=default, target=target, value=value)
    return default or (tr("none, it must be given") if option.required else tr("none"))
