"""The default service as an image: ours against the article's Dockerfile, docker init's style and ko.

The code is the same in all four; only the way to the image differs. A real BuildKit builds on stand-ins
of the base images (tests/images/bases.py), so what counts is what lies on top of a base: golang's own
size is in no figure. CPU seconds are BuildKit's own and those of all that it runs, bases already
unpacked; those of ko are its process's and its children's. ``ROUNDS`` says how often a changed line and
a changed module are built, one way after the other; a cold build is built once. ``WRITE=1`` writes the
table and the plot of the docs.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from report import Panel, Row, machine, save, show
from size import go, run
from tests.helpers.support import BUILDKIT, PINS, go_tool, rendered
from tests.images.engine import Build, Engine, engine, under_registry
from timing import processors, verdict

HERE = Path(__file__).parent
ROUNDS = int(os.environ.get("ROUNDS", "5"))
SMALLER, FASTER = (2.3, 2.4), (22.0, 32.0)
"""Floor and target: bytes, and the CPU seconds of one changed line."""
MEGABYTE = 1_000_000
TIME = "golang.org/x/time"
VERSIONS = tuple(f"v0.{minor}.0" for minor in range(8, 8 + ROUNDS))
"""Of the module that is added, and then changed, so that each round downloads one that is new."""
UNPACKED = "FROM {build} AS build\nFROM {bases}\nCOPY --from=build /etc/passwd /\n"
OURS, ARTICLE, INIT, BY_KO = "gocontainer", "the article", "docker init's style", "ko"
SIZE, LINE = "compressed, MB", "one line changed, CPU s"


Way = Callable[[], Build]


class Source:
    """A copy of the service that one way builds from, and that changes."""

    def __init__(self, folder: Path, dockerfile: Path | None) -> None:
        self.folder = rendered(folder)
        self._changes = 0
        if dockerfile:
            shutil.copy(dockerfile, self.folder / "Dockerfile")
            (self.folder / ".dockerignore").unlink()

    def change_a_line(self) -> None:
        """Change what the compiler has to compile again."""
        self._changes += 1
        path = self.folder / "internal/httpapi/quotes.go"
        text = path.read_text()
        changed = re.sub(r'"lines: (\d* ?)want', f'"lines: {self._changes} want', text)
        assert changed != text, "nothing was changed"
        path.write_text(changed)

    def change_a_module(self, version: str) -> None:
        """Import a module, at another version each time."""
        (self.folder / "cmd/server/time.go").write_text(f'package main\n\nimport _ "{TIME}/rate"\n')
        run([go(), "get", f"{TIME}@{version}"], self.folder)
        run([go(), "mod", "tidy"], self.folder)


def by_ko(running: Engine, source: Source, scratch: Path) -> Way:
    """Return a way that builds with ko, which has no Dockerfile, on the base that we take."""
    program = go_tool("github.com/google/ko", PINS["own_tool"]["ko"]["value"])
    base = PINS["base_image"]["distroless-static"]["value"]
    environment = {
        **os.environ,
        "GOCACHE": str(scratch / "ko-cache"),
        "GOFLAGS": "",
        "KO_DEFAULTBASEIMAGE": f"{running.registry}/{under_registry(base)}",
    }

    def build() -> Build:
        layout = scratch / "ko-layout"
        shutil.rmtree(layout, ignore_errors=True)
        command = [program, "build", "--push=false", f"--oci-layout-path={layout}", "--insecure-registry"]
        before = processors()
        done = subprocess.run(
            [*command, "--platform=linux/amd64", "--sbom=none", "./cmd/server"],
            check=False,
            cwd=source.folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            sys.exit(f"Error: ko: {done.stderr}")
        cpu = processors() - before
        archive = scratch / "ko.tar"
        with tarfile.open(archive, "w") as tar:
            tar.add(layout, arcname="")
        return Build(archive, cpu, done.stderr)

    return build


def cold(running: Engine, scratch: Path) -> None:
    """Forget every build, and unpack the bases again."""
    running.forget()
    pins = {name: pin["value"] for name, pin in PINS["base_image"].items()}
    folder = scratch / "bases"
    folder.mkdir(exist_ok=True)
    for base in ("distroless-static", "alpine"):
        (folder / "Dockerfile").write_text(UNPACKED.format(build=pins["build"], bases=pins[base]))
        running.build(folder)


def measure(running: Engine, scratch: Path) -> dict[str, Row]:
    """Return every way's row."""
    sources = {
        OURS: Source(scratch / "ours", None),
        ARTICLE: Source(scratch / "article", HERE / "dockerfiles/article/Dockerfile"),
        INIT: Source(scratch / "init", HERE / "dockerfiles/init/Dockerfile"),
        BY_KO: Source(scratch / "ko", None),
    }
    dockerfiles = [OURS, ARTICLE, INIT]
    ways: dict[str, Way] = {name: functools.partial(running.build, sources[name].folder) for name in dockerfiles}
    ways[BY_KO] = by_ko(running, sources[BY_KO], scratch)
    rows: dict[str, Row] = {}
    for name, way in ways.items():
        if name != BY_KO:
            cold(running, scratch)
        first = way()
        layers = first.image.layers()
        rows[name] = {
            SIZE: sum(len(layer.compressed) for layer in layers) / MEGABYTE,
            "unpacked, MB": sum(len(layer.tar) for layer in layers) / MEGABYTE,
            "layers": len(layers),
            "cold build, CPU s": first.cpu,
        }
        print(f"  {name}: {rows[name]}", file=sys.stderr, flush=True)
    for name in (OURS, INIT):
        ways[name]()  # fills again what the other ways' cold builds made BuildKit forget
    for name, seconds in in_turn(ways, sources, [Source.change_a_line] * ROUNDS):
        rows[name][LINE] = seconds
    modules = [functools.partial(Source.change_a_module, version=version) for version in VERSIONS]
    for name, seconds in in_turn(ways, sources, modules):
        rows[name]["one module added, CPU s"] = seconds
    for name in dockerfiles:
        rows[name]["context, kB"] = sum(map(len, running.context(sources[name].folder).values())) / 1000
    return rows


def in_turn(
    ways: Mapping[str, Way], sources: Mapping[str, Source], changes: Sequence[Callable[[Source], None]]
) -> Iterator[tuple[str, float]]:
    """Change every source and build it, round by round; yield the median of each way's CPU seconds."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for number, change in enumerate(changes):
        for name, way in ways.items():
            change(sources[name])
            spent[name].append(way().cpu)
            print(f"  round {number + 1}, {name}: {spent[name][-1]:.1f} CPU s", file=sys.stderr, flush=True)
    for name, seconds in spent.items():
        yield name, statistics.median(seconds)


def main() -> int:
    """Print the table and the verdict."""
    with engine(afresh=True) as running, tempfile.TemporaryDirectory() as scratch:
        rows = measure(running, Path(scratch))
    buildkit = re.findall(r"moby/buildkit (v\S+)", (BUILDKIT / "go.mod").read_text())[0]
    versions = f"{run([go(), 'env', 'GOVERSION'])}, BuildKit {buildkit}"

    rounds = f"a changed line and a changed module are medians of {ROUNDS}" if ROUNDS > 1 else "one round"
    print(f"{machine()}, {versions}; {rounds}\n\n{show(rows)}\n")
    ours, article = rows[OURS], rows[ARTICLE]
    panels = [Panel("Image, MB compressed", SIZE), Panel("One line changed, CPU seconds to build again", LINE)]
    save("image", "make bench-image", rows, panels, f"{versions}; {rounds}.")
    return verdict(
        "image",
        f"{ours[SIZE]:.2f} MB",
        {
            "bytes of the article's": ((article[SIZE] or 0) / (ours[SIZE] or 1), *SMALLER),
            "CPU of the article's for a changed line": ((article[LINE] or 0) / (ours[LINE] or 1), *FASTER),
        },
    )


if __name__ == "__main__":
    sys.exit(main())
