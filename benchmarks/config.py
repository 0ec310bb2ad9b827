"""How soon a push to a config centre is in force in a running service, and what following one weighs.

The servers are those of the tests, asked for a user and a password, each behind its line. The clock runs from the
moment at which a publisher has been answered until a request is served with the new value. The pushes come at random
moments, since a centre that is polled answers sooner just before its next poll. ``ROUNDS`` says how many.

The official Go client of Nacos is weighed in the same service, beside ours. ``WRITE=1`` writes the table of the docs.
"""

from __future__ import annotations

import gzip
import os
import random
import statistics
import sys
import tempfile
import time
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from report import Row, machine, save, show
from size import STAMPS, build_command, go, run
from tests.centres.centre import Centre
from tests.centres.engine import CENTRES
from tests.centres.follower import KEY, following
from tests.helpers.support import rendered
from timing import verdict

ROUNDS = max(5, int(os.environ.get("ROUNDS", "7")))
PROMISED = {"nacos": 3500, "apollo": 300, "etcd": 300}
"""Milliseconds in which half of all pushes are to be in force."""
HEAVIEST, BASE = 7.0, 0.57
"""Megabytes of 10^6 bytes, compressed: what Nacos's image may have, and what of it is below the binary, which is
the difference between the images of `make bench-image` and the binaries of `make bench-size`."""
PINS = tomllib.loads((Path(__file__).parents[1] / "generator/gocontainer/rendering/pins.toml").read_text("utf-8"))
SDK = "github.com/nacos-group/nacos-sdk-go/v2"
CALL = f"""package main

import (
	"os"

	"{SDK}/clients"
	"{SDK}/vo"
)

func init() {{
	if len(os.Args) == 0 {{ // never, and the linker does not know
		client, err := clients.NewConfigClient(vo.NacosClientParam{{}})
		if err == nil {{
			_ = client.ListenConfig(vo.ConfigParam{{}})
		}}
	}}
}}
"""
PUSH, BINARY, IMAGE = "push to in force, ms", "binary, MB", "image, compressed MB"


def main() -> int:
    """Print the table and the verdict."""
    rows: dict[str, Row] = {"none": {}}
    rows |= {name: {PUSH: pushed(name)} for name in CENTRES}
    rows["nacos, official client"] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, row in rows.items():
            row.update(weighed(name, Path(scratch) / name.replace(", ", "-").replace(" ", "-")))
    print(f"{machine()}, {run([go(), 'env', 'GOVERSION'])}, medians of {ROUNDS} pushes\n")
    print(show(rows))
    print()
    save("config", "make bench-config", rows, (), f"Medians of {ROUNDS} pushes; MB of 10^6 bytes, with traces.")
    medians = {name: rows[name][PUSH] for name in PROMISED}
    ratios = {
        f"{name} under {PROMISED[name]} ms": (PROMISED[name] / (median or 1), 1.0, 2.0)
        for name, median in medians.items()
    }
    image = rows["nacos"][IMAGE] or 0
    ratios["nacos within 7 MB"] = (HEAVIEST / image, 1.0, 1.1)
    return verdict("config", ", ".join(f"{name} {median:.0f} ms" for name, median in medians.items()), ratios)


def pushed(name: str) -> float:
    """Return the median of the milliseconds from a push until it is in force."""
    with CENTRES[name]() as centre, tempfile.TemporaryDirectory() as folder:
        centre.publish({KEY: "1"})
        with following(centre, Path(folder), race=False) as service:
            service.sees(1)
            taken = []
            for value in range(2, ROUNDS + 3):
                time.sleep(random.uniform(1, 3))  # noqa: S311
                began = publish(centre, value)
                while service.max_lines != value:
                    time.sleep(0.002)
                taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken[1:])  # the first one does not count


def publish(centre: Centre, value: int) -> float:
    """Publish and return the moment at which that was answered."""
    centre.publish({KEY: str(value)})
    return time.perf_counter()


def weighed(name: str, folder: Path, *, tracing: bool = True) -> Row:
    """Return what the Dockerfile's own command builds for a choice, and its image on the default base, in megabytes."""
    choice, _, official = name.partition(", ")
    repository = rendered(folder, config_center=choice, tracing=tracing)
    if official:
        (repository / "cmd/server/official.go").write_text(CALL)
        run([go(), "get", f"{SDK}@{PINS['own_tool']['nacos_sdk']['value']}"], repository)
        run([go(), "mod", "tidy"], repository)
    command = build_command(repository)
    binary = repository / "bin/orders"
    command[command.index("-o") + 1] = str(binary)
    run([go(), *command[1:]], repository, {"GOOS": "linux", "GOARCH": "amd64", "CGO_ENABLED": "0", **STAMPS})
    content = binary.read_bytes()
    return {BINARY: len(content) / 1e6, IMAGE: BASE + len(gzip.compress(content, 6)) / 1e6}


if __name__ == "__main__":
    sys.exit(main())
