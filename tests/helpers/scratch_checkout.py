"""A scratch copy of what a maintainer edits, with the command that runs from it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.helpers.support import ROOT, Run, clean_environment, ok, replace

PARTS = (
    *("generator", "template", "hooks", "docs/reference", "docs/how-to", "tests/rows.json", "cookiecutter.json"),
    "requirements.lock",
)


class ScratchCheckout:
    """A copy of the tables, the template and all that is derived from them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in PARTS:
            (folder / part).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / part, folder / part)
        self.package = folder / "generator/gocontainer"
        self.template = folder / "template/<<cookiecutter.service>>"
        self.partials = folder / "template/templates"

    def python(self, *arguments: str, **environment: str) -> Run:
        """Run Python with the copy's package."""
        done = subprocess.run(
            [sys.executable, *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={**clean_environment(), **environment, "PYTHONPATH": str(self.folder / "generator")},
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def run(self, *arguments: str) -> Run:
        """Run the copy's command."""
        return self.python("-m", "gocontainer", *arguments)

    def derive(self, *arguments: str) -> None:
        """Derive, which has to go well, and once more, which has to change nothing."""
        ok(self.run("dev", "derive", *arguments))
        again = self.run("dev", "derive", "--check")
        assert (again.code, again.err) == (0, "")

    def cookiecutter(self, out: Path, **answers: str) -> None:
        """Render with plain cookiecutter below ``out``."""
        program = str(Path(sys.executable).with_name("cookiecutter"))
        given = [f"{name}={value}" for name, value in answers.items()]
        done = subprocess.run(
            [program, "--no-input", "-o", str(out), str(self.folder), *given],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "HOME": str(self.folder / "home"), "PYTHONPATH": str(self.folder / "generator")},
        )
        assert done.returncode == 0, done.stderr

    def edit(self, path: str, *edits: tuple[str, str]) -> None:
        """Replace texts in a file of the package, each of which stands there once."""
        replace(self.package / path, *edits)

    def rows(self) -> list[Mapping[str, Any]]:
        """The rows of the test matrix."""
        rows: list[Mapping[str, Any]] = json.loads((self.folder / "tests/rows.json").read_text())
        return rows
