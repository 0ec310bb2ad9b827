"""Each answer with its origin, and the command that gives the same repository again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from gocontainer.answers.model import Answers
from gocontainer.options.profiles import PROFILE
from gocontainer.options.table import BY_NAME, GROUPS
from gocontainer.options.types import Value
from gocontainer.rendering.sizing import Sizes
from gocontainer.wizard.conversation import Conversation
from gocontainer.wizard.settling import Settled, shown

STAND_IN = "No registry is known, so no cluster can pull this image. Where will CI push it?"


class Row(NamedTuple):
    """One answer."""

    name: str
    group: str
    value: str
    origin: str
    remark: str
    """What a person should know about the value, or nothing."""


def rows(conversation: Conversation) -> list[Row]:
    """Return the answers that have a meaning, in the order of the groups."""
    settled = conversation.settled
    return [
        Row(
            name=name,
            group=GROUPS[BY_NAME[name].group],
            value=shown(settled.value(name)),
            origin=_origin(name, settled),
            remark=_remark(name, settled),
        )
        for name in conversation.changeable()
    ]


def _remark(name: str, settled: Settled) -> str:
    if name == "image" and settled.answers.origins[name] == "default":
        return STAND_IN
    return Sizes.of(settled.answers).warnings().get(name, "")


def _origin(name: str, settled: Settled) -> str:
    if name in settled.moved:
        return f"with {settled.moved[name]}"
    origin = settled.answers.origins.get(name, "default")
    return {"wizard": "you", "file": "answers file"}.get(origin, origin)


def command(answers: Answers, others: Sequence[str]) -> str:
    """Return the one line that writes the same bytes; ``others`` are the flags that are no answers.

    What came from the profile or from the defaults is left to them, so that an update knows it too.
    """
    words = ["gocontainer", "new", str(answers["service"]), "--no-input", *others]
    if "profile" in answers.origins:  # also the default one, where the environment says another
        words += [PROFILE.flag, answers.profile]
    for name, value in answers.items():
        if name != "service" and answers.origins[name] not in ("default", "profile"):
            words += _flag(BY_NAME[name].flag, value)
    return shlex.join(words)


def _flag(flag: str, value: Value) -> list[str]:
    if isinstance(value, bool):
        return [flag if value else f"--no-{flag.removeprefix('--')}"]
    text = str(value)
    return [f"{flag}={text}"] if text.startswith("-") else [flag, text]
