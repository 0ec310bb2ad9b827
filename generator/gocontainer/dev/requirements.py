"""What the pipeline of a rendered repository installs, with the hashes of ``requirements-dev.lock``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

PAGE = "template/<<cookiecutter.service>>/.gocontainer/requirements.txt"
HEAD = """\
# What .gocontainer/propose.sh merges with: gocontainer and all that it needs, each by its hash. A newer release
# replaces this file; that it was merged is what starts the proposal.
gocontainer @ << cookiecutter.update_wheel >>
"""
_LOCKED = re.compile(r"^(?P<name>[\w.-]+)==.*\n(?:    .*\n)*", re.MULTILINE)
_NAME = re.compile(r"[\w.-]+")


def page(root: Path) -> str:
    """Return the template of ``requirements.txt``: what gocontainer needs, each as it is locked."""
    locked: dict[str, list[str]] = {}
    for block in _LOCKED.finditer((root / "requirements-dev.lock").read_text("utf-8")):
        locked.setdefault(block["name"], []).append(block[0])
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    wanted, needed = list(_names(project["dependencies"])), set()
    while wanted:
        name = wanted.pop()
        if name in locked and name not in needed:  # what no Python here needs is not locked
            needed.add(name)
            wanted += _names(metadata.requires(name) or ())
    return HEAD + "".join(block for name in sorted(needed) for block in locked[name])


def _names(requirements: Iterable[str]) -> Iterable[str]:
    """Yield the names of what is required, extras aside."""
    for each in requirements:
        found = _NAME.match(each)
        if found and "extra ==" not in each:
            yield re.sub(r"[-_.]+", "-", found[0]).lower()
