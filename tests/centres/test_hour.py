"""An hour's worth of pushes leaves nothing behind: with the real server of each kind."""

from __future__ import annotations

from pathlib import Path

from tests.centres.centre import Centre
from tests.centres.events import CONNECTION, publish, published, settled
from tests.centres.follower import following

PUSHES = 10_000
GROWTH = {True: 8_000_000, False: 4_000_000}
"""Bytes by which a service may grow, with the race detector and without."""


def test_after_an_hour_of_pushes_goroutines_and_memory_are_flat(centre: Centre, tmp_path: Path) -> None:
    raced, weighed = tmp_path / "raced", tmp_path / "weighed"
    raced.mkdir()
    weighed.mkdir()
    published(centre, 5)
    with following(centre, raced) as one, following(centre, weighed, race=False) as two:
        for number in range(PUSHES // 10):  # until the heap and the connections have their size
            publish(centre, 1 + number % 2)
        publish(centre, 3)
        for service in (one, two):
            service.sees(3)
        before = [(settled(each), each.metric("process_resident_memory_bytes")) for each in (one, two)]
        for number in range(PUSHES):
            publish(centre, 1 + number % 1000)
        publish(centre, 7)
        for service, (goroutines, memory), race in zip((one, two), before, (True, False), strict=True):
            service.sees(7)
            assert settled(service) <= goroutines + CONNECTION
            grown = service.metric("process_resident_memory_bytes") - memory
            assert grown < GROWTH[race], grown
