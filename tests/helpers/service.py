"""A built service as a running process."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from docs.demo import free_ports, until_ready

from tests.helpers.daemons import process
from tests.helpers.support import CACHE, locked


class Service(NamedTuple):
    """Where a running service answers."""

    url: str
    admin: str
    admin_address: str
    process: subprocess.Popen[bytes]


@contextmanager
def fixed_ports() -> Iterator[None]:
    """Wait until no other test serves on the ports that a rendered Makefile names, and hold them meanwhile."""
    folder = CACHE / "fixed-ports"
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        yield


@contextmanager
def running(binary: Path, *arguments: str) -> Iterator[Service]:
    """Start ``binary`` on free ports of 127.0.0.1, wait until it is ready, and kill it at the end."""
    service, admin = (f"127.0.0.1:{port}" for port in free_ports(2))
    command = [
        str(binary),
        "-addr",
        service,
        "-admin-addr",
        admin,
        "-pprof-addr",
        "",
        "-shutdown-delay",
        "0s",
        *arguments,
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            until_ready(f"http://{admin}/readyz", process)
            yield Service(f"http://{service}", f"http://{admin}", admin, process)
        finally:
            process.kill()


@contextmanager
def logged(command: Sequence[str | Path], log: Path, *flags: str) -> Iterator[Service]:
    """Start a built service by a command on free ports of 127.0.0.1, wait until it is ready, and stop it at the end.

    What it says is in ``log``.
    """
    service, admin = (f"127.0.0.1:{port}" for port in free_ports(2))
    places = (f"-addr={service}", f"-admin-addr={admin}", "-pprof-addr=")
    with process([*command, *places, *flags], log) as started:
        until_ready(f"http://{admin}/readyz", started)
        yield Service(f"http://{service}", f"http://{admin}", admin, started)
