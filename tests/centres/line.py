"""The connection to a server, which can be cut without touching the server."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
from pathlib import Path

from tests.centres.authority import Identity
from tests.helpers.daemons import listens, until


def steady_port() -> int:
    """Return a port that is free, and stays so while nobody listens on it.

    Ports of the kernel's own range are not steady: whoever calls 127.0.0.1 gets one of them, and who calls
    the very port that was given up can even be connected with itself.
    """
    first_of_kernel = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(10_000, first_of_kernel)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port


class Line:
    """A forwarder from a port on 127.0.0.1 to a server; ``target`` is an address of socat's.

    With an ``identity`` it speaks TLS with who calls, as what stands before many servers does.
    """

    def __init__(self, target: str, log: Path, identity: Identity | None = None) -> None:
        self.port, self._target, self._log = steady_port(), target, log
        shown = f",cert={identity.certificate},key={identity.key},verify=0" if identity else ""
        kind = "OPENSSL-LISTEN" if identity else "TCP-LISTEN"
        self._near = f"{kind}:{self.port},bind=127.0.0.1,reuseaddr,backlog=128,fork,nodelay{shown}"
        self._forwarder: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """The host and port, the same for ever."""
        return f"127.0.0.1:{self.port}"

    def mend(self) -> None:
        """Accept connections."""
        if self._forwarder:
            return
        command = ["setpriv", "--pdeathsig=TERM", "socat", self._near, self._target]
        with self._log.open("ab") as log:
            # A group of its own: each connection is a process, and all of them are to end together.
            self._forwarder = subprocess.Popen(command, stderr=log, process_group=0)
        until(lambda: listens(self.port), f"the line {self.address}")

    def cut(self) -> None:
        """Drop all connections, and refuse new ones."""
        if not self._forwarder:
            return
        os.killpg(self._forwarder.pid, signal.SIGKILL)
        self._forwarder.wait()
        self._forwarder = None
        until(lambda: not listens(self.port), f"the end of the line {self.address}")

    def freeze(self) -> None:
        """Accept connections, and let nothing through; what is under way stands still."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let through what was frozen."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._forwarder, "the line is cut"
        os.killpg(self._forwarder.pid, number)
