"""A tree of files in memory: load it, digest it, and write it whole or not at all.

``save`` builds beside the target under a name of its own, flushes, and renames. A killed run leaves the target absent
or whole; the next run removes the rest, under a lock that tells an abandoned folder from one that is being written.
Where the target is an empty clone, its ``.git`` moves into the finished folder just before the rename, and a killed
run's ``.git`` is handed back first of all. Flushing uses several threads, while git makes the first commit: the files
then share a commit of the disk's journal.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from gocontainer.errors import TargetNotEmpty, WriteError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class File(NamedTuple):
    """Content and mode of a file."""

    content: bytes
    executable: bool = False

    @property
    def mode(self) -> str:
        """The permissions in octal: those of the two modes that git has."""
        return "755" if self.executable else "644"


def put(path: Path, file: File) -> None:
    """Write a file at ``path``, with the folders that it lies in, over what is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.content)
    path.chmod(int(file.mode, 8))


Tree = Mapping[str, File]
"""Relative path, with slashes, to file."""


def digest(tree: Tree) -> str:
    """Return the sha256 of sorted path, mode and content, in hex.

    It depends on no archive format, filter or object format, so it can be compared for ever.
    """
    total = hashlib.sha256()
    for path, file in sorted(tree.items()):
        total.update(f"{path}\0{file.mode}\0{len(file.content)}\0".encode())
        total.update(file.content)
    return total.hexdigest()


def load(folder: Path) -> dict[str, File]:
    """Return the files below ``folder``, those of a git repository (``.git``) excepted."""
    found = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.relative_to(folder).parts)
    return {
        path.relative_to(folder).as_posix(): File(path.read_bytes(), bool(path.stat().st_mode & 0o100))
        for path in found
    }


def save(tree: Tree, target: Path, prepare: Callable[[Path], None] = lambda _: None) -> None:
    """Write ``tree`` as the new folder ``target``, which may hold a ``.git`` and nothing else.

    The tree is built beside the target and renamed, so that a kill at any moment leaves nothing or
    the whole; the next call removes what a killed one left. ``prepare`` may add to the finished
    folder before it takes its place. Raises TargetNotEmpty or WriteError, having written nothing.
    """
    recover(target)
    refuse_occupied(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _staging(target) as staging:
            _write(tree, staging, prepare)
            _place(staging, target)
    except OSError as error:
        refuse_occupied(target)  # somebody else was faster
        raise WriteError(str(target), error.strerror or str(error)) from error


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a folder that nobody else can read, and remove it at the end; ``tempfile`` takes long to import."""
    folder = _scratch()
    try:
        yield folder
    finally:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)


def _scratch() -> Path:
    """Return a new folder where the environment has them, or the system."""
    named = [os.environ.get(name, "") for name in ("TMPDIR", "TEMP", "TMP")]
    places = [place for place in (*named, "/tmp", "/var/tmp", ".") if os.access(place, os.W_OK | os.X_OK)]  # noqa: S108
    folder = Path(places[0] if places else ".").absolute() / f"gocontainer-{os.urandom(8).hex()}"
    folder.mkdir(mode=0o700)  # a name that nobody can guess
    return folder


def refuse_occupied(target: Path) -> None:
    """Raise TargetNotEmpty where ``target`` holds anything but ``.git``."""
    if target.is_symlink() or target.is_file():
        raise TargetNotEmpty(str(target), ["a file or a link of that name"])
    if target.is_dir():
        entries = sorted(entry.name for entry in target.iterdir() if entry.name != ".git")
        if entries:
            raise TargetNotEmpty(str(target), entries)


def recover(target: Path) -> None:
    """Undo what a killed run left beside ``target``: hand a moved ``.git`` back, remove the rest."""
    for staging in target.parent.glob(f".{target.name}.gocontainer-*"):
        with _held(staging) as free:
            if not free:
                continue  # another run is writing there now
            _undo(staging, target)


def _undo(staging: Path, target: Path) -> None:
    """Hand a ``.git`` that was the target's own back, and remove the rest."""
    import shutil

    if staging.name.endswith(_WITH_GIT) and (staging / ".git").exists():
        target.mkdir(exist_ok=True)
        (staging / ".git").rename(target / ".git")
    shutil.rmtree(staging, ignore_errors=True)


_WITH_GIT = "-git"
"""Ends the name of a staging folder that takes the target's own ``.git`` over."""


@contextmanager
def _staging(target: Path) -> Iterator[Path]:
    kind = _WITH_GIT if (target / ".git").exists() else ""
    staging = target.parent / f".{target.name}.gocontainer-{os.urandom(4).hex()}{kind}"
    staging.mkdir()
    with _held(staging):
        try:
            yield staging
        finally:
            if staging.exists():  # not renamed: something failed
                _undo(staging, target)


@contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Hold ``folder`` for this process; yield False where another process holds it."""
    if fcntl is None:
        yield time.time() - folder.stat().st_mtime > _ABANDONED
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


_ABANDONED = 3600
"""Seconds after which a staging folder is taken for abandoned where folders cannot be locked."""


_BATCH = 100
"""Files that are open at once: less than half of what the meanest system allows a process."""


def _write(tree: Tree, folder: Path, prepare: Callable[[Path], None]) -> None:
    """Write and flush all; ``prepare`` runs while the disk is still at the last of the files."""
    for parent in dict.fromkeys(path.rpartition("/")[0] for path in tree):
        (folder / parent).mkdir(parents=True, exist_ok=True)
    files = list(tree.items())
    while len(files) > _BATCH:
        _write_some(files[:_BATCH], folder, lambda _: None)
        files = files[_BATCH:]
    _write_some(files, folder, prepare)


def _write_some(files: Sequence[tuple[str, File]], folder: Path, meanwhile: Callable[[Path], None]) -> None:
    """Write all, then flush all."""
    descriptors = []
    try:
        for path, file in files:
            mode = 0o777 if file.executable else 0o666  # less the umask
            descriptor = os.open(folder / path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _BINARY, mode)
            descriptors.append(descriptor)
            with open(descriptor, "wb", closefd=False) as out:
                out.write(file.content)
        with _flushing(descriptors):
            meanwhile(folder)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


@contextmanager
def _flushing(descriptors: Sequence[int]) -> Iterator[None]:
    """Bring files to the disk, several at once: they then share a commit of its journal."""
    import threading

    failures: list[OSError] = []

    def flush(some: Sequence[int]) -> None:
        try:
            for descriptor in some:
                os.fsync(descriptor)
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=flush, args=(descriptors[start::8],)) for start in range(8)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


_BINARY = getattr(os, "O_BINARY", 0)
"""Windows would end lines its own way without it."""


def _place(staging: Path, target: Path) -> None:
    if staging.name.endswith(_WITH_GIT):
        (target / ".git").rename(staging / ".git")
    if os.name == "nt" and target.exists():
        target.rmdir()  # only there does a rename refuse an empty folder
    staging.rename(target)
