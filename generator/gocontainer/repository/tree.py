"""A tree of files in memory: load it, digest it, and write it whole or not at all.

``save`` builds beside the target under a name of its own, flushes, and renames. A killed run leaves the target absent
or whole; the next run removes the rest, under a lock that tells an abandoned folder from one that is being written.
Flushing uses several threads, while git makes the first commit: the files then share a commit of the disk's journal.

A folder that is there, such as a clone, is filled in place: its ``.git``, its files and the shell that stands in it are
never touched. A copy of all that is ours lies in it meanwhile, under such a name; after a kill it tells the next run
what to remove, and what has been edited since.
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
from gocontainer.texts import tr

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
    """Write ``tree`` as the new folder ``target``, or beside the ``.git`` and the files of KEPT that are there.

    A new folder is built beside its place and renamed, so that a kill at any moment leaves nothing or the whole. In a
    folder that is there, nothing that is not ours is touched at any moment; what a kill leaves there of ours, the
    next call removes. ``prepare`` may add to the finished folder before its files are all on the disk. Raises
    TargetNotEmpty or WriteError, having written nothing.
    """
    recover(target)
    refuse_occupied(target)
    try:
        if target.is_dir():
            _fill(tree, target, prepare)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with _staging(target.parent, f".{target.name}", target) as staging:
            _write(tree, staging, prepare)
            staging.rename(target)
    except OSError as error:
        refuse_occupied(target)  # somebody else was faster
        raise WriteError(str(target), error.strerror or str(error)) from error


def _fill(tree: Tree, target: Path, prepare: Callable[[Path], None]) -> None:
    """Write ``tree`` into a folder that is there. A copy of it tells what is ours until all of it is written."""
    with _staging(target, "", target) as copy:
        refuse_occupied(target, besides=copy.name)  # of two runs at once, at least one sees the other's copy
        _write(tree, copy, lambda _: None)
        _write(tree, target, prepare)
        done = copy.rename(copy.with_name(copy.name + _DONE))
    _remove(done)


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


KEPT = frozenset([".gitattributes", ".gitignore", "LICENSE", "README.md"])
"""Files that a host puts into a repository that it has just made. They stay as they are."""


def refuse_occupied(target: Path, besides: str = "") -> None:
    """Raise TargetNotEmpty where ``target`` holds anything but ``.git`` and files of KEPT; ``besides`` is ours."""
    if target.is_symlink() or target.is_file():
        hint = tr("Choose another service name or --output folder.")
        raise TargetNotEmpty(str(target), [tr("a file or a link of that name")], hint)
    entries = sorted({*obstacles(target)} - {besides}) if target.is_dir() else []
    if entries:
        raise TargetNotEmpty(str(target), entries, _way_out(entries))


def _way_out(entries: Sequence[str]) -> str:
    """Return what to do where ``entries`` are in the way."""
    if any(each == "go.mod" or each.endswith(".go") for each in entries):
        return tr(
            "Go code is left alone: take it up with 'gocontainer adopt', or write the service into another folder "
            "with --output."
        )
    return tr(
        "Beside README.md, LICENSE, .gitignore and .gitattributes nothing may be there. "
        "Move the rest away, or choose another service name or --output folder."
    )


def obstacles(folder: Path) -> list[str]:
    """Return the names in ``folder`` beside which nothing can be written."""
    return [each.name for each in folder.iterdir() if each.name != ".git" and not _is_kept(each)]


def _is_kept(path: Path) -> bool:
    return path.name in KEPT and path.is_file() and not path.is_symlink()


def recover(target: Path) -> None:
    """Undo what a killed run left at ``target`` or beside it; what was there before it began stays."""
    for staging in (*target.parent.glob(f".{target.name}{_MARK}*"), *target.glob(f"{_MARK}*")):
        with _held(staging) as free:
            if free:  # else another run is writing there now
                _undo(staging, target)


def _undo(staging: Path, target: Path) -> None:
    """Remove what a run has written: its own folder, and in one that was there the files that are as it wrote them."""
    if staging.parent == target and not staging.name.endswith(_DONE):
        _take_back(staging, target)
    elif (staging / ".git").exists() and staging.name.endswith(_WITH_GIT):
        target.mkdir(exist_ok=True)
        (staging / ".git").rename(target / ".git")
    _remove(staging)


def _take_back(copy: Path, target: Path) -> None:
    """Remove what is at ``target`` as ``copy`` has it, or begins as that does, and the folders that are empty then."""
    for path in sorted(copy.rglob("*"), reverse=True):  # what is in a folder before the folder
        there = target / path.relative_to(copy)
        if there.is_symlink():
            continue
        if path.is_dir() and there.is_dir() and not any(there.iterdir()):
            there.rmdir()
        elif path.is_file() and there.is_file() and path.read_bytes().startswith(there.read_bytes()):
            there.unlink()


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


_MARK = ".gocontainer-"
"""In the name of a folder that is there only while a run writes."""
_DONE = "-done"
"""Ends that name once all is written."""
_WITH_GIT = "-git"
"""Ended that name where a run of 0.1.0 had taken the target's own ``.git`` over."""


@contextmanager
def _staging(parent: Path, name: str, target: Path) -> Iterator[Path]:
    staging = parent / f"{name}{_MARK}{os.urandom(4).hex()}"
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
