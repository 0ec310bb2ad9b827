"""What every config centre can do, and what can happen to it."""

from __future__ import annotations

import time
import urllib.error
import urllib.parse
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from subprocess import Popen
from typing import ClassVar, NamedTuple

from tests.centres.authority import Authority
from tests.centres.line import Line
from tests.helpers.daemons import process, until

PATIENCE = 90
"""Seconds for one request: more than any server holds a poll."""


class Credentials(NamedTuple):
    """A user and a password; for Apollo the app id and its access key."""

    user: str
    secret: str


class Cost(NamedTuple):
    """What a server took to start."""

    seconds: float
    megabytes: float
    """Of resident memory, once it answers."""


COSTS: dict[str, Cost] = {}
"""The first start of each server, printed at the end."""


class Answer(NamedTuple):
    """What a server said."""

    status: int
    text: str


def ask(url: str, form: Mapping[str, str] | bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Ask a server: by POST where there is a form or a body. Raise OSError where there is no answer."""
    body = urllib.parse.urlencode(form).encode() if isinstance(form, Mapping) else form
    request = urllib.request.Request(url, body, dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return Answer(response.status, response.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read().decode())


class Centre(ABC):
    """A server that runs, with one place in it that holds the values of the service ``orders``.

    ``secured`` says whether it asks who reads. What a client sees is at ``address``, and with TLS at ``tls_url``,
    behind lines that can be cut; who publishes has a way of his own, so that he can publish while they are cut.
    """

    name: ClassVar[str]
    place: ClassVar[Mapping[str, str]]
    """Where in the server the values are, in its own words."""
    good: ClassVar[Credentials]
    """Who may read the place, and nothing else."""
    bad: ClassVar[Credentials]

    def __init__(self, scratch: Path, target: str, *, secured: bool) -> None:
        self.scratch, self.secured = scratch, secured
        self.authority = Authority(scratch)
        self.identity = self.authority.server()
        self.line = Line(target, scratch / "line.log")
        self.tls_line = Line(target, scratch / "tls-line.log", self.identity)
        self._running = ExitStack()

    @property
    def address(self) -> str:
        """The host and port for clients: one on 127.0.0.1, which stays through every fault."""
        return self.line.address

    @property
    def url(self) -> str:
        """The address as a URL."""
        return f"http://{self.address}"

    @property
    def tls_url(self) -> str:
        """Where it speaks TLS, with a certificate of ``authority``."""
        return f"https://{self.tls_line.address}"

    def start(self) -> None:
        """Start the server, with what it held when it was stopped."""
        began = time.monotonic()
        with ExitStack() as starting:
            server = self._serve(starting)
            seconds = time.monotonic() - began
            self._running = starting.pop_all()
        self.mend()
        COSTS.setdefault(self.name, Cost(seconds, resident(server.pid)))

    def stop(self) -> None:
        """End the server itself; connections are refused."""
        self.cut()
        self._running.close()

    def cut(self) -> None:
        """Drop all connections and refuse new ones, at once; the server runs on."""
        for line in (self.line, self.tls_line):
            line.cut()

    def mend(self) -> None:
        """End what ``cut`` began."""
        for line in (self.line, self.tls_line):
            line.mend()

    def freeze(self) -> None:
        """Accept connections and answer nothing; the server runs on."""
        for line in (self.line, self.tls_line):
            line.freeze()

    def thaw(self) -> None:
        """End what ``freeze`` began."""
        for line in (self.line, self.tls_line):
            line.thaw()

    @abstractmethod
    def publish(self, values: Mapping[str, str]) -> None:
        """Replace all values at once; what is not named is gone."""

    @abstractmethod
    def read(self, who: Credentials | None = None) -> dict[str, str]:
        """Return the values as a client gets them; raise Refused where the server refuses ``who``, or nobody."""

    @abstractmethod
    def _serve(self, running: ExitStack) -> Popen[bytes]:
        """Start the server, whose end ``running`` shall be, and wait until it answers."""

    def _process(self, running: ExitStack, *command: str | Path) -> Popen[bytes]:
        return running.enter_context(process(command, self.log))

    @property
    def log(self) -> Path:
        """What the server prints; each start begins it afresh."""
        return self.scratch / f"{self.name}.log"

    def _until(self, server: Popen[bytes], url: str) -> None:
        """Wait until the server answers, as long as it runs."""

        def answered() -> bool:
            code = server.poll()
            assert code is None, f"{self.name} has ended with {code}:\n{self.log.read_text()[-3000:]}"
            try:
                return ask(url).status == 200
            except OSError:
                return False

        until(answered, self.name, seconds=300)


class Refused(Exception):
    """A server does not take the credentials."""


def resident(pid: int) -> float:
    """Return the resident memory of a process in megabytes of 10^6 bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024 / 1e6
