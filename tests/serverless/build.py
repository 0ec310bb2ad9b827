"""Builds what takes long: `python -m tests.serverless.build`, to be started in the background before the tests."""

from __future__ import annotations

import hashlib
import tempfile
from functools import cache
from pathlib import Path

from tests.helpers import background_build, reads
from tests.helpers.jars import collect, java, pin
from tests.helpers.support import CACHE, PINS, ROOT, go, go_tool, locked, need, ok, rendered, replace, wrapped

HERE = ROOT / "tests/serverless"


@cache
def kafka() -> Path:
    """Return the folder with Kafka's jars, resolved once for each version."""
    java()
    project = HERE / "kafka"
    state = (project / "pom.xml").read_bytes() + pin("kafka").encode()
    folder = CACHE / f"kafka-{hashlib.sha256(state).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    jars = folder / "jars"
    with locked(folder):
        if not jars.exists():
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                collect(project, pin("kafka"), Path(scratch) / "jars")
                (Path(scratch) / "jars").replace(jars)
    return jars


@cache
def storage() -> Path:
    """Return the program of the S3 API."""
    return Path(go_tool("github.com/versity/versitygw/cmd/versitygw", str(PINS["tool"]["versitygw"]["value"])))


@cache
def platform() -> Path:
    """Return the program that stands for Knative Eventing."""
    return wrapped(HERE / "platform", "example.com/gocontainer/platform")


@reads.cache
def functions(scale_on: str = "requests", *mutants: tuple[str, ...]) -> Path:
    """Return the folder with the programs of a rendered function; a mutant is a file, what is there and instead, ..."""
    need("go")
    repository = rendered(
        Path(tempfile.mkdtemp(prefix="function-")), target="knative", eventing="kafka", scale_on=scale_on
    )
    for path, *edits in filter(None, mutants):
        replace(repository / path, *zip(edits[::2], edits[1::2], strict=True))
    ok(go(repository, "build", "-o", "bin/", "./cmd/...", CGO_ENABLED="0"), "go build")
    return repository / "bin"


if __name__ == "__main__":
    background_build.build({"kafka": kafka, "storage": storage, "platform": platform, "function": functions})
