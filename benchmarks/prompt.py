"""How soon the first question is there, at a pseudo-terminal: ours against cookiecutter's and copier's.

The rivals get the same content in their own form, as in new.py, and all run from one environment that
holds the wheel, in turn. The clock stops when the question's own words have been written.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pexpect
from new import prepare
from timing import verdict

ROUNDS = 9
PROMISED = 500
"""Milliseconds in which the first question is to be there."""
FLOORS = {"cookiecutter": (0.95, 1.2), "copier": (1.5, 2.0)}


def main() -> int:
    """Print the table and the verdict."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        python, _ = prepare(place)
        commands = {
            "gocontainer new": ([python, "-m", "gocontainer", "new"], "What is the service called"),
            "cookiecutter": ([python, "-m", "cookiecutter", f"{place}/cookiecutter"], "service"),
            "copier copy": ([python, "-m", "copier", "copy", f"{place}/copier", f"{place}/copied"], "service"),
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(ROUNDS + 1):
            for name, (arguments, question) in commands.items():
                taken = first_question(arguments, question, place)
                if number:  # the first round does not count
                    seconds[name].append(taken)
    times = {name: 1000 * statistics.median(each) for name, each in seconds.items()}
    print(f"until the first question, medians of {ROUNDS}, Python {sys.version.split()[0]}\n")
    for name, milliseconds in times.items():
        print(f"  {name:28} {milliseconds:6.0f} ms")
    print()
    ours = times["gocontainer new"]
    rivals = {"cookiecutter": times["cookiecutter"], "copier": times["copier copy"]}
    ratios = {name: (theirs / ours, *FLOORS[name]) for name, theirs in rivals.items()}
    return verdict("prompt", f"{ours:.0f} ms", {**ratios, "sooner than half a second": (PROMISED / ours, 1.0, 2.0)})


def first_question(arguments: Sequence[str], question: str, place: Path) -> float:
    """Return the seconds until a program has asked; it is ended then."""
    environment = {**os.environ, "TERM": "xterm-256color", "HOME": str(place), "LANG": "C.UTF-8"}
    start = time.perf_counter()
    child = pexpect.spawn(arguments[0], list(arguments[1:]), env=environment, dimensions=(24, 80), cwd=str(place))
    child.expect_exact(question)
    taken = time.perf_counter() - start
    child.close(force=True)
    return taken


if __name__ == "__main__":
    sys.exit(main())
