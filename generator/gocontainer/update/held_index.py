"""git's index, held for one process: changed aside, and put in its place whole."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gocontainer.errors import CannotUpdate
from gocontainer.repository.git import Git
from gocontainer.repository.worktree import Project

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_MARK = b"Held by gocontainer: if it does not run, 'gocontainer update --abort' lets go.\n"
"""What git's lock holds while it is ours. git itself writes something else there."""
_COPY = "gocontainer-update.index"


class HeldIndex:
    """A copy of the index, which ``git`` works on, while no other git command can write the index."""

    def __init__(self, project: Project) -> None:
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
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def _clear(project: Project) -> None:
    for leftover in project.git_dir.glob(f"{_COPY}*"):
        leftover.unlink(missing_ok=True)


def _take(lock: Path) -> int:
    """Return git's lock, open, once it is ours."""
    _create(lock)
    descriptor = os.open(lock, os.O_RDONLY)
    try:
        if os.read(descriptor, len(_MARK) + 1) != _MARK:
            raise BlockingIOError  # noqa: TRY301 - as if another process held it
        if fcntl is not None:  # the system lets go of it where a process is killed
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        hint = f"Wait for it; if there is none, remove {lock}."
        raise CannotUpdate("another git command is at work", hint) from error
    return descriptor


def _create(lock: Path) -> None:
    """Create the lock with our mark at once, so that it is never taken for another's, unless it is there."""
    mine = lock.with_name(f"{_COPY}.mine{os.getpid()}")
    mine.write_bytes(_MARK)
    try:
        os.link(mine, lock)
    except FileExistsError:
        pass
    except OSError:  # no links on this file system
        with contextlib.suppress(FileExistsError), lock.open("xb") as file:
            file.write(_MARK)
    finally:
        mine.unlink(missing_ok=True)
