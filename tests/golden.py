"""The golden repositories, one a profile. `make goldens` renders them afresh."""

from __future__ import annotations

import shutil

from gocontainer import render, tree
from gocontainer.lock import sealed
from gocontainer.profiles import PRESETS
from tests.support import ROOT, answers

FOLDER = ROOT / "tests" / "goldens"


def expected(profile: str) -> dict[str, tree.File]:
    """What `gocontainer new orders --profile PROFILE` writes today."""
    chosen = answers(profile=profile)
    return sealed(render(chosen), chosen)


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name in PRESETS:
        tree.save(expected(name), FOLDER / name)
