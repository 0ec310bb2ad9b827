"""Whole processes timed in turn, so that a busy moment hits all of them alike."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

Command = Callable[[int], Sequence[str]]
"""The arguments of a round; each round may write to its own folder."""


def medians(commands: Mapping[str, Command], rounds: int) -> dict[str, float]:
    """Return the median of each command in milliseconds, after one round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            arguments = command(number)
            start = time.perf_counter()
            done = subprocess.run(arguments, check=False, capture_output=True, text=True)
            seconds[name].append(time.perf_counter() - start)
            if done.returncode:
                sys.exit(f"{name} failed:\n{done.stderr[-2000:]}")
    return {name: 1000 * statistics.median(each[1:]) for name, each in seconds.items()}


def verdict(name: str, figure: str, ratios: Mapping[str, tuple[float, float, float]]) -> int:
    """Print the closing line; return 1 where a (ratio, floor, target) is below its floor.

    ``figure`` has its unit.
    """
    texts = [
        f"{ratio:.1f}x {rival} (floor {floor}, target {target})" for rival, (ratio, floor, target) in ratios.items()
    ]
    print(f"{name}: {figure}, {', '.join(texts)}")
    return int(any(ratio < floor for ratio, floor, _ in ratios.values()))
