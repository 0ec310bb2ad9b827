"""Everything that follows from the tables, written by ``gocontainer dev derive``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from gocontainer import explain, reference, template
from gocontainer.answers import Answers
from gocontainer.conflicts import CONFLICTS
from gocontainer.derived import derive
from gocontainer.kinds import Integer, Option, Select, SelectMany, Toggle, Value, When
from gocontainer.options import BY_NAME, OPTIONS
from gocontainer.profiles import PRESETS, PROFILE


def stale(root: Path, command: click.Group) -> dict[str, str]:
    """Return path and right text of each derived file below ``root`` that differs."""
    return {path: text for path, text in files(root, command).items() if _read(root / path) != text}


def files(root: Path, command: click.Group) -> dict[str, str]:
    """Return path and text of every derived file."""
    from gocontainer import matrix  # its library is there for development only

    hooks = {f"template/hooks/{path.name}": path.read_text("utf-8") for path in sorted((root / "hooks").glob("*.py"))}
    return {
        "docs/reference/answers.schema.json": answers_schema(),
        "docs/reference/cli.md": reference.cli_page(command),
        "docs/reference/files.md": reference.files_page(template.compile_checkout(root)["files"]),
        "docs/reference/numbers.md": reference.numbers_page(_numbers()),
        "docs/reference/options.md": reference.options_page(),
        "generator/gocontainer/answer_types.py": answer_types(),
        "template/cookiecutter.json": cookiecutter_json(),
        "tests/rows.json": matrix.rows_json(),
        **hooks,
    }


def _numbers() -> dict[str, list[list[str]]]:
    groups: dict[str, list[list[str]]] = {}
    for each in explain.defaults():
        proof = f"`{each.proof}`" if each.proof else "-"
        row = [each.title, f"`{each.rendered}`", f"`{each.formula}`", each.buys, each.source, proof]
        groups.setdefault(each.group, []).append(row)
    return groups


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


def _dump(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def cookiecutter_json() -> str:
    """Return the context of plain cookiecutter: options, then what is derived from them."""
    derived = derive(Answers(service="orders"), template.pins())
    return _dump(
        {option.name: _cookiecutter_value(option) for option in OPTIONS}
        | {name: f'<< cookiecutter | derived("{name}") >>' for name in derived}
        | {
            "_extensions": ["gocontainer_extension.Derived"],
            "_jinja2_env_vars": template.DELIMITERS,
            "__prompts__": {option.name: _cookiecutter_prompt(option) for option in OPTIONS},
        }
    )


def _cookiecutter_value(option: Option) -> object:
    if isinstance(option, Select) and not isinstance(option, SelectMany):
        return sorted(option.values, key=lambda value: value != option.default)
    if isinstance(option, Toggle):
        return option.default
    default = str(option.default) or "service"
    return default.replace("{service}", "<< cookiecutter.service >>")


def _cookiecutter_prompt(option: Option) -> object:
    if isinstance(option, Select) and not isinstance(option, SelectMany):
        return {"__prompt__": option.help, **{choice.value: choice.label for choice in option.choices}}
    return option.help


def answers_schema() -> str:
    """Return the JSON Schema of an answers file. Conflicts and conditions are in it; order of two numbers is not."""
    return _dump(
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
            yield {"not": _schema_when(conflict.when), "$comment": f"{conflict.reason}. {conflict.way_out}"}


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


def answer_types() -> str:
    """Return the module that gives ``Answers(...)`` its typed keywords."""
    lines = [
        f'"""{reference.NOTE}"""',
        "",
        "from collections.abc import Sequence",
        "from typing import Literal, Required, TypedDict",
        "",
    ]
    lines += [
        "",
        "class AnswerValues(TypedDict, total=False):",
        '    """The keywords of ``gocontainer.Answers``."""',
        "",
    ]
    for option in (PROFILE, *OPTIONS):
        kind = _type(option)
        lines.append(f"    {option.name}: {f'Required[{kind}]' if option.default == '' else kind}")
    return "\n".join([*lines, ""])


def _type(option: Option) -> str:
    match option:
        case SelectMany():
            return "str | Sequence[str]"
        case Select():
            values = ", ".join(f'"{value}"' for value in option.values)
            return f"Literal[{values}]"
        case Toggle():
            return "bool"
        case Integer():
            return "int"
    return "str"
