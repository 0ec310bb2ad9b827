"""A rendered repository that is scanned by its own make targets, with the pinned tools and no network."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.helpers.support import PINS, Run, clean_environment, committed, files_of, git, go_tool, need
from tests.signing.tools import tool

NOWHERE = "http://127.0.0.1:1"
"""Nothing listens there."""
TOKEN = f"ghp_{hashlib.sha256(b'a token that nobody has').hexdigest()[:36]}"
"""Looks like a token of GitHub's. It is made here, so that no scanner finds it in this file."""


def gitleaks() -> str:
    """Return gitleaks at the version that a rendered Makefile runs."""
    return go_tool("github.com/zricethezav/gitleaks/v8", PINS["tool"]["gitleaks"]["value"])


class Repository(NamedTuple):
    """A repository with one commit, and what stands in the environment of all that runs in it."""

    folder: Path
    env: dict[str, str]

    def make(self, *arguments: str, **environment: str) -> Run:
        """Run make; what would leave this machine is refused."""
        need("make", "git")
        env = {**clean_environment(), "HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE, "NO_PROXY": "127.0.0.1"}
        tools = [f"GITLEAKS={gitleaks()}", f"CRANE={tool('CRANE')}"]
        done = subprocess.run(
            ["make", "--silent", *tools, *arguments],
            cwd=self.folder, env={**env, **self.env, **environment}, check=False, capture_output=True, text=True,
        )  # fmt: skip
        return Run(done.returncode, done.stdout, done.stderr)

    def write(self, name: str, text: str) -> None:
        """Write a file that nobody has committed yet."""
        (self.folder / name).write_text(text)

    def commit(self) -> None:
        """Commit all that git does not ignore."""
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--message=more")


def repository(folder: Path, **given: str) -> Repository:
    """Return a repository that is scanned, at its first commit."""
    return Repository(committed(folder / "orders", files_of({"scan": "grype", **given})), {})
