"""Runs a rendered repository's own Go tests without a statement of its code.

All is built once: each statement then stands in a condition (statements/main.go), and an environment variable says
which one is left out of a run.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from tests.helpers.support import ROOT, go, ok, wrapped

PROGRAM = ROOT / "tests/deletions/statements"
DIED, SURVIVED, HUNG = "died", "survived", "hung"
TIMEOUT = "2m"
"""After so long Go ends tests that wait for what does not come. They should have ended by themselves long before."""


class Statement(NamedTuple):
    """A statement of the code, which compiles without it."""

    file: str
    function: str
    text: str
    number: int

    @property
    def name(self) -> str:
        """Name it as the list of survivors does."""
        return f"{self.file} {self.function}: {self.text}"


class Mutable:
    """A repository of which each statement can be left out."""

    def __init__(self, repository: Path, programs: Path, timeout: str = TIMEOUT) -> None:
        self.repository, self._programs, self._timeout = repository, programs, timeout
        told = subprocess.run(
            [wrapped(PROGRAM, "statements"), str(repository)], check=True, capture_output=True, text=True
        ).stdout
        self.statements = [
            Statement(each["File"], each["Function"], each["Text"], each["Number"]) for each in json.loads(told)
        ]

    @cached_property
    def reached(self) -> Mapping[str, frozenset[int]]:
        """Return for each package's tests the statements that they reach; all of them pass."""
        self._programs.mkdir()
        listed = ok(go(self.repository, "list", "-f", "{{if .TestGoFiles}}{{.Dir}}{{end}}", "./..."))
        found = {}
        for folder in listed.split():
            package = str(Path(folder).relative_to(self.repository))
            ok(go(self.repository, "test", "-c", "-o", str(self._program(package)), f"./{package}"))
            numbers = self._programs / f"{self._program(package).name}.reached"
            run = self._run(package, {"REACHED_STATEMENTS": str(numbers)})
            assert run.returncode == 0, run.stdout
            found[package] = frozenset(map(int, numbers.read_text().split())) if numbers.exists() else frozenset()
        return found

    def without(self, statement: Statement) -> tuple[str, str]:
        """Run the tests that reach a statement without it; return what became of them and what they said."""
        own = str(Path(statement.file).parent)
        packages = [package for package, reached in self.reached.items() if statement.number in reached]
        for package in sorted(packages, key=lambda package: package != own):
            run = self._run(package, {"DELETED_STATEMENT": str(statement.number)})
            if "panic: test timed out" in run.stdout:
                return HUNG, run.stdout
            if run.returncode != 0:
                return DIED, run.stdout
        return SURVIVED, ""

    def _run(self, package: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        command: Sequence[str] = (str(self._program(package)), "-test.failfast", f"-test.timeout={self._timeout}")
        return subprocess.run(
            ["nice", *command],
            check=False,
            cwd=self.repository / package,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _program(self, package: str) -> Path:
        return self._programs / f"{package.replace('/', '-')}.test"
