"""What each release wrote, one folder a version: lock and pack of every golden. `make freeze` adds this version's."""

from __future__ import annotations

from pathlib import Path

from gocontainer import __version__
from gocontainer.answers import lockfile
from gocontainer.options.profiles import PRESETS
from gocontainer.repository import tree
from gocontainer.repository.tree import File
from tests.helpers import reads
from tests.helpers.goldens import expected
from tests.helpers.support import ROOT

FOLDER = ROOT / "tests" / "releases"


def frozen(folder: Path) -> dict[str, File]:
    """The repository that a release wrote: its pack holds every file."""
    reads.path(FOLDER.relative_to(ROOT).as_posix())
    sealed = tree.load(folder)
    return {**lockfile.unpack(sealed[lockfile.PACK].content), **sealed}


if __name__ == "__main__":
    for profile in PRESETS:
        files = expected(profile)
        tree.save({path: files[path] for path in (lockfile.LOCK, lockfile.PACK)}, FOLDER / __version__ / profile)
