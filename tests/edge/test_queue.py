"""The queue loses nothing that it acknowledged, keeps its order, and stays within its cap: by kill -9, at random."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from tests.edge.programs import FIGURES, Mutation, killed, kills, program

QUEUE = "internal/offline/queue.go"
LARGE, SMALL = 64 * 1024 * 1024, 64 * 1024
"""Bytes: a queue that never fills here, and one that always does."""


class Seen(NamedTuple):
    """What the killed processes said, line by line: whole ones, since each line is one write."""

    acknowledged: list[str]
    delivered: list[str]
    most: int
    """Bytes on the disk, at a kill."""


def stored(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.segment"))


def said(output: bytes, word: str) -> Iterator[str]:
    for line in output.decode().splitlines():
        first, _, rest = line.partition(" ")
        if first == word:
            yield rest


def murder(folder: Path, kills: int, limit: int, mode: str, mutation: Mutation | None = None) -> Seen:
    """Kill as many processes that deliver and append, and let the last one deliver what is left."""
    chance = random.Random(kills)
    queue = program("testqueue", mutation)
    seen = Seen([], [], 0)
    for number in range(kills):
        # Half of them at any moment, recovery included; half while they deliver and append.
        lines, longest = (0, 0.03) if number % 2 else (chance.randrange(60), 0.005)
        command: list[str | Path] = [queue, folder, str(number), str(limit), mode]
        output = killed(command, chance.uniform(0, longest), lines)
        seen.acknowledged.extend(said(output, "ack"))
        seen.delivered.extend(said(output, "got"))
        seen = seen._replace(most=max(seen.most, stored(folder)))
    last = subprocess.run([queue, folder, "last", str(limit), "once"], check=True, capture_output=True)
    seen.delivered.extend(said(last.stdout, "got"))
    return seen


def place(record: str) -> tuple[int, int, int]:
    """The writer of a record, its process, and its number there."""
    process, writer, number = map(int, record.split("."))
    return writer, process, number


def out_of_order(delivered: list[str]) -> list[str]:
    """Records that come after a later one of the same writer; each one's first delivery counts."""
    found: list[str] = []
    newest: dict[int, list[int]] = {}
    for record in dict.fromkeys(delivered):
        writer, *when = place(record)
        if newest.get(writer, [-1]) > when:
            found.append(record)
        newest[writer] = when
    return found


def test_a_disorder_would_be_noticed() -> None:
    assert out_of_order(["0.1.0", "0.2.5", "0.1.1", "1.1.0"]) == []
    assert out_of_order(["0.1.1", "0.1.0"]) == ["0.1.0"]
    assert out_of_order(["1.1.0", "0.1.9"]) == ["0.1.9"]


@kills
def test_it_loses_nothing_that_it_acknowledged(tmp_path: Path, kills: int) -> None:
    seen = murder(tmp_path / "queue", kills, LARGE, "forever")
    assert len(seen.acknowledged) > kills, "too few records were appended to say anything"
    assert set(seen.acknowledged) - set(seen.delivered) == set()
    assert out_of_order(seen.delivered) == []
    # At least once: only what was being delivered at a kill comes twice, one record each time.
    assert len(seen.delivered) - len(set(seen.delivered)) <= kills
    FIGURES.append(
        f"{kills} kills of a queue: {len(seen.acknowledged)} acknowledged, {len(seen.delivered)} delivered, 0 lost"
    )


def test_a_queue_that_acknowledges_before_it_writes_is_caught(tmp_path: Path) -> None:
    early = (QUEUE, "\tcase q.appends <- a:\n", "\tcase q.appends <- a:\n\t\treturn nil\n")
    seen = murder(tmp_path / "queue", 60, LARGE, "forever", early)
    assert set(seen.acknowledged) - set(seen.delivered) != set()


def gaps(kept: list[str]) -> list[tuple[str, str]]:
    """Pairs between which a record of the same writer and process is missing."""
    return [
        (one, other)
        for one, other in pairwise(sorted(kept, key=place))
        if place(one)[:2] == place(other)[:2] and place(other)[2] != place(one)[2] + 1
    ]


@kills
def test_it_stays_within_its_cap_and_keeps_the_newest(tmp_path: Path, kills: int) -> None:
    seen = murder(tmp_path / "queue", kills, SMALL, "keep")
    assert seen.most <= SMALL
    assert seen.most > SMALL * 3 // 4, "it was never full"
    assert 0 < len(seen.delivered) < len(seen.acknowledged)
    assert gaps(seen.delivered) == []
    newest = {place(record)[0]: record for record in seen.acknowledged}
    assert set(newest.values()) <= set(seen.delivered)


def test_a_gap_would_be_noticed() -> None:
    assert gaps(["0.1.4", "0.1.5", "1.1.0"]) == []
    assert gaps(["0.1.4", "0.1.6"]) == [("0.1.4", "0.1.6")]


def test_a_queue_without_a_cap_is_caught(tmp_path: Path) -> None:
    boundless = (QUEUE, "\tq.makeRoom(size)\n", "")
    assert murder(tmp_path / "queue", 40, SMALL, "keep", boundless).most > SMALL
