"""What an update costs: processes of git, and ways through the code."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from gocontainer.answers.lockfile import with_lockfile
from gocontainer.rendering.engine import render
from gocontainer.repository.git import Git
from tests.helpers.call_tree import first_calls, returns
from tests.helpers.support import answers, committed
from tests.helpers.updates import command

MOST_PROCESSES = 10
MOST_MODULES, MOST_RETURNS = 46, 70
"""A tenth of both are of rendering: what follows from each subject's answers stands in a module of its own."""


@pytest.fixture
def orders(tmp_path: Path, somebody: None) -> Path:  # noqa: ARG001 - it sets the environment
    """The default repository, committed, and somebody who may commit."""
    return committed(tmp_path / "orders", with_lockfile(render(answers()), answers()))


def counting(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Put a git first in PATH that writes down what it is asked; return where."""
    folder.mkdir()
    (folder / "git").write_text(f'#!/bin/sh\necho "$@" >> {folder}/calls\nexec {shutil.which("git")} "$@"\n')
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder / "calls"


@pytest.mark.skipif(sys.platform == "win32", reason="skipped: needs a shell")
@pytest.mark.parametrize(("arguments", "code", "most"), [((), 0, MOST_PROCESSES), (("--dry-run",), 4, 5)])
def test_an_update_starts_few_processes_of_git(
    orders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, most: int
) -> None:
    calls = counting(monkeypatch, tmp_path / "bin")
    assert command("update", str(orders), "--set", "drain_seconds=60", *arguments).code == code
    assert 3 <= len(calls.read_text().splitlines()) <= most


def test_an_update_is_read_with_few_steps_back(orders: Path) -> None:
    with first_calls("gocontainer.") as modules:
        assert command("update", str(orders), "--set", "drain_seconds=60").code == 0
    read = [each for each in modules if each != "gocontainer.texts"]  # what looks a sentence up is known
    assert len({*read}) <= MOST_MODULES
    assert returns(read) <= MOST_RETURNS


def test_a_step_back_is_noticed() -> None:
    assert returns(["a", "a", "b", "c", "b"]) == 1
    assert returns(["a", "b", "c"]) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="skipped: needs a shell")
def test_each_process_of_git_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counting(monkeypatch, tmp_path / "bin")
    for _ in range(3):
        Git(tmp_path)("version")
    assert calls.read_text().count("version") == 3
