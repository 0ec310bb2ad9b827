"""Programs built from the rendered repository of a site, and from mutants of it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tests.support import go, need, ok, rendered

Mutation = tuple[str, str, str]
"""A file, a text that stands in it once, and what stands there in the mutant."""
FIGURES: list[str] = []
"""What was counted, for the end of the session."""


@cache
def site(mutation: Mutation | None = None) -> Path:
    """Return a folder with the programs: the service, what signs models, and those of the tests."""
    need("go")
    repository = rendered(Path(tempfile.mkdtemp(prefix="site-")), target="kubeedge", edge_model=True)
    if mutation is not None:
        name, old, new = mutation
        source = repository / name
        text = source.read_text()
        assert text.count(old) == 1, f"{name}: {old}"
        source.write_text(text.replace(old, new))
    drivers = Path(__file__).parent
    for driver in ("queue", "model"):
        shutil.copytree(drivers / driver, repository / "cmd" / f"test{driver}")
    for program in ("server", "model", "testqueue", "testmodel"):
        ok(go(repository, "build", "-o", f"bin/{program}", f"./cmd/{program}", CGO_ENABLED="0"), program)
    return repository / "bin"


def killed(command: Sequence[str | Path], after: float, mark: bytes = b"") -> bytes:
    """Start a program, kill it ``after`` so many seconds or earlier by itself, and return what it printed.

    With ``mark`` the time begins when that has been printed.
    """
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        seen = []
        while mark and (line := process.stdout.readline()):
            seen.append(line)
            if line.rstrip() == mark:
                break
        time.sleep(after)
        process.kill()
        return b"".join([*seen, process.stdout.read()])
