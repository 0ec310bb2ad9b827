"""The JSON Schema of an answers file, from the table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from gocontainer.options.conflicts import CONFLICTS
from gocontainer.options.profiles import PRESETS, PROFILE
from gocontainer.options.table import BY_NAME, OPTIONS
from gocontainer.options.types import Option, SelectMany, Value, When


def dump(document: object) -> str:
    """Return a document as JSON for people, with a newline at its end."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def answers_schema() -> str:
    """Return the JSON Schema of an answers file. Conflicts and conditions are in it; order of two numbers is not."""
    return dump(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Answers of gocontainer",
            "type": "object",
            "additionalProperties": False,
            "properties": {"$schema": {"type": "string"}}
            | {option.name: _property(option) for option in (PROFILE, *OPTIONS)},
            "allOf": [*_schema_conditions(), *_schema_conflicts()],
        }
    )


def _property(option: Option) -> dict[str, object]:
    default: object = option.default
    if isinstance(option, SelectMany):
        default = str(option.default).split(",")
    shown = {} if option.default == "" or "{" in str(default) else {"default": default}
    return {"description": f"{option.help} {option.why}", **option.schema(), **shown}


def _schema_conditions() -> Iterator[object]:
    for option in OPTIONS:
        if option.when:
            yield {"if": {"required": [option.name]}, "then": _schema_when(option.when)}


def _schema_conflicts() -> Iterator[object]:
    for conflict in CONFLICTS:
        if conflict.when:
            yield {"not": _schema_when(conflict.when), "$comment": f"{conflict.reason}. {conflict.hint}"}


def _schema_when(when: When) -> dict[str, object]:
    """Return the schema of answers that hold ``when``; an absent answer is its profile's, else its default."""
    ways: dict[tuple[str, ...], list[str]] = {}
    for profile, preset in PRESETS.items():
        else_ = {name: preset.answers.get(name, BY_NAME[name].default) for name in when}
        needed = tuple(name for name, accepted in when.items() if else_[name] not in accepted)
        ways.setdefault(needed, []).append(profile)
    fits = {"properties": {name: _one_of(name, accepted) for name, accepted in when.items()}}
    if len(ways) == 1:
        return {**fits, "required": [name for needed in ways for name in needed]}
    return {**fits, "anyOf": [_schema_way(needed, profiles) for needed, profiles in ways.items()]}


def _schema_way(needed: Iterable[str], profiles: list[str]) -> dict[str, object]:
    """Return the schema of answers of some profiles, with what these leave to be said."""
    named = [] if PROFILE.default in profiles else ["profile"]
    return {"properties": {"profile": {"enum": profiles}}, "required": [*named, *needed]}


def _one_of(name: str, accepted: Iterable[Value]) -> dict[str, object]:
    if not isinstance(BY_NAME[name], SelectMany):
        return {"enum": list(accepted)}
    lists = [str(value).split(",") for value in accepted]
    return {"anyOf": [{"minItems": len(some), "maxItems": len(some), "items": {"enum": some}} for some in lists]}
