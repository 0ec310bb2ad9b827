"""From exec to the first 200 of a function, beside net/http alone: in one container, with a pod's limits.

A small program in the container starts both in turn, in an image without anything else, and asks the function's
readiness, as the platform does, and the bare service for a quote. ``ROUNDS`` says how often. The image of each is
weighed as well.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from report import Row, machine, show
from runtime import sources
from size import MEGABYTE, go, run
from tests.helpers.support import PINS, rendered
from tests.images.container import LOCKED
from tests.images.engine import Build, Engine, engine
from timing import verdict

HERE = Path(__file__).parent
ROUNDS = int(os.environ.get("ROUNDS", "40"))
MEMORY, CPUS = "128m", 1.0
BARE, KNATIVE, KEDA = "net/http alone", "function", "function, KEDA"
READY, FIRST, SIZE = "exec to 200, ms", "the fastest, ms", "image, MB compressed"
PROMPT, LARGEST = (0.6, 0.67), 8.2
"""Floor and target of what net/http alone takes, as a part of ours; megabytes."""
BASE = float(PINS["base_image_mb"]["distroless-static"]["value"])


def main() -> int:
    """Print the table and the verdict."""
    with engine() as running, tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        scratch.chmod(0o755)  # the container's user reads the programs
        repositories = {
            BARE: sources(scratch / "services")[BARE],
            KNATIVE: rendered(scratch / "knative", target="knative", eventing="kafka"),
            KEDA: rendered(scratch / "keda", target="knative", eventing="kafka", scale_on="lag"),
        }
        builds = {name: running.build(folder) for name, folder in repositories.items()}
        print(f"{machine()}, {run([go(), 'env', 'GOVERSION'])}, {CPUS:g} CPU, {MEMORY}, medians of {ROUNDS} in turn\n")
        rows = timed(running, programs(builds, scratch / "programs"), running.load(builds[BARE]))
        for name, build in builds.items():
            rows[name][SIZE] = BASE + len(build.image.layers()[-1].compressed) / MEGABYTE
        print(show(rows) + "\n", flush=True)
    ours = rows[KNATIVE]
    code = verdict(
        "coldstart",
        f"{ours[READY]:.1f} ms",
        {"net/http's start": ((rows[BARE][READY] or 0) / (ours[READY] or 1), *PROMPT)},
    )
    return code or int((ours[SIZE] or 0) > LARGEST)


def programs(builds: Mapping[str, Build], folder: Path) -> dict[str, Path]:
    """Take the binaries out of the images, and build what starts them."""
    folder.mkdir()
    source = folder / "source"
    shutil.copytree(HERE / "coldstart", source)
    run([go(), "build", "-o", str(folder / "coldstart"), "."], source, {"CGO_ENABLED": "0"})
    found = {}
    for number, (name, build) in enumerate(builds.items()):
        found[name] = folder / f"program-{number}"
        found[name].write_bytes(build.image.layers()[-1].files()["usr/local/bin/orders"])
        found[name].chmod(0o755)
    return found


def timed(running: Engine, found: Mapping[str, Path], image: str) -> dict[str, Row]:
    """Start each in turn in one container, and return the medians after a round that does not count."""
    urls = dict.fromkeys(found, "http://127.0.0.1:8081/readyz") | {BARE: "http://127.0.0.1:8080/v1/quotes"}
    [folder] = {path.parent for path in found.values()}
    started = [f"{name}={path}={urls[name]}" for name, path in found.items()]
    limits = (f"--memory={MEMORY}", "--cpu-period=100000", f"--cpu-quota={round(100_000 * CPUS)}")
    env = [
        f"--env={setting}" for setting in ("APP_ADDR=127.0.0.1:8080", "APP_SHUTDOWN_DELAY=0s", "APP_LOG_LEVEL=error")
    ]
    locked = [flag for flag in LOCKED if not flag.startswith("--network")]
    volume = f"--volume={folder}:{folder}:ro"
    command = [
        "run",
        "--rm",
        *locked,
        "--network=none",
        *limits,
        *env,
        volume,
        f"--entrypoint={folder}/coldstart",
        image,
    ]
    times = defaultdict(list)
    for line in running.docker(*command, str(ROUNDS + 1), *started).splitlines():
        name, took = line.rsplit(" ", 1)
        times[name].append(float(took))
    return {name: {READY: statistics.median(each[1:]), FIRST: min(each[1:])} for name, each in times.items()}


if __name__ == "__main__":
    sys.exit(main())
