"""The golden repositories: one a profile, and one with a config centre. `make goldens` renders them afresh."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

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


def expected(golden: str) -> tree.Tree:
    """What `gocontainer new orders` writes today for the answers of a golden."""
    chosen = answers(**GOLDENS[golden])
    return with_lockfile(files_of(GOLDENS[golden]), chosen)


BOUNDS: Mapping[str, Mapping[str, int]] = {
    "service": {"files": 60, "lines of Go": 1500, "lines of its tests": 1500, "modules": 31},
    "minimal": {"files": 48, "lines of Go": 1371},
}
"""How large the repository of a profile may be. What does not fit goes behind an answer."""


def sizes(golden: str) -> dict[str, int]:
    """Return how large a golden is, by the names of BOUNDS."""
    files = expected(golden)
    go = {path: file.content.count(b"\n") for path, file in files.items() if path.endswith(".go")}
    tests = sum(lines for path, lines in go.items() if path.endswith("_test.go"))
    modules = sum(b" v" in line for line in files["go.mod"].content.splitlines())
    return {
        "files": len(files),
        "lines of Go": sum(go.values()) - tests,
        "lines of its tests": tests,
        "modules": modules,
    }


def without_pack(files: tree.Tree) -> dict[str, tree.File]:
    """Return what is committed of a golden."""
    return {path: file for path, file in files.items() if path != PACK}


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name in GOLDENS:
        tree.save(without_pack(expected(name)), FOLDER / name)
