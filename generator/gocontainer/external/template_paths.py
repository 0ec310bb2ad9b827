"""The paths of a template's files: which of them may be written, and where its links lead."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping

from gocontainer.errors import CannotUse
from gocontainer.repository.tree import File, Tree
from gocontainer.texts import series, tr


def settled(files: Mapping[str, File], links: Mapping[str, str]) -> tuple[dict[str, File], tuple[str, ...]]:
    """Return the files, with a copy for each link that leads to one of them, and the links that do not."""
    tree = {path: file for path, file in files.items() if is_inside(path)}
    led = {path: _follow(path, links) for path in links if is_inside(path)}
    copies = {path: tree[there] for path, there in led.items() if there in tree}
    return {**tree, **copies}, tuple(sorted((files.keys() | links.keys()) - tree.keys() - copies.keys()))


def _follow(path: str, links: Mapping[str, str]) -> str:
    for _ in links:
        if path not in links:
            break
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), links[path]))
    return path


def is_inside(path: str) -> bool:
    """Whether a path stays below its folder, and away from what git keeps there, on any system."""
    parts = [part.casefold().rstrip(" .") for part in path.split("/")]
    return not {"", ".git", "git~1"} & set(parts) and not re.search(r"[\0\\\ud800-\udfff]", path)


def below(paths: Iterable[str], folder: str) -> list[str]:
    """Return those of ``paths`` that lie in ``folder``; all where it is the top."""
    return [path for path in paths if path.startswith(f"{folder}/" if folder else "")]


def misplaced(tree: Tree, source: str, folder: str) -> CannotUse | None:
    """Return the error of a ``folder`` without a template where other folders have one."""
    found = sorted({path.rpartition("/")[0] for path in tree if path.endswith("/cookiecutter.json")})
    if not found:
        return None
    here = tr("the template {source} holds no cookiecutter.json at its top", source=source)
    reason = tr("the template {source} holds no cookiecutter.json in {folder}", source=source, folder=folder)
    reason = reason if folder else here
    return CannotUse(reason, tr("Name the template's folder with --directory: {folders}.", folders=series(found)))
