"""The flags of ``gocontainer new``, from the table, and the layers of answers that a call gives."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gocontainer.answers.model import Layer, layers_of_today
from gocontainer.answers.sources import from_environment, from_file
from gocontainer.cli.parameters import Parameter
from gocontainer.cli.requests import WrongCall
from gocontainer.errors import InvalidAnswer
from gocontainer.options.profiles import PROFILE
from gocontainer.options.table import BY_NAME, OPTIONS
from gocontainer.options.text_kinds import FormerToggle
from gocontainer.options.types import Option, SelectMany, Text, Toggle
from gocontainer.texts import tr


def table() -> tuple[Parameter, ...]:
    """Return a flag for every option; the service is an argument."""
    return tuple(_flag(option) for option in (PROFILE, *OPTIONS) if option.name != "service")


def _flag(option: Option) -> Parameter:
    if isinstance(option, Toggle):
        return Parameter(option.name, (option.flag,), is_switch=True, off=f"--no-{option.flag.removeprefix('--')}")
    return Parameter(option.name, (option.flag,), metavar="VALUE", multiple=True)


def spelled(words: Sequence[str]) -> list[str]:
    """Return a call in which each switch of what was once yes or no is a flag with a value, as it is today."""
    return [_spelled(word, after) for word, after in zip(words, (*words[1:], ""), strict=True)]


def _spelled(word: str, after: str) -> str:
    for option in OPTIONS:
        if isinstance(option, FormerToggle):
            if word == f"--no-{option.flag.removeprefix('--')}":
                return f"{option.flag}={option.no}"
            if word == option.flag and not option.fits(after):
                return f"{option.flag}={option.yes}"
    return word


def help_of(option: Option) -> str:
    """Return what help says of an option."""
    text = tr("{title}: {value}", title=tr(option.title), value=tr(option.help))
    return f"{text} [{_brief(option)}]"


def _brief(option: Option) -> str:
    if isinstance(option, Toggle):
        return tr("default: {default}", default=tr("on") if option.default else tr("off"))
    default = str(option.default).replace("{service}", "SERVICE") or tr("none")
    if isinstance(option, Text):
        return tr("default: {default}", default=default)
    return f"{option.rule}{tr('; default: {value}', value=default)}"


def layers(
    service: str | None,
    named: str | None,
    answers_files: Sequence[str],
    settings: Sequence[str],
    switches: Mapping[str, Any],
) -> list[Layer]:
    """Return the answers of a call, the last layer first in rank."""
    if service is not None and named is not None:
        raise WrongCall("gocontainer new", tr("{one} and {other} are both given.", one="SERVICE", other="--service"))
    given = [
        *(from_file(Path(path)) for path in _once("answers", answers_files)),
        from_environment(os.environ),
        settings_layer(settings),
        Layer("flag", _given(switches), "{flag}"),
        Layer("flag", {"service": named or service} if named is not None or service is not None else {}, "SERVICE"),
    ]
    return [*layers_of_today(given)]


def settings_layer(settings: Sequence[str]) -> Layer:
    """Return the answers that ``--set`` gives."""
    return Layer("flag", _settings(settings), "--set {name}")


def _once(name: str, values: Sequence[str]) -> Sequence[str]:
    if len(values) > 1:
        raise WrongCall("gocontainer new", tr("{flag} is given {count} times.", flag=f"--{name}", count=len(values)))
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
            raise InvalidAnswer("--set", setting, "KEY=VALUE", tr("Write it like --set port=8080."))
    return {key: value for key, _, value in pairs}
