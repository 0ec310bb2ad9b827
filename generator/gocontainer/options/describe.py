"""The table of options for a program and for a terminal."""

from __future__ import annotations

from typing import Any

from gocontainer.options.profiles import PROFILE
from gocontainer.options.table import GROUPS, OPTIONS
from gocontainer.options.types import Option, Toggle


def options_table() -> list[dict[str, Any]]:
    """Return every option as plain data."""
    return [
        {
            "name": option.name,
            "group": option.group,
            "title": option.title,
            "flag": option.flag,
            "variable": option.variable,
            "help": option.help,
            "why": option.why,
            "default": option.default,
            "required": option.default == "",
            "schema": option.schema(),
        }
        for option in (PROFILE, *OPTIONS)
    ]


def options_text() -> str:
    """Return the table for a terminal."""
    lines = []
    for group, title in GROUPS.items():
        lines.append(title)
        for option in (PROFILE, *OPTIONS):
            if option.group == group:
                lines += [f"  {option.name} ({option.rule})", f"      {option.title}: {option.help} {option.why}"]
                lines.append(f"      Default: {shown_default(option)}")
        lines.append("")
    return "\n".join(lines)


def shown_default(option: Option) -> str:
    """Return what an option is where nobody answers it, for people."""
    if isinstance(option, Toggle):
        return "true" if option.default else "false"
    return str(option.default).replace("{service}", "SERVICE") or "none, it must be given"
