"""What an update has under way, so that it can be undone: a small file beside git's own."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gocontainer.answers import lockfile
from gocontainer.errors import CannotUpdate
from gocontainer.repository.worktree import Project
from gocontainer.texts import tr

NAME = "gocontainer-update"
"""The file of a service at the top, in git's own folder; that of one below it has the digest of its folder as well."""
_NAMES = re.compile(rf"{NAME}(?:-[0-9a-f]{{12}})?")
_BLOCK, _SPARE = 4096, 8
"""Bytes by which the disk is given out, and how many more of them than there are files."""


class Journal(NamedTuple):
    """``paths``, from the top, are written over commit ``head`` as the object ``tree`` has them.

    ``settled`` says that only people are left to act; they have ``conflicts`` to decide. ``folder`` is the service's,
    from the top, and ends in a slash unless it is the top.
    """

    head: str
    paths: tuple[str, ...]
    settled: bool = False
    conflicts: tuple[str, ...] = ()
    tree: str = ""
    folder: str = ""

    @property
    def own(self) -> list[str]:
        """Those of the paths that are the tool's own files: what they hold says whether the update is there."""
        return [path for path in self.paths if path.removeprefix(self.folder) in (lockfile.LOCK, lockfile.PACK)]

    @property
    def is_clean(self) -> bool:
        """Whether nobody has to decide anything: it is there so that the update can be undone until it is committed."""
        return self.settled and bool(self.tree) and not self.conflicts


def _place(project: Project) -> Path:
    """Return the file of the project's own folder."""
    digest = hashlib.sha256(os.fsencode(project.prefix)).hexdigest()[:12]
    return project.git_dir / (f"{NAME}-{digest}" if project.prefix else NAME)


def _beside(project: Project, what: str) -> Path:
    place = _place(project)
    return place.with_name(f"{place.name}.{what}")


def read_all(project: Project) -> dict[str, Journal]:
    """Return the journals of all updates in the repository that have not ended, by their folders."""
    places = [place for place in project.git_dir.glob(f"{NAME}*") if _NAMES.fullmatch(place.name)]
    return {journal.folder: journal for journal in (_parse(project, place) for place in sorted(places))}


def read(project: Project) -> Journal | None:
    """Return the journal of the folder's update that has not ended, if there is one."""
    return read_all(project).get(project.prefix)


def _parse(project: Project, place: Path) -> Journal:
    try:
        document = json.loads(place.read_bytes())
        paths = tuple(document["paths"])
        return Journal(
            document["head"],
            paths,
            document["settled"],
            tuple(document.get("conflicts", ())),  # since 0.2, as is what follows
            document.get("tree", ""),
            document.get("folder", _folder(paths)),
        )
    except (FileNotFoundError, ValueError):  # it ended just now, or was killed before it was whole: nothing was written
        return Journal(project.head, (), folder=project.prefix if place == _place(project) else f"{place.name}/")


def _folder(paths: Sequence[str]) -> str:
    """Return the folder whose lock is among the paths of a journal that does not say whose it is."""
    locks = [path for path in paths if path.rpartition("/")[2] == lockfile.LOCK]
    return min(locks, key=len).removesuffix(lockfile.LOCK) if locks else ""


def unfinished() -> CannotUpdate:
    """Return the error of an update while another has not ended."""
    hint = tr("Run 'gocontainer update --continue' when all is decided, or '--abort'.")
    return CannotUpdate(tr("an earlier update has not ended"), hint)


def of_another(project: Project, other: Journal) -> CannotUpdate:
    """Return the error where the update of another folder is in the way, which has to end first."""
    folder = project.top / other.folder
    hint = tr("End it with 'gocontainer update {folder} --continue', or '--abort'.", folder=folder)
    return CannotUpdate(tr("an update of {folder} has not ended", folder=folder), hint)


def begin(project: Project, journal: Journal) -> None:
    """Remember, on the disk, what is about to be written, or leave nothing where that fails.

    Raises CannotUpdate where another update is under way for these paths, whose journal stays.
    """
    for other in read_all(project).values():
        if other.folder == journal.folder:
            _end_clean(project, other)
        elif not other.is_clean and {*other.paths} & {*journal.paths}:
            raise of_another(project, other)
    try:
        _place(project).touch(exist_ok=False)
    except FileExistsError as error:
        raise unfinished() from error
    try:
        _reserve(project, journal.paths)
        write(project, journal)
    except BaseException:
        close(project)
        raise


def _end_clean(project: Project, earlier: Journal) -> None:
    """Forget an update that left nothing to decide, unless it is not committed: it can still be undone then."""
    if not earlier.is_clean:
        return
    own = (f":(top,literal){path}" for path in earlier.own)
    if project.git("diff", "--name-only", "--no-ext-diff", "HEAD", "--", *own):
        hint = tr("Commit it, or undo it with 'gocontainer update --abort'.")
        raise CannotUpdate(tr("the earlier update is not committed"), hint)
    close(project)


def _reserve(project: Project, paths: Sequence[str]) -> None:
    """Take the room on the disk that undoing would need: what is there now may not fit again later."""
    index = project.git_dir / "index"
    there = [index, index, *(project.top / path for path in paths)]
    sizes = [place.lstat().st_size for place in there if os.path.lexists(place)]
    blocks = _BLOCK * (len(sizes) + len(paths) + _SPARE)
    _beside(project, "room").write_bytes(bytes(sum(sizes) + blocks))


def release(project: Project) -> None:
    """Give the room back that undoing needs."""
    _beside(project, "room").unlink(missing_ok=True)


def write(project: Project, journal: Journal) -> None:
    """Remember what was written, and whether all of it is."""
    if journal.settled:
        release(project)
    new = _beside(project, "new")
    with new.open("w") as file:
        json.dump(journal._asdict(), file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(_place(project))


def close(project: Project) -> None:
    """Forget it: the update has ended."""
    release(project)
    _place(project).unlink(missing_ok=True)
    _beside(project, "new").unlink(missing_ok=True)
    old = project.git_dir / NAME  # before 0.2 there was one for the whole repository
    if project.prefix and old.exists() and _parse(project, old).folder == project.prefix:
        old.unlink(missing_ok=True)
