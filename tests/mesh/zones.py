"""Two zones of the rendered service, a caller's proxy before them, and what became of the caller's requests."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sysconfig
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from docs.demo import free_ports, until_ready

from tests.helpers.daemons import answers, until
from tests.helpers.support import missing
from tests.mesh.configuration import envoy

NORTH, EAST = ("127.0.0.11", "127.0.0.12"), ("127.0.0.21", "127.0.0.22")
"""The replicas of the caller's own zone, and those of the other one."""


class Replica:
    """A replica of the service, and what is wrong with it."""

    def __init__(self, binary: Path, folder: Path, host: str) -> None:
        port, admin = free_ports(2)
        self.address, self._fault = f"{host}:{port}", folder / host
        self._fault.write_text("")
        listens = ("-addr", self.address, "-admin-addr", f"{host}:{admin}", "-pprof-addr", "")
        environment = {**os.environ, "STOCK_FAULT": str(self._fault)}
        self._process = subprocess.Popen([binary, *listens], stdout=subprocess.DEVNULL, env=environment)
        until_ready(f"http://{host}:{admin}/readyz", self._process)

    def fail(self, fault: str) -> None:
        """Fail from now on; an empty ``fault`` ends one of answers."""
        if fault == "hang":
            self._process.send_signal(signal.SIGSTOP)
        elif fault == "refuse":
            self.stop()
        else:
            self._fault.write_text(fault)

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


class Answer(NamedTuple):
    """What a caller got."""

    status: int
    """0 where it got nothing."""
    sent: float
    """When, by the clock that only goes on."""
    seconds: float


class Caller:
    """A caller's proxy, and the counters that it keeps."""

    def __init__(self, port: int, admin: int) -> None:
        self._port, self._admin = port, admin

    def ask(self, method: str, count: int, *, at_once: int = 1, rate: float = 0) -> list[Answer]:
        """Make ``count`` requests, so many at once, or so many a second whatever becomes of them."""

        async def all_of_them() -> list[Answer]:
            turns = asyncio.Semaphore(count if rate else at_once)
            tasks = []
            for _ in range(count):
                tasks.append(asyncio.create_task(self._one(method, turns)))
                await asyncio.sleep(1 / rate if rate else 0)
            return await asyncio.gather(*tasks)

        return asyncio.run(all_of_them())

    async def _one(self, method: str, turns: asyncio.Semaphore) -> Answer:
        async with turns:
            sent = time.monotonic()
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                lines = (
                    f"{method} /v1/stock HTTP/1.1",
                    "host: orders",
                    "connection: close",
                    "content-length: 0",
                    "",
                    "",
                )
                writer.write("\r\n".join(lines).encode())
                got = await reader.read()
                writer.close()
            except OSError:
                got = b""
            return Answer(int(got[9:12] or 0), sent, time.monotonic() - sent)

    def counters(self) -> Mapping[str, int]:
        """Return what the proxy counted of the service, by Envoy's names."""
        address = f"http://127.0.0.1:{self._admin}/stats?format=json&filter=cluster.orders"
        with urllib.request.urlopen(address) as response:
            stats = json.load(response)["stats"]
        return {each["name"].removeprefix("cluster.orders."): each["value"] for each in stats if "value" in each}


@contextmanager
def replicas(binary: Path, folder: Path) -> Iterator[list[list[Replica]]]:
    """Start two zones of two replicas."""
    with ExitStack() as stack:
        zones = []
        for hosts in (NORTH, EAST):
            zones.append([Replica(binary, folder, host) for host in hosts])
            for each in zones[-1]:
                stack.callback(each.stop)
        yield zones


@contextmanager
def caller(objects: Mapping[str, Any], zones: list[list[Replica]], folder: Path) -> Iterator[Caller]:
    """Start a caller's proxy in the first zone, by a DestinationRule and a VirtualService."""
    port, admin = free_ports(2)
    addresses = [[each.address for each in zone] for zone in zones]
    told = folder / "envoy.json"
    told.write_text(json.dumps(envoy(objects["DestinationRule"], objects["VirtualService"], addresses, port, admin)))
    command = [str(program()), "-c", str(told), "--concurrency", "1", "-l", "error", "--use-dynamic-base-id"]
    with (folder / "envoy.log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            until(lambda: process.poll() is not None or answers(f"http://127.0.0.1:{admin}/ready"), "Envoy")
            assert process.poll() is None, (folder / "envoy.log").read_text()
            yield Caller(port, admin)
        finally:
            process.kill()


def program() -> Path:
    """Return Envoy's program, which a wheel brings."""
    found = Path(sysconfig.get_path("purelib")) / "envoy/_bin/envoy"
    if not found.exists():
        missing("envoy")
    return found
