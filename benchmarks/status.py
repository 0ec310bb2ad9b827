"""``gocontainer status`` of the default repository: the processor time of the whole run, git's with it.

``git status`` of the same repository is beside it, and what Python takes to start. The floor is a ceiling: as many
times as status fits into it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from new import MEMORY, SOMEBODY, install, run
from timing import costs, verdict

ROUNDS = 25
CEILING, TARGET = 60.0, 50.0
"""Milliseconds of a processor."""


def main() -> int:
    """Print the table and the verdict."""
    os.environ.update(SOMEBODY)
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as scratch:
        python = install(Path(scratch))
        run(python, "-m", "gocontainer", "new", "orders", "--no-input", "-o", scratch)
        folder = f"{scratch}/orders"
        times = costs(
            {
                "python -c pass": lambda _: [python, "-c", "pass"],
                "git status": lambda _: ["git", "-C", folder, "status"],
                "gocontainer status": lambda _: [python, "-m", "gocontainer", "status", folder],
            },
            ROUNDS,
        )
    for name, cost in times.items():
        print(f"  {name:24} {cost.wall:6.0f} ms {cost.cpu:6.0f} ms of a processor")
    print()
    taken = times["gocontainer status"].cpu
    within = {f"within {CEILING:.0f} ms": (CEILING / taken, 1.0, CEILING / TARGET)}
    return verdict("status", f"{taken:.0f} ms of a processor", within)


if __name__ == "__main__":
    sys.exit(main())
