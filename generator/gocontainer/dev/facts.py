"""What the rows of the choices lack: facts, and entries of pins.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gocontainer.errors import CannotUse
from gocontainer.options.subjects.edge import SITES_PLATFORMS
from gocontainer.options.table import OPTIONS
from gocontainer.options.types import LACKING, Choice, Select
from gocontainer.sites.platforms import PLATFORMS

Pins = Mapping[str, Mapping[str, Mapping[str, Any]]]


def complete(root: Path) -> None:
    """Raise CannotUse, which names them all, where rows of the checkout at ``root`` lack something."""
    pins = tomllib.loads((root / "generator/gocontainer/rendering/pins.toml").read_text("utf-8"))
    choices = [(option.name, choice) for option in OPTIONS if isinstance(option, Select) for choice in option.choices]
    found = [f"{name} {choice.value} lacks {fact}" for name, choice in choices for fact in lacking(choice, pins)]
    found += [
        f"target {name} lacks its objects in sites/platforms.py" for name in SITES_PLATFORMS if name not in PLATFORMS
    ]
    if found:
        hint = "ARCHITECTURE.md has a table of what a new choice needs."
        raise CannotUse(f"rows of the tables are not complete: {', '.join(found)}", hint)


def lacking(choice: Choice, pins: Pins) -> Iterator[str]:
    """Yield each fact and each pin that a choice lacks."""
    for fact in choice._fields:
        if getattr(choice, fact) is LACKING:
            yield fact
    for table, name in choice.pins:
        value = str(pins.get(table, {}).get(name, {}).get("value", ""))
        if not value or (table.endswith("_mb") and not value.replace(".", "", 1).isdigit()):
            yield f"[{table}.{name}] in pins.toml"
