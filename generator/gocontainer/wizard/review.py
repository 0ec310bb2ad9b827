"""Each answer with its origin, and the command that gives the same repository again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gocontainer.answers.model import UNSAID, Answers
from gocontainer.options.profiles import PROFILE
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Value
from gocontainer.rendering.sizing import Sizes
from gocontainer.rendering.unusual import unusual
from gocontainer.texts import tr
from gocontainer.wizard.conversation import CONTAINER, PAGES, Conversation
from gocontainer.wizard.settling import Settled, shown

FRONT = ("service", *PAGES[CONTAINER])
"""The answers that a review always shows; of the others, those that differ from the defaults."""


class Row(NamedTuple):
    """One answer."""

    name: str
    group: str
    value: str
    origin: str
    """Where it came from."""
    remark: str
    """What a person should know about the value, or nothing."""
    stands_out: bool
    """Whether a review shows it even where it is short."""


def rows(conversation: Conversation, names: Sequence[str] = ()) -> list[Row]:
    """Return the answers to ``names``, by default all that have a meaning, in the order of the groups."""
    return [row(name, conversation.settled) for name in names or conversation.changeable()]


def parted(conversation: Conversation) -> tuple[list[Row], list[Row]]:
    """Return the rows that a short review shows, those of the container first, and the others."""
    every = rows(conversation)
    front = [row for row in every if row.stands_out]
    front.sort(key=lambda row: FRONT.index(row.name) if row.name in FRONT else len(FRONT))
    return front, [row for row in every if not row.stands_out]


def row(name: str, settled: Settled) -> Row:
    """Return the answer to ``name`` among complete ones."""
    option, value, remark = BY_NAME[name], settled.value(name), _remark(name, settled)
    origin = settled.answers.origins.get(name, "default")
    differs = origin != "default" and not (origin == "profile" and value == option.default)
    return Row(
        name=name,
        group=option.group,
        value=shown(value),
        origin=_origins().get(origin, origin)
        if name not in settled.moved
        else tr("with {other}", other=settled.moved[name]),
        remark=remark,
        stands_out=name in FRONT or differs or bool(remark),
    )


def _remark(name: str, settled: Settled) -> str:
    if name == "image" and settled.answers.origins[name] == "default":
        return tr("No registry is known, so no cluster can pull this image. Where will CI push it?")
    return unusual(Sizes.of(settled.answers)).get(name, "")


def _origins() -> Mapping[str, str]:
    """Return the words for where an answer came from."""
    return {
        "default": tr("default"),
        "derived": tr("derived"),
        "profile": tr("profile"),
        "detected": tr("detected"),
        "file": tr("answers file"),
        "environment": tr("environment"),
        "flag": tr("flag"),
        "wizard": tr("you"),
    }


def command(answers: Answers, others: Sequence[str]) -> str:
    """Return the one line that writes the same bytes; ``others`` are the flags that are no answers.

    What came from the profile or from the defaults is left to them, so that an update knows it too.
    """
    words = ["gocontainer", "new", str(answers["service"]), "--no-input", *others]
    if "profile" in answers.origins:  # also the default one, where the environment says another
        words += [PROFILE.flag, answers.profile]
    for name, value in answers.items():
        if name != "service" and answers.origins[name] not in UNSAID:
            words += _flag(BY_NAME[name].flag, value)
    return shlex.join(words)


def _flag(flag: str, value: Value) -> list[str]:
    if isinstance(value, bool):
        return [flag if value else f"--no-{flag.removeprefix('--')}"]
    text = str(value)
    return [f"{flag}={text}"] if text.startswith("-") else [flag, text]
