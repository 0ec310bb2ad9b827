"""The flags of ``gocontainer new``, from the table, and the layers of answers that a call gives."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from gocontainer.answers.model import Layer
from gocontainer.answers.sources import from_environment, from_file
from gocontainer.errors import InvalidAnswer
from gocontainer.options.profiles import PROFILE
from gocontainer.options.table import BY_NAME, GROUPS, OPTIONS
from gocontainer.options.types import Option, Select, SelectMany, Text, Toggle


class Table(click.Command):
    """A command whose help lists the table's options under the table's groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records: dict[str, list[tuple[str, str]]] = {title: [] for title in ("Options", *GROUPS.values())}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record and isinstance(parameter, click.Option):
                option = BY_NAME.get(parameter.name or "")
                records[GROUPS[option.group] if option else "Options"].append(record)
        for title, rows in records.items():
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def _flag(option: Option) -> click.Option:
    text = f"{option.help} [{_brief(option)}]"
    if isinstance(option, Toggle):
        name = option.flag.removeprefix("--")
        return click.Option([f"--{name}/--no-{name}"], default=None, help=text)
    complete = list(option.values) if isinstance(option, Select) else []
    return click.Option(
        [option.flag],
        metavar="VALUE",
        multiple=True,
        help=text,
        shell_complete=lambda _ctx, _parameter, begun: [value for value in complete if value.startswith(begun)],
    )


def _brief(option: Option) -> str:
    if isinstance(option, Toggle):
        return "default: on" if option.default else "default: off"
    accepts = "" if isinstance(option, Text) else f"{option.rule}; "
    return f"{accepts}default: {option.default}".replace("{service}", "SERVICE")


def table() -> list[click.Parameter]:
    """Return a flag for every option; the service is an argument."""
    return [_flag(option) for option in (PROFILE, *OPTIONS) if option.name != "service"]


def layers(
    service: str | None,
    named: str | None,
    answers_files: Sequence[str],
    settings: Sequence[str],
    switches: Mapping[str, Any],
) -> list[Layer]:
    """Return the answers of a call, the last layer first in rank."""
    if service is not None and named is not None:
        raise click.UsageError("SERVICE and --service are both given.")
    return [
        *(from_file(Path(path)) for path in _once("answers", answers_files)),
        from_environment(os.environ),
        settings_layer(settings),
        Layer("flag", _given(switches), "{flag}"),
        Layer("flag", {"service": named or service} if named is not None or service is not None else {}, "SERVICE"),
    ]


def settings_layer(settings: Sequence[str]) -> Layer:
    """Return the answers that ``--set`` gives."""
    return Layer("flag", _settings(settings), "--set {name}")


def _once(name: str, values: Sequence[str]) -> Sequence[str]:
    if len(values) > 1:
        raise click.UsageError(f"--{name} is given {len(values)} times.")
    return values


def _given(switches: Mapping[str, Any]) -> dict[str, object]:
    """Return the flags that stand on the command line; one that takes several values may be repeated."""
    given: dict[str, object] = {}
    for name, value in switches.items():
        option = BY_NAME[name]
        if isinstance(value, bool):
            given[name] = value
        elif value and isinstance(option, SelectMany):
            given[name] = ",".join(value)
        elif value:
            (given[name],) = _once(option.flag.removeprefix("--"), value)
    return given


def _settings(settings: Sequence[str]) -> Mapping[str, str]:
    pairs = [setting.partition("=") for setting in settings]
    for (key, equals, _), setting in zip(pairs, settings, strict=True):
        if not key or not equals:
            raise InvalidAnswer("--set", setting, "KEY=VALUE", "Write it like --set port=8080.")
    return {key: value for key, _, value in pairs}
