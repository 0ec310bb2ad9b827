"""Everything that follows from the tables, written by ``gocontainer dev derive``."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TypeGuard

import click

from gocontainer.answers.model import Answers
from gocontainer.dev import dashboard, facts, hardening, pairwise, reference
from gocontainer.inspection import explain
from gocontainer.options.profiles import PROFILE
from gocontainer.options.schema import answers_schema, dump
from gocontainer.options.table import OPTIONS
from gocontainer.options.text_kinds import FormerToggle, Map, TextMany
from gocontainer.options.types import Integer, Option, Select, SelectMany, Toggle
from gocontainer.rendering import language
from gocontainer.rendering.variables import template_variables

BASE_IMAGES_PAGE = "docs/how-to/base-image.md"
DASHBOARD = "template/<<cookiecutter.service>>/deploy/components/monitoring/dashboard.json"
REQUIREMENTS = "template/<<cookiecutter.service>>/.gocontainer/requirements.txt"
INSTALLED = """\
# What .gocontainer/propose.sh merges with: gocontainer and all that it needs, each by its hash. A newer release
# replaces this file; that it was merged is what starts the proposal.
gocontainer @ << cookiecutter.update_wheel >>
"""
"""What is installed beside what ``requirements.lock`` has."""
RULES, GATEKEEPER_RULES = (f"template/templates/policy/{name}.yaml" for name in ("rules", "gatekeeper"))
"""What pods may not do, and the same for Gatekeeper."""
ROWS = "tests/rows.json"
WIDTH = 120
"""Of a line of Python, as pyproject.toml has it."""


def stale(root: Path, command: click.Group, *, afresh: bool = False) -> dict[str, str]:
    """Return path and right text of each derived file below ``root`` that differs."""
    return {path: text for path, text in files(root, command, afresh=afresh).items() if _read(root / path) != text}


def files(root: Path, command: click.Group, *, afresh: bool) -> dict[str, str]:
    """Return path and text of every derived file; the test matrix grows from what is there, or is dealt ``afresh``."""
    facts.complete(root)
    before = None if afresh else _read(root / ROWS)
    hooks = {f"template/hooks/{path.name}": path.read_text("utf-8") for path in sorted((root / "hooks").glob("*.py"))}
    return {
        BASE_IMAGES_PAGE: reference.base_images_page(_read(root / BASE_IMAGES_PAGE) or ""),
        "docs/reference/answers.schema.json": answers_schema(),
        "docs/reference/cli.md": reference.cli_page(command),
        "docs/reference/files.md": reference.files_page(language.compile_checkout(root)["files"]),
        "docs/reference/hardening.md": hardening.reference_page(),
        "docs/reference/numbers.md": reference.numbers_page(_numbers()),
        "docs/reference/options.md": reference.options_page(),
        "generator/gocontainer/answers/answer_types.py": answer_types(),
        "template/cookiecutter.json": cookiecutter_json(),
        GATEKEEPER_RULES: gatekeeper_rules((root / RULES).read_text("utf-8")),
        DASHBOARD: dashboard.template(),
        f"template/<<cookiecutter.service>>/{hardening.PAGE}": hardening.repository_page(),
        REQUIREMENTS: INSTALLED + (root / "requirements.lock").read_text("utf-8"),
        ROWS: pairwise.rows_json(before or "[]"),
        **hooks,
    }


def gatekeeper_rules(rules: str) -> str:
    """Return the rules as deep as they stand in a ConstraintTemplate; a tag of the template keeps its place."""
    deeper = textwrap.indent(rules, " " * 10, lambda line: not line.startswith("<%"))
    return deeper.replace("matchConditions:", "matchCondition:")  # as Gatekeeper spells it


def _numbers() -> dict[str, list[list[str]]]:
    groups: dict[str, list[list[str]]] = {}
    for each in explain.defaults():
        proof = f"`{each.proof}`" if each.proof else "-"
        row = [each.title, f"`{each.rendered}`", f"`{each.formula}`", each.buys, each.source, proof]
        groups.setdefault(each.group, []).append(row)
    return groups


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


def cookiecutter_json() -> str:
    """Return the context of plain cookiecutter: options, then what is derived from them."""
    derived = template_variables(Answers(service="orders"), language.pins())
    return dump(
        {option.name: _cookiecutter_value(option) for option in OPTIONS}
        | {name: f'<< cookiecutter | derived("{name}") >>' for name in derived}
        | {
            "_extensions": ["gocontainer_extension.Derived"],
            "_jinja2_env_vars": language.DELIMITERS,
            "__prompts__": {option.name: _cookiecutter_prompt(option) for option in OPTIONS},
        }
    )


def _offered(option: Option) -> TypeGuard[Select]:
    """Whether cookiecutter offers the choices: it takes nothing else then, and no list of them."""
    return isinstance(option, Select) and not isinstance(option, SelectMany | FormerToggle)


def _cookiecutter_value(option: Option) -> object:
    if _offered(option):
        return sorted(option.values, key=lambda value: value != option.default)
    if isinstance(option, Toggle):
        return option.default
    default = str(option.default) or ("service" if option.required else "")
    return default.replace("{service}", "<< cookiecutter.service >>")


def _cookiecutter_prompt(option: Option) -> object:
    if _offered(option):
        return {"__prompt__": option.help, **{choice.value: choice.label for choice in option.choices}}
    return option.help


def answer_types() -> str:
    """Return the module that gives ``Answers(...)`` its typed keywords."""
    lines = [
        f'"""{reference.NOTE}"""',
        "",
        "from collections.abc import Mapping, Sequence",
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
        line = f"    {option.name}: {f'Required[{kind}]' if option.required else kind}"
        # As the formatter has it.
        lines.append(line if len(line) <= WIDTH else line.replace("[", "[\n        ").replace("]", "\n    ]"))
    return "\n".join([*lines, ""])


def _type(option: Option) -> str:
    match option:
        case Map():
            return "str | Mapping[str, str]"
        case SelectMany() | TextMany():
            return "str | Sequence[str]"
        case Select():
            return _literal(option)
        case Toggle():
            return "bool"
        case Integer():
            return "int"
    return "str"


def _literal(option: Select) -> str:
    values = ", ".join(f'"{value}"' for value in option.values)
    return f"{'bool | ' if isinstance(option, FormerToggle) else ''}Literal[{values}]"
