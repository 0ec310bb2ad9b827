"""git's index, held for one process: changed aside, and put in its place whole."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gocontainer.repository.git import Git
from gocontainer.repository.objects import Entry, index_info
from gocontainer.repository.worktree import Project, other_git
from gocontainer.update.journal import NAME

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

MARK = b"Held by gocontainer: if it does not run, 'gocontainer update --abort' lets go.\n"
"""What git's lock holds while it is ours. git itself writes something else there."""
_COPY = f"{NAME}.index"


class HeldIndex:
    """A copy of the index, which ``git`` works on, while no other git command can write the index."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._index, self._copy = project.git_dir / "index", project.git_dir / _COPY
        self.git = Git(project.top, GIT_INDEX_FILE=str(self._copy))
        self.replaced = False
        """Whether the index is what the copy was."""
        self.copy()

    def copy(self) -> None:
        """Begin with the index as it is; its time is kept, by which git tells files that it has to look into."""
        self._copy.unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):  # nothing was ever added
            shutil.copy2(self._index, self._copy)

    def check_out(self, tree: str) -> None:
        """Bring what ``tree`` changes in the last commit to the copy and to the disk, and nothing over an edit."""
        self.git("update-index", "-q", "--refresh", codes=(0, 1))
        others = self._project.prefix or any(self._project.git_dir.glob(f"{NAME}-*"))
        aside = self._set_aside() if others else b""
        self.git("read-tree", "-m", "-u", self._project.head, tree)
        if aside:
            self.git("update-index", "-z", "--index-info", stdin=aside)

    def _set_aside(self) -> bytes:
        """Take out what other services of the repository have to decide, over which git would not merge; return it."""
        stages = self.git("ls-files", "--unmerged", "-z", "--full-name", ":/")
        paths = dict.fromkeys(os.fsdecode(line.partition(b"\t")[2]) for line in stages.split(b"\0") if line)
        nothing = Entry("0", "0" * len(self._project.head))
        if paths:
            committed = {path: self._project.everything.get(path) for path in paths}
            self.git("update-index", "-z", "--index-info", stdin=index_info("", committed, nothing))
        return index_info("", paths, nothing) + stages

    def replace(self) -> None:
        """Put the copy in the index' place."""
        self._copy.replace(self._index)
        self.replaced = True


@contextmanager
def held_index(project: Project) -> Iterator[HeldIndex]:
    """Hold the index; raise CannotUpdate while another git command does. What a killed run left is taken over."""
    lock = project.git_dir / "index.lock"
    descriptor = _take(lock)
    try:
        _clear(project)
        yield HeldIndex(project)
    finally:
        _clear(project)
        if _is_at(lock, descriptor):  # else somebody removed it, and it may be another's now
            lock.unlink()
        os.close(descriptor)


def _clear(project: Project) -> None:
    for leftover in project.git_dir.glob(f"{_COPY}*"):
        leftover.unlink(missing_ok=True)


def _take(lock: Path) -> int:
    """Return git's lock, open, once it is ours."""
    created = _create(lock)
    with contextlib.suppress(FileNotFoundError):  # it was another's, who let go of it just now
        descriptor = os.open(lock, os.O_RDONLY)
        ours = os.read(descriptor, len(MARK) + 1) == MARK
        if ours and _hold(descriptor, created=created) and _is_at(lock, descriptor):
            return descriptor
        os.close(descriptor)
    raise other_git(lock)


def _hold(descriptor: int, *, created: bool) -> bool:
    """Whether nobody else holds our lock: the system lets go of it where a process is killed."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # no such locks on this file system: only who created it knows
        return created
    return True


def _is_at(lock: Path, descriptor: int) -> bool:
    """Whether what is open still lies there."""
    try:
        return os.path.samestat(os.fstat(descriptor), lock.lstat())
    except FileNotFoundError:
        return False


def _create(lock: Path) -> bool:
    """Create the lock with our mark at once, so that it is never taken for another's; False where one is there."""
    mine = lock.with_name(f"{_COPY}.mine{os.getpid()}")
    mine.write_bytes(MARK)
    try:
        os.link(mine, lock)
    except FileExistsError:
        return False
    except OSError:  # no links on this file system
        try:
            with lock.open("xb") as file:
                file.write(MARK)
        except FileExistsError:
            return False
    finally:
        mine.unlink(missing_ok=True)
    return True
