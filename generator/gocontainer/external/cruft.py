"""What cruft remembers of a project: ``.cruft.json``, which an update replaces by our lock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from glob import escape
from pathlib import PurePosixPath
from typing import NamedTuple

from gocontainer.errors import CannotUpdate
from gocontainer.repository.worktree import Project
from gocontainer.texts import tr

FILE = ".cruft.json"


class Cruft(NamedTuple):
    """The file's content, and the file itself."""

    template: str
    commit: str
    checkout: str
    """The revision to follow, if one was named."""
    directory: str
    context: Mapping[str, object]
    skip: tuple[str, ...]
    text: bytes


def read(project: Project) -> Cruft:
    """Return what the last commit's ``.cruft.json`` says; raise CannotUpdate where it says nothing of the kind."""
    (text,) = project.read([project.mine[FILE].oid])
    try:
        document = json.loads(text)
        context = document["context"]["cookiecutter"]
        return Cruft(
            template=str(document["template"]),
            commit=str(document["commit"]),
            checkout=str(document.get("checkout") or ""),
            directory=str(document.get("directory") or "").strip("/"),
            context={key: value for key, value in context.items() if not key.startswith("_")},
            skip=tuple(dict.fromkeys(map(kept_as, [*map(str, document.get("skip") or ()), *_skipped(project)]))),
            text=text,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = tr("{file} is not as cruft writes it", file=FILE)
        raise CannotUpdate(reason, tr("Bring it back, say with 'git checkout'.")) from error


def kept_as(skip: str) -> str:
    """Return an entry of ``skip`` as a lock's ``keep`` has it: to cruft it is a pattern where it has a ``*``."""
    path = PurePosixPath(skip).as_posix()
    if "*" in path:
        return f"./{path}"
    return f"./{escape(path)}" if escape(path) != path else path


def _skipped(project: Project) -> list[str]:
    """Return the ``skip`` of ``[tool.cruft]`` in pyproject.toml, where cruft looks too."""
    import tomllib

    if "pyproject.toml" not in project.mine:
        return []
    (text,) = project.read([project.mine["pyproject.toml"].oid])
    return [str(each) for each in tomllib.loads(text.decode()).get("tool", {}).get("cruft", {}).get("skip", [])]
