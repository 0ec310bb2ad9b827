"""Requests at a steady rate, each over a connection of its own, and what became of them."""

from __future__ import annotations

import re
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from tests.helpers.daemons import until
from tests.images.container import BASKET
from tests.kube.machine import Machine

RATE = 200
"""Requests a second."""
CLIENTS = 20
"""At once, each of which waits for its answer."""
QUOTES = "/v1/quotes"


class Load:
    """Counts that are known once the load has ended."""

    def __init__(self) -> None:
        self.answered = 0
        """Requests with status 200."""
        self.seconds = 0.0
        self.failed: Counter[str] = Counter()
        """All others, by the status or the words that they failed with."""

    def read(self, report: str) -> None:
        """Read hey's report."""
        total = re.search(r"^  Total:\s+([0-9.]+) secs$", report, re.MULTILINE)
        assert total, report
        self.seconds = float(total[1])
        for status, count in re.findall(r"^  \[(\d{3})\]\s+(\d+) responses$", report, re.MULTILINE):
            self.failed[status] += int(count)
        self.answered = self.failed.pop("200", 0)
        for count, why in re.findall(r"^  \[(\d+)\]\s+([^\d\s].*)$", report, re.MULTILINE):
            self.failed[re.sub(r"\d+\.\d+\.\d+\.\d+:\d+", "...", why)] += int(count)

    @property
    def lost(self) -> int:
        """The requests that got no answer, or a wrong one."""
        return self.failed.total()

    def __str__(self) -> str:
        rate = (self.answered + self.lost) / self.seconds
        return f"{self.lost} of {self.answered + self.lost} lost, {rate:.0f} a second {dict(self.failed) or ''}".strip()


def _hey(there: Machine, address: str, path: str, *options: str, host: str = "") -> list[str]:
    body = ("-m", "POST", "-T", "application/json", "-d", BASKET.decode())
    url, named = (f"https://{address}{path}", ("-host", host)) if host else (f"http://{address}{path}", ())
    return [*map(str, there.network), "hey", *options, "-disable-keepalive", *body, *named, url]


def once(there: Machine, address: str, path: str = QUOTES, host: str = "") -> Load:
    """Ask once, and wait for as long as it takes; with TLS where a host is named."""
    counted = Load()
    command = _hey(there, address, path, "-n", "1", "-c", "1", "-t", "0", host=host)
    counted.read(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return counted


@contextmanager
def load(there: Machine, address: str, host: str = "", rate: float = RATE) -> Iterator[Load]:
    """Ask for quotes as long as the context lasts, which begins when there is an answer; with TLS for a host.

    ``rate`` is in requests a second.
    """
    counted = Load()
    with tempfile.TemporaryFile("w+") as report, _running(there, address, QUOTES, report, host, rate) as running:
        until(lambda: once(there, address, host=host).answered, f"an answer of {address}")
        yield counted
        running.send_signal(signal.SIGINT)  # it then says what it has counted
        running.wait()
        report.seek(0)
        counted.read(report.read())


@contextmanager
def burden(there: Machine, address: str, path: str) -> Iterator[None]:
    """Ask for something that takes long, as long as the context lasts, and wait for no answer."""
    with tempfile.TemporaryFile("w+") as report, _running(there, address, path, report):
        yield


@contextmanager
def _running(
    there: Machine, address: str, path: str, report: IO[str], host: str = "", rate: float = RATE
) -> Iterator[subprocess.Popen[bytes]]:
    steady = ("-z", "1h", "-c", str(CLIENTS), "-q", f"{rate / CLIENTS:g}", "-t", "10")
    command = ["setpriv", "--pdeathsig=KILL", *_hey(there, address, path, *steady, host=host)]
    with subprocess.Popen(command, stdout=report) as running:
        try:
            yield running
        finally:
            running.kill()
