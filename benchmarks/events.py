"""A day of events at ten times its mean rate or more: one result each, and what an event takes of a processor.

A real Kafka and the rendered consumer; the objects lie in the memory of a stand-in, which refuses a second write as S3
does. A second consumer joins after a third of the events, and the first is told to stop after two thirds. ``ALL=1``
brings a million, as many as the day has that articles tell of; else it is a tenth.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from report import machine
from tests.centres.line import steady_port
from tests.helpers.daemons import listens, process, until
from tests.serverless import build
from tests.serverless.engine import kafka
from tests.serverless.flow import Flow
from timing import processors, verdict

DAY = 1_000_000
COUNT = DAY if os.environ.get("ALL") else DAY // 10
RATE = 10 * DAY / 86_400
"""Ten times the mean of the day, in events a second."""
CPU_PRICE = 0.04
"""Of a processor for an hour, as in docs/explanation/serverless-cost.md."""
IN_FLIGHT = "64"


class Memory:
    """The stand-in for a storage, as far as a flow needs one."""

    def __init__(self, port: int) -> None:
        self.url, self._port = f"http://127.0.0.1:{port}", port

    def put(self, key: str, content: bytes) -> None:
        """Upload an object."""
        self._ask("PUT", f"/uploads/{key}", content)

    def counts(self) -> dict[str, int]:
        """Return how many results there are, objects in all, and writes of what was there."""
        found: dict[str, int] = json.loads(self._ask("GET", "/counts"))
        return found

    def _ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        try:
            connection.request(method, path, body)
            return connection.getresponse().read()
        finally:
            connection.close()


def main() -> int:
    """Print what came of the events and the verdict."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        brokers, port = stack.enter_context(kafka()), steady_port()
        stack.enter_context(process([build.platform(), "objects", "-port", str(port)], folder / "objects.log"))
        until(lambda: listens(port), "the storage")
        storage: Any = Memory(port)
        flow = Flow(brokers, storage, folder, build.functions("lag"), "day")
        flow.storage.put("tea.txt", b"a text\n")
        flow.tell((f"e{number}", "tea.txt") for number in range(COUNT))
        seconds, spent = worked_off(flow, storage)
        told, dead = flow.count("results"), flow.count("dead")
        counts = storage.counts()
    once = (counts["results"], counts["objects"] - 1, dead) == (COUNT, 2 * COUNT, 0) and told >= COUNT
    each = spent / COUNT
    print(f"{machine()}\n")
    print(f"{COUNT:,} events in {seconds:.0f} s: {counts['results']:,} results, {told:,} told of, {dead} dead letters")
    print(f"second writes that were refused: {counts['refused']}")
    print(f"processor: {spent:.1f} s, {1000 * each:.2f} ms an event, {DAY * each * CPU_PRICE / 3600:.4f} for a million")
    ratios = {
        "ten times the day's mean rate": (COUNT / seconds / RATE, 4.0, 10.0),
        "once each": (float(once), 1.0, 1.0),
    }
    return verdict("events", f"{COUNT / seconds:.0f} a second", ratios)


def worked_off(flow: Flow, storage: Memory) -> tuple[float, float]:
    """Run the consumers until all is done; return the seconds, and those of their processors."""
    flags = (*flow.consuming, "-log-level", "warn", "-max-in-flight", IN_FLIGHT)
    began, before = time.monotonic(), processors()
    with flow.function(*flags) as first:
        reached(storage, COUNT // 3)
        with flow.function(*flags, number=1) as second:
            reached(storage, COUNT * 2 // 3)
            first.signal(signal.SIGTERM)
            reached(storage, COUNT)
            seconds = time.monotonic() - began
            second.signal(signal.SIGTERM)
            ended = first.wait(), second.wait()
    if any(ended):
        sys.exit(f"a consumer ended with {ended}")
    return seconds, processors() - before


def reached(storage: Memory, count: int) -> None:
    """Wait until there are so many results."""
    while storage.counts()["results"] < count:
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
