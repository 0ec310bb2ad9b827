"""What was answered before a conversation was left, kept in the user's own folder for ``--resume``."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from gocontainer.answers.model import Layer
from gocontainer.errors import InvalidAnswer, NothingToResume
from gocontainer.options.table import BY_NAME, GROUPS
from gocontainer.options.types import Value
from gocontainer.wizard.conversation import CUSTOMISE, PAGES, REVIEW, Conversation

LABELS = {"file": "{name}", "environment": "{variable}", "flag": "{flag}"}
RANKS = tuple(LABELS)
"""Where the answers of a call come from; a later one counts more."""
LONGEST = 30 * 24 * 3600
"""Seconds after which nobody goes on any more."""


class SavedConversation(NamedTuple):
    """A conversation that was left."""

    given: tuple[Layer, ...]
    output: Path | None
    """The parent folder, where one was named."""
    said: Mapping[str, Value]
    drafts: Mapping[str, str]
    place: tuple[str, Sequence[str]]

    def below(self, given: Sequence[Layer]) -> SavedConversation:
        """Return what is left of it beside the answers of this call: what was typed now counts more.

        The environment is the one of this call.
        """
        now = {name for layer in given if layer.origin != "environment" for name in layer.values}
        earlier = (layer for layer in self.given if layer.origin != "environment")
        layers = sorted((*earlier, *given), key=lambda layer: RANKS.index(layer.origin))
        return self._replace(
            given=tuple(layer for layer in layers if layer.values),
            said={name: value for name, value in self.said.items() if name not in now},
            drafts={name: text for name, text in self.drafts.items() if name not in now},
        )


def file(folder: Path, here: Path) -> Path:
    """Return the file in ``folder`` for conversations that are held in the folder ``here``."""
    return folder / f"{hashlib.sha256(os.fsencode(here)).hexdigest()[:16]}.json"


def keep(path: Path, conversation: Conversation, output: Path | None) -> bool:
    """Keep the answers so far at ``path``; False where there are none, or where that is not possible."""
    if not path.is_absolute() or not (conversation.said or conversation.drafts):
        return False  # without a home there is no place to keep anything
    document = {
        "given": [[layer.origin, dict(layer.values)] for layer in conversation.settler.given],
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


def read(path: Path) -> SavedConversation:
    """Return the answers at ``path``; raise NothingToResume."""
    try:
        document = json.loads(path.read_text("utf-8"))
        at, came = document["place"]
        _known([at, *came], {*PAGES, *GROUPS, *BY_NAME, CUSTOMISE, REVIEW})
        _known(document["drafts"], BY_NAME)
        return SavedConversation(
            given=tuple(Layer(origin, _parsed(values), LABELS[origin]) for origin, values in document["given"]),
            output=Path(document["output"]) if document["output"] else None,
            said=_parsed(document["said"]),
            drafts={name: str(text) for name, text in document["drafts"].items()},
            place=(at, came),
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, InvalidAnswer) as error:
        raise NothingToResume from error


def _parsed(values: Mapping[str, object]) -> dict[str, Value]:
    return {name: BY_NAME[name].parse(value, name) for name, value in values.items()}


def _known(words: Iterable[str], known: Collection[str]) -> None:
    if unknown := {*words} - {*known}:
        raise LookupError(unknown)


def forget(path: Path) -> None:
    """Remove what was kept: the repository is written, and nothing can be wrong any more."""
    with suppress(OSError):
        path.unlink()
