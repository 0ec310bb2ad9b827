"""Builds what takes long: `python -m tests.forge.build`, to be started in the background before the tests."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.helpers import background_build
from tests.helpers.support import ROOT, missing, need, wrapped

MODULE = ROOT / "tests/pipelines/gitea"
"""The wrapper module of Gitea, whose own replaces others."""
PACKAGE = "code.gitea.io/gitea"


def gitea() -> Path:
    """Return the program of Gitea, with SQLite, which is written in C."""
    need("cc")
    return wrapped(MODULE, PACKAGE, CGO_ENABLED="1", GOFLAGS="-tags=sqlite,sqlite_unlock_notify")


def texts() -> Path:
    """Return the folder with the templates and texts that Gitea reads while it runs."""
    done = subprocess.run(["go", "mod", "download", "-json", PACKAGE], check=False, cwd=MODULE, capture_output=True)
    if done.returncode != 0:
        missing(PACKAGE)
    return Path(json.loads(done.stdout)["Dir"])


if __name__ == "__main__":
    background_build.build({"gitea": gitea})
