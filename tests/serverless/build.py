"""Builds what takes long: `python -m tests.serverless.build`, to be started in the background before the tests."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests import ahead
from tests.daemons import debian
from tests.support import CACHE, PINS, ROOT, go, go_tool, locked, missing, need, ok, rendered, wrapped

HERE = ROOT / "tests/serverless"


def pin(name: str) -> str:
    """Return a version that pins.toml names."""
    return str(PINS["own_tool"][name]["value"])


@cache
def kafka() -> Path:
    """Return the folder with Kafka's jars, resolved once for each version."""
    if not (shutil.which("mvn") and shutil.which("java")):
        debian("default-jdk-headless", "maven")
    project, plugin = HERE / "kafka/pom.xml", f"maven-dependency-plugin:{pin('maven_dependency_plugin')}"
    folder = CACHE / f"kafka-{hashlib.sha256(project.read_bytes() + pin('kafka').encode()).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    jars = folder / "jars"
    with locked(folder):
        if not jars.exists():
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                goal = f"org.apache.maven.plugins:{plugin}:copy-dependencies"
                maven = ["mvn", "--batch-mode", "--quiet", f"--file={project}", goal, f"-Dserver={pin('kafka')}"]
                options = [f"-DoutputDirectory={scratch}/jars", "-DincludeScope=runtime"]
                if subprocess.run([*maven, *options], check=False).returncode != 0:
                    missing("Kafka, which Maven brings,")
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


@cache
def functions(scaler: str = "knative", mutant: tuple[str, ...] = ()) -> Path:
    """Return the folder with the programs of a rendered function; a mutant is a file, what is there and instead, ..."""
    need("go")
    repository = rendered(Path(tempfile.mkdtemp(prefix="function-")), target="knative", eventing="kafka", scaler=scaler)
    if mutant:
        path, *edits = mutant
        text = (repository / path).read_text()
        for old, new in zip(edits[::2], edits[1::2], strict=True):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (repository / path).write_text(text)
    ok(go(repository, "build", "-o", "bin/", "./cmd/...", CGO_ENABLED="0"), "go build")
    return repository / "bin"


if __name__ == "__main__":
    ahead.build({"kafka": kafka, "storage": storage, "platform": platform, "function": functions})
