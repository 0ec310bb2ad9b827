"""Releases of gocontainer itself: the same bytes anywhere, an SBOM that is whole, and one job with rights."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
import yaml

from gocontainer import __version__
from tests.helpers.support import ROOT, clean_environment

JOBS: Mapping[str, Any] = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]
SENDS = (
    *("diff -r ", "python -m venv ", "venv/bin/", "gh release create ", "cp ", "jq ", "cosign sign ", "skopeo copy "),
    *("docker buildx imagetools create ", "digest=$(docker buildx imagetools inspect ", "name=$(printf ", "printf "),
    *("for kind in ", "done"),
)
"""How the commands begin that run with rights."""


def clone(folder: Path, umask: int) -> Path:
    """What git has of this project, with other rights on its files."""
    folder.parent.mkdir(exist_ok=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True, umask=umask)
    return folder


def made(source: Path, out: Path, hour: str) -> dict[str, bytes]:
    """Build wheel and sdist in a time zone and return their bytes."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=clean_environment() | {"TZ": hour, "PYTHONPATH": ""}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {path.name: path.read_bytes() for path in out.iterdir()}


def commands(job: str) -> Iterator[str]:
    """Yield each command line of a job's steps."""
    for step in JOBS[job]["steps"]:
        for line in re.sub(r"\\\n *", "", step.get("run", "")).splitlines():
            yield from line.split(" && ")


@pytest.mark.slow
def test_two_clones_build_the_same_bytes(tmp_path: Path) -> None:
    one = made(clone(tmp_path / "one", 0o022), tmp_path / "first", "UTC")
    second = clone(tmp_path / "another", 0o077)
    assert made(second, tmp_path / "second", "Asia/Shanghai") == one
    assert [Path(name).suffix for name in sorted(one)] == [".whl", ".gz"]
    hook = second / "hatch_build.py"
    hook.write_text(hook.read_text().replace("compiled.write_text(json", "compiled.write_text(str(compiled) + json"))
    assert made(second, tmp_path / "third", "UTC") != one, "a build that says where it was made is not noticed"


@pytest.mark.slow
def test_what_is_released_has_an_sbom_of_all_that_it_needs(tmp_path: Path) -> None:
    folder = clone(tmp_path / "clone", 0o022)
    done = subprocess.run(["make", "dist"], cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = {path.name for path in (folder / "dist").iterdir()}
    start = f"gocontainer-{__version__}"
    assert names == {f"{start}-py3-none-any.whl", f"{start}.tar.gz", "gocontainer.cdx.json"}
    sbom = json.loads((folder / "dist/gocontainer.cdx.json").read_text())
    assert {(each["name"], each["version"]) for each in sbom["components"]} == {*locked("requirements.lock")}


def test_all_that_the_wheel_needs_is_locked() -> None:
    needed = {found[0].lower() for found in map(re.compile(r"[\w-]+").match, requires("gocontainer") or []) if found}
    assert len(needed) > 5
    assert needed <= dict(locked("requirements.lock")).keys()


def locked(path: str) -> Iterator[tuple[str, str]]:
    """Yield each package of a lock and its version; each has a hash."""
    for block in re.split(r"\n(?=\w)", (ROOT / path).read_text()):
        first = re.match(r"([\w.-]+)==(\S+)", block)
        assert first, block
        assert "--hash=sha256:" in block, block
        yield first[1], first[2]


def test_one_job_has_rights_and_runs_nothing_of_the_repository() -> None:
    writes = {job for job, said in JOBS.items() if "write" in said["permissions"].values()}
    assert writes == {"publish"}
    assert {*JOBS["publish"]["needs"]} == {*JOBS} - writes
    assert JOBS["publish"]["environment"] == "release"
    assert [line for line in commands("publish") if not line.lstrip().startswith((*SENDS, "mv built/"))] == []
    checkout = JOBS["publish"]["steps"][0]["with"]
    assert checkout["sparse-checkout"] == "requirements-release.lock"
    assert not checkout["sparse-checkout-cone-mode"]


def test_what_sends_a_release_comes_by_its_hash() -> None:
    (install,) = (line for line in commands("publish") if "pip" in line)
    assert "--require-hashes" in install
    assert {"build", "cyclonedx-bom", "hatchling", "pypi-attestations", "uv"} <= {
        package for package, _ in locked("requirements-release.lock")
    }
