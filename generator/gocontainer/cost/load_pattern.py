"""When tasks come: a pattern from a few numbers, or a trace of what happened."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gocontainer.errors import CannotUse, InvalidAnswer
from gocontainer.texts import mark, tr

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


def counted(number: float, one: str, many: str) -> str:
    """Return a whole number of things, in words: ``1 task``, ``2,000 tasks``; both texts are looked up."""
    return tr(one) if round(number) == 1 else tr(many, count=round(number))


_TASK, _TASKS = mark("1 task"), mark("{count:,} tasks")


def pattern(tasks: int, bursts: int | None, seconds: float) -> LoadPattern:
    """Return a day of ``tasks``, evenly or in as many ``bursts``, each over so many ``seconds``."""
    said = counted(tasks, _TASK, _TASKS)
    if bursts is None:
        times = [number * DAY / tasks for number in range(tasks)]
        return LoadPattern(times, 1, tr("{tasks} a day, evenly", tasks=said))
    shares = [(number + 1) * tasks // bursts - number * tasks // bursts for number in range(bursts)]
    times = [
        number * DAY / bursts + place * seconds / share for number, share in enumerate(shares) for place in range(share)
    ]
    values = {"tasks": said, "bursts": counted(bursts, mark("1 burst"), mark("{count:,} bursts"))}
    at_once = tr("{tasks} a day in {bursts}, each at once", **values)
    over = tr("{tasks} a day in {bursts}, each over {seconds:g} s", seconds=seconds, **values)
    return LoadPattern(sorted(times), 1, over if seconds else at_once)


def trace(path: Path) -> LoadPattern:
    """Return the arrivals in a file that has the time of one on each line; raise a UsageError for anything else."""
    lines = enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
    times = sorted(_time(line.strip(), f"{path}:{number}") for number, line in lines if line.strip())
    if not times:
        hint = tr("Give the time of one arrival on each line.")
        raise CannotUse(tr("the trace {path} is empty", path=path), hint)
    days = max(1, math.ceil((times[-1] - times[0]) / DAY))
    if days > LONGEST:
        rule = tr("a trace of at most {count} days", count=LONGEST)
        hint = tr("Give times in seconds, not in milliseconds.")
        raise InvalidAnswer(str(path), tr("{count} days", count=days), rule, hint)
    values = {"tasks": counted(len(times), _TASK, _TASKS), "days": counted(days, mark("1 day"), mark("{count:,} days"))}
    said = tr("{tasks} in {days}", **values)
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
        hint = tr("Give seconds, or a date and time such as 2026-11-24T08:00:00Z.")
        raise InvalidAnswer(where, text, tr("a time"), hint)
    return seconds
