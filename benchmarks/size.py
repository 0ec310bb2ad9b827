"""The default service's binary: a plain ``go build`` against the command of the rendered Dockerfile.

The command, its tags and its linker flags are read from what is rendered, so that the table cannot
say other than the image does. Cgo is off in every build, as in the Dockerfile. What a registry
transfers is the binary compressed by gzip at level 6, the default of what builds images.
"""

from __future__ import annotations

import gzip
import os
import re
import shlex
import shutil
import string
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from timing import verdict

from gocontainer import Answers, render
from gocontainer.repository import tree

FLOOR, TARGET = 1.7, 1.75
MEGABYTE = 1_000_000
PLAIN = "go build"
STRIPPED = 'go build -trimpath -ldflags="-s -w"'
OURS = "the Dockerfile's go build"
TRANSFERRED = "the same, gzip -6"
STAMPS = {"VERSION": "0.1.0", "REVISION": "0" * 40}


def main() -> int:
    """Print the table and the verdict."""
    with tempfile.TemporaryDirectory() as scratch:
        columns, tags = {}, {}
        for name, tracing in (("tracing", True), ("no tracing", False)):
            repository = rendered(Path(scratch) / name.replace(" ", "-"), tracing=tracing)
            tags[name] = next((word for word in build_command(repository) if word.startswith("-tags=")), "no tags")
            columns[name] = sizes(repository)
    print(f"linux/amd64, {run([go(), 'env', 'GOVERSION'])}, MB of 10^6 bytes\n")
    print(f"  {'':36}" + "".join(f"{name:>17}" for name in columns))
    for row in (PLAIN, STRIPPED, OURS, TRANSFERRED):
        print(f"  {row:36}" + "".join(f"{column[row] / MEGABYTE:17.2f}" for column in columns.values()))
    print(f"  {'its tags':36}" + "".join(f"{tag:>17}" for tag in tags.values()))
    ours, ratio = columns["tracing"][OURS], columns["tracing"][PLAIN] / columns["tracing"][OURS]
    print()
    return verdict("size", f"{ours / MEGABYTE:.2f} MB", {"plain go build": (ratio, FLOOR, TARGET)})


def go() -> str:
    """Return the path of the go command."""
    found = shutil.which("go")
    return found or sys.exit("Error: Go is not installed. Install Go 1.26 or newer.")


def run(arguments: Sequence[str], cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> str:
    """Run a program that must succeed and return what it printed."""
    clean = {**os.environ, "GOFLAGS": "", "GOTOOLCHAIN": "local"}
    done = subprocess.run(
        arguments, check=False, cwd=cwd, env=clean | dict(environment or {}), capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    return done.stdout.strip()


def rendered(folder: Path, *, tracing: bool = True) -> Path:
    """Write the default repository, with or without tracing, as ``folder``."""
    tree.save(render(Answers(service="orders", tracing=tracing)), folder)
    return folder


def build_command(repository: Path) -> list[str]:
    """Return the ``go build`` of the Dockerfile, as the shell would split it, its stamps filled in."""
    text = (repository / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    line = next(line for line in text.splitlines() if " go build " in line)
    words = shlex.split(line[line.index("go build ") :])
    return [string.Template(word).safe_substitute(STAMPS) for word in words]


def sizes(repository: Path) -> dict[str, int]:
    """Return the bytes of each build."""
    ours = build_command(repository)
    binary, package = repository / "bin/orders", ours[-1]
    ours[ours.index("-o") + 1] = str(binary)
    commands = {
        PLAIN: ["go", "build", "-o", str(binary), package],
        STRIPPED: ["go", "build", "-trimpath", "-ldflags=-s -w", "-o", str(binary), package],
        OURS: ours,
    }
    cgo = re.findall(r"^ENV CGO_ENABLED=(\d)$", (repository / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    environment = {"GOOS": "linux", "GOARCH": "amd64", "CGO_ENABLED": cgo[0]}
    found = {}
    for name, command in commands.items():
        run([go(), *command[1:]], repository, environment)
        found[name] = binary.stat().st_size
    return found | {TRANSFERRED: len(gzip.compress(binary.read_bytes(), 6))}


if __name__ == "__main__":
    sys.exit(main())
