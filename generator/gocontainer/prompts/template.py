"""How an external template's code and variables are asked for at a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from gocontainer.external.wanted import Question, in_a_line
from gocontainer.prompts.question import Asking, Item
from gocontainer.texts import tr


class TemplatePrompts:
    """The person at the terminal."""

    def __init__(self, prompts: Asking) -> None:
        self._prompts = prompts

    def asked(self) -> AbstractContextManager[None]:
        """Hold the terminal."""
        return self._prompts.held()

    def trusts(self, source: str, code: Sequence[str]) -> bool:
        """Ask whether the code may run; it would run as the person, who therefore has to say yes."""
        named = ", ".join(code)
        return bool(self._prompts.confirm(tr("{template} would run {code}: run it?", template=source, code=named)))

    def answer(self, question: Question, earlier: Any, number: int, count: int) -> Any:
        """Ask for a variable by its label, with its name as ``--set`` takes it."""
        named = question.name if question.label == question.name else f"{question.label} ({question.name})"
        asked = f"{number}/{count} {named}:"
        if question.choices or isinstance(question.default, bool):
            items = [Item(value, shown, label) for value, shown, label in question.choices]
            items = items or [Item(True, tr("yes")), Item(False, tr("no"))]
            return self._prompts.choose(asked, items, question.default if earlier is None else earlier)
        default = "" if question.default is None else in_a_line(question.default)
        typed = "" if earlier is None else in_a_line(earlier)
        if isinstance(question.default, dict):
            line = self._prompts.text(asked, default, _not_a_mapping, typed)
            return None if line is None else _mapping(line)
        return self._prompts.text(asked, default, _missing if question.default is None else _anything, typed)


def _anything(_line: str) -> str | None:
    return None


def _missing(line: str) -> str | None:
    """Return what is wrong where a variable has no default: cookiecutter asks until something is given, too."""
    return None if line else tr("This has no default. Give a value.")


def _mapping(line: str) -> dict[str, Any]:
    """Read a mapping in one line; raise ValueError."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        import yaml

        try:
            found = yaml.safe_load(line)
        except (yaml.YAMLError, TypeError, RecursionError) as error:
            raise ValueError(line) from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise ValueError(line)
    return found


def _not_a_mapping(line: str) -> str | None:
    try:
        _mapping(line)
    except ValueError:
        return tr("This is no mapping. Write it in one line of JSON or YAML, such as {example}.", example='{"a": "b"}')
    return None
