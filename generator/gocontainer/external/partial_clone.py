"""A template's folder that is a partial clone: what it lacks lies where it was cloned from."""

from __future__ import annotations

import os
from pathlib import Path

from gocontainer.repository.git import Git


def promisor(folder: Path) -> str:
    """Return the address from which a partial clone gets what it lacks; empty for any other repository."""
    git = Git(folder)
    names = os.fsdecode(git("config", "--get-regexp", r"^remote\..*\.promisor$", codes=(0, 1))).splitlines()
    name = names[0].partition(" ")[0].removesuffix(".promisor") if names else ""
    return git.line("config", f"{name}.url") if name else ""


def take_over(clone: Git, folder: Path) -> None:
    """Let ``clone``, which is of the same origin, have the branches and tags of the partial clone in ``folder``."""
    git = Git(folder)
    objects = Path(git.line("rev-parse", "--path-format=absolute", "--git-common-dir")) / "objects"
    (clone.folder / "objects/info/alternates").write_bytes(os.fsencode(objects) + b"\n")
    clone("update-ref", "--stdin", stdin=git("for-each-ref", "--format=update %(refname) %(objectname)", *_OWN))
    clone("symbolic-ref", "HEAD", git.line("rev-parse", "--symbolic-full-name", "HEAD"))


_OWN = ("refs/heads", "refs/tags")
