"""A Dockerfile that names images by their tags alone is refused for a release, where that is asked for."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from gocontainer.options.profiles import PRESETS
from tests.helpers.support import Run, answers, need, ok, rendered

DIGEST = f"@sha256:{'0a' * 32}"
SENTENCE = "{} has no digest, so nothing is released: make pin writes it"


def digests(repository: Path) -> Run:
    need("make")
    command = ["make", "--silent", "digests"]
    done = subprocess.run(command, cwd=repository, check=False, capture_output=True, text=True)
    return Run(done.returncode, done.stdout, done.stderr)


def pinned(dockerfile: str) -> str:
    """Return what `make pin` makes of a Dockerfile whose images have no digest."""
    return re.sub(r"(?m)^(# syntax=\S+|FROM (?:--\S+ )?(?!scratch)\S+)", rf"\1{DIGEST}", dockerfile)


@pytest.mark.parametrize("base", ["scratch", "distroless-static"])
def test_only_with_every_digest_is_there_nothing_to_say(tmp_path: Path, base: str) -> None:
    repository = rendered(tmp_path, digests="required", base_image=base)
    file = repository / "Dockerfile"
    whole = pinned(file.read_text())
    assert whole.count(DIGEST) == (2 if base == "scratch" else 3)
    file.write_text(whole)
    assert ok(digests(repository)) == ""
    for line in [line for line in whole.splitlines() if DIGEST in line]:
        file.write_text(whole.replace(line, line.replace(DIGEST, "")))
        done = digests(repository)
        name = re.split(r"[ =]", line.partition("@")[0] if "platform" not in line else line.split(DIGEST)[0])[-1]
        assert (done.code, done.err.splitlines()[0]) == (2, SENTENCE.format(name))


@pytest.mark.parametrize(
    ("dockerfile", "name"),
    [
        (f"FROM golang:1.26 # {DIGEST}\n", "golang:1.26"),
        (f"from golang:1.26{DIGEST} as a\nfrom a\nFROM b.io/x:1\n", "b.io/x:1"),
        ("ARG BASE\nFROM $BASE\n", "$BASE"),
        (f"FROM golang{DIGEST}\n", ""),
        (f"FROM golang:1.26{DIGEST} AS build\nFROM build\nFROM scratch\n", ""),
    ],
)
def test_what_an_owner_made_of_it_is_read_as_docker_does(tmp_path: Path, dockerfile: str, name: str) -> None:
    repository = rendered(tmp_path, digests="required")
    (repository / "Dockerfile").write_text(dockerfile)
    done = digests(repository)
    assert done.err.splitlines()[:1] == ([SENTENCE.format(name)] if name else [])
    assert (done.code == 0) == (not name)


def test_neither_a_release_nor_a_push_begins_without_them(tmp_path: Path) -> None:
    repository = rendered(tmp_path, digests="required")
    jobs = yaml.safe_load((repository / ".github/workflows/release.yml").read_text())["jobs"]
    runs = [step.get("run", step.get("uses", "")) for step in jobs["test"]["steps"]]
    assert runs.index("make digests") < runs.index("make test")
    assert jobs["image"]["needs"] == "test", "what pushes waits for it"
    command = ["make", "--silent", "push", "BUILDER=false", "BUILD_false=false"]
    done = subprocess.run(command, cwd=repository, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, SENTENCE.format("docker/dockerfile:1"))


def test_who_does_not_ask_for_them_has_no_word_of_it(tmp_path: Path) -> None:
    repository = rendered(tmp_path)
    for path in ("Makefile", ".github/workflows/release.yml"):
        assert "make digests" not in (repository / path).read_text()
    assert digests(repository).code == 2, "the target is not there"


def test_hardened_asks_for_them_and_no_other_profile() -> None:
    assert {name: answers(profile=name)["digests"] for name in PRESETS} == {
        name: "required" if name == "hardened" else "optional" for name in PRESETS
    }
