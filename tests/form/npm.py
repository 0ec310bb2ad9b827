"""axe-core, from npm, at its pinned version."""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path

from tests.helpers.support import CACHE, PINS, need


@cache
def axe() -> str:
    """Return the script that finds what a screen reader, or poor eyes, would miss; it is kept outside the clone."""
    version = PINS["own_tool"]["axe_core"]["value"]
    kept = CACHE / f"axe-core-{version}.js"
    if not kept.exists():
        need("npm")
        with tempfile.TemporaryDirectory() as scratch:
            command = ["npm", "pack", f"axe-core@{version}", "--silent"]
            packed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=scratch).stdout.strip()
            with tarfile.open(Path(scratch) / packed) as package:
                script = package.extractfile("package/axe.min.js")
                assert script, packed
                CACHE.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(script.read())
    return kept.read_text()
