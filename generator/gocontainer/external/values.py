"""The values of a template's variables. The script ``worker.py`` loads it, and it imports nothing of ours either."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from cookiecutter import prompt


class Refused(Exception):
    """The template or an answer is not usable; ``document`` says why, and ``runner.py`` has the words for it."""

    def __init__(self, kind: str, **document: object) -> None:
        self.document = {"kind": kind, **document}


class Given(str):
    """An answer: data, not a template."""

    __slots__ = ()

    def render(self, **_: object) -> str:
        return str(self)


def data(value: Any, default: Any, key: str) -> Any:
    """Return an answer as cookiecutter takes it. A choice stays the template's own, be it a text or a number."""
    if isinstance(default, list):
        return next((each for each in default if str(each) == str(value)), value)
    if isinstance(value, bool) or value is default is None:
        return value
    if isinstance(default, dict) and isinstance(value, str):
        with suppress(ValueError, RecursionError):
            value = json.loads(value)
    if isinstance(default, dict) != isinstance(value, dict) or isinstance(value, list | type(None)):
        expected = "object" if isinstance(default, dict) else "text"
        raise Refused("answer", name=key, value=value, expected=expected)
    return sealed(value)


def sealed(value: Any) -> Any:
    """Return an answer as data that is not rendered, whatever it holds."""
    if isinstance(value, dict):
        return {Given(key): sealed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [sealed(each) for each in value]
    return value if isinstance(value, bool) or value is None else Given(value)


def choice(context: Callable[[], Mapping[str, Any]], raw: Sequence[Any], name: str, value: Any) -> Any:
    """Return which of a variable's choices ``value`` is: as the template writes it, or as it renders it."""
    if str(value) in map(str, raw):
        return value
    shown = [text for _, text in choices(context(), name)]
    if str(value) not in shown:
        raise Refused("answer", name=name, value=value, expected="one", choices=shown)
    return raw[shown.index(str(value))]


def choices(context: Mapping[str, Any], name: str) -> list[tuple[Any, str]]:
    """Return the choices of a variable, each with what it renders to after the answers before it."""
    raw = context["cookiecutter"][name]
    environment, rendered = rendered_before(context, name)
    return [
        (each, str(text)) for each, text in zip(raw, prompt.render_variable(environment, raw, rendered), strict=True)
    ]


def rendered_before(context: Mapping[str, Any], name: str) -> tuple[Any, dict[str, Any]]:
    """Return the environment in which cookiecutter renders ``name``, and what it knows by then."""
    before = {**context, "cookiecutter": dict(_before(context["cookiecutter"], name))}
    return prompt.create_env_with_context(before), prompt.prompt_for_config(before, no_input=True)


def _before(variables: Mapping[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    """Yield what cookiecutter knows when it asks for ``name``: what stands before it; of dicts it asks at the end."""
    last, passed = isinstance(variables[name], dict), False
    for key, value in variables.items():
        private = key.startswith("_")
        late = isinstance(value, dict) and not private
        raw = private and not key.startswith("__")
        if key == name or raw or (not passed and (last or not late)) or (last and not late):
            yield key, value
        passed = passed or key == name
