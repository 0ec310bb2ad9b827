"""The conversation at a terminal. The only module that imports questionary."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import questionary

from gocontainer import tree
from gocontainer.answers import Answers, Layer, service_in
from gocontainer.conflicts import CONFLICTS
from gocontainer.detect import detected
from gocontainer.errors import Cancelled, InvalidAnswer
from gocontainer.kinds import Option, Select, SelectMany, Toggle, Value, holds
from gocontainer.options import BY_NAME, OPTIONS, PROFILE

FIRST = ("service", "profile", "module", "image")
"""Asked of everyone; the rest is one keystroke away."""


def asked(layers: Sequence[Layer], parent: Path) -> Layer:
    """Ask for what ``layers`` leave open and return the answers; raise Cancelled on Ctrl-C or Ctrl-D."""
    given = {name for layer in layers for name in layer.values}
    answers: dict[str, object] = {}
    try:
        for name in FIRST:
            if name not in given:
                answers[name] = ask(BY_NAME[name], _so_far(layers, answers, parent))
            _refuse_occupied(layers, answers, parent)
        rest = [option for option in OPTIONS if option.name not in {*FIRST, *given}]
        if rest and questionary.confirm("Customise the rest?", default=False).unsafe_ask():
            for option in rest:
                so_far = _so_far(layers, answers, parent)
                if so_far is None or holds(option.when, so_far):
                    answers[option.name] = _ask_until_it_fits(option, so_far)
    except (KeyboardInterrupt, EOFError):
        raise Cancelled from None
    return Layer("wizard", answers)


def _refuse_occupied(layers: Sequence[Layer], answers: dict[str, object], parent: Path) -> None:
    """Raise TargetNotEmpty as soon as there is a name, not after all the questions."""
    so_far = _so_far(layers, answers, parent)
    if so_far is not None:
        tree.refuse_occupied(parent / str(so_far["service"]))


def _ask_until_it_fits(option: Option, so_far: Answers | None) -> object:
    """Ask again, with the reason, where a yes cannot work beside the other answers."""
    while True:
        answer = ask(option, so_far)
        obstacle = _obstacle(option, answer, so_far) if isinstance(answer, bool) else None
        if obstacle is None:
            return answer
        questionary.print(f"  That cannot work: {obstacle}.")


def _so_far(layers: Sequence[Layer], answers: dict[str, object], parent: Path) -> Answers | None:
    """Return the answers with everything open at its default; None before there is a service."""
    merged = [*layers, Layer("wizard", answers)]
    service = service_in(merged)
    return Answers.merge(detected(parent / service), *merged) if service else None


def ask(option: Option, so_far: Answers | None) -> object:
    """Put one question; ``so_far`` gives its default and rules choices out."""
    default = so_far[option.name] if so_far and option.name in so_far else option.default
    title = f"{option.help}\n  {option.why}\n "
    match option:
        case SelectMany():
            chosen = str(default).split(",")
            choices = [
                questionary.Choice(f"{c.value}  {c.label}", c.value, checked=c.value in chosen) for c in option.choices
            ]
            return questionary.checkbox(
                title, choices, validate=lambda some: bool(some) or "Choose at least one."
            ).unsafe_ask()
        case Select():
            choices = [
                questionary.Choice(f"{c.value}  {c.label}", c.value, disabled=_obstacle(option, c.value, so_far))
                for c in option.choices
            ]
            return questionary.select(title, choices, default=str(default)).unsafe_ask()
        case Toggle():
            return questionary.confirm(title, default=bool(default)).unsafe_ask()
    return questionary.text(
        title, default=str(default), validate=lambda text: _verdict(option, text, so_far)
    ).unsafe_ask()


def _obstacle(option: Option, value: Value, so_far: Answers | None) -> str | None:
    """Return why ``value`` cannot be chosen beside the other answers."""
    if so_far is None or option is PROFILE:
        return None
    would_be = {**so_far, option.name: value}
    reasons = (c.reason for c in CONFLICTS if option.name in c.names and c.applies(would_be))
    return next(reasons, None)


def _verdict(option: Option, text: str, so_far: Answers | None) -> bool | str:
    """Return True for a usable text, else the sentence to show below the prompt."""
    try:
        value = option.parse(text, option.name)
    except InvalidAnswer as error:
        return error.hint
    return _obstacle(option, value, so_far) or True
