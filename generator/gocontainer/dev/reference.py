"""The reference pages of the docs, and the options for a terminal, from the tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import click

from gocontainer.cli.main import EXIT_CODES
from gocontainer.options.conflicts import CONFLICTS
from gocontainer.options.describe import shown_default
from gocontainer.options.profiles import PRESETS, PROFILE
from gocontainer.options.subjects.base_images import BASE_IMAGES
from gocontainer.options.table import GROUPS, OPTIONS
from gocontainer.options.text_kinds import FormerToggle
from gocontainer.options.types import Option, Select, Toggle, Value, When
from gocontainer.rendering import layout
from gocontainer.repository.kept import ONCE

NOTE = "Derived from the tables by `gocontainer dev derive`; edits are lost."
_FIRST = f"<!-- {NOTE} -->"
"""The first line of a page: for whoever edits it, and not for its readers."""


def options_page() -> str:
    """Return docs/reference/options.md."""
    lines = [_FIRST, "", "# Options", ""]
    lines += [
        "Each has one flag, one environment variable (`GOCONTAINER_` and the name in upper case)",
        "and one key in an answers file.",
        "",
    ]
    for group, title in GROUPS.items():
        lines += [f"## {title}", ""]
        for option in (PROFILE, *OPTIONS):
            if option.group == group:
                lines += _option_entry(option)
    return "\n".join([*lines, *_profiles(), *_conflicts()])


def _option_entry(option: Option) -> list[str]:
    lines = [f"### `{option.name}`", "", f"**{option.title}**: {option.help} {option.why}", ""]
    flag = f"`{option.flag}`"
    if isinstance(option, Toggle):
        flag += f" or `--no-{option.name.replace('_', '-')}`"
    if isinstance(option, FormerToggle):
        flag += f"; alone, `{option.yes}`; `--no-{option.name.replace('_', '-')}` is `{option.no}`"
    if option.name == "service":
        flag = "the argument `SERVICE`, or `--service`"
    lines += [f"- accepts: {option.accepts}", f"- default: {shown_default(option)}", f"- flag: {flag}", ""]
    if isinstance(option, Select):
        lines += ["| value | meaning |", "| --- | --- |"]
        lines += [f"| `{choice.value}` | {choice.label} |" for choice in option.choices]
        lines.append("")
    return lines


def _profiles() -> list[str]:
    lines = [
        "## Profiles",
        "",
        "A profile only presets answers; each can still be given.",
        "",
        "| profile | presets |",
        "| --- | --- |",
    ]
    for name, preset in PRESETS.items():
        presets = ", ".join(f"`{key}` {str(value).lower()}" for key, value in preset.answers.items())
        lines.append(f"| `{name}` | {presets or 'nothing: the defaults'} |")
    return [*lines, ""]


def _conflicts() -> list[str]:
    lines = ["## Answers that cannot work together", "", "| answers | why | way out |", "| --- | --- | --- |"]
    for conflict in CONFLICTS:
        if conflict.ordered:
            what = f"`{conflict.ordered[0]}` above `{conflict.ordered[1]}`"
        else:
            what = "; ".join(f"`{key}` {_either(values)}" for key, values in conflict.when.items())
        lines.append(f"| {what} | {conflict.reason} | {conflict.hint} |")
    return [*lines, ""]


def _either(values: Iterable[Value]) -> str:
    return " or ".join(str(value).lower() for value in values)


def base_images_page(page: str) -> str:
    """Return the how-to for base images with its table written anew."""
    rows = [_row(("you need", "take")), _row(("---", "---"))]
    rows += [_row((image.suits, f"`{image.value}`")) for image in BASE_IMAGES.values()]
    return re.sub(r"(?m)^(\| you need .*\n)(\|.*\n)+", "".join(f"{row}\n" for row in rows), page)


def files_page(paths: Iterable[str]) -> str:
    """Return docs/reference/files.md."""
    once = "A file that is written once is its owner's from then on: [yours alone](../how-to/own-code.md)."
    lines = [_FIRST, "", "# Files", "", once, "", "| file | written |", "| --- | --- |"]
    for path in paths:
        when = [_condition(layout.FILES[key]) for key in layout.FILES if layout.covers(key, path)]
        lines.append(f"| `{path}` | {'once, ' * (path in ONCE)}{' and '.join(when) or 'always'} |")
    lines += ["| `.gocontainer.lock` | always |", "| `.gocontainer/base.pack` | always |"]
    return "\n".join([*lines, ""])


def _condition(when: When) -> str:
    return " and ".join(
        f"with {layout.FLAGS.get(name) or f'`{name}` {_either(values)}'}" for name, values in when.items()
    )


def numbers_page(groups: Mapping[str, Sequence[Sequence[str]]]) -> str:
    """Return the page of numbers; ``groups`` has the cells of each row."""
    head = ("number", "default", "formula", "what it buys or costs", "source", "proved by")
    lines = [
        _FIRST,
        "",
        "# Numbers",
        "",
        "The numbers of a repository whose answers are all defaults; `gocontainer explain` shows those of yours. The",
        "last column is the test that holds a number, and",
        "[probes and resources](../explanation/probes-and-resources.md) shows what was measured.",
    ]
    for group, rows in groups.items():
        lines += ["", f"## {group}", "", _row(head), _row(["---"] * len(head)), *map(_row, rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def cli_page(command: click.Group) -> str:
    """Return docs/reference/cli.md: the help of every command, and the exit codes."""
    lines = [_FIRST, "", "# Command line", ""]
    for path, each in _commands(command, "gocontainer"):
        with click.Context(each, info_name=path, terminal_width=80, help_option_names=["-h", "--help"]) as context:
            lines += [f"## `{path}`", "", "```text", each.get_help(context), "```", ""]
    lines += ["## Exit codes", "", "| code | meaning |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()), ""])


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            each = command.get_command(context, name)
            if each is not None and not each.hidden:
                yield from _commands(each, f"{path} {name}")
