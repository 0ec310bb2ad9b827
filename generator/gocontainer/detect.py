"""What the surroundings answer by themselves: the module, the image and the owner, from git."""

from __future__ import annotations

from pathlib import Path

from gocontainer import git
from gocontainer.answers import Layer
from gocontainer.errors import InvalidAnswer
from gocontainer.options import BY_NAME

REGISTRIES = {"github.com": "ghcr.io/{owner}", "gitlab.com": "registry.gitlab.com/{owner}/{path}"}
"""The registry that comes with a host's repositories; elsewhere there is none to guess."""


def detected(target: Path) -> Layer:
    """Return the answers that the repository at or around ``target`` suggests, if there is one."""
    top = git.work_tree(target)
    remote = git.remote(top) if top else None
    if remote is None or top is None:
        return Layer("detected", {})
    inside = target.relative_to(top).as_posix()
    module = remote.module if inside == "." else f"{remote.module}/{inside}"
    registry = REGISTRIES.get(remote.host, "").format(owner=remote.owner, path=remote.path).lower()
    suggested = {"module": module, "image": f"{registry}/{target.name}", "owner": remote.owner}
    return Layer("detected", {name: value for name, value in suggested.items() if _valid(name, value)})


def _valid(name: str, value: str) -> bool:
    try:
        BY_NAME[name].parse(value, name)
    except InvalidAnswer:
        return False
    return True
