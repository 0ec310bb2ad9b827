"""What was answered before a conversation was left, kept in the user's own folder for ``--resume``."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from gocontainer.answers import Layer
from gocontainer.errors import InvalidAnswer, NothingToResume
from gocontainer.kinds import Value
from gocontainer.options import BY_NAME
from gocontainer.wizard.conversation import REVIEW, Conversation

LONGEST = 30 * 24 * 3600
"""Seconds after which nobody goes on any more."""


class Left(NamedTuple):
    """A conversation that was left."""

    given: tuple[Layer, ...]
    output: Path | None
    """The parent folder, where one was named."""
    said: Mapping[str, Value]
    drafts: Mapping[str, str]
    place: tuple[str, Sequence[str], Sequence[str]]

    def below(self, given: Sequence[Layer]) -> Left:
        """Return what is left of it beside the answers of this call: what was typed now counts more."""
        now = {name for layer in given if layer.origin != "environment" for name in layer.values}
        said = {name: value for name, value in self.said.items() if name not in now}
        layers = tuple(layer for layer in (*self.given, *given) if layer.values)
        return self._replace(given=layers, said=said)


def file(folder: Path, here: Path) -> Path:
    """Return the file in ``folder`` for conversations that are held in the folder ``here``."""
    return folder / f"{hashlib.sha256(str(here).encode()).hexdigest()[:16]}.json"


def keep(path: Path, conversation: Conversation, output: Path | None) -> bool:
    """Keep the answers so far at ``path``; False where there are none, or where that is not possible."""
    if not conversation.said and not conversation.drafts:
        return False
    document = {
        "given": [[layer.origin, dict(layer.values), layer.label] for layer in conversation.settler.given],
        "output": str(output) if output else None,
        "said": conversation.said,
        "drafts": conversation.drafts,
        "place": conversation.place,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(document), "utf-8")
    except OSError:
        return False
    _tidy(path.parent)
    return True


def _tidy(folder: Path) -> None:
    for old in folder.glob("*.json"):
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > LONGEST:
                old.unlink()


def left(path: Path) -> Left:
    """Return the answers at ``path``; raise NothingToResume."""
    try:
        document = json.loads(path.read_text("utf-8"))
        at, trail, queue = document["place"]
        _known([at, *trail, *queue, *document["drafts"]])
        return Left(
            given=tuple(Layer(origin, values, label) for origin, values, label in document["given"]),
            output=Path(document["output"]) if document["output"] else None,
            said={name: BY_NAME[name].parse(value, name) for name, value in document["said"].items()},
            drafts={name: str(text) for name, text in document["drafts"].items()},
            place=(at, trail, queue),
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError, InvalidAnswer) as error:
        raise NothingToResume from error


def _known(names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in BY_NAME and name != REVIEW]
    if unknown:
        raise LookupError(unknown)


def forget(path: Path) -> None:
    """Remove what was kept: the repository is written."""
    path.unlink(missing_ok=True)
