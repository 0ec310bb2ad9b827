"""Before each git that an update or its way back starts, somebody works there, or ends us: nobody's bytes are gone."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from gocontainer.answers import lockfile
from tests.helpers.forked import Forking, forking
from tests.helpers.support import clean_environment
from tests.helpers.updates import Repository, as_tree, command
from tests.test_update_faults import NEWER, PROGRAM, Copy, clean, conflicting, files, state

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="skipped: needs a shell, and processes that fork")

# Counts, and does ``act`` before the git whose number is in ``when``.
GIT = """#!/bin/sh
PATH={path}
read -r count < {folder}/count
count=$((count + 1))
echo $count > {folder}/count
read -r when < {folder}/when
[ $count -ne $when ] || (. {folder}/act)
exec git "$@"
"""


class Moments(NamedTuple):
    """Runs updates to NEWER in a process of its own, with somebody at work before the n-th git."""

    python: Forking
    folder: Path

    def run(self, repository: Repository, *arguments: str, before: int = 0, act: str = ":") -> int:
        """Return the exit code, below zero where a signal ended it."""
        for name, text in (("count", "0"), ("when", str(before)), ("act", f"cd {repository.top}\n{act}\n")):
            (self.folder / name).write_text(f"{text}\n")
        (code,) = self.python.run(json.dumps(["update", str(repository.folder), *arguments]))
        return code

    @property
    def total(self) -> int:
        """How many gits the last run started."""
        return int((self.folder / "count").read_text())


@pytest.fixture(scope="module")
def moments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moments]:
    folder, environment = tmp_path_factory.mktemp("bin"), clean_environment()
    (folder / "git").write_text(GIT.format(path=environment["PATH"], folder=folder))
    (folder / "git").chmod(0o755)
    (folder / "newer").write_bytes(lockfile.pack(as_tree(NEWER)))
    environment["PATH"] = f"{folder}{os.pathsep}{environment['PATH']}"
    with forking(PROGRAM, str(folder / "newer"), env=environment) as python:
        yield Moments(python, folder)


def some(total: int) -> Sequence[int]:
    """Every moment where all is asked for, else every third and the last."""
    return range(1, total + 1) if os.environ.get("ALL") else [*range(total % 3 + 1, total + 1, 3)]


MINE = b"mine\n"
WORK = {
    "saves a file": "echo mine >> changed/9.txt",
    "writes a new file": "mkdir -p new/deep; echo mine > new/deep/1.txt",
    "begins a commit": "set -C; echo DIRC > .git/index.lock && touch ../began",  # as git does, not over another's
    "makes a commit": "echo mine >> own.txt; git commit --quiet --all -m mine && git rev-parse HEAD > ../made",
    "commits a file": "echo mine >> changed/9.txt; git commit --quiet --all -m mine && git rev-parse HEAD > ../made",
    "puts a link in place of a folder": "rm -r changed; mkdir ../other; cp same/* ../other; ln -s ../other changed",
}
ENDS = {"KILL": "kill -KILL 0", "TERM": "kill -TERM $PPID; exec sleep 1", "HUP": "kill -HUP 0"}
WAYS: dict[str, tuple[Callable[[Path], Repository], str, tuple[str, ...]]] = {
    "clean": (clean, "", ()),
    "with a conflict": (conflicting, "", ()),
    "with --commit": (clean, "", ("--commit",)),
    "with --branch": (clean, "", ("--branch", "next")),
    "back from a clean one": (clean, "an update", ("--abort",)),
    "back from a conflict": (conflicting, "an update", ("--abort",)),
}
every_way = pytest.mark.parametrize(("build", "first", "arguments"), WAYS.values(), ids=WAYS.keys())


def prepared(folder: Path, build: Callable[[Path], Repository], first: str) -> Repository:
    """A repository, in which an update was made already where the way is the way back."""
    repository = build(folder)
    if first:
        assert repository.update(NEWER).code in (0, 3)
    return repository


def own(repository: Repository, before: Repository) -> dict[str, bytes]:
    """What somebody wrote: the files that are not as they were."""
    were, now = texts(before), texts(repository)
    return {path: text for path, text in now.items() if were.get(path) != text}


def texts(repository: Repository) -> dict[str, bytes]:
    """What the files hold, and where links lead."""
    links = {path for path in files(repository) if (repository.top / path).is_symlink()}
    there = {path: text for path, (_, text) in files(repository).items() if text != b"a folder"}
    return there | {path: os.fsencode((repository.top / path).readlink()) for path in links}


@every_way
@pytest.mark.parametrize("act", WORK.values(), ids=WORK.keys())
def test_what_somebody_does_meanwhile_stays(
    tmp_path: Path,
    moments: Moments,
    build: Callable[[Path], Repository],
    first: str,
    arguments: Sequence[str],
    act: str,
) -> None:
    source = prepared(tmp_path / "source", build, first)
    assert moments.run(Copy(source, tmp_path / "whole"), *arguments) in (0, 3)
    for number in some(moments.total):
        repository = Copy(source, tmp_path / f"run{number}/orders")
        alone = Copy(source, tmp_path / f"run{number}/alone/orders")
        code = moments.run(repository, *arguments, before=number, act=act)
        subprocess.run(["sh", "-c", act], cwd=alone.top, check=True, env=clean_environment())
        work = own(alone, source)
        assert work or "began" in act
        assert code in (0, 1, 2, 3), number
        if code in (1, 2) and not (repository.top / ".git/gocontainer-update").exists():
            assert files(repository) == files(alone), number
        for _ in range(2):  # and once more, after what a person is told to do
            there = texts(repository)
            assert all(
                there.get(path, b"") == text or there.get(path, b"").endswith(MINE) for path, text in work.items()
            ), number
            lock, began = repository.top / ".git/index.lock", repository.top.parent / "began"
            assert lock.exists() == began.exists(), number
            made = repository.top.parent / "made"
            if made.exists():
                repository.git("merge-base", "--is-ancestor", made.read_text().strip(), "HEAD")
            command("update", str(repository.folder), "--abort")
        shutil.rmtree(repository.top.parent)


@every_way
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_what_somebody_does_after_we_were_ended_stays(
    tmp_path: Path,
    moments: Moments,
    build: Callable[[Path], Repository],
    first: str,
    arguments: Sequence[str],
    end: str,
) -> None:
    source = prepared(tmp_path / "source", build, first)
    old = state(clean(tmp_path / "old") if build is clean else conflicting(tmp_path / "old"))
    whole = Copy(source, tmp_path / "whole")
    assert moments.run(whole, *arguments) in (0, 3)
    ended = [old, state(source), state(whole)]
    for number in some(moments.total):
        repository = Copy(source, tmp_path / str(number))
        assert moments.run(repository, *arguments, before=number, act=end) != 2, number
        if not (repository.top / ".git/gocontainer-update").exists():
            assert state(repository) in ended, number
            continue
        worked_and_aborted(repository)
        assert state(repository) == old, number
        shutil.rmtree(repository.top)


def worked_and_aborted(repository: Repository) -> None:
    """Work where an update was ended, abort it, move the work away where that is asked for, and abort it again."""
    there = (repository.top / "changed/8.txt").exists()  # not so in the middle of a way back
    work = {"changed/9.txt": "mine\n", "changed/8.txt": (repository.read("changed/8.txt") if there else "") + "mine\n"}
    if not (repository.top / "new/deep/1.txt").exists():
        work["new/deep/1.txt"] = "mine\n"
    for path, text in work.items():
        repository.write(path, text)
    done = command("update", str(repository.folder), "--abort")
    assert all(repository.read(path) == text for path, text in work.items()), done.err
    for path in work:
        (repository.top / path).unlink()
    if done.code:
        assert "would be lost: " in done.err
        assert command("update", str(repository.folder), "--abort").code == 0
    repository.git("checkout", "--quiet", "HEAD", "--", "changed/9.txt", "changed/8.txt")
    for folder in ("new/deep", "new"):
        with contextlib.suppress(OSError):  # files are in it, or it is not there
            (repository.top / folder).rmdir()
