"""What was answered before a conversation was left, kept in the user's own folder for ``--resume``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gocontainer.answers import Layer
from gocontainer.errors import InvalidAnswer, NothingToResume
from gocontainer.kinds import Value
from gocontainer.options import BY_NAME
from gocontainer.wizard.conversation import Conversation


class Left(NamedTuple):
    """A conversation that was left."""

    given: tuple[Layer, ...]
    output: Path | None
    """The parent folder, where one was named."""
    said: Mapping[str, Value]
    at: str


def keep(path: Path, conversation: Conversation, output: Path | None) -> bool:
    """Keep the answers so far at ``path``; False where that is not possible."""
    document = {
        "given": [[layer.origin, dict(layer.values), layer.label] for layer in conversation.settler.given],
        "output": str(output) if output else None,
        "said": conversation.said,
        "at": conversation.at,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(document), "utf-8")
    except OSError:
        return False
    return True


def left(path: Path) -> Left:
    """Return the answers at ``path``; raise NothingToResume."""
    try:
        document = json.loads(path.read_text("utf-8"))
        given = tuple(Layer(origin, values, label) for origin, values, label in document["given"])
        said = {name: BY_NAME[name].parse(value, name) for name, value in document["said"].items()}
        output = Path(document["output"]) if document["output"] else None
        return Left(given, output, said, str(document["at"]))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, InvalidAnswer) as error:
        raise NothingToResume(str(path)) from error


def forget(path: Path) -> None:
    """Remove what was kept: the repository is written."""
    path.unlink(missing_ok=True)


def merged(kept: Sequence[Layer], given: Sequence[Layer]) -> tuple[Layer, ...]:
    """Return the layers of an earlier call below those of this one; empty ones are left out."""
    return tuple(layer for layer in (*kept, *given) if layer.values)
