"""Programs built from the rendered repository of a site, and from mutants of it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.helpers import reads
from tests.helpers.support import go, need, ok, rendered, replace

Mutation = tuple[str, str, str]
"""A file, a text that stands in it once, and what stands there in the mutant."""
kills = pytest.mark.parametrize("kills", [40, pytest.param(1000, marks=pytest.mark.slow)])
FIGURES: list[str] = []
"""What was counted, for the end of the session."""


@reads.cache
def repository(mutation: Mutation | None) -> Path:
    """Return the repository of a site with a model, and the programs of the tests in it."""
    folder = rendered(Path(tempfile.mkdtemp(prefix="site-")), target="kubeedge", edge_features="model")
    if mutation is not None:
        name, old, new = mutation
        replace(folder / name, (old, new))
    for driver in ("queue", "model"):
        shutil.copytree(Path(__file__).parent / driver, folder / "cmd" / f"test{driver}")
    return folder


@reads.cache
def program(name: str, mutation: Mutation | None = None) -> Path:
    """Build a program: server, model, testqueue or testmodel."""
    need("go")
    folder = repository(mutation)
    ok(go(folder, "build", "-trimpath", "-o", f"bin/{name}", f"./cmd/{name}", CGO_ENABLED="0"), name)
    return folder / "bin" / name


def killed(command: Sequence[str | Path], after: float, lines: int = 0) -> bytes:
    """Kill a program so many seconds after it has printed so many lines, and return what it printed in all."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        seen = [process.stdout.readline() for _ in range(lines)]
        time.sleep(after)
        process.kill()
        return b"".join([*seen, process.stdout.read()])
