"""What each release wrote, one folder a version: lock and pack of every golden. `make freeze` adds this version's."""

from __future__ import annotations

from pathlib import Path

from gocontainer import __version__, lock, tree
from gocontainer.profiles import PRESETS
from gocontainer.tree import File
from tests.golden import expected
from tests.support import ROOT

FOLDER = ROOT / "tests" / "releases"


def frozen(folder: Path) -> dict[str, File]:
    """The repository that a release wrote: its pack holds every file."""
    sealed = tree.load(folder)
    return {**lock.unpack(sealed[lock.PACK].content), **sealed}


if __name__ == "__main__":
    for profile in PRESETS:
        files = expected(profile)
        tree.save({path: files[path] for path in (lock.LOCK, lock.PACK)}, FOLDER / __version__ / profile)
