"""What the tests keep from run to run is what it would be without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gocontainer.repository import tree
from tests.helpers import result_cache
from tests.helpers.standing_repositories import become
from tests.helpers.support import locked

FILES = {"a.go": tree.File(b"package a\n"), "bin/run": tree.File(b"#!/bin/sh\n", executable=True)}


def changed(folder: Path) -> None:
    (folder / "a.go").write_text("package b\n")


def left_over(folder: Path) -> None:
    (folder / "bin/old.go").write_text("package bin\n")


def no_program(folder: Path) -> None:
    (folder / "bin/run").chmod(0o644)


def linked(folder: Path) -> None:
    (folder / "a.go").rename(folder.with_name("a.go"))
    (folder / "a.go").symlink_to(folder.with_name("a.go"))


def a_folder(folder: Path) -> None:
    (folder / "a.go").unlink()
    (folder / "a.go").mkdir()
    (folder / "a.go/b.go").write_text("package b\n")


@pytest.mark.parametrize("spoil", [changed, left_over, no_program, linked, a_folder])
def test_a_kept_folder_has_the_files_and_no_others(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    folder = tmp_path / "kept"
    tree.save(FILES, folder)
    spoil(folder)
    assert tree.load(folder) != FILES or (folder / "a.go").is_symlink()
    become(folder, FILES)
    assert tree.load(folder) == FILES
    assert not (folder / "a.go").is_symlink()


def test_what_is_like_it_already_is_not_written(tmp_path: Path) -> None:
    tree.save(FILES, tmp_path)
    before = (tmp_path / "a.go").stat().st_mtime_ns
    become(tmp_path, FILES)
    assert (tmp_path / "a.go").stat().st_mtime_ns == before


def test_an_answer_is_asked_once_for_all_that_it_depends_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_cache, "MEMORY", tmp_path)
    times = []

    def ask() -> str:
        times.append(1)
        return "fine"

    assert [result_cache.asked(parts, ask) for parts in (("a", "b"), ("a", "b"), ("ab", ""))] == ["fine"] * 3
    assert len(times) == 2


def test_what_fails_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_cache, "MEMORY", tmp_path)
    answers = iter([AssertionError("not fine"), "fine"])

    def ask() -> str:
        answer = next(answers)
        if isinstance(answer, AssertionError):
            raise answer
        return str(answer)

    with pytest.raises(AssertionError):
        result_cache.asked(("a",), ask)
    assert result_cache.asked(("a",), ask) == "fine"


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with locked(tmp_path, wait=False) as first, locked(tmp_path, wait=False) as second:
        assert (first, second) == (True, False)
    with locked(tmp_path, wait=False) as later:
        assert later
