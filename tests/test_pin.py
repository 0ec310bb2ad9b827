"""`make pin` of the rendered repository, where it can resolve nothing; tests/images/test_pin.py has a registry."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.helpers.support import PINS, TEMPLATE, Run, go_tool, need, rendered

SYNTAX = "docker/dockerfile:1"


def pin(repository: Path, *variables: str, **environment: str) -> Run:
    """Run `make pin` with the pinned crane, built once; it takes what ``variables`` say."""
    need("make")
    crane = go_tool("github.com/google/go-containerregistry/cmd/crane", PINS["tool"]["crane"]["value"])
    command = ["make", "--silent", "pin", f"CRANE={crane}", *variables]
    done = subprocess.run(
        command, cwd=repository, check=False, capture_output=True, text=True, env={**os.environ, **environment}
    )
    return Run(done.returncode, done.stdout, done.stderr)


def refused(repository: Path, done: Run, before: str, name: str) -> None:
    """Hold that nothing was written, and that one sentence names the image."""
    assert done.code != 0
    assert done.out == ""
    sentences = [line for line in done.err.splitlines() if line.endswith(": nothing is pinned")]
    assert [line.partition(" cannot be resolved at ")[0] for line in sentences] == [name]
    assert (repository / "Dockerfile").read_text() == before
    assert not (repository / "Dockerfile.new").exists()


def test_a_registry_that_does_not_answer_leaves_everything_as_it_was(tmp_path: Path) -> None:
    repository = rendered(tmp_path)
    before = (repository / "Dockerfile").read_text()
    refused(repository, pin(repository, "MIRROR=127.0.0.1:1"), before, SYNTAX)


@pytest.mark.parametrize(
    "value",
    ["$(shell touch pwned)", "`touch pwned`", "$(touch pwned)", "x;touch pwned", "--insecure", "a b", "'", "https://x"],
)
def test_a_mirror_that_is_none_is_refused_and_never_run(tmp_path: Path, value: str) -> None:
    repository = rendered(tmp_path)
    before = (repository / "Dockerfile").read_text()
    refused(repository, pin(repository, f"MIRROR={value}"), before, SYNTAX)
    refused(repository, pin(repository, MIRROR=value), before, SYNTAX)
    assert not (repository / "pwned").exists()


def test_the_makefile_needs_no_awk() -> None:
    texts = [TEMPLATE / "Makefile", *(TEMPLATE.parent / "templates/make").iterdir()]
    assert [path.name for path in texts if "awk" in path.read_text()] == []


@pytest.mark.parametrize(
    "image",
    ["$BASE", "golang:${GO}", "x|y:1", "x&y:1", "$(touch${IFS}pwned):1", "`touch${IFS}pwned`", "a:1;touch", "A:1"],
)
def test_a_name_that_is_none_is_refused_and_never_run(tmp_path: Path, image: str) -> None:
    repository = rendered(tmp_path)
    before = f"FROM {image}\n"
    (repository / "Dockerfile").write_text(before)
    refused(repository, pin(repository, "MIRROR=127.0.0.1:1"), before, image)
    assert not (repository / "pwned").exists()
