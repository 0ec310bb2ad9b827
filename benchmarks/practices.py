"""What articles on Go in containers advise, against what we emit: as far as Go alone can show it.

No root, no container: so a CPU quota cannot be shown here, and a memory limit is only pretended. Each
table's ways run in turn, so that a busy moment hits all of them alike. CPU time is that of the process
and its children; the peak is the largest resident set, as the kernel counts it. Everything is built
in a scratch folder with a build cache of its own.
"""

from __future__ import annotations

import functools
import http.client
import itertools
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from size import go, rendered, run
from timing import verdict

HERE = Path(__file__).parent
ROUNDS = 5
FLOOR, TARGET = 35.0, 40.0
MEBIBYTE = 1024 * 1024
SMALL, LARGE, GARBAGE, LIMIT = 64, 150, 1024, 256
"""MiB that live, far below the limit and close to it; garbage beside them; the limit that is pretended."""
SPREAD = 256
"""Goroutines of the GOMAXPROCS table: as many as a busy service has."""
CLIENTS, PAUSE, BEFORE, AFTER = 8, 0.005, 0.5, 0.5
"""Load at shutdown: clients, seconds between two requests, seconds before SIGTERM and after it."""
BASKET = json.dumps({"lines": [{"sku": "tea", "quantity": 2, "unit_price": 350}]}).encode()
ARTICLE, OURS = "go build -a -installsuffix cgo", "go build"
FOREIGN = ("GO", "CGO_", "APP_", "OTEL_")
KEPT = ("GOPROXY", "GOSUMDB", "GOMODCACHE", "GOPATH", "GOROOT", "GOPRIVATE", "GONOSUMDB")

Measured = TypeVar("Measured")


class Usage(NamedTuple):
    """What a process and its children took."""

    wall: float
    cpu: float
    peak: float


class Loss(NamedTuple):
    """Requests around a shutdown."""

    lost: int
    answered: int


def main() -> int:
    """Print a table for each practice and the verdict."""
    version = run([go(), "env", "GOVERSION"])
    print(f"{os.cpu_count()} cores, {version}, medians of {ROUNDS} in turn, the highest in brackets\n", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        environment = clean_environment(place)
        builds = rebuilds(place, environment)
        show("a rebuild after one changed line of a small HTTP server", builds, peaks=False)
        allocate = compiled(HERE / "allocate", place / "bin/allocate", environment)
        for live in (SMALL, LARGE):
            show(f"{live} MiB live, {GARBAGE} MiB of garbage, a pretended limit of {LIMIT} MiB", memory(allocate, live))
        show(f"{SMALL} MiB live, {GARBAGE} MiB of garbage from {SPREAD} goroutines, no CPU quota", threads(allocate))
        orders = compiled(rendered(place / "orders"), place / "bin/service", environment, "./cmd/server")
        show_losses(shutdowns(orders, environment))
    ours, article = (statistics.median(usage.cpu for usage in builds[way]) for way in (OURS, ARTICLE))
    return verdict("practices", f"{1000 * ours:.0f} ms CPU", {ARTICLE: (article / ours, FLOOR, TARGET)})


def clean_environment(place: Path) -> dict[str, str]:
    """Return the environment without settings of Go's or the service's, and with a build cache in ``place``."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT or not name.startswith(FOREIGN)}
    return kept | {"GOCACHE": str(place / "cache"), "GOTOOLCHAIN": "local", "GOFLAGS": "", "CGO_ENABLED": "0"}


def measure(arguments: Sequence[str], environment: Mapping[str, str], cwd: Path | None = None) -> Usage:
    """Run a program that must succeed and return what it took."""
    start = time.perf_counter()
    with subprocess.Popen(arguments, cwd=cwd, env=environment, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"Error: {' '.join(arguments)} ended with exit code {process.returncode}.")
    unit = 1 if sys.platform == "darwin" else 1024
    return Usage(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss * unit / MEBIBYTE)


def in_turn(ways: Mapping[str, Callable[[], Measured]]) -> dict[str, list[Measured]]:
    """Take each way once a round."""
    found: dict[str, list[Measured]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            found[name].append(way())
    return found


def compiled(source: Path, binary: Path, environment: Mapping[str, str], package: str = ".") -> str:
    """Build a program outside of its folder and return its path."""
    measure([go(), "build", "-o", str(binary), package], environment, source)
    return str(binary)


def rebuilds(place: Path, environment: Mapping[str, str]) -> dict[str, list[Usage]]:
    """Change a line and build, as an article's Dockerfile does and as ours does with its cache mount."""
    source = place / "rebuild"
    shutil.copytree(HERE / "rebuild", source)
    program, number = source / "main.go", itertools.count()

    def build(*flags: str) -> Usage:
        text = re.sub(r'greeting = ".*"', f'greeting = "{next(number)}"', program.read_text("utf-8"))
        program.write_text(text, "utf-8")
        return measure([go(), "build", *flags, "-o", str(place / "bin/rebuild"), "."], environment, source)

    build()  # fills the cache, and does not count
    return in_turn({ARTICLE: lambda: build("-a", "-installsuffix", "cgo"), OURS: build})


def memory(program: str, live: int) -> dict[str, list[Usage]]:
    """Do the same allocating work under what articles advise and under what we set."""
    ways = {
        "nothing set": {},
        "GOGC=30": {"GOGC": "30"},
        "GOMEMLIMIT at 100 %": {"GOMEMLIMIT": f"{LIMIT}MiB"},
        "GOMEMLIMIT at 90 %": {"GOMEMLIMIT": f"{LIMIT * MEBIBYTE // 100 * 90}B"},
    }
    return allocating([program, f"-live={live}", f"-garbage={GARBAGE}"], ways)


def threads(program: str) -> dict[str, list[Usage]]:
    """Do the same work with the GOMAXPROCS of a large node and with the runtime's own."""
    ways = {"GOMAXPROCS=64": {"GOMAXPROCS": "64"}, "the runtime's own": {}}
    return allocating([program, f"-live={SMALL}", f"-garbage={GARBAGE}", f"-workers={SPREAD}"], ways)


def allocating(command: Sequence[str], ways: Mapping[str, Mapping[str, str]]) -> dict[str, list[Usage]]:
    """Run a command with one variable or none in its environment."""
    return in_turn({name: functools.partial(measure, command, variables) for name, variables in ways.items()})


def shutdowns(service: str, environment: Mapping[str, str]) -> dict[str, list[Loss]]:
    """Stop the service under load, with and without what we emit."""
    return in_turn(
        {
            "killed at once, as without a handler": lambda: losses(service, environment, signal.SIGKILL),
            "SIGTERM, Shutdown at once": lambda: losses(service, environment, signal.SIGTERM, "-shutdown-delay=0s"),
            "SIGTERM, our delay, then Shutdown": lambda: losses(service, environment, signal.SIGTERM),
        }
    )


class Load:
    """Clients that ask again and again, each on one connection for as long as the service keeps it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.end = time.monotonic() + 30 * BEFORE  # should nobody stop them
        self.results: list[bool] = []
        self.threads = [threading.Thread(target=self.ask) for _ in range(CLIENTS)]

    def ask(self) -> None:
        """Ask until the end; a client that is refused tries again."""
        connection = http.client.HTTPConnection(self.address, timeout=10)
        while time.monotonic() < self.end:
            try:
                connection.request("POST", "/v1/quotes", BASKET, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                self.results.append(answer.status == http.client.OK)
            except (OSError, http.client.HTTPException):
                self.results.append(False)
                connection.close()
            time.sleep(PAUSE)
        connection.close()


def losses(service: str, environment: Mapping[str, str], kill: signal.Signals, *flags: str) -> Loss:
    """Stop a service under load; its clients go on for a while, as a proxy does that has not heard of it yet."""
    with running([service, *flags], environment) as (process, address):
        load = Load(address)
        for thread in load.threads:
            thread.start()
        time.sleep(BEFORE)
        process.send_signal(kill)
        load.end = time.monotonic() + AFTER
        for thread in load.threads:
            thread.join()
        process.wait()
    return Loss(load.results.count(False), load.results.count(True))


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the service on a free port of 127.0.0.1 and say which; kill it at the end."""
    addresses = ["-addr=127.0.0.1:0", "-admin-addr=127.0.0.1:0", "-pprof-addr="]
    with subprocess.Popen([*command, *addresses], env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            lines = (json.loads(line) for line in process.stdout)
            address = next((line["addr"] for line in lines if line["msg"] == "ready"), None)
            if address is None:
                sys.exit("Error: the service ended before it was ready.")
            yield process, address
        finally:
            process.kill()


def show(title: str, table: Mapping[str, Sequence[Usage]], *, peaks: bool = True) -> None:
    """Print what each way took."""
    print(f"{title}\n\n  {'':40}{'wall s':>8}{'CPU s':>8}" + f"{'peak MiB':>16}" * peaks)
    for name, usages in table.items():
        wall, cpu, peak = (statistics.median(column) for column in zip(*usages, strict=True))
        highest = max(usage.peak for usage in usages)
        print(f"  {name:40}{wall:8.2f}{cpu:8.2f}" + f"{peak:8.0f} ({highest:5.0f})" * peaks)
    print(flush=True)


def show_losses(table: Mapping[str, Sequence[Loss]]) -> None:
    """Print what each way of stopping lost."""
    print(f"a stop under load; {CLIENTS} clients go on for {AFTER} s\n\n  {'':40}{'lost':>16}{'answered':>10}")
    for name, rounds in table.items():
        lost, answered = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"  {name:40}{lost:8.0f} ({max(each.lost for each in rounds):5}){answered:10.0f}")
    print(flush=True)


if __name__ == "__main__":
    sys.exit(main())
