"""The default service in a real container of one CPU and 256 MiB, beside net/http alone.

``bare`` is the same handler of the same repository in the same image, without middleware, metrics,
traces, probes and timeouts, and without the libraries of these (``bare/``). wrk asks for a small quote on
connections that are kept; ``ROUNDS`` says how often. Starts are those of the images' binaries as
processes, since a container's own start would hide them. ``WRITE=1`` writes the tables and the plot of the
docs.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from load import Load, Service, loads, resident, starts, until_answer
from practices import AFTER, BEFORE
from practices import Load as Clients
from report import Panel, Row, machine, save, show
from size import go, run
from tests.helpers.support import rendered
from tests.images.collector import collector
from tests.images.container import Container, able_to_hold, container, survives
from tests.images.engine import Build, Engine, engine
from timing import verdict

HERE = Path(__file__).parent
ROUNDS = int(os.environ.get("ROUNDS", "5"))
STOPS = 5
MEMORY, CPUS = "256m", 1.0
BARE, OURS, TRACED = "net/http alone", "gocontainer", "gocontainer, tracing 10 %"
RATE, CPU, READY, IDLE = "requests a second", "CPU, us a request", "start to ready, ms", "idle, MiB"
LOST = f"lost at {STOPS} stops under load"
CHEAP, FAST, PROMPT = (0.67, 0.8), (0.65, 0.85), (0.5, 0.67)
"""Floor and target of what net/http alone takes, or does, as a part of ours: CPU, rate, start."""
MOST_IDLE = 16
LIMITS = (64, 128, 256)
"""Of a container, in MiB."""
SHARES = {"no limit for Go": 0, "at 100 %": 100, "at 90 %": 90, "what the service sets": None}
"""What GOMEMLIMIT is of the container's limit, per cent; the service sets its own where there is none."""
THREADS, HALF = "64", 0.5
NOTE = f"Medians of {ROUNDS} in turn."


def main() -> int:
    """Print the tables and the verdict."""
    with engine() as running, tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        builds = {name: running.build(folder) for name, folder in sources(scratch).items()}
        images = {name: running.load(build) for name, build in builds.items()}
        print(f"{machine()}, {run([go(), 'env', 'GOVERSION'])}, {CPUS:g} CPU, {MEMORY}, medians of {ROUNDS} in turn\n")
        rows = measured(running, images)
        for name, start in starts(programs(builds, scratch)).items():
            rows[name][READY] = start.ready
        for name in (BARE, OURS):
            rows[name][LOST] = sum(lost(running, images[name]) for _ in range(STOPS))
        print(show(rows) + "\n", flush=True)
        threads = quota(running, images[OURS])
        print(f"{HALF} CPU\n\n{show(threads)}\n", flush=True)
        memory = survivors(running, running.load(running.build(able_to_hold(rendered(scratch / "holding")))))
        print(
            f"five eighths of the limit live: alive after a GiB of garbage, of {ROUNDS}\n\n{show(memory)}\n", flush=True
        )
    target = "make bench-runtime"
    save("runtime", target, rows, [Panel("CPU, microseconds a request", CPU), Panel("Idle, MiB", IDLE)], NOTE)
    save("quota", target, threads, [], f"{HALF} CPU. {NOTE}")
    save("memory", target, memory, [], f"Alive, of {ROUNDS}.")
    return judged(rows)


def sources(scratch: Path) -> dict[str, Path]:
    """Write the repositories of both services."""
    ours = rendered(scratch / "ours")
    bare = rendered(scratch / "bare")
    for path in (bare / "internal/telemetry").iterdir():
        path.unlink()
    shutil.copytree(HERE / "bare", bare, dirs_exist_ok=True)
    return {BARE: bare, OURS: ours}


def programs(builds: Mapping[str, Build], scratch: Path) -> dict[str, list[str]]:
    """Take the binaries out of the images; each command runs on one processor."""
    found = {}
    for number, (name, build) in enumerate(builds.items()):
        program = scratch / f"program-{number}"
        program.write_bytes(build.image.layers()[-1].files()["usr/local/bin/orders"])
        program.chmod(0o755)
        found[name] = ["taskset", "--cpu-list", "0", str(program)]
    return found


def measured(running: Engine, images: Mapping[str, str]) -> dict[str, Row]:
    """Load every service in turn, each in a container of its own that stays for the whole time."""
    with ExitStack() as stack:
        endpoint, spans = stack.enter_context(collector())
        sampled = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": "0.1",
        }
        started = {
            name: stack.enter_context(limited(running, image, env))
            for name, image, env in (
                (OURS, images[OURS], {}),
                (TRACED, images[OURS], sampled),
                (BARE, images[BARE], {}),
            )
        }
        services = {name: Service(each.pid, each.address) for name, each in started.items()}
        time.sleep(1)
        rows: dict[str, Row] = {name: {IDLE: resident(each.pid)} for name, each in services.items()}
        for name, load in loads(services, ROUNDS).items():
            assert load.errors == 0, f"{name}: {load.errors} errors"
            rows[name] |= shown(load)
        assert spans, "the collector got no spans"
    return rows


def shown(load: Load) -> Row:
    """Return the figures of a load that the tables show."""
    return {RATE: load.rate, "p50, us": load.p50, "p99, us": load.p99, CPU: load.cpu}


@contextmanager
def limited(running: Engine, image: str, env: Mapping[str, str], cpus: float = CPUS) -> Iterator[Container]:
    """Run a container that answers; the bare service has no probes to ask."""
    with container(running, image, memory=MEMORY, cpus=cpus, env=env, ready=False) as started:
        until_answer(started.address)
        yield started


def lost(running: Engine, image: str) -> int:
    """Stop a container under load, and count the requests that got no answer.

    The clients go on for a while, as a proxy does that has not heard of it yet.
    """
    with limited(running, image, {}) as started:
        clients = Clients(started.address)
        for thread in clients.threads:
            thread.start()
        time.sleep(BEFORE)
        running.docker("kill", "--signal=TERM", started.name)
        clients.end = time.monotonic() + AFTER
        for thread in clients.threads:
            thread.join()
        assert started.wait() == 0, f"{image} did not end in order"
    assert clients.results, "nothing was asked"
    return clients.results.count(False)


def quota(running: Engine, image: str) -> dict[str, Row]:
    """Load the service under half a CPU, with the GOMAXPROCS of a large node and with the runtime's own."""
    ways = {"the runtime's own": {}, f"GOMAXPROCS={THREADS}": {"GOMAXPROCS": THREADS}}
    with ExitStack() as stack:
        services = {}
        for name, env in ways.items():
            started = stack.enter_context(limited(running, image, env, HALF))
            services[name] = Service(started.pid, started.address)
        return {name: shown(load) for name, load in loads(services, ROUNDS).items()}


def survivors(running: Engine, image: str) -> dict[str, Row]:
    """Count how often the service survives, by its memory limit and by what tells Go of it."""
    rows: dict[str, Row] = {}
    for name, share in SHARES.items():
        rows[name] = {}
        for limit in LIMITS:
            env = {}
            if share is not None:
                env["GOMEMLIMIT"] = f"{limit * 1024 * 1024 // 100 * share}B" if share else "off"
            rows[name][f"{limit} MiB"] = sum(survives(running, image, f"{limit}m", **env) for _ in range(ROUNDS))
    return rows


def judged(rows: Mapping[str, Row]) -> int:
    """Print the closing line and return the exit code."""
    bare, ours = rows[BARE], rows[OURS]

    def ratio(over: Row, under: Row, figure: str) -> float:
        return (over[figure] or 0) / (under[figure] or 1)

    code = verdict(
        "runtime",
        f"{ours[CPU]:.1f} us CPU a request",
        {
            "net/http's CPU": (ratio(bare, ours, CPU), *CHEAP),
            "net/http's rate": (ratio(ours, bare, RATE), *FAST),
            "net/http's start": (ratio(bare, ours, READY), *PROMPT),
        },
    )
    return code or int((ours[IDLE] or 0) > MOST_IDLE or ours[LOST] != 0)


if __name__ == "__main__":
    sys.exit(main())
