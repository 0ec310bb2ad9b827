"""Build the form for any static server: `python docs/static_form.py FOLDER`.

Python comes as Pyodide, whose package npm fetches; the pins say which, and its digest is below. The page asks nothing
but its own folder.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path

import wcwidth

from gocontainer.rendering import language

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "generator/gocontainer"
PINS = tomllib.loads((PACKAGE / "rendering/pins.toml").read_text("utf-8"))
DIGEST = "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
"""Of Pyodide's package, as the npm registry had it when the pin was read."""
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
"""The files of that package that a browser loads."""
NEEDED = ("*.py", "*.toml", "*.mo")
"""The files of ours that rendering reads."""


def build(folder: Path) -> None:
    """Write the page with all that it loads into ``folder``, over what is there."""
    shutil.copytree(PACKAGE / "form/page", folder, dirs_exist_ok=True)
    shutil.copytree(ROOT / "docs/form", folder, dirs_exist_ok=True)
    with zipfile.ZipFile(folder / "gocontainer.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for top in (PACKAGE, Path(wcwidth.__file__).parent):
            for path in sorted(each for pattern in NEEDED for each in top.rglob(pattern)):
                archive.write(path, f"{top.name}/{path.relative_to(top)}")
        archive.writestr("gocontainer/rendering/program.json", json.dumps(language.compile_checkout(ROOT)))
    vendor(folder / "pyodide")


def vendor(folder: Path) -> None:
    """Write Pyodide into ``folder``; raise SystemExit where its package is another one than was read."""
    folder.mkdir(exist_ok=True)
    version = PINS["own_tool"]["pyodide"]["value"]
    with tempfile.TemporaryDirectory() as scratch:
        command = ["npm", "pack", f"pyodide@{version}", "--json", "--silent", "--pack-destination", scratch]
        (packed,) = json.loads(subprocess.run(command, check=True, capture_output=True, cwd=scratch).stdout)
        if packed["integrity"] != DIGEST:
            sys.exit(f"pyodide {version} is {packed['integrity']}, not {DIGEST}. Read it, then change DIGEST.")
        with tarfile.open(Path(scratch) / packed["filename"]) as package:
            for name in PYODIDE:
                content = package.extractfile(f"package/{name}")
                assert content, name
                (folder / name).write_bytes(content.read())


if __name__ == "__main__":
    build(Path(sys.argv[1]))
