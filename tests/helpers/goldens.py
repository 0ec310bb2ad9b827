"""The golden repositories: one a profile, and one with a config centre. `make goldens` renders them afresh."""

from __future__ import annotations

import shutil

from gocontainer.answers.lockfile import PACK, with_lockfile
from gocontainer.options.profiles import PRESETS
from gocontainer.repository import tree
from tests.helpers.support import ROOT, answers, files_of

FOLDER = ROOT / "tests" / "goldens"
GOLDENS: dict[str, dict[str, str]] = {
    **{profile: {"profile": profile} for profile in PRESETS},
    "configured": {"config_center": "etcd"},
}
"""Their answers, by name."""


def expected(golden: str) -> dict[str, tree.File]:
    """What `gocontainer new orders` writes today for the answers of a golden."""
    chosen = answers(**GOLDENS[golden])
    return with_lockfile(files_of(GOLDENS[golden]), chosen)


def without_pack(files: tree.Tree) -> dict[str, tree.File]:
    """Return what is committed of a golden."""
    return {path: file for path, file in files.items() if path != PACK}


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name in GOLDENS:
        tree.save(without_pack(expected(name)), FOLDER / name)
