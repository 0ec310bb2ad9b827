"""A kill at any moment, a full disk and the like leave the old tree, the new one, or what an abort undoes."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gocontainer.answers import lockfile
from gocontainer.repository.tree import File
from gocontainer.repository.worktree import Project
from gocontainer.update import apply, held_index
from gocontainer.update.held_index import HeldIndex
from tests.helpers.forked import Forking, forking
from tests.helpers.support import ROOT, Run, clean_environment, missing, need
from tests.helpers.updates import Files, Repository, as_tree, command

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="skipped: needs LD_PRELOAD and mounts as Linux has them"
)

TEXT = "".join(f"line {number}\n" for number in range(20))
BASE: Files = {
    **{f"same/{number}.txt": TEXT + str(number) for number in range(5)},
    **{f"changed/{number}.txt": TEXT + str(number) for number in range(12)},
    **{f"gone/{number}.txt": f"gone {number}\n" for number in range(6)},
    "run.sh": "#!/bin/sh\n",
    "logo.png": b"\0old",
    "place": "a file that becomes a folder\n",
    "folder/in.txt": "a folder that becomes a file\n",
}
NEWER: Files = {
    **{path: content for path, content in BASE.items() if path.startswith("same/")},
    **{f"changed/{number}.txt": TEXT.replace("line 7", "LINE 7") + str(number) for number in range(12)},
    **{f"new/deep/{number}.txt": f"new {number}\n" for number in range(8)},
    "run.sh": File(b"#!/bin/sh\n", executable=True),
    "logo.png": b"\0new",
    "place/in.txt": "in a folder now\n",
    "folder": "a file now\n",
}
# Runs the command with the arguments that a line has and with what a pack holds as the newest render, in a process
# group of its own.
PROGRAM = """
import json, os, sys
from pathlib import Path
import gocontainer.update.steps
from gocontainer.answers import lockfile
from gocontainer.cli import main
newest = lockfile.unpack(Path(sys.argv[1]).read_bytes())
gocontainer.update.steps.render = lambda answers: newest

def run(line):
    os.setsid()
    return main.run(json.loads(line))
"""


class Driver(NamedTuple):
    """Runs updates to NEWER in a process of its own, killed at the n-th thing that it does to the disk."""

    python: Forking
    counter: Path

    def update(self, repository: Repository, *arguments: str, kill_at: int = 0) -> int:
        """Return the exit code."""
        with self.counter.open("r+b") as counter:
            counter.write(struct.pack("ll", 0, kill_at))
        (code,) = self.python.run(json.dumps(["update", str(repository.folder), *arguments]))
        return code

    def points(self) -> int:
        """How many things the last run did to the disk."""
        return int(struct.unpack("ll", self.counter.read_bytes())[0])


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[Driver]:
    need("gcc")
    library, source, counter = tmp_path / "fault.so", ROOT / "tests/helpers/fault.c", tmp_path / "counter"
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    (tmp_path / "newer").write_bytes(lockfile.pack(as_tree(NEWER)))
    counter.write_bytes(bytes(struct.calcsize("ll")))
    preload = {"LD_PRELOAD": str(library), "FAULT_COUNTER": str(counter), "FAULT_FOLDER": str(tmp_path)}
    with forking(PROGRAM, str(tmp_path / "newer"), env={**clean_environment(), **preload}) as python:
        yield Driver(python, counter)


class Copy(Repository):
    """A repository with all that git has of it, in another place."""

    def __init__(self, source: Repository, folder: Path) -> None:
        shutil.copytree(source.top, folder, symlinks=True)
        self.top = self.folder = folder


class State(NamedTuple):
    """Files with their modes, the index, and what git says of both."""

    files: dict[str, tuple[int, bytes]]
    staged: str
    status: str


def files(repository: Repository) -> dict[str, tuple[int, bytes]]:
    paths = [path for path in repository.top.rglob("*") if path.relative_to(repository.top).parts[0] != ".git"]
    return {str(path.relative_to(repository.top)): (path.stat().st_mode, content(path)) for path in paths}


def state(repository: Repository) -> State:
    return State(
        files(repository),
        repository.git("ls-files", "--stage"),
        repository.git("--no-optional-locks", "status", "--porcelain"),
    )


def content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b"a folder"


def clean(folder: Path) -> Repository:
    """A repository whose owner edited other lines than the template."""
    repository = Repository(folder, BASE, "--template=")
    repository.write("changed/0.txt", "mine\n" + TEXT + "0")
    repository.write("own.txt", "mine\n")
    repository.commit()
    return repository


def conflicting(folder: Path) -> Repository:
    """A repository whose owner edited the same lines, and a file that goes."""
    repository = clean(folder)
    for number in range(1, 6):
        repository.write(f"changed/{number}.txt", TEXT.replace("line 7", "my line"))
    repository.write("gone/0.txt", "still needed\n")
    repository.write("logo.png", b"\0mine")
    repository.commit()
    return repository


@pytest.mark.parametrize(("build", "code"), [(clean, 0), (conflicting, 3)])
def test_a_kill_at_any_moment_leaves_old_or_new_or_what_an_abort_undoes(
    tmp_path: Path, driver: Driver, build: Callable[[Path], Repository], code: int
) -> None:
    source = build(tmp_path / "source")
    old, whole = state(source), Copy(source, tmp_path / "whole")
    assert driver.update(whole) == code
    new, total = state(whole), driver.points()
    assert total >= 100
    outcomes = set()
    for number in moments(total):
        repository = Copy(source, tmp_path / str(number))
        assert driver.update(repository, kill_at=number) == -signal.SIGKILL, number
        outcomes.add(settle(repository, old, new))
        shutil.rmtree(repository.top)
    assert {"old", "undone"} <= outcomes


def moments(total: int) -> Sequence[int]:
    """Every moment in CI, else every tenth."""
    return range(1, total + 1, 10 if os.environ.get("CI") != "true" else 1)


def settle(repository: Repository, old: State, new: State) -> str:
    """Do what a person would after a kill, who is told to abort; then update again."""
    outcome = "undone"
    if not (repository.top / ".git/gocontainer-update").exists():
        left = state(repository)
        assert left in (old, new)
        outcome = "old" if left == old else "new"
    else:
        assert repository.update(NEWER).code == 2, "it is told to abort"
        assert command("update", str(repository.folder), "--abort").code == 0
        assert state(repository) == old
    if outcome == "new":
        repository.commit()
    done = repository.update(NEWER)
    assert done.code == (0 if outcome == "new" or "U" not in new.status else 3), done.err
    assert outcome == "new" or state(repository) == new
    return outcome


def test_a_killed_abort_can_be_run_again(tmp_path: Path, driver: Driver) -> None:
    source = conflicting(tmp_path / "source")
    old = state(source)
    assert source.update(NEWER).code == 3
    assert driver.update(Copy(source, tmp_path / "whole"), "--abort") == 0
    total = driver.points()
    for number in moments(total):
        repository = Copy(source, tmp_path / str(number))
        assert driver.update(repository, "--abort", kill_at=number) == -signal.SIGKILL
        done = command("update", str(repository.folder), "--abort")
        assert done.code == 0 or "no update is under way" in done.err.lower(), done.err
        assert state(repository) == old, number
        shutil.rmtree(repository.top)


def wrapped(monkeypatch: pytest.MonkeyPatch, folder: Path, words: str, act: str) -> None:
    """Put a git first in PATH that does ``act`` just before the first command with ``words``."""
    place = '*" ' + ' "*" '.join(words.split()) + ' "*'
    when = f'case " $* " in {place}) mkdir {folder}/acted 2>/dev/null;; *) false;; esac'
    git_first(monkeypatch, folder, when, act)


def git_first(monkeypatch: pytest.MonkeyPatch, folder: Path, when: str, act: str) -> None:
    folder.mkdir(exist_ok=True)
    path = os.environ["PATH"]
    script = f'#!/bin/sh\nPATH={path}\nif {when}; then ({act}); fi\nexec git "$@"\n'
    (folder / "git").write_text(script)
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{path}")


def test_what_somebody_wrote_between_a_kill_and_the_abort_stays(tmp_path: Path, driver: Driver) -> None:
    """Early, while files are written, and late: the abort names what is neither the commit's nor the update's."""
    source = clean(tmp_path / "source")
    old = state(source)
    assert driver.update(Copy(source, tmp_path / "whole")) == 0
    total, told = driver.points(), 0
    for moment in range(total - 60, total + 1, 8):
        repository = Copy(source, tmp_path / str(moment))
        assert driver.update(repository, kill_at=moment) == -signal.SIGKILL
        if not (repository.top / ".git/gocontainer-update").exists():
            continue
        work = {"changed/3.txt": "mine\n", "new/deep/1.txt": "mine\n", "place/mine.txt": "mine\n"}
        if (repository.top / "place").is_file():
            (repository.top / "place").unlink()
        for path, text in work.items():
            repository.write(path, text)
        before = files(repository)
        done = command("update", str(repository.folder), "--abort")
        assert all(repository.read(path) == text for path, text in work.items()), moment
        if done.code == 0:
            assert done.out == "Nothing of the update was left. It is forgotten.\n"
            continue
        assert (done.code, files(repository)) == (2, before), moment
        assert "would be lost: changed/3.txt, new/deep/1.txt, place/mine.txt. Move it away" in done.err
        for path in work:
            (repository.top / path).unlink()
        assert command("update", str(repository.folder), "--abort").code == 0
        for folder in ("new/deep", "new"):  # where it was killed before it made them, they are somebody's own
            with contextlib.suppress(OSError):
                (repository.top / folder).rmdir()
        assert state(repository) == old
        told += 1
    assert told


def test_a_lock_of_another_git_stays_where_an_update_was_killed(tmp_path: Path, driver: Driver) -> None:
    source = conflicting(tmp_path / "source")
    assert driver.update(Copy(source, tmp_path / "whole")) == 3
    repository = Copy(source, tmp_path / "killed")
    assert driver.update(repository, kill_at=driver.points() - 25) == -signal.SIGKILL
    before, lock = files(repository), repository.top / ".git/index.lock"
    assert b"gocontainer" in lock.read_bytes(), "its own lock is told by what is in it"
    lock.write_bytes(b"DIRC, as of another git")
    done = command("update", str(repository.folder), "--abort")
    assert (done.code, files(repository), lock.read_bytes()) == (2, before, b"DIRC, as of another git")
    assert "another git command is at work" in done.err.lower()
    lock.unlink()
    assert command("update", str(repository.folder), "--abort").code == 0
    assert state(repository) == state(source)


def kill_late(source: Repository, folder: Path, driver: Driver) -> Repository:
    """Return a copy in which an update was killed when all files were written."""
    driver.update(Copy(source, folder / "whole"))
    repository = Copy(source, folder / "killed")
    assert driver.update(repository, kill_at=driver.points() - 10) == -signal.SIGKILL
    assert (repository.top / ".git/gocontainer-update").exists()
    assert "line 7" not in repository.read("changed/9.txt")
    return repository


def age(repository: Repository) -> None:
    """Make the journal one of 0.1.0, which did not hold the index."""
    place = repository.top / ".git/gocontainer-update"
    document = json.loads(place.read_text())
    place.write_text(json.dumps({key: document[key] for key in ("head", "paths", "settled")}))
    (repository.top / ".git/index.lock").unlink(missing_ok=True)


@pytest.mark.parametrize("settled", [False, True])
def test_an_update_of_0_1_0_can_be_undone_and_loses_no_edit(tmp_path: Path, driver: Driver, settled: bool) -> None:  # noqa: FBT001
    source = conflicting(tmp_path / "source")
    repository = Copy(source, tmp_path / "settled") if settled else kill_late(source, tmp_path, driver)
    assert not settled or repository.update(NEWER).code == 3
    age(repository)
    written = repository.read("changed/9.txt")
    repository.write("changed/9.txt", written + "mine\n")
    done = command("update", str(repository.folder), "--abort")
    assert (done.code, repository.read("changed/9.txt")) == (2, written + "mine\n")
    assert "would be lost: changed/9.txt. Move it away" in done.err
    repository.write("changed/9.txt", written)
    if settled:
        repository.write("changed/1.txt", "half a decision\n")
        repository.write("changed/2.txt", "a decision\n")
        repository.git("add", "changed/2.txt")
    assert command("update", str(repository.folder), "--abort").code == 0
    assert state(repository) == state(source)


@pytest.mark.parametrize("target", ["nowhere", "same"])
def test_a_link_that_somebody_put_after_a_kill_stays(tmp_path: Path, driver: Driver, target: str) -> None:
    repository = kill_late(clean(tmp_path / "source"), tmp_path, driver)
    link = repository.top / "changed/3.txt"
    link.unlink()
    link.symlink_to(repository.top / target)
    done = command("update", str(repository.folder), "--abort")
    assert (done.code, link.is_symlink()) == (2, True)
    assert "would be lost: changed/3.txt. Move it away" in done.err


def test_a_killed_update_can_be_forgotten_once_nothing_is_left_of_it(tmp_path: Path, driver: Driver) -> None:
    """A person does as git says, removes the lock, and goes on without the update."""
    repository = kill_late(conflicting(tmp_path / "source"), tmp_path, driver)
    (repository.top / ".git/index.lock").unlink()
    written = repository.read("changed/9.txt")
    repository.git("reset", "--quiet", "--hard")
    repository.git("clean", "-fdq")
    repository.edit("own.txt", "mine", "more")
    repository.write("changed/9.txt", written)
    repository.write("changed/3.txt", "work in progress\n")
    done = command("update", str(repository.folder), "--abort")
    assert (done.code, repository.read("changed/9.txt")) == (2, written)
    assert "would be lost: changed/3.txt. Move it away" in done.err, "it may be an edit of what was merged"
    repository.git("checkout", "--quiet", "changed/9.txt")
    assert "Nothing of the update was left." in command("update", str(repository.folder), "--abort").out
    assert repository.read("changed/3.txt") == "work in progress\n"
    repository.git("checkout", "--quiet", ".")
    assert repository.update(NEWER).code == 3


OTHER = b"DIRC, as of another git"


@pytest.mark.parametrize("moment", ["before it is held", "while it is held"])
def test_a_lock_that_becomes_another_gits_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """What a killed run left is taken over by one that ends, or removed by hand; then another git begins."""
    repository = clean(tmp_path / "orders")
    lock, old = repository.top / ".git/index.lock", state(repository)
    flock, replace = fcntl.flock, HeldIndex.replace

    def begin(descriptor: int, how: int) -> None:
        lock.unlink()
        lock.write_bytes(OTHER)
        flock(descriptor, how)

    def end(held: HeldIndex) -> None:
        replace(held)
        lock.unlink()
        lock.write_bytes(OTHER)

    if moment == "before it is held":
        lock.write_bytes(held_index.MARK)
        monkeypatch.setattr(Project, "refuse_locked", lambda _: None)
        monkeypatch.setattr(fcntl, "flock", begin)
    else:
        monkeypatch.setattr(HeldIndex, "replace", end)
    done = repository.update(NEWER)
    assert lock.read_bytes() == OTHER
    lock.unlink()
    if moment == "before it is held":
        assert (done.code, state(repository)) == (2, old)
        assert "another git command is at work" in done.err.lower()
    else:
        assert done.code == 0


def test_two_updates_at_once_leave_the_work_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One has looked at the repository already when the other writes."""
    repository = conflicting(tmp_path / "orders")
    adopt, first = apply.adopt, list[State]()

    def late(*given: Any) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(apply, "adopt", adopt)
            assert repository.update(NEWER).code == 3
        first.append(state(repository))
        adopt(*given)

    monkeypatch.setattr(apply, "adopt", late)
    done = repository.update(NEWER)
    assert (done.code, [state(repository)]) == (2, first)
    assert "an earlier update has not ended" in done.err.lower()
    repository.git("reset", "--quiet", "--hard")
    assert command("update", str(repository.folder), "--abort").code == 0


def test_a_lock_that_goes_just_now_was_anothers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = clean(tmp_path / "orders")
    monkeypatch.setattr(held_index, "_create", lambda _: False)
    done = repository.update(NEWER)
    assert done.code == 2
    assert "another git command is at work" in done.err.lower()


def test_a_file_system_without_locks_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    repository = clean(tmp_path / "orders")
    monkeypatch.setattr(fcntl, "flock", refuse)
    assert repository.update(NEWER).code == 0
    assert not (repository.top / ".git/index.lock").exists()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_an_update_that_is_told_to_stop_undoes_what_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    repository = conflicting(tmp_path / "orders")
    old = state(repository)
    wrapped(monkeypatch, tmp_path / "bin", "checkout-index", f"kill -{name[3:]} $PPID; sleep 1")
    done = repository.update(NEWER)
    assert (done.code, done.err) == (128 + getattr(signal, name), "Interrupted. Nothing was written.\n")
    assert state(repository) == old
    assert not (repository.top / ".git/gocontainer-update").exists()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_an_abort_that_is_told_to_stop_says_that_it_has_to_be_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    repository = conflicting(tmp_path / "orders")
    old = state(repository)
    assert repository.update(NEWER).code == 3
    with monkeypatch.context() as patched:
        wrapped(patched, tmp_path / "bin", "checkout-index", f"kill -{name[3:]} $PPID; sleep 1")
        done = command("update", str(repository.folder), "--abort")
    again = "Interrupted. Run 'gocontainer update --abort' again.\n"
    assert (done.code, done.err) == (128 + getattr(signal, name), again)
    assert command("update", str(repository.folder), "--abort").code == 0
    assert state(repository) == old


def test_a_commit_that_git_refuses_undoes_the_update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody moved the branch just before."""
    repository = clean(tmp_path / "orders")
    old = state(repository)
    other = repository.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "theirs").strip()
    with monkeypatch.context() as patched:
        wrapped(patched, tmp_path / "bin", "update-ref", f"git update-ref HEAD {other}")
        done = repository.update(NEWER, "--commit")
    refused(done, repository, old)
    assert repository.git("rev-parse", "HEAD").strip() == other


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_commit_that_is_made_is_not_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What tells it to stop comes when the branch has moved already."""
    repository = clean(tmp_path / "orders")
    act = f'shift $(($# - 3)); git update-ref "$@"; kill -{name[3:]} $PPID; sleep 0.1'
    wrapped(monkeypatch, tmp_path / "bin", "update-ref", act)
    done = repository.update(NEWER, "--commit")
    assert done.code == 0, done.err
    assert state(repository).status == ""
    assert not (repository.top / ".git/gocontainer-update").exists()


@contextmanager
def mounted(folder: Path, *how: str) -> Iterator[Path]:
    """Mount something over ``folder``; needs root."""
    folder.mkdir(exist_ok=True)
    if os.geteuid() != 0 or subprocess.run(["mount", *how, folder], check=False).returncode != 0:
        missing("root, and the right to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def refused(done: Run, repository: Repository, old: State) -> None:
    """The update gave one error in two sentences, exit code 1 and the old tree."""
    assert (done.code, done.out) == (1, ""), done.err
    assert done.err.startswith("Error: ")
    assert done.err.count("\n") == 1
    assert state(repository) == old
    assert not (repository.top / ".git/gocontainer-update").exists()


@pytest.mark.slow
@pytest.mark.parametrize("build", [clean, conflicting])
def test_a_full_disk_leaves_the_old_tree(tmp_path: Path, build: Callable[[Path], Repository]) -> None:
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=3m", "tmpfs") as disk:
        source = build(tmp_path / "source")
        old, outcomes = state(source), set()
        for pages in range(0, 200, 4):
            repository = Copy(source, disk / "orders")
            fill(disk, pages * 4096)
            done = repository.update(NEWER)
            outcomes.add("done" if done.code in (0, 3) else "refused")
            if done.code not in (0, 3):
                refused(done, repository, old)
            shutil.rmtree(repository.top)
            (disk / "filler").unlink()
        assert outcomes == {"done", "refused"}


def fill(disk: Path, rest: int) -> None:
    """Leave ``rest`` bytes free."""
    free = os.statvfs(disk)
    (disk / "filler").write_bytes(bytes(max(0, free.f_bavail * free.f_bsize - rest)))


@pytest.mark.slow
def test_a_read_only_folder_is_an_error_and_stays_as_it_is(tmp_path: Path) -> None:
    repository = conflicting(tmp_path / "orders")
    old = state(repository)
    with mounted(repository.top, "--bind", str(repository.top)):
        subprocess.run(["mount", "-o", "remount,ro,bind", repository.top], check=True)
        assert repository.update(NEWER, "--dry-run").code == 3, "a preview writes nothing there"
        refused(repository.update(NEWER), repository, old)
    assert repository.update(NEWER).code == 3


@pytest.mark.parametrize("what", ["HEAD:changed/1.txt", "HEAD:changed", "HEAD^{tree}"])
def test_a_missing_object_is_an_error_and_nothing_is_written(tmp_path: Path, what: str) -> None:
    repository = conflicting(tmp_path / "orders")
    before, oid = files(repository), repository.git("rev-parse", what).strip()
    (repository.top / ".git/objects" / oid[:2] / oid[2:]).unlink()
    done = repository.update(NEWER)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert files(repository) == before
