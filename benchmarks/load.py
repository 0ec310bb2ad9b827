"""What a running service answers, how fast, and what a request and a start of it cost.

The functions take a process' id and an address and do not care who started it: a process in a container
has an id on its host too. What is compared runs in turn, so that a busy moment hits all of it alike, and
medians are taken. The clock also tells how busy the machine was; processor time hardly does. wrk sends
the requests.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from docs.demo import free_ports
from size import run

HERE = Path(__file__).parent
ROUNDS, SECONDS, CONNECTIONS = 7, 2, 32
STARTS = 15
PATIENCE, IDLE = 30.0, 1.0
"""Seconds: until a service that does not come up is given up, and of idling before its memory is read."""
MICRO, MILLI, MEBIBYTE = 1_000_000, 1000, 1024 * 1024


class Service(NamedTuple):
    """A running service: a process and where it answers, as ``host:port``."""

    pid: int
    address: str


class Load(NamedTuple):
    """What a service did under load: requests a second, and microseconds."""

    rate: float
    p50: float
    p99: float
    cpu: float
    """Of processor time for a request, the kernel's part included."""
    errors: float
    """Requests without an answer, or with one other than 2xx and 3xx."""


class Start(NamedTuple):
    """What a start took."""

    ready: float
    """Milliseconds from the start of the process to its first answer."""
    resident: float
    """MiB in memory after idling, the pages of the binary that are there included."""


def load(service: Service, seconds: int = SECONDS, connections: int = CONNECTIONS) -> Load:
    """Ask a service as fast as it answers, on connections that are kept."""
    wrk = shutil.which("wrk") or sys.exit("Error: wrk is not installed. On Debian: apt-get install wrk.")
    command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(HERE / "load.lua")]
    before = processor_seconds(service.pid)
    said = json.loads(run([*command, f"http://{service.address}/v1/quotes"]).splitlines()[-1])
    spent = processor_seconds(service.pid) - before
    if not said["requests"]:
        sys.exit(f"Error: nothing at {service.address} answered.")
    rate, cpu = said["requests"] / said["seconds"], MICRO * spent / said["requests"]
    return Load(rate, said["p50"], said["p99"], cpu, said["errors"])


def loads(
    services: Mapping[str, Service], rounds: int = ROUNDS, seconds: int = SECONDS, connections: int = CONNECTIONS
) -> dict[str, Load]:
    """Load each service in turn and return medians, after one round that does not count.

    Only the errors are those of all rounds.
    """
    found: dict[str, list[Load]] = {name: [] for name in services}
    for _ in range(rounds + 1):
        for name, service in services.items():
            found[name].append(load(service, seconds, connections))
    return {
        name: Load(*map(statistics.median, zip(*each[1:], strict=True)))._replace(
            errors=sum(one.errors for one in each)
        )
        for name, each in found.items()
    }


def starts(commands: Mapping[str, Sequence[str]], rounds: int = STARTS) -> dict[str, Start]:
    """Start each program in turn and return medians, after one round that does not count."""
    found: dict[str, list[Start]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            before = time.perf_counter()
            with running(command) as service:
                ready = MILLI * (time.perf_counter() - before)
                time.sleep(IDLE)
                found[name].append(Start(ready, resident(service.pid)))
    return {name: Start(*map(statistics.median, zip(*each[1:], strict=True))) for name, each in found.items()}


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has taken, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    user, system = fields[11:13]  # the 14th and 15th of proc(5), which counts from the id
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Return the MiB of a process that are in memory (VmRSS)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEBIBYTE


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[Service]:
    """Start the service or the bare program on free ports of 127.0.0.1, wait for an answer, and stop it.

    Settings of Go's, of the service's and of OpenTelemetry's are taken from ``environment`` alone.
    """
    ports = free_ports(2)
    address, admin = (f"127.0.0.1:{port}" for port in ports)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GO", "APP_", "OTEL_"))}
    settings = {"APP_ADDR": address, "APP_ADMIN_ADDR": admin, "APP_PPROF_ADDR": "", "APP_SHUTDOWN_DELAY": "0s"}
    everything = clean | settings | dict(environment or {})
    with subprocess.Popen(command, env=everything, stdout=subprocess.DEVNULL) as process:
        try:
            until_answer(address)
            yield Service(process.pid, address)
            process.send_signal(signal.SIGTERM)
            if process.wait():
                sys.exit(f"Error: {command[-1]} ended with exit code {process.returncode}.")
        finally:
            process.kill()


def until_answer(address: str) -> None:
    """Ask until there is an answer, whatever it is: a proxy would count this service in from then on."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        connection = http.client.HTTPConnection(address, timeout=PATIENCE)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.0002)
        else:
            return
        finally:
            connection.close()
    sys.exit(f"Error: nothing at {address} answered for {PATIENCE:.0f} s.")
