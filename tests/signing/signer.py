"""A rendered repository that signs and verifies by its own make targets, with the pinned tools and no network."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.helpers.support import Run, git, need, rendered
from tests.signing.registry import SOURCE
from tests.signing.tools import tools

NOWHERE = "http://127.0.0.1:1"
"""Nothing listens there."""


class Signer(NamedTuple):
    """A repository, and what stands in the environment of all that runs in it."""

    folder: Path
    env: dict[str, str]

    def make(self, *arguments: str, **environment: str) -> Run:
        """Run make; what would leave this machine is refused."""
        need("make", "git")
        done = subprocess.run(
            ["make", "--silent", *tools(), *arguments],
            cwd=self.folder,
            env={**os.environ, "HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE, **self.env, **environment},
            check=False,
            capture_output=True,
            text=True,
        )
        return Run(done.returncode, done.stdout, done.stderr)


def cloned(folder: Path, origin: str = SOURCE, **answers: str) -> Path:
    """Write a repository that was cloned from ``origin``."""
    repository = rendered(folder, **answers)
    git(repository, "init", "--quiet")
    git(repository, "remote", "add", "origin", origin)
    return repository


def with_key(folder: Path, **answers: str) -> Signer:
    """Return a repository whose images are signed by a key beside it, which needs no password."""
    signer = Signer(
        cloned(folder, signing="key", **answers), {"COSIGN_PASSWORD": "", "KEY": str(folder / "orders.key")}
    )
    done = signer.make("signing-key", f"KEY={folder}/orders")
    assert done.code == 0, done.err
    return signer
