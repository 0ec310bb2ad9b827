"""Tools of PyPI in virtual environments of their own, as their locks name them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.helpers.support import CACHE, missing, pip_tool


@cache
def environment(lock: Path) -> Path:
    """Return the environment of requirements-NAME.lock; it is installed once for each state of the lock."""
    name = lock.stem.removeprefix("requirements-")
    folder = CACHE / f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    if not folder.exists():
        # Under a name of its own first: another worker may be installing it too.
        mine = folder.with_name(f"{folder.name}.{os.getpid()}")
        venv = [pip_tool("uv"), "venv", "--quiet", "--relocatable", str(mine)]
        install = [pip_tool("uv"), "pip", "sync", "--quiet", "--require-hashes", "--python", str(mine), str(lock)]
        for command in (venv, install):
            if subprocess.run(command, check=False).returncode != 0:
                missing(name)
        try:
            mine.rename(folder)
        except OSError:
            shutil.rmtree(mine)
    return folder
