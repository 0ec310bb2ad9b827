"""Answers that follow from the remote and the machine, and what was found there in words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gocontainer.answers import forges
from gocontainer.answers.model import Layer, fits
from gocontainer.options.types import Value
from gocontainer.repository import git
from gocontainer.repository.remotes import Remote
from gocontainer.texts import tr


def detected(target: Path) -> Layer:
    """Return the answers that the repository at or around ``target`` suggests, if there is one."""
    top = git.work_tree(target)
    remote = git.remote(top) if top else None
    below = {} if top in (None, target) else _BELOW
    return Layer("detected", {**(_named_by(remote, target, top) if remote and top else {}), **below})


_BELOW = {"ci": "none", "deps_bot": "none"}
"""Below the top of a repository: a host reads what its pipeline and its bot are to do at the top alone."""


def _named_by(remote: Remote, target: Path, top: Path) -> dict[str, Value]:
    inside = target.relative_to(top).as_posix()
    module = remote.module if inside == "." else f"{remote.module}/{inside}"
    found = forges.answers(remote, target.name, given=["module"])
    return {"module": module, **found} if fits("module", module) else found


class Surroundings(NamedTuple):
    """What is at the folder that the repository will be written to, and on this machine."""

    here: Path
    """The folder in which the repository's own folder will be, or the empty clone to be filled."""
    clone: str | None = None
    """Name of the empty or fresh clone that ``here`` is; a service of that name fills it."""
    repository: Path | None = None
    """The repository around the place."""
    remote: Remote | None = None
    user: str | None = None
    """git's user.name."""
    go: str | None = None
    """Version of the go command, such as ``1.26.8``."""

    def target(self, service: str) -> Path:
        """Return the repository's folder."""
        return self.here if service == self.clone else self.here / service

    @property
    def owner(self) -> Layer:
        """The person as the owner, for where no remote names one."""
        return Layer("detected", {"owner": self.user} if self.user and fits("owner", self.user) else {})

    def found(self, language: str) -> Iterator[str]:
        """Yield what was found, a short phrase each; ``language`` is the Go version that is needed."""
        if self.remote:
            yield tr("remote {module}", module=self.remote.module)
        if self.clone and fits("service", self.clone):
            fresh = any(each.name != ".git" for each in self.here.iterdir())
            yield tr("a fresh clone, to be filled") if fresh else tr("an empty clone, to be filled")
        elif self.clone:
            yield tr("an empty clone, whose name no service can have")
        elif self.repository:
            yield tr("the repository {name}, where you commit yourself", name=self.repository.name)
        else:
            yield tr("no git repository, so a new one")
        if self.user:
            yield tr("git user {name}", name=self.user)
        elif not self.repository and "GIT_AUTHOR_NAME" not in os.environ:
            yield tr("no git user.name, so no first commit")
        needs = tr("no Go, which the service needs ({version} or newer)", version=language)
        yield f"Go {self.go}" if self.go else needs


def surroundings(output: Path | None, service: str | None = None) -> Surroundings:
    """Look around ``output``, or around the current folder, which is filled where it is an empty clone.

    ``service`` is its name where it is known already: there may be a clone of that name.
    """
    here = output or Path.cwd()
    clone = here.name if output is None and git.is_empty_clone(here) else None
    repository = git.work_tree(here / service if service and service != clone else here)
    return Surroundings(
        here=here,
        clone=clone,
        repository=repository,
        remote=git.remote(repository) if repository else None,
        user=git.user(here),
        go=_go(),
    )


def _go() -> str | None:
    """Return the version of the go command, if there is one."""
    import subprocess

    try:
        done = subprocess.run(
            ["go", "env", "GOVERSION"],
            capture_output=True,
            check=False,
            env={**os.environ, "GOTOOLCHAIN": "local"},  # or it might fetch another one first
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=2,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip().removeprefix("go") or None
