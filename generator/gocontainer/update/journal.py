"""What an update has under way, so that it can be undone: a small file beside git's own."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gocontainer.errors import CannotUpdate
from gocontainer.repository.worktree import Project
from gocontainer.texts import listed, tr

NAME = "gocontainer-update"
"""The file, in git's own folder."""
_ROOM = f"{NAME}.room"
_BLOCK, _SPARE = 4096, 8
"""Bytes by which the disk is given out, and how many more of them than there are files."""


class Journal(NamedTuple):
    """``paths``, from the top, are written over commit ``head`` as the object ``tree`` has them.

    ``settled`` says that only people are left to act; they have ``conflicts`` to decide.
    """

    head: str
    paths: tuple[str, ...]
    settled: bool = False
    conflicts: tuple[str, ...] = ()
    tree: str = ""


def read(project: Project) -> Journal | None:
    """Return the journal of an update that has not ended, if there is one."""
    try:
        document = json.loads((project.git_dir / NAME).read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:  # killed before it was whole: nothing had been written
        return Journal(project.head, ())
    conflicts, tree = document.get("conflicts", ()), document.get("tree", "")  # since 0.2
    return Journal(document["head"], tuple(document["paths"]), document["settled"], tuple(conflicts), tree)


def unfinished() -> CannotUpdate:
    """Return the error of an update while another has not ended."""
    hint = tr("Run 'gocontainer update --continue' when all is decided, or '--abort'.")
    return CannotUpdate(tr("an earlier update has not ended"), hint)


def begin(project: Project, journal: Journal) -> None:
    """Remember, on the disk, what is about to be written, or leave nothing where that fails.

    Raises CannotUpdate where another update is under way, whose journal stays.
    """
    try:
        (project.git_dir / NAME).touch(exist_ok=False)
    except FileExistsError as error:
        raise unfinished() from error
    try:
        _reserve(project, journal.paths)
        write(project, journal)
    except BaseException:
        close(project)
        raise


def _reserve(project: Project, paths: Sequence[str]) -> None:
    """Take the room on the disk that undoing would need: what is there now may not fit again later."""
    index = project.git_dir / "index"
    there = [index, index, *(project.top / path for path in paths)]
    sizes = [place.lstat().st_size for place in there if os.path.lexists(place)]
    blocks = _BLOCK * (len(sizes) + len(paths) + _SPARE)
    (project.git_dir / _ROOM).write_bytes(bytes(sum(sizes) + blocks))


def release(project: Project) -> None:
    """Give the room back that undoing needs."""
    (project.git_dir / _ROOM).unlink(missing_ok=True)


def write(project: Project, journal: Journal) -> None:
    """Remember what was written, and whether all of it is."""
    if journal.settled:
        release(project)
    new = project.git_dir / f"{NAME}.new"
    with new.open("w") as file:
        json.dump(journal._asdict(), file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(project.git_dir / NAME)


def close(project: Project) -> None:
    """Forget it: the update has ended."""
    release(project)
    (project.git_dir / NAME).unlink(missing_ok=True)
    (project.git_dir / f"{NAME}.new").unlink(missing_ok=True)


def finish(project: Project, journal: Journal) -> None:
    """Close the journal once people have decided; raise CannotUpdate while a path is unmerged, or has our markers."""
    if not journal.settled:
        hint = tr("Run 'gocontainer update --abort'.")
        raise CannotUpdate(tr("the update was interrupted while it wrote"), hint)
    left = unmerged(project, journal)
    if left:
        reason = tr("a conflict is not decided yet: {paths}", paths=listed(left))
        raise CannotUpdate(reason, tr("Decide, then 'git add' it."))
    marked = [path for path in journal.conflicts if _has_markers(project.top / path)]
    if marked:
        reason = tr("conflict markers are left in {paths}", paths=listed(marked))
        raise CannotUpdate(reason, tr("Decide there, then 'git add' it."))
    close(project)


def unmerged(project: Project, journal: Journal) -> list[str]:
    """Return the paths that git has no decision for."""
    said = project.git("ls-files", "--unmerged", "-z", "--full-name", ":/")
    return sorted({os.fsdecode(line.partition(b"\t")[2]) for line in said.split(b"\0") if line} & set(journal.paths))


def _has_markers(path: Path) -> bool:
    """Whether a line is one that an update writes around a conflict; a person's own text may look a little like it."""
    from gocontainer.update.git_merge import SIDES  # reading a journal does without

    ends = (f"<<<<<<< {SIDES[2]}".encode(), f">>>>>>> {SIDES[3]}".encode())
    return path.is_file() and any(line in ends for line in path.read_bytes().splitlines())
