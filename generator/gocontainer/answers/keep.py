"""What the owner decides about files of the template: which are kept from updates, and which come back.

An entry of a lock's ``keep`` is a file, a folder, or a pattern whose ``*`` goes through folders: ``*.md``. One that
begins with ``./`` is a pattern as ``pathlib`` has it: its ``*`` stays in a folder, and ``**`` is any number of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from gocontainer.answers import lockfile
from gocontainer.errors import CannotUpdate
from gocontainer.repository.kept import is_blocked
from gocontainer.repository.tree import put
from gocontainer.texts import listed, tr

_HERE = "./"
_WILD = frozenset("*?[")


def protected(keep: Sequence[str], paths: Iterable[str]) -> list[str]:
    """Return those of ``paths`` that ``keep`` names, by themselves, by a pattern or by a folder around them."""
    return [path for path in paths if any(_is_protected(path, each.rstrip("/")) for each in keep)]


def _is_protected(path: str, pattern: str) -> bool:
    if pattern.startswith(_HERE):
        return _matches(path.split("/"), pattern.removeprefix(_HERE).split("/"))
    if not _WILD.intersection(pattern):  # most are none, and need no pattern to be compiled
        return path == pattern or path.startswith(f"{pattern}/")
    return fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern}/*")


def _matches(names: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a path, or a folder around it, is what a pattern says, folder by folder."""
    if not pattern:
        return True
    if pattern[0] == "**":
        return any(_matches(names[start:], pattern[1:]) for start in range(len(names)))
    return bool(names) and fnmatchcase(names[0], pattern[0]) and _matches(names[1:], pattern[1:])


def keep(folder: Path, entries: Sequence[str]) -> list[str]:
    """Keep files from updates, in the lock at ``folder``; return what is kept that was not before.

    Raises CannotUpdate where an entry is no file, folder or pattern of the template's.
    """
    lock = lockfile.read(folder)
    known = lockfile.packed(folder, lock)
    strange = [each for each in entries if not protected([each], known)]
    if strange:
        reason = tr("no file of the template is called {path}", path=listed(strange))
        raise CannotUpdate(reason, tr("Name one of the template's; your own files are never touched."))
    new = [each for each in dict.fromkeys(entries) if each not in lock.keep]
    _write(folder, [*lock.keep, *new])
    return new


def give_back(folder: Path, entries: Sequence[str]) -> None:
    """Let updates merge into files that were kept from them; raise CannotUpdate where one was not."""
    kept = lockfile.read(folder).keep
    strange = [each for each in entries if each not in kept]
    if strange:
        reason = tr("{path} is not kept from updates", path=listed(strange))
        hint = tr("These are: {paths}.", paths=", ".join(kept)) if kept else tr("Nothing is.")
        raise CannotUpdate(reason, hint)
    _write(folder, [each for each in kept if each not in entries])


def _write(folder: Path, entries: Sequence[str]) -> None:
    place = folder / lockfile.LOCK
    document = json.loads(place.read_bytes())
    document["keep"] = list(entries)
    place.write_bytes(lockfile.written(document))


def restore(folder: Path, paths: Sequence[str]) -> list[str]:
    """Write files of the template that the user deleted back as they are rendered; return their paths."""
    pristine = lockfile.packed(folder, lockfile.read(folder))
    for path in paths:
        if path not in pristine:
            hint = tr("'gocontainer status' lists what is missing.")
            raise CannotUpdate(tr("no file of the template is called {path}", path=path), hint)
        if (folder / path).exists() or (folder / path).is_symlink():
            raise CannotUpdate(tr("something is there: {path}", path=path), tr("Move it away first."))
        if is_blocked(folder, path):
            reason = tr("a link or a file is where a folder of {path} has to be", path=path)
            raise CannotUpdate(reason, tr("Move it away first."))
    for path in paths:
        put(folder / path, pristine[path])
    return list(paths)
