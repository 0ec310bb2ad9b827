"""What befalls a config centre, and waiting for what follows from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.centres.centre import Centre
from tests.centres.follower import KEY, Follower
from tests.helpers.daemons import until


@contextmanager
def lost(centre: Centre, by: str = "cut") -> Iterator[None]:
    """A while without the centre: its line is cut or frozen, or the server itself is stopped."""
    begin, end = {"cut": ("cut", "mend"), "freeze": ("freeze", "thaw"), "stop": ("stop", "start")}[by]
    getattr(centre, begin)()
    try:
        yield
    finally:
        getattr(centre, end)()


def publish(centre: Centre, value: int, **more: str) -> None:
    """Publish KEY, and other keys whose names are given with underscores."""
    centre.publish({KEY: str(value), **{name.replace("_", "-"): text for name, text in more.items()}})


def published(centre: Centre, value: int, **more: str) -> None:
    """Publish, and wait until clients can read it."""
    publish(centre, value, **more)
    until(lambda: centre.read(centre.good).get(KEY) == str(value), f"{KEY} {value} in {centre.name}")


def grows(measure: Callable[[], float], above: float) -> None:
    """Wait until a figure is above another."""
    until(lambda: measure() > above, f"more than {above}")


CONNECTION = 2
"""Goroutines of a connection that is kept, which may be there at one moment and not at another."""


def settled(service: Follower) -> float:
    """The fewest goroutines of a moment: a request that is answered now has its own."""
    found = []
    for _ in range(5):
        found.append(service.metric("go_goroutines"))
        time.sleep(0.3)
    return min(found)
