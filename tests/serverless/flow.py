"""A flow with names of its own: topics, a function, the platform before it, and what came of the events."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.centres.line import steady_port
from tests.helpers.daemons import answers, until
from tests.serverless import build
from tests.serverless.engine import Daemon, Storage

PARTITIONS = 6


class Event(NamedTuple):
    """A record of a topic, whatever mode it is in."""

    attributes: Mapping[str, Any]
    data: Any


class Flow:
    """Three topics, a function and its platform. Nothing of it runs until it is started."""

    def __init__(self, brokers: str, storage: Storage, folder: Path, programs: Path, name: str) -> None:
        self.brokers, self.storage, self.name, self.folder = brokers, storage, name, folder
        self.programs = programs
        self._port, self._admin = steady_port(), steady_port()
        self._platform("topics", *(f"{self.topic(kind)}:{PARTITIONS}" for kind in ("uploads", "results", "dead")))

    def topic(self, kind: str) -> str:
        """The name of one of its topics."""
        return f"{self.name}-{kind}"

    def function(self, *more: str, number: int = 0) -> Daemon:
        """Return the function, not started yet. Others of its kind have other numbers, and ports."""
        port, admin = (steady_port(), steady_port()) if number else (self._port, self._admin)
        storage = ["-s3-endpoint", self.storage.url, "-s3-uploads", "uploads", "-s3-results", "results"]
        where = ["-addr", f"127.0.0.1:{port}", "-admin-addr", f"127.0.0.1:{admin}", "-pprof-addr", ""]
        command: list[str | Path] = [self.programs / "function", *storage, *where, "-shutdown-delay", "0s", *more]
        return Daemon(command, self.folder / f"{self.name}-function-{number}.log")

    @property
    def consuming(self) -> tuple[str, ...]:
        """The flags of a function that reads Kafka itself."""
        return ("-kafka-brokers", self.brokers, *self._topics("-kafka-"))

    def until_ready(self) -> None:
        """Wait until the function is ready."""
        until(lambda: answers(f"http://127.0.0.1:{self._admin}/readyz"), "the function")

    def dispatcher(self, *more: str) -> Daemon:
        """Return the platform's part between the topic and the function, not started yet."""
        command = self._command("deliver", *self._topics("-"), "-to", f"http://127.0.0.1:{self._port}", *more)
        return Daemon(command, self.folder / f"{self.name}-platform.log")

    def _topics(self, prefix: str) -> Iterator[str]:
        """Yield the flags of whoever reads the uploads, which start with a prefix."""
        yield from (f"{prefix}group", self.name)
        for flag, kind in {"topic": "uploads", "replies": "results", "dead-letters": "dead"}.items():
            yield from (f"{prefix}{flag}", self.topic(kind))

    def teller(self, partition: int | None = None) -> subprocess.Popen[str]:
        """Start what produces an event for each line, id and key; all of them in one partition where it is named."""
        only = [] if partition is None else ["-partition", str(partition)]
        command = self._command("tell", "-topic", self.topic("uploads"), *only)
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)

    def tell(self, events: Iterable[tuple[str, str]], partition: int | None = None) -> None:
        """Produce events, each an id and a key."""
        with self.teller(partition) as teller:
            teller.communicate("".join(f"{id_} {key}\n" for id_, key in events))
        assert teller.returncode == 0

    def told(self) -> list[Event]:
        """Return the events that tell of results."""
        return self._read("results")

    def dead(self) -> list[Event]:
        """Return the dead letters."""
        return self._read("dead")

    def count(self, kind: str) -> int:
        """Return how many records a topic has, without reading them into memory."""
        command = self._command("read", "-topic", self.topic(kind))
        with subprocess.Popen(command, stdout=subprocess.PIPE) as reading:
            assert reading.stdout
            return sum(1 for _ in reading.stdout)

    def results(self) -> dict[str, bytes]:
        """Return the results by key and event id."""
        start = "results/"
        return {
            name.removeprefix(start): text for name, text in self.storage.results().items() if name.startswith(start)
        }

    def replay(self) -> str:
        """Send the dead letters back and return what was said."""
        topics = ["-from", self.topic("dead"), "-to", self.topic("uploads"), "-idle", "3s"]
        command = [str(self.programs / "replay"), "-brokers", self.brokers, *topics]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def _read(self, kind: str) -> list[Event]:
        return [Event(**json.loads(line)) for line in self._platform("read", "-topic", self.topic(kind)).splitlines()]

    def _platform(self, command: str, *arguments: str) -> str:
        done = subprocess.run(self._command(command, *arguments), check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _command(self, command: str, *arguments: str) -> list[str | Path]:
        return [build.platform(), command, "-brokers", self.brokers, *arguments]
