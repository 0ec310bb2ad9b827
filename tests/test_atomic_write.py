"""A repository is written whole or not at all, whatever happens when."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from gocontainer.errors import TargetNotEmpty, WriteError
from gocontainer.repository import tree
from gocontainer.repository.tree import File
from tests.helpers.forked import Forking, forking
from tests.helpers.support import clean_environment

FILES = {"a.txt": File(b"a"), "deep/down/b.txt": File(b"b" * 1000), "run.sh": File(b"#!/bin/sh\n", executable=True)}

# Runs `gocontainer new` in the folder that a line names behind a number, and kills itself with SIGKILL at that thing
# that it does to the disk; else it writes how many things were left to do.
PROGRAM = """
import os, signal, sys, tempfile
from gocontainer.__main__ import main

def new(folder):
    sys.argv = ["gocontainer", "new", "orders", "-o", folder]
    return main()

def run(line):
    number, folder = line.rstrip("\\n").split(" ", 1)
    left = [int(number)]
    def hook(event, arguments):
        if event in ("open", "os.mkdir", "os.rename", "os.rmdir", "shutil.rmtree", "subprocess.Popen") and any(
            folder in str(argument) for argument in arguments
        ):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)
    code = new(folder)
    os.write(1, b"%d " % left[0])
    return code

with tempfile.TemporaryDirectory() as first, open(os.devnull, "w") as sys.stdout:
    assert new(first) == 0, "from now on everything is imported"
"""


class Driver(NamedTuple):
    """Runs `gocontainer new`, in a process for each time."""

    python: Forking

    def new(self, folder: Path, *, kill_at: int = 10**6) -> list[int]:
        """Return the exit code, and before it what was left of ``kill_at`` where it was not killed."""
        return self.python.run(f"{kill_at} {folder}")

    def points(self, folder: Path) -> int:
        """Return how many things an undisturbed run does to the disk."""
        left, code = self.new(folder)
        assert code == 0
        return 10**6 - left


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with forking(PROGRAM, env=clean_environment()) as python:
        yield Driver(python)


def test_a_kill_at_any_moment_leaves_nothing_or_the_whole(tmp_path: Path, driver: Driver) -> None:
    whole_folder = tmp_path / "whole"
    total = driver.points(whole_folder)
    whole = tree.load(whole_folder / "orders")
    assert total > len(whole)
    for number in range(1, total + 1, 3 if os.environ.get("CI") != "true" else 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert driver.new(folder, kill_at=number) == [-signal.SIGKILL]
        if (folder / "orders").exists():
            assert tree.load(folder / "orders") == whole
            assert (folder / "orders/.git/HEAD").exists()
            continue
        assert driver.points(folder) > 0
        assert [path.name for path in folder.iterdir()] == ["orders"], "what the killed run left is gone"
        assert tree.load(folder / "orders") == whole


THEIRS = {
    "an empty folder": {},
    "an empty clone": {".git/precious": b"do not lose me"},
    "a fresh remote": {
        ".git/precious": b"do not lose me",
        ".gitignore": b"*.exe\r\n",
        "LICENSE": b"All rights reserved\xff",
        "README.md": b"# orders",
    },
}
"""What may be in the target, with something to lose."""


def there(folder: Path, theirs: Mapping[str, bytes]) -> Path:
    """A folder in place of the target that holds ``theirs``, in a repository where they have one."""
    (folder / "orders").mkdir(parents=True)
    if theirs:
        subprocess.run(["git", "init", "--quiet", str(folder / "orders")], check=True)
    for path, content in theirs.items():
        (folder / "orders" / path).write_bytes(content)
    return folder


def cloned(folder: Path) -> Path:
    return there(folder, THEIRS["an empty clone"])


@pytest.mark.parametrize("theirs", THEIRS.values(), ids=THEIRS.keys())
def test_a_kill_at_any_moment_leaves_what_was_there_as_it_was(
    tmp_path: Path, driver: Driver, theirs: Mapping[str, bytes]
) -> None:
    whole_folder = there(tmp_path / "whole", theirs)
    total, outcomes = driver.points(whole_folder), set()
    whole = tree.load(whole_folder / "orders")
    for number in range(1, total + 1, 5 if os.environ.get("CI") != "true" else 1):
        folder = there(tmp_path / str(number), theirs)
        assert driver.new(folder, kill_at=number) == [-signal.SIGKILL]
        assert {path: (folder / "orders" / path).read_bytes() for path in theirs} == theirs
        assert [path.name for path in folder.iterdir()] == ["orders"]
        finished = whole.items() <= tree.load(folder / "orders").items()
        outcomes.add(finished)
        code = driver.new(folder)[-1]
        assert code in ({0, 2} if finished else {0}), "a whole one is not written over"
        assert tree.load(folder / "orders") == whole, "what the killed run left is gone"
        assert {path: (folder / "orders" / path).read_bytes() for path in theirs} == theirs
    assert outcomes == {True, False}


def test_what_was_edited_after_a_kill_is_not_removed_with_what_it_left(tmp_path: Path) -> None:
    target = tmp_path / "new"
    (target / ".gocontainer-0").mkdir(parents=True)
    tree.put(target / ".gocontainer-0/deep/a.txt", File(b"a whole line"))
    tree.put(target / ".gocontainer-0/deep/b.txt", File(b"b"))
    (target / "deep").mkdir()
    (target / "deep/a.txt").write_bytes(b"a whole")
    (target / "deep/b.txt").write_bytes(b"mine")
    tree.recover(target)
    assert tree.load(target) == {"deep/b.txt": File(b"mine")}


def test_what_is_whole_stays_when_only_the_copy_of_it_was_left(tmp_path: Path) -> None:
    for folder in ("", ".gocontainer-0-done/"):
        tree.put(tmp_path / f"new/{folder}a.txt", File(b"a"))
    tree.recover(tmp_path / "new")
    assert tree.load(tmp_path / "new") == {"a.txt": File(b"a")}


def test_a_git_folder_that_a_killed_run_of_0_1_0_took_is_handed_back(tmp_path: Path) -> None:
    taken = tmp_path / ".new.gocontainer-0-git"
    tree.put(taken / ".git/precious", File(b"do not lose me"))
    tree.recover(tmp_path / "new")
    assert (tmp_path / "new/.git/precious").read_bytes() == b"do not lose me"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_the_folder_that_is_filled_stays_the_same_one(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    before = (tmp_path / "new").stat().st_ino
    tree.save(FILES, tmp_path / "new")
    assert (tmp_path / "new").stat().st_ino == before, "a shell that stands in it still does"


def test_two_runs_in_one_folder_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()

    def meanwhile(_: Path) -> None:
        with pytest.raises(TargetNotEmpty):
            tree.save({"theirs.txt": File(b"theirs")}, tmp_path / "new")

    tree.save(FILES, tmp_path / "new", meanwhile)
    assert tree.load(tmp_path / "new") == FILES


@pytest.mark.parametrize("name", ["README.md", "LICENSE", ".gitignore", ".gitattributes"])
def test_a_file_of_a_fresh_remote_is_kept_and_anything_else_of_that_name_is_in_the_way(
    tmp_path: Path, name: str
) -> None:
    tree.put(tmp_path / "new" / name, File(b"mine"))
    tree.save(FILES, tmp_path / "new")
    assert tree.load(tmp_path / "new") == {**FILES, name: File(b"mine")}
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / name).symlink_to(tmp_path / "new" / name)
    (tmp_path / "folder" / name).mkdir(parents=True)
    for target in ("link", "folder"):
        with pytest.raises(TargetNotEmpty, match=name):
            tree.save(FILES, tmp_path / target)


def test_saving_and_loading_gives_the_same_tree(tmp_path: Path) -> None:
    tree.save(FILES, tmp_path / "new")
    assert tree.load(tmp_path / "new") == FILES
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_large_tree_needs_few_open_files(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    large = {f"{number % 7}/{number}.txt": File(str(number).encode()) for number in range(1000)}
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        tree.save(large, tmp_path / "new")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert tree.load(tmp_path / "new") == large


def test_an_empty_folder_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    tree.save(FILES, tmp_path / "new")
    assert tree.load(tmp_path / "new") == FILES


@pytest.mark.parametrize("kind", ["file", "link", "full"])
def test_an_occupied_target_is_left_alone(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "new"
    if kind == "file":
        target.write_text("x")
    elif kind == "link":
        target.symlink_to(tmp_path)
    else:
        target.mkdir()
        (target / "x").touch()
    with pytest.raises(TargetNotEmpty):
        tree.save(FILES, target)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_failure_while_preparing_leaves_nothing(tmp_path: Path) -> None:
    def fail(_: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(WriteError, match="No space left on device"):
        tree.save(FILES, tmp_path / "new", fail)
    assert list(tmp_path.iterdir()) == []
    clone = cloned(tmp_path / "clone") / "orders"
    with pytest.raises(WriteError):
        tree.save(FILES, clone, fail)
    assert (clone / ".git/precious").exists()


def test_a_failing_disk_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(WriteError, match="Input/output error"):
        tree.save(FILES, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_still_writing_is_not_disturbed(tmp_path: Path) -> None:
    def meanwhile(staging: Path) -> None:
        tree.recover(tmp_path / "new")
        assert staging.exists()

    tree.save(FILES, tmp_path / "new", meanwhile)
    assert tree.load(tmp_path / "new") == FILES


def test_of_two_runs_the_slower_one_leaves_the_other_alone(tmp_path: Path) -> None:
    def meanwhile(_: Path) -> None:
        tree.save({"theirs.txt": File(b"theirs")}, tmp_path / "new")

    with pytest.raises(TargetNotEmpty, match=r"theirs\.txt"):
        tree.save(FILES, tmp_path / "new", meanwhile)
    assert tree.load(tmp_path / "new") == {"theirs.txt": File(b"theirs")}
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_the_digest_depends_on_path_mode_and_content() -> None:
    trees = [
        FILES,
        {**FILES, "a.txt": File(b"A")},
        {**FILES, "a.txt": File(b"a", executable=True)},
        {("z.txt" if path == "a.txt" else path): file for path, file in FILES.items()},
    ]
    assert len({tree.digest(each) for each in trees}) == len(trees)
    assert tree.digest(dict(reversed(FILES.items()))) == tree.digest(FILES)
