"""A repository is written whole or not at all, whatever happens when."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gocontainer import tree
from gocontainer.errors import TargetNotEmpty, WriteError
from gocontainer.tree import File
from tests.support import clean_environment

FILES = {"a.txt": File(b"a"), "deep/down/b.txt": File(b"b" * 1000), "run.sh": File(b"#!/bin/sh\n", executable=True)}

# Runs `gocontainer new`, and kills itself with SIGKILL at the n-th thing that it does to the disk.
KILLED = """
import os, signal, sys
left = [int(sys.argv.pop(1))]
folder = sys.argv[-1]
def hook(event, arguments):
    if event in ("open", "os.mkdir", "os.rename", "os.rmdir", "shutil.rmtree", "subprocess.Popen") and any(
        folder in str(argument) for argument in arguments
    ):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
sys.argv[0] = "gocontainer"
from gocontainer.__main__ import main
code = main()
print(left[0])
sys.exit(code)
"""


def new(folder: Path, *, kill_at: int) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-c", KILLED, str(kill_at), "new", "orders", "-o", str(folder)]
    return subprocess.run(arguments, check=False, capture_output=True, text=True, env=clean_environment())


def points(folder: Path) -> int:
    """How many things an undisturbed run does to the disk."""
    done = new(folder, kill_at=10**6)
    assert done.returncode == 0, done.stderr
    return 10**6 - int(done.stdout.splitlines()[-1])


def test_a_kill_at_any_moment_leaves_nothing_or_the_whole(tmp_path: Path) -> None:
    whole_folder = tmp_path / "whole"
    total = points(whole_folder)
    whole = tree.load(whole_folder / "orders")
    assert total > len(whole)
    for number in range(1, total + 1, 3 if os.environ.get("CI") != "true" else 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert new(folder, kill_at=number).returncode == -signal.SIGKILL
        if (folder / "orders").exists():
            assert tree.load(folder / "orders") == whole
            assert (folder / "orders/.git/HEAD").exists()
            continue
        done = new(folder, kill_at=10**6)
        assert done.returncode == 0, done.stderr
        assert [path.name for path in folder.iterdir()] == ["orders"], "what the killed run left is gone"
        assert tree.load(folder / "orders") == whole


def cloned(folder: Path) -> Path:
    """An empty clone in place of the target, with something to lose."""
    subprocess.run(["git", "init", "--quiet", str(folder / "orders")], check=True)
    (folder / "orders/.git/precious").write_text("do not lose me")
    return folder


def test_a_kill_never_loses_the_git_folder_that_was_there(tmp_path: Path) -> None:
    total = points(cloned(tmp_path / "whole"))
    outcomes = set()
    for number in range(max(1, total - 12), total + 1):
        folder = cloned(tmp_path / str(number))
        assert new(folder, kill_at=number).returncode == -signal.SIGKILL
        files = [path for path in (folder / "orders").iterdir() if path.name != ".git"]
        outcomes.add(bool(files))
        if not files:
            assert new(folder, kill_at=10**6).returncode == 0
        assert [path.name for path in folder.iterdir()] == ["orders"]
        assert (folder / "orders/.git/precious").read_text() == "do not lose me"
        assert len(list((folder / "orders").iterdir())) > 10
    assert outcomes == {True, False}


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


def test_the_digest_depends_on_path_mode_and_content() -> None:
    trees = [
        FILES,
        {**FILES, "a.txt": File(b"A")},
        {**FILES, "a.txt": File(b"a", executable=True)},
        {("z.txt" if path == "a.txt" else path): file for path, file in FILES.items()},
    ]
    assert len({tree.digest(each) for each in trees}) == len(trees)
    assert tree.digest(dict(reversed(FILES.items()))) == tree.digest(FILES)
