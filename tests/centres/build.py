"""Builds what takes long: `python -m tests.centres.build`, to be started in the background before the tests.

Whoever needs a server while it is built here waits for it.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from functools import cache, partial
from pathlib import Path

from tests.helpers import background_build
from tests.helpers.jars import collect, java, pin
from tests.helpers.support import CACHE, ROOT, locked

SERVERS = {"apollo": "apollo_mockserver", "nacos": "nacos_server", "nacos2": "nacos2_server"}
"""The pin of each server that Maven brings."""


@cache
def class_path(name: str) -> str:
    """Return the class path of a server, resolved and compiled once for each state of it."""
    java()
    project = ROOT / "tests/centres/java" / name
    sources = b"".join(path.read_bytes() for path in sorted(project.iterdir()))
    versions = f"{pin(SERVERS[name])} {pin('maven_dependency_plugin')}"
    folder = CACHE / f"{name}-{hashlib.sha256(sources + versions.encode()).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / "server"
    with locked(folder):  # another process that resolves it too would load all of it once more
        if not done.exists():
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                _build(project, name, Path(scratch) / "server").replace(done)
    return f"{done}/classes:{done}/jars/*"


def _build(project: Path, name: str, target: Path) -> Path:
    collect(project, pin(SERVERS[name]), target / "jars")
    command = ["javac", "-cp", f"{target}/jars/*", "-d", f"{target}/classes", f"{project}/Main.java"]
    subprocess.run(command, check=True)
    return target


if __name__ == "__main__":
    background_build.build({name: partial(class_path, name) for name in SERVERS})
