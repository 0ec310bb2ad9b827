"""Whole processes timed in turn, so that a busy moment hits all of them alike."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

Command = Callable[[int], Sequence[str]]
"""The arguments of a round; each round may write to its own folder."""


class Cost(NamedTuple):
    """Milliseconds of a process and of all that it starts: on the clock, and of processors."""

    wall: float
    cpu: float


def costs(commands: Mapping[str, Command], rounds: int) -> dict[str, Cost]:
    """Return the medians of what each command takes, after one round that does not count."""
    spent: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            arguments = command(number)
            start, before = time.perf_counter(), processors()
            done = subprocess.run(arguments, check=False, capture_output=True, text=True)
            spent[name].append(Cost(time.perf_counter() - start, processors() - before))
            if done.returncode:
                sys.exit(f"{name} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    return {
        name: Cost(*(1000 * statistics.median(each) for each in zip(*all_[1:], strict=True)))
        for name, all_ in spent.items()
    }


def processors() -> float:
    """Return the seconds of processors of the processes that ended so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def verdict(name: str, figure: str, ratios: Mapping[str, tuple[float, float, float]]) -> int:
    """Print the closing line; return 1 where a (ratio, floor, target) is below its floor.

    ``figure`` has its unit.
    """
    texts = [
        f"{ratio:.{1 if floor > 1 else 2}f}x {rival} (floor {floor}, target {target})"
        for rival, (ratio, floor, target) in ratios.items()
    ]
    print(f"{name}: {figure}, {', '.join(texts)}")
    return int(any(ratio < floor for ratio, floor, _ in ratios.values()))
