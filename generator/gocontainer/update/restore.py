"""Files of the template that their owner deleted, and wants back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gocontainer.answers import lockfile
from gocontainer.errors import CannotUpdate
from gocontainer.repository.tree import put
from gocontainer.texts import tr


def restore(folder: Path, paths: Sequence[str]) -> list[str]:
    """Write files of the template that the user deleted back as they are rendered; return their paths."""
    pristine = lockfile.packed(folder, lockfile.read(folder))
    for path in paths:
        if path not in pristine:
            hint = tr("'gocontainer status' lists what is missing.")
            raise CannotUpdate(tr("no file of the template is called {path}", path=path), hint)
        if (folder / path).exists() or (folder / path).is_symlink():
            raise CannotUpdate(tr("something is there: {path}", path=path), tr("Move it away first."))
        folders = [folder / parent for parent in list(Path(path).parents)[:-1]]
        if any(each.is_symlink() or each.is_file() for each in folders):
            reason = tr("a link or a file is where a folder of {path} has to be", path=path)
            raise CannotUpdate(reason, tr("Move it away first."))
    for path in paths:
        put(folder / path, pristine[path])
    return list(paths)
