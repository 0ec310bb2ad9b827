"""What an update has under way, so that it can be undone: a small file beside git's own."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gocontainer.errors import CannotUpdate
from gocontainer.repository.worktree import Entry, Project, entries, listed
from gocontainer.update.git_merge import SIDES, index_info

_NAME = "gocontainer-update"
_ROOM = f"{_NAME}.room"
_BLOCK, _SPARE = 4096, 8
"""Bytes by which the disk is given out, and how many more of them than there are files."""


class Journal(NamedTuple):
    """``paths``, from the top, are written over commit ``head``; ``settled`` says that only people are left to act.

    They have ``conflicts`` to decide; all else was written as the object ``tree`` has it.
    """

    head: str
    paths: tuple[str, ...]
    settled: bool = False
    conflicts: tuple[str, ...] = ()
    tree: str = ""


def read(project: Project) -> Journal | None:
    """Return the journal of an update that has not ended, if there is one."""
    try:
        document = json.loads((project.git_dir / _NAME).read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:  # killed before it was whole: nothing had been written
        return Journal(project.head, ())
    conflicts, tree = document.get("conflicts", ()), document.get("tree", "")  # since 0.2
    return Journal(document["head"], tuple(document["paths"]), document["settled"], tuple(conflicts), tree)


def begin(project: Project, journal: Journal) -> None:
    """Remember, on the disk, what is about to be written, or leave nothing where that fails."""
    try:
        _reserve(project, journal.paths)
        write(project, journal)
    except BaseException:
        close(project)
        raise


def _reserve(project: Project, paths: Sequence[str]) -> None:
    """Take the room on the disk that undoing would need: what is there now may not fit again later."""
    there = [project.git_dir / "index", *(project.top / path for path in paths)]
    sizes = [place.lstat().st_size for place in there if os.path.lexists(place)]
    blocks = _BLOCK * (len(sizes) + len(paths) + _SPARE)
    (project.git_dir / _ROOM).write_bytes(bytes(sum(sizes) + blocks))


def _release(project: Project) -> None:
    (project.git_dir / _ROOM).unlink(missing_ok=True)


def write(project: Project, journal: Journal) -> None:
    """Remember what was written, and whether all of it is."""
    if journal.settled:
        _release(project)
    new = project.git_dir / f"{_NAME}.new"
    with new.open("w") as file:
        json.dump(journal._asdict(), file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(project.git_dir / _NAME)


def close(project: Project) -> None:
    """Forget it: the update has ended."""
    _release(project)
    (project.git_dir / _NAME).unlink(missing_ok=True)
    (project.git_dir / f"{_NAME}.new").unlink(missing_ok=True)


def undo(project: Project, journal: Journal) -> None:
    """Bring every path back to the last commit, in the index and on the disk, and close the journal.

    They were as committed, or absent, when the update began. Raises CannotUpdate where commits were made since, or
    edits in what was merged without a conflict; what was decided in a conflict is undone, as git does it.
    """
    if journal.head != project.head:
        raise CannotUpdate("commits were made since the update began", "Undo it with git, as any other change.")
    if journal.settled:
        project.refuse_locked()
        _refuse_edited(project, journal)
        write(project, journal._replace(settled=False))
    else:  # git was killed while it wrote, and left its lock
        _release(project)
        (project.git_dir / "index.lock").unlink(missing_ok=True)
    before: dict[str, Entry | None] = {path: project.everything.get(path) for path in journal.paths}
    nothing = Entry("0", "0" * len(project.head))
    project.git("update-index", "-z", "--index-info", stdin=index_info("", before, nothing))
    for path in sorted(path for path, entry in before.items() if entry is None):
        _remove(project.top, path)
    project.git("update-index", "-q", "--refresh", codes=(0, 1))  # what is as it was need not be written again
    back = b"".join(os.fsencode(path) + b"\0" for path, entry in before.items() if entry)
    project.git("checkout-index", "--force", "--quiet", "-z", "--stdin", stdin=back)
    project.git("update-index", "-q", "--refresh", codes=(0, 1))
    if project.git("config", "--type=bool", "core.sparseCheckout", codes=(0, 1)).strip() == b"true":
        project.git("sparse-checkout", "reapply")
    close(project)


def _refuse_edited(project: Project, journal: Journal) -> None:
    """Raise CannotUpdate where a file that was merged is neither as it was written nor as it is to become."""
    if not journal.tree:  # of a version that did not remember it
        return
    written = entries(project.git("ls-tree", "-r", "-z", "--full-tree", journal.tree))
    merged = [path for path in journal.paths if path not in journal.conflicts and (project.top / path).is_file()]
    lines = b"".join(os.fsencode(path) + b"\n" for path in merged)
    now = zip(merged, project.git("hash-object", "--stdin-paths", stdin=lines).decode().split(), strict=True)
    known = {(path, tree[path].oid) for tree in (written, project.everything) for path in merged if path in tree}
    edited = [path for path, oid in now if (path, oid) not in known]
    if edited:
        reason = f"what was merged has been edited since, and would be lost: {listed(edited)}"
        raise CannotUpdate(reason, "Move it away, then run it again.")


def _remove(top: Path, path: str) -> None:
    with contextlib.suppress(OSError):
        (top / path).unlink()
    for parent in (top / path).parents:
        if parent == top:
            break
        with contextlib.suppress(OSError):  # not empty, or gone where an earlier undo was killed
            parent.rmdir()


def finish(project: Project, journal: Journal) -> None:
    """Close the journal once people have decided; raise CannotUpdate while a path is unmerged, or has our markers."""
    if not journal.settled:
        raise CannotUpdate("the update was interrupted while it wrote", "Run 'gocontainer update --abort'.")
    said = project.git("ls-files", "--unmerged", "-z", "--full-name", ":/")
    left = {os.fsdecode(line.partition(b"\t")[2]) for line in said.split(b"\0") if line} & set(journal.paths)
    if left:
        raise CannotUpdate(f"a conflict is not decided yet: {listed(sorted(left))}", "Decide, then 'git add' it.")
    marked = [path for path in journal.conflicts if _has_markers(project.top / path)]
    if marked:
        raise CannotUpdate(f"conflict markers are left in {listed(marked)}", "Decide there, then 'git add' it.")
    close(project)


def _has_markers(path: Path) -> bool:
    """Whether a line is one that an update writes around a conflict; a person's own text may look a little like it."""
    ends = (f"<<<<<<< {SIDES[2]}".encode(), f">>>>>>> {SIDES[3]}".encode())
    return path.is_file() and any(line in ends for line in path.read_bytes().splitlines())
