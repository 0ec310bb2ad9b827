"""An hour's worth of pushes leaves nothing behind: with the real server of each kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.centres.centre import Centre
from tests.centres.events import CONNECTION, publish, published, settled
from tests.centres.follower import following

PUSHES = 10_000


@pytest.mark.slow
@pytest.mark.parametrize("race", [True, False], ids=["race", "weighed"])
def test_after_an_hour_of_pushes_goroutines_and_memory_are_flat(centre: Centre, tmp_path: Path, *, race: bool) -> None:
    published(centre, 5)
    with following(centre, tmp_path, race=race) as service:
        for number in range(PUSHES // 10):  # until the heap and the connections have their size
            publish(centre, 1 + number % 2)
        publish(centre, 3)
        service.sees(3)
        goroutines, memory = settled(service), service.metric("process_resident_memory_bytes")
        for number in range(PUSHES):
            publish(centre, 1 + number % 1000)
        publish(centre, 7)
        service.sees(7)
        assert settled(service) <= goroutines + CONNECTION
        grown = service.metric("process_resident_memory_bytes") - memory
        assert grown < (8 if race else 4) * 1_000_000, grown
