"""`gocontainer status`: what drifted, file by file, and whether an update is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from gocontainer import lock
from tests.updates import Files, Repository, as_tree, command

BASE = {"a.txt": "a\n", "b.txt": "b\n", "c.txt": "c\n", "d.txt": "d\n"}


def status(repository: Repository, newest: Files, *arguments: str) -> tuple[int, str]:
    with mock.patch("gocontainer.status.render", return_value=as_tree(newest)):
        done = command("status", str(repository.folder), *arguments)
    assert done.err == ""
    return done.code, done.out


def report(repository: Repository, newest: Files) -> dict[str, Any]:
    code, out = status(repository, newest, "--json")
    return {**json.loads(out), "exit": code}


def current(folder: Path, base: Files) -> Repository:
    """A repository of the installed version."""
    repository = Repository(folder, {})
    assert repository.update(base, "--commit").code == 0
    return repository


def test_a_repository_as_rendered_is_clean_and_exit_0(tmp_path: Path) -> None:
    found = report(current(tmp_path / "orders", BASE), BASE)
    assert (found["exit"], found["update"], found["extra"]) == (0, False, 0)
    assert set(map(tuple, found["files"].values())) == {("clean",)}


def test_each_file_says_how_it_drifted(tmp_path: Path) -> None:
    repository = current(tmp_path / "orders", BASE)
    repository.write("a.txt", "mine\n")
    repository.write("own/e.txt", "mine\n")
    (repository.folder / "b.txt").unlink()
    found = report(repository, {**BASE, "a.txt": "newer\n", "c.txt": "newer\n"})
    assert found["files"] == {
        "a.txt": ["modified", "outdated"],
        "b.txt": ["missing"],
        "c.txt": ["outdated"],
        "d.txt": ["clean"],
    }
    assert (found["exit"], found["extra"]) == (4, 1)
    _, out = status(repository, BASE)
    assert (
        "2 of 4 files as rendered, 1 of your own\n  modified             a.txt\n  missing              b.txt\n" in out
    )


def test_an_update_that_is_there_is_said_with_exit_4(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", BASE)
    code, out = status(repository, BASE)
    assert code == 4
    assert "has a newer template: run 'gocontainer update --dry-run'\n" in out


def test_a_file_with_other_line_ends_is_clean(tmp_path: Path) -> None:
    repository = current(tmp_path / "orders", BASE)
    repository.write("a.txt", "a\r\n")
    assert report(repository, BASE)["exit"] == 0


def test_it_needs_no_git(tmp_path: Path) -> None:
    repository = current(tmp_path / "orders", BASE)
    (repository.top / ".git").rename(tmp_path / "away")
    assert report(repository, BASE)["exit"] == 0


@pytest.mark.parametrize("content", [None, b"", b"no pack"])
def test_a_pack_that_is_not_as_written_is_refused(tmp_path: Path, content: bytes | None) -> None:
    repository = current(tmp_path / "orders", BASE)
    path = repository.folder / lock.PACK
    path.unlink() if content is None else path.write_bytes(content)
    done = command("status", str(repository.folder))
    assert (done.code, done.out) == (2, "")
    assert "base.pack is gone or was changed. Bring it back" in done.err
