"""When tasks come: a pattern from a few numbers, or a trace of what happened."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gocontainer.errors import CannotUse, InvalidAnswer

DAY = 86400
LONGEST = 366
"""Days of a trace: more are milliseconds that were taken for seconds."""


class LoadPattern(NamedTuple):
    """Seconds from the start, in order, of so many whole days; ``said`` describes them."""

    times: Sequence[float]
    days: int
    said: str

    @property
    def a_day(self) -> float:
        """Tasks a day."""
        return len(self.times) / self.days


def counted(number: float, noun: str) -> str:
    """Return a whole number of things, in words: ``1 task``, ``2,000 tasks``."""
    digits = f"{number:,.0f}"
    return f"{digits} {noun}{'' if digits == '1' else 's'}"


def pattern(tasks: int, bursts: int | None, seconds: float) -> LoadPattern:
    """Return a day of ``tasks``, evenly or in as many ``bursts``, each over so many ``seconds``."""
    if bursts is None:
        return LoadPattern(
            [number * DAY / tasks for number in range(tasks)], 1, f"{counted(tasks, 'task')} a day, evenly"
        )
    shares = [(number + 1) * tasks // bursts - number * tasks // bursts for number in range(bursts)]
    times = [
        number * DAY / bursts + place * seconds / share for number, share in enumerate(shares) for place in range(share)
    ]
    how = f"each over {seconds:g} s" if seconds else "each at once"
    return LoadPattern(sorted(times), 1, f"{counted(tasks, 'task')} a day in {counted(bursts, 'burst')}, {how}")


def trace(path: Path) -> LoadPattern:
    """Return the arrivals in a file that has the time of one on each line; raise a UsageError for anything else."""
    lines = enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
    times = sorted(_time(line.strip(), f"{path}:{number}") for number, line in lines if line.strip())
    if not times:
        raise CannotUse(f"the trace {path} is empty", "Give the time of one arrival on each line.")
    days = max(1, math.ceil((times[-1] - times[0]) / DAY))
    if days > LONGEST:
        rule = f"a trace of at most {LONGEST} days"
        raise InvalidAnswer(str(path), f"{days} days", rule, "Give times in seconds, not in milliseconds.")
    said = f"{counted(len(times), 'task')} in {counted(days, 'day')}"
    return LoadPattern([time - times[0] for time in times], days, said)


def _time(text: str, where: str) -> float:
    """Return the seconds since 1970 of a time; one without a zone is UTC."""
    try:
        moment = dt.datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()
    except ValueError:
        pass
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise InvalidAnswer(where, text, "a time", "Give seconds, or a date and time such as 2026-11-24T08:00:00Z.")
    return seconds
