"""`make image` and `make push` by whatever builder a machine has; tests/images has the real ones."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.support import git, need, rendered

ALL = ("docker", "podman", "buildah", "nerdctl")
TOOLS = ("make", "sh", "sed", "cut", "git", "go", "find", "test")
RECORDED = '#!/bin/sh\n[ "$1 $2" = "buildx version" ] && exit {buildx}\necho "{name} $* $VERSION" >> {asked}\n'


class Machine:
    """A machine that has the named builders and nothing else, with a repository."""

    def __init__(self, folder: Path, builders: Collection[str], **given: Any) -> None:
        need(*TOOLS)
        self.asked, self.bin, self.repository = folder / "asked", folder / "bin", rendered(folder, **given)
        self.bin.mkdir()
        for name in TOOLS:
            (self.bin / name).symlink_to(str(shutil.which(name)))
        for builder in builders:
            name, _, has_buildx = builder.partition(" ")
            script = RECORDED.format(name=name, asked=self.asked, buildx=0 if has_buildx else 1)
            (self.bin / name).write_text(script)
            (self.bin / name).chmod(0o755)

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        self.asked.unlink(missing_ok=True)
        env = {**os.environ, "PATH": str(self.bin), "GOPROXY": "off", "GOSUMDB": "off"}
        return subprocess.run(
            ["make", "--silent", *arguments], cwd=self.repository, env=env, check=False, capture_output=True, text=True
        )

    def said(self, *arguments: str) -> list[str]:
        """What the builders were asked for."""
        done = self.make(*arguments)
        assert done.returncode == 0, done.stderr
        return self.asked.read_text().splitlines()


ORDER = ("podman", "buildah", "nerdctl", "docker")
"""Where docker has no buildx, without which a newer one does not build this Dockerfile."""


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_the_first_that_is_here_builds(tmp_path: Path, first: int) -> None:
    (said,) = Machine(tmp_path, ORDER[first:]).said("image")
    assert said.startswith(f"{ORDER[first]} build ")
    assert "--tag localhost/orders:dev --build-arg VERSION --build-arg REVISION" in said
    assert said.endswith("--build-arg GOPROXY=off --build-arg GOSUMDB=off . dev"), "what Go is told, and the version"


def test_docker_builds_by_buildx_where_it_has_it(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ["docker buildx", "podman"])
    assert machine.said("image")[0].startswith("docker buildx build --load --tag ")
    assert machine.said("push")[0].startswith("docker buildx build --push --platform linux/amd64,linux/arm64 --tag ")
    assert machine.said("image", "BUILDER=podman")[0].startswith("podman build --format docker --tag ")


ATTESTED = "--provenance mode=max,version=v1 --sbom true "


def test_what_a_key_is_to_sign_says_of_what_it_was_built_where_the_builder_can(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ["docker buildx", "podman"], signing="key")
    assert f" {ATTESTED}--build-arg VERSION " in machine.said("push")[0]
    assert "--sbom" not in " ".join([*machine.said("image"), *machine.said("push", "BUILDER=podman")])
    mirrors = {"registry_mirrors": "docker.io=harbor.example.com/hub"}
    scanned = Machine(tmp_path / "mirror", ["docker buildx"], signing="key", **mirrors).said("push")[0]
    assert "--sbom generator=harbor.example.com/hub/docker/buildkit-syft-scanner:stable-1 " in scanned


def test_without_a_key_of_ours_the_pipeline_says_it(tmp_path: Path) -> None:
    assert "--sbom" not in Machine(tmp_path, ["docker buildx"]).said("push")[0]


@pytest.mark.parametrize("builder", ALL)
def test_each_pushes_every_platform(tmp_path: Path, builder: str) -> None:
    said = Machine(tmp_path, [builder]).said("push", "IMAGE=r.io/a:1")
    assert "--platform linux/amd64,linux/arm64" in " ".join(said)
    assert re.search(r"push .*r\.io/a:1", said[-1])


@pytest.mark.parametrize("arguments", [["image"], ["push"], ["image", "BUILDER=kaniko"]], ids=" ".join)
def test_no_builder_is_one_sentence_that_names_all(tmp_path: Path, arguments: list[str]) -> None:
    done = Machine(tmp_path, ALL if len(arguments) > 1 else ()).make(*arguments)
    assert done.returncode == 2
    said = [line for line in done.stderr.splitlines() if not line.startswith("make: ")]
    assert len(said) == 1
    assert all(name in said[0] for name in ALL)


@pytest.mark.parametrize(
    ("tag", "fit"),
    [
        ("v1.0.0+b1", "v1.0.0-b1"), ("release/1.0", "release-1.0"), ("v1,2", "v1-2"), ("a'b", "a-b"), ("$(x)", "--x-"),
        ("订单", "--"), ("v1.0.0", "v1.0.0"), ("#1", "-1"), ("x" * 140, "x" * 128),
    ],
)  # fmt: skip
def test_a_tag_of_git_becomes_one_of_an_image(tmp_path: Path, tag: str, fit: str) -> None:
    machine = Machine(tmp_path, ["podman"])
    git(machine.repository, "init", "--quiet")
    git(machine.repository, "add", "--all")
    git(machine.repository, "commit", "--quiet", "--message=x")
    git(machine.repository, "tag", "--", tag)
    (said,) = machine.said("image")
    (name,) = re.findall(r"--tag localhost/orders:(\S+)", said)
    assert name == re.sub("^[.-]", "_", fit)
    assert re.fullmatch("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", name), "what a registry takes"


def test_the_version_in_the_binary_is_the_tag_of_git(tmp_path: Path) -> None:
    said = Machine(tmp_path, ["podman"]).said("image", "VERSION=v1.0.0+b1")
    assert said[0].endswith(" v1.0.0+b1")
    assert ":v1.0.0-b1 " in said[0]
