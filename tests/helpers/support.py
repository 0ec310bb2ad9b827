"""Small builders that the tests share."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest

from gocontainer import Answers
from gocontainer.answers.model import Layer
from gocontainer.rendering.engine import render
from gocontainer.repository import tree
from tests.helpers import reads

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template" / "<<cookiecutter.service>>"
ROWS: list[dict[str, Any]] = json.loads((ROOT / "tests" / "rows.json").read_text())
RARE = {"target": "knative", "resources": "latency"}
"""Answers that only show together with a third, and so in no row: those of a service that Knative scales."""
PINS: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(
    (ROOT / "generator/gocontainer/rendering/pins.toml").read_text()
)
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "gocontainer-tests"
"""Tools that are built once, outside the clone."""
BUILDKIT = ROOT / "tests/buildkit"
"""The wrapper module of BuildKit: its check, its daemon, its client and its Dockerfile frontend."""
COMMAND = pytest.mark.proof(runs=("generator", "template", "hooks", "cookiecutter.json"))
"""For tests that run gocontainer or plain cookiecutter, and take the same way each time."""
GOCONTAINER = str(Path(sys.executable).with_name("gocontainer"))


class Run(NamedTuple):
    """What a process did."""

    code: int
    out: str
    err: str


def gocontainer(*arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Run:
    """Run the installed command without a terminal."""
    reads.gocontainer()
    done = subprocess.run(
        [GOCONTAINER, *arguments],
        check=False,
        cwd=cwd,
        env={**clean_environment(), **(env or {})},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    return Run(done.returncode, done.stdout, done.stderr)


SOMEBODY = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in {"NAME": "Test", "EMAIL": "test@example.com"}.items()
}
"""The variables by which git knows who commits."""


def clean_environment() -> dict[str, str]:
    """The environment without answers, in English, and with an identity for git."""
    # readline, once it is imported, sets the size of the terminal that pytest has; make tells one below it.
    others = ("GOCONTAINER_", "GIT_", "COLUMNS", "LINES")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    return {**kept, "GOCONTAINER_LANG": "en", **SOMEBODY}


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it printed; raises CalledProcessError."""
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True, env=clean_environment()
    ).stdout


def committed(folder: Path, files: tree.Tree) -> Path:
    """Write a repository and commit it; return its folder."""
    tree.save(files, folder)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=start")
    return folder


def answers(**given: Any) -> Answers:
    """Answers for the service ``orders``."""
    return Answers.merge(Layer("test", {"service": "orders", **given}))


def rendered(folder: Path, **given: Any) -> Path:
    """Write a repository for ``given`` answers below ``folder``."""
    target = folder / str(answers(**given)["service"])
    tree.save(files_of(given), target)
    return target


def files_of(given: Mapping[str, Any]) -> dict[str, tree.File]:
    """Return what ``given`` answers render, as far as the running test reads it."""
    return reads.rendered(given, render(answers(**given)))


def row_id(row: Mapping[str, Any]) -> str:
    """Name a row by its most telling answers."""
    return "-".join(str(row[name]) for name in ("base_image", "resources", "port")) + ("-cgo" if row["cgo"] else "")


def replace(path: Path, *edits: tuple[str, str]) -> None:
    """Replace texts in a file, each of which stands there once."""
    text = path.read_text()
    for old, new in edits:
        assert text.count(old) == 1, f"{path}: {old}"
        text = text.replace(old, new)
    path.write_text(text)


Row = Mapping[str, Any]


def has_overlays(row: Row) -> bool:
    """Whether the service is a plain Deployment with Kustomize overlays."""
    return row["target"] == "kubernetes" or row.get("scale_on") == "lag"


def is_knative(row: Row) -> bool:
    """Whether Knative runs the service."""
    return row["target"] == "knative" and not has_overlays(row)


def rows(*, quick: int | None = None, where: Callable[[Row], bool] = lambda _: True) -> pytest.MarkDecorator:
    """Parametrize over the rows ``where`` something holds; those after the first ``quick`` only in `make test-all`."""
    wanted = [row for row in ROWS if where(row)]
    marks = [() if quick is None or number < quick else (pytest.mark.slow,) for number in range(len(wanted))]
    parameters = [pytest.param(row, id=row_id(row), marks=mark) for row, mark in zip(wanted, marks, strict=True)]
    return pytest.mark.parametrize("row", parameters)


def missing(what: str) -> NoReturn:
    """Skip for want of a tool; in CI that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI must not skip")
    pytest.skip(f"skipped: {what} is missing")


def need(*programs: str) -> None:
    """Skip where a program is not installed."""
    for program in programs:
        if shutil.which(program) is None:
            missing(program)


@cache
def go_tool(package: str, version: str) -> str:
    """Return a Go tool at a pinned version, installed once into a cache outside the clone."""
    need("go")
    name = re.sub(r"/v[0-9]+$", "", package).rpartition("/")[2]
    folder = CACHE / f"{name}-{version}"
    program = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):  # another process that installs it too would compile all of it once more
        if not program.exists():
            environment = {**os.environ, "GOBIN": str(folder), "GOFLAGS": ""}
            installed = subprocess.run(["go", "install", f"{package}@{version}"], check=False, env=environment)
            if installed.returncode != 0:
                missing(f"{package}@{version}")
    return str(program)


@cache
def wrapped(module: Path, package: str, stamps: tuple[str, ...] = (), **settings: str) -> Path:
    """Build a Go program by a wrapper module, once for each state of it, into a cache outside the clone.

    For programs that `go install` refuses, since their own module replaces or excludes others. ``stamps`` are
    name=value, which the linker sets as Go variables; ``settings`` are Go's own for this build.
    """
    need("go")
    sources = b"".join(path.read_bytes() for path in sorted(module.rglob("*")) if path.is_file())
    told = [*stamps, *(f"{name}={value}" for name, value in settings.items())]
    folder = CACHE / f"{module.name}-{hashlib.sha256(sources + ' '.join(told).encode()).hexdigest()[:16]}"
    program = folder / (package.rpartition("/")[2] or module.name)
    if program.exists():
        return program
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):  # another process that builds it too would compile all of it once more
        if program.exists():
            return program
        flags = " ".join(["-s", "-w", *(f"-X={stamp}" for stamp in stamps)])
        mine = program.with_name(f"{program.name}.{os.getpid()}")
        command = ["go", "build", "-trimpath", f"-ldflags={flags}", "-o", str(mine), package]
        environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOTOOLCHAIN": "local", **settings}
        if subprocess.run(command, check=False, cwd=module, env=environment).returncode != 0:
            missing(package)
        mine.replace(program)
    return program


@contextmanager
def locked(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a folder for one process at a time; the kernel lets go of it where that one is killed.

    Yields whether it is held, which it is not where another has it and nobody is to ``wait``.
    """
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def pip_tool(name: str) -> str:
    """Return a program that the development environment brings."""
    program = Path(sys.executable).with_name(name)
    if not program.exists():
        missing(name)
    return str(program)


def go(folder: Path, *arguments: str, **environment: str) -> Run:
    """Run the go command in ``folder``, never touching go.mod and never the network for a toolchain."""
    done = subprocess.run(
        ["go", *arguments],
        check=False,
        cwd=folder,
        env={**os.environ, "GOFLAGS": "-mod=readonly -buildvcs=false -trimpath", "GOTOOLCHAIN": "local", **environment},
        capture_output=True,
        text=True,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def download(repository: Path) -> None:
    """Fetch the modules that a repository needs into this machine's cache."""
    ok(go(repository, "mod", "download", GOFLAGS=""), "go mod download")


def ok(run: Run, what: Sequence[str] | str = "") -> str:
    """Return the output of a run that must have succeeded."""
    assert run.code == 0, f"{what}: exit {run.code}\n{run.out[-3000:]}{run.err[-3000:]}"
    return run.out
