"""What Tab offers: names and values of options with their labels, and the shells' scripts for it."""

from __future__ import annotations

from collections.abc import Iterator

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ZshComplete,
    add_completion_class,
)

from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Option, Select, SelectMany, Toggle
from gocontainer.texts import tr

Item = CompletionItem[str]


def values(option: Option, begun: str) -> list[Item]:
    """Return the values of an option that begin as what was typed, after those that a list has already."""
    before, comma, last = begun.rpartition(",") if isinstance(option, SelectMany) else ("", "", begun)
    named = before.split(",")
    return [
        CompletionItem(f"{before}{comma}{value}", help=label)
        for value, label in _choices(option)
        if value.startswith(last) and value not in named
    ]


def settings(begun: str) -> list[Item]:
    """Return what may stand behind ``--set``: a name, then a value of it."""
    name, equals, value = begun.partition("=")
    if equals:
        found = values(BY_NAME[name], value) if name in BY_NAME else []
        return [CompletionItem(f"{name}={each.value}", help=each.help) for each in found]
    options = (option for option in BY_NAME.values() if option.name.startswith(name))
    return [CompletionItem(f"{option.name}=", help=tr(option.help)) for option in options]


def _choices(option: Option) -> Iterator[tuple[str, str]]:
    if isinstance(option, Select):
        yield from ((choice.value, tr(choice.label)) for choice in option.choices)
    elif isinstance(option, Toggle):
        yield from (("true", tr("yes")), ("false", tr("no")))


class Bash(BashComplete):
    """Completion for bash, to which an ``=`` ends a word, and which ends a completed one with a space."""

    source_template = BashComplete.source_template.replace(
        "COMPREPLY+=($value)", "COMPREPLY+=($value)\n            [[ $value == *= ]] && compopt -o nospace"
    )
    _broken = False
    """Whether the word was broken at an ``=``."""

    def get_completion_args(self) -> tuple[list[str], str]:
        args, last = super().get_completion_args()
        words = _joined([*args, last] if last else args)
        self._broken = len(words) < len([*args, last] if last else args)
        return (words[:-1], words[-1]) if last else (words, "")

    def get_completions(self, args: list[str], incomplete: str) -> list[Item]:
        found = super().get_completions(args, incomplete)
        if self._broken and "=" in incomplete:  # bash keeps what is before the sign
            return [CompletionItem(each.value.rpartition("=")[2], each.type, each.help) for each in found]
        return found


def _joined(words: list[str]) -> list[str]:
    """Return words as they were typed, before bash broke them at each ``=``."""
    joined: list[str] = []
    broken = False
    for word in words:
        if joined and (broken or word == "="):
            joined[-1] += word
        else:
            joined.append(word)
        broken = word == "="
    return joined


class Zsh(ZshComplete):
    """Completion for zsh, without a space behind a name that waits for its value."""

    source_template = ZshComplete.source_template.replace(
        '    if [ -n "$completions_with_descriptions" ]',
        "    if [[ $completions_with_descriptions[1] == *=:* ]]; then\n"
        "        _describe -V unsorted completions_with_descriptions -U -S ''\n"
        '    elif [ -n "$completions_with_descriptions" ]',
    )


class Fish(FishComplete):
    """Completion for fish, whose lists and labels may have commas."""

    source_template = FishComplete.source_template.replace('string split ","', 'string split --max 1 ","')


def prepare() -> None:
    """Let click use these for its shells."""
    for kind in (Bash, Fish, Zsh):
        add_completion_class(kind)
