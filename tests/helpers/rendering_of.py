"""Runs with the gocontainer of any commit on its path: reads rows, and prints what it renders for each.

A row that it refuses is rendered to nothing: to that commit it is new.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
from typing import Any

from gocontainer import Answers, GocontainerError, render
from gocontainer.answers.model import Layer
from gocontainer.options.table import OPTIONS


def rendered(row: dict[str, Any]) -> dict[str, str]:
    """Return the files of a row, each with a digest of its content and mode."""
    try:
        files = render(Answers.merge(Layer("row", {"service": "orders", **row})))
    except GocontainerError:
        return {}
    return {path: hashlib.sha256(file.mode.encode() + file.content).hexdigest() for path, file in files.items()}


def facts(choice: Any) -> str:
    """Return what the table says of a choice; what is no text or number is named by its type."""
    names = getattr(choice, "_fields", None) or [each.name for each in dataclasses.fields(choice)]  # of older commits
    said = {name: getattr(choice, name) for name in names}
    return json.dumps(said, sort_keys=True, default=lambda value: type(value).__qualname__)


choices = {
    f"{option.name}={choice.value}": facts(choice) for option in OPTIONS for choice in getattr(option, "choices", ())
}
json.dump({"rows": [rendered(row) for row in json.load(sys.stdin)], "choices": choices}, sys.stdout)
