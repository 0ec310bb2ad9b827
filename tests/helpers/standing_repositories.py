"""Repositories at paths that stay from run to run, so that Go's tools know again what has not changed.

The caches of the linters are keyed by path too, a test that opened a file of the last two seconds is not cached at
all, and a program is not linked again where it lies and is up to date.
"""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gocontainer.repository.tree import File, Tree, put
from tests.helpers.support import CACHE, files_of, locked

KEPT = CACHE / "kept"


@contextmanager
def kept(name: str, **given: Any) -> Iterator[Path]:
    """Hold a repository for ``given`` answers, with nothing else in it; what is built from it may lie beside it."""
    with holding(name, files_of(given)) as repository:
        yield repository


@contextmanager
def holding(name: str, files: Tree) -> Iterator[Path]:
    """Hold the folder of a name for this process alone, with these files and no others."""
    place = KEPT / name
    folder = place / "repository"
    folder.mkdir(parents=True, exist_ok=True)
    with locked(place):
        become(folder, files)
        yield folder


def become(folder: Path, files: Tree) -> None:
    """Give a folder these files and no others; one that is there already is not touched."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and not path.is_symlink():
            continue
        if name not in files or not is_like(path, files[name]):
            path.unlink()
    for name, file in files.items():
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)  # what was a folder is a file now; its own files are gone already
        if not path.exists():
            put(path, file)


def is_like(path: Path, file: File) -> bool:
    """Whether a path is such a file."""
    mode = path.lstat().st_mode
    return stat.S_ISREG(mode) and stat.S_IMODE(mode) == int(file.mode, 8) and path.read_bytes() == file.content
