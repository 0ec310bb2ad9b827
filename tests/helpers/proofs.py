"""What was proved before on this machine, by a key of all that the proof read.

A test that is marked ``proof`` is kept: once it has passed it counts as proved, until what it is made of (sources.py),
the development tools, Go, or a rendered file that it reads is another. Only successes are kept. A test of a row that
was never proved like that is left to another run, unless the row changed or it is its turn (selection.py).
ALL=1 proves everything.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from gocontainer.rendering.engine import render
from gocontainer.repository import tree
from tests.helpers import selection
from tests.helpers.reads import ALL, Read, matching
from tests.helpers.result_cache import key
from tests.helpers.sources import Sources
from tests.helpers.support import CACHE, ROOT, answers

FOLDER = CACHE / "proofs"


class Proof(NamedTuple):
    """A test as it is kept: what it is made of, the row that it is of, and the rendered files that it reads."""

    name: str
    made_of: Sources
    row: Mapping[str, Any] | None = None
    patterns: Sequence[str] = ALL

    @property
    def key(self) -> str:
        """Name the test with all that it is made of; what it reads is not known before it has run."""
        row = "" if self.row is None else json.dumps(self.row, sort_keys=True)
        return key(self.name, row, *self.patterns, *tools(), self.made_of.digest())

    def is_kept(self) -> bool:
        """Whether it was proved with the very content of all that it reads."""
        record = self._record()
        return bool(record) and self.state(record["reads"]) in record["states"]

    def keep(self, reads: Iterable[Read]) -> None:
        """Keep that it was proved, with what it read."""
        read = sorted(reads)
        states = self._record().get("states", [])
        _write(self._place, json.dumps({"reads": read, "states": sorted({*states, self.state(read)})}))
        _write(last(self.name), f"{time.time():.0f}")

    def state(self, reads: Iterable[Read]) -> str:
        """Name the content of what it reads, as it is now."""
        return key(*(part for read in reads for part in (read, content(read))))

    def is_due(self) -> bool:
        """Whether this run has to prove it: it is of no row, or of one whose turn it is, or something of it changed."""
        return self.row is None or selection.is_due(self.row, self.patterns, self.made_of)

    def _record(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = json.loads(self._place.read_text()) if self._place.exists() else {}
        return found

    @property
    def _place(self) -> Path:
        return FOLDER / self.key[:2] / self.key


def last(name: str) -> Path:
    """Return the file that says when a test was proved last, with whatever content."""
    return FOLDER / "last" / key(name)


def when(name: str) -> str:
    """Say when a test was proved last on this machine."""
    path = last(name)
    return (
        time.strftime("%Y-%m-%d", time.localtime(int(path.read_text()))) if path.exists() else "never on this machine"
    )


def everything() -> bool:
    """Whether this run leaves nothing out and takes nothing for proved."""
    return os.environ.get("ALL", "") not in ("", "0")


@cache
def content(read: Read) -> str:
    """Name the content of what was read: of rendered answers, or of a path here."""
    what = json.loads(read)
    if "path" in what:
        return tree.digest(_checkout(ROOT / what["path"]))
    return tree.digest(matching(render(answers(**what["answers"])), what["files"]))


def _checkout(place: Path) -> dict[str, tree.File]:
    if place.is_file():
        return {place.name: tree.File(place.read_bytes())}
    return {path: file for path, file in tree.load(place).items() if "__pycache__" not in path}


@cache
def tools() -> tuple[str, ...]:
    """Return what is installed beside Python, and the versions of Go and git; what is not there has none."""
    installed = {f"{each.name} {each.version}" for each in importlib.metadata.distributions()}
    asked = ("go", "env", "GOVERSION"), ("git", "--version")
    there = [words for words in asked if shutil.which(words[0])]
    return (
        sys.version,
        *sorted(installed),
        *(subprocess.run(each, check=True, capture_output=True, text=True).stdout for each in there),
    )


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mine = path.with_name(f"{path.name}.{os.getpid()}")
    mine.write_text(text)
    mine.replace(path)
