"""Writing an update so that it can be undone, and undoing it: nobody else's work is touched by either."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from gocontainer.errors import CannotUpdate, Interrupted
from gocontainer.repository.objects import Entry, Objects, list_tree
from gocontainer.repository.worktree import Project, folders
from gocontainer.texts import listed, tr
from gocontainer.update import journal
from gocontainer.update.git_merge import index_info, quoted
from gocontainer.update.held_index import HeldIndex, held_index
from gocontainer.update.journal import Journal


@contextmanager
def writing(
    project: Project, started: Journal, conflicts: Sequence[str], check: Callable[[], None]
) -> Iterator[HeldIndex]:
    """Hold the index while the paths of ``started`` are written; undo what the block wrote where it fails.

    ``check`` raises where something of another's would be touched: only once the index is held nobody changes it.

    A kill leaves the journal, which ``undo`` undoes; so does what leaves ``conflicts`` to people. Once the block has
    committed, it is too late to stop: nothing fails any more.
    """
    with interruptible():
        journal.begin(project, started)
        undone = True
        try:
            with held_index(project) as held:
                check()
                undone = False
                try:
                    yield held
                except BaseException:
                    if not _is_committed(project, started):
                        _roll_back(project, held, started)
                        undone = True
                        raise
        except BaseException:
            if undone:
                journal.close(project)
            raise
    if conflicts:
        journal.write(project, started._replace(settled=True, conflicts=tuple(conflicts)))
    else:
        journal.close(project)


def _is_committed(project: Project, started: Journal) -> bool:
    """Whether the branch has moved to what is written; ``project`` knows only the commit before."""
    head, tree = project.git.line("rev-parse", "HEAD", "HEAD^{tree}").split()
    return head != started.head and tree == started.tree


def _roll_back(project: Project, held: HeldIndex, started: Journal) -> None:
    """Undo what was written so far, if anything was."""
    journal.release(project)
    found = look(project, started)
    if found.written or held.replaced:
        _bring_back(project, held, started, found)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise Interrupted in the block where the terminal goes away, or the system says stop."""

    def interrupt(number: int, _: object) -> None:
        raise Interrupted(number)

    numbers = [getattr(signal, name) for name in ("SIGHUP", "SIGTERM") if hasattr(signal, name)]
    numbers = [number for number in numbers if signal.getsignal(number) == signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        numbers = []
    for number in numbers:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def undo(project: Project, started: Journal) -> None:
    """Bring every path back to the last commit, in the index and on the disk, and close the journal.

    They were as committed, or absent, when the update began. Raises CannotUpdate, having touched nothing, where commits
    were made since and something of the update is left, or where a path is neither as committed nor as the update
    wrote it; what was decided in a conflict is undone, as git does it.
    """
    if started.head != project.head:
        _forget(project, started)
        return
    if not started.settled:
        journal.release(project)
    with held_index(project) as held:
        found = look(project, started)
        if found.others:
            paths = listed(found.others)
            reason = tr("what was merged has been edited since, and would be lost: {paths}", paths=paths)
            raise CannotUpdate(reason, tr("Move it away, then run it again."))
        if started.settled:
            journal.write(project, started._replace(settled=False, conflicts=found.free))
        _bring_back(project, held, started, found)
    journal.close(project)


def _forget(project: Project, started: Journal) -> None:
    """Close the journal over which commits were made, perhaps by the update itself, which was killed just then.

    Raises CannotUpdate where people have to act first.
    """
    if started.settled or _is_committed(project, started):
        if not started.settled:
            _let_go(project)
        reason = tr("commits were made since the update began")
        raise CannotUpdate(reason, tr("Undo it with git, as any other change."))
    changed = project.git("diff", "--name-only", "-z", "--no-ext-diff", "--no-renames", "HEAD").split(b"\0")
    asked = {os.fsdecode(path) for path in changed}
    left = [path for path in look(project, started).written if path in asked or path not in project.everything]
    if left:
        reason = tr(
            "commits were made since the update began, and some files are still as it wrote them: {paths}",
            paths=listed(left),
        )
        hint = tr("Bring them back with 'git checkout', or commit them, then run it again.")
        raise CannotUpdate(reason, hint)
    _let_go(project)


def _let_go(project: Project) -> None:
    """Close the journal, and let go of a killed run's lock."""
    with held_index(project):
        pass
    journal.close(project)


def _bring_back(project: Project, held: HeldIndex, started: Journal, found: Found) -> None:
    """Undo what was written; a path at which there is somebody's work stays as it is."""
    others, around = {*found.others}, {folder for path in found.others for folder in folders(path)}
    ours = [path for path in started.paths if path not in around and not others.intersection((path, *folders(path)))]
    before = {path: project.everything.get(path) for path in ours}
    nothing = Entry("0", "0" * len(project.head))
    held.copy()
    held.git("update-index", "-z", "--index-info", stdin=index_info("", before, nothing))
    for path in sorted(path for path, entry in before.items() if entry is None):
        if path in found.written:
            (project.top / path).unlink(missing_ok=True)
        _remove_empty(project.top, path)
    held.git("update-index", "-q", "--refresh", codes=(0, 1))  # what is as it was need not be written again
    back = b"".join(os.fsencode(path) + b"\0" for path in found.written if before.get(path))
    held.git("checkout-index", "--force", "--quiet", "-z", "--stdin", stdin=back)
    held.git("update-index", "-q", "--refresh", codes=(0, 1))
    if project.git("config", "--type=bool", "core.sparseCheckout", codes=(0, 1)).strip() == b"true":
        held.git("sparse-checkout", "reapply")
    held.replace()


def _remove_empty(top: Path, path: str) -> None:
    """Remove the folders that a path lay in, or was to lie in, where nothing is in them."""
    for folder in folders(path):
        with contextlib.suppress(OSError):  # not empty, not there, or no folder
            (top / folder).rmdir()


class Found(NamedTuple):
    """What lies at the paths of an update that was written, or begun."""

    written: list[str]
    """Paths that are not as the last commit has them; what is there, if anything, is the update's own."""
    others: list[str]
    """Paths at which, below which or in whose way is what neither the last commit nor the update has."""
    free: tuple[str, ...]
    """Paths at which anything may be: people were asked to decide there."""


def look(project: Project, started: Journal) -> Found:
    """Return which of the paths hold what the update wrote, and where somebody else's work is."""
    before = project.everything
    after = list_tree(project.read, started.tree) if started.tree else {}
    files, written, others = _sorted(project.top, started.paths)
    oids, free, kept = _oids(project, files), started.conflicts, set[str]()
    if not started.tree:  # 0.1.0 did not say what it wrote, but had git keep it first: what git has is not lost
        free = tuple(journal.unmerged(project, started)) if started.settled else free
        kept = _kept(project, oids)
    for path, oid in zip(files, oids, strict=True):
        same = started.tree and path in before and before[path].oid == oid
        if same and before[path].mode == after.get(path, before[path]).mode:
            continue
        known = [tree[path].oid for tree in (before, after) if path in tree]
        if path in free or oid in known or oid in kept or (not started.settled and _is_begun(project, path, known)):
            written.append(path)
        else:
            others.add(path)
    there = {*files, *before}
    return Found([path for path in written if path in there], sorted(others), free)


def _sorted(top: Path, paths: Sequence[str]) -> tuple[list[str], list[str], set[str]]:
    """Return the paths that are files or links, those that are not, and what is there that no path is about."""
    known, files, absent, others = {*paths}, [], [], set()
    for path in paths:
        place = top / path
        blocked = [each for each in folders(path) if os.path.lexists(top / each) and not _is_folder(top / each)]
        if blocked:
            others.update({*blocked} - known)
            absent.append(path)
        elif place.is_symlink() or place.is_file():
            files.append(path)
        elif place.is_dir():
            below = (each for each in place.rglob("*") if not _is_folder(each))
            others.update({each.relative_to(top).as_posix() for each in below} - known)
            absent.append(path)
        elif os.path.lexists(place):
            others.add(path)
        else:
            absent.append(path)
    return files, absent, others


def _is_folder(place: Path) -> bool:
    return place.is_dir() and not place.is_symlink()


def _oids(project: Project, paths: Sequence[str]) -> list[str]:
    """Return the object ids that files and links would have in git."""
    links = {path for path in paths if (project.top / path).is_symlink()}
    files = [path for path in paths if path not in links]
    asked = b"".join(quoted(path) + b"\n" for path in files)
    found = dict(zip(files, project.git("hash-object", "--stdin-paths", stdin=asked).decode().split(), strict=True))
    return [found.get(path) or _link(project, path) for path in paths]


def _link(project: Project, path: str) -> str:
    text = os.fsencode((project.top / path).readlink())
    return Objects(project.object_format).oid("blob", text)


def _kept(project: Project, oids: Sequence[str]) -> set[str]:
    """Return those of the objects that git has."""
    asked = "".join(f"{oid}\n" for oid in oids).encode()
    said = project.git("cat-file", "--batch-check=%(objectname)", stdin=asked).decode().splitlines()
    return {line for line in said if not line.endswith(" missing")}


def _is_begun(project: Project, path: str, oids: Sequence[str]) -> bool:
    """Whether a file is the beginning of one of the objects, as git leaves it where it is killed."""
    if (project.top / path).is_symlink():
        return False
    there = (project.top / path).read_bytes()
    return any(blob.startswith(there) for blob in project.read(oids))
