"""What slow programs said about the same content before, kept outside the clone from run to run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.helpers.support import CACHE

MEMORY = CACHE / "remembered"


def key(*parts: str | bytes) -> str:
    """Name a question by everything that its answer depends on: the program, and all that it reads."""
    total = hashlib.sha256()
    for part in parts:
        content = part if isinstance(part, bytes) else part.encode()
        total.update(len(content).to_bytes(8, "big") + content)
    return total.hexdigest()


def recall(name: str) -> str | None:
    """Return the answer to a question, if it was asked before."""
    path = _place(name)
    return path.read_text() if path.exists() else None


def remember(name: str, answer: str) -> str:
    """Keep an answer, whole or not at all, and return it."""
    path = _place(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    mine = path.with_name(f"{path.name}.{os.getpid()}")
    mine.write_text(answer)
    mine.replace(path)
    return answer


def asked(parts: Iterable[str | bytes], ask: Callable[[], str]) -> str:
    """Return the answer to a question, which is asked once; what raises is asked again."""
    name = key(*parts)
    known = recall(name)
    return remember(name, ask()) if known is None else known


def _place(name: str) -> Path:
    return MEMORY / name[:2] / name
