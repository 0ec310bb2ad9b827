"""Writing an update so that it can be undone, undoing it, and ending it: none touches anybody else's work."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from gocontainer.errors import CannotUpdate, HalfUndone, Interrupted
from gocontainer.repository.objects import Entry, index_info
from gocontainer.repository.worktree import Project, folders
from gocontainer.texts import listed, mark, tr
from gocontainer.update import journal, remains
from gocontainer.update.git_merge import SIDES
from gocontainer.update.held_index import HeldIndex, held_index
from gocontainer.update.journal import Journal
from gocontainer.update.remains import Found, look


@contextmanager
def writing(
    project: Project, started: Journal, conflicts: Sequence[str], check: Callable[[], None], *, commits: bool
) -> Iterator[HeldIndex]:
    """Hold the index while the paths of ``started`` are written; undo what the block wrote where it fails.

    ``check`` raises where something of another's would be touched: only once the index is held nobody changes it.

    A kill leaves the journal, which ``undo`` undoes; so does what leaves ``conflicts`` to people, or is not committed.
    Once the block, which ``commits``, has done so, it is too late to stop: nothing fails any more.
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
                except BaseException as error:
                    if not _has_just_committed(project, started):
                        _roll_back(project, held, started, error)
                        undone = True
                        raise
        except BaseException:
            if undone:
                journal.close(project)
            raise
    if commits and not conflicts:
        journal.close(project)
    else:
        journal.write(project, started._replace(settled=True, conflicts=tuple(conflicts)))


def _has_just_committed(project: Project, started: Journal) -> bool:
    """Whether the branch has moved to what is written; ``project`` knows only the commit before."""
    head, tree = project.git.line("rev-parse", "HEAD", "HEAD^{tree}").split()
    return head != started.head and tree == started.tree


def _roll_back(project: Project, held: HeldIndex, started: Journal, error: BaseException) -> None:
    """Undo what was written so far, if anything was.

    Raises CannotUpdate, and leaves the journal, where somebody has edited what was written: it is theirs to move away.
    """
    journal.release(project)
    found = look(project, started)
    if not found.written and not held.replaced:
        return
    edited = [*found.others, *_bring_back(project, held, started, found)]
    if edited:
        reason = tr("the update failed, and what it wrote was edited meanwhile: {paths}", paths=listed(edited))
        hint = tr("Move it away, then run 'gocontainer update --abort'.")
        raise CannotUpdate(reason, hint) from error


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


def undo(project: Project, started: Journal) -> Found:
    """Bring every path back to the last commit, in the index and on the disk, and return what was found there.

    Raises CannotUpdate, having touched nothing, where the update was committed, or where a path is neither as
    committed nor as the update wrote it; what was decided in a conflict is undone, as git does it, and git keeps it.
    """
    if not started.settled:
        journal.release(project)
    with interruptible(), held_index(project) as held:
        _refuse_committed(project, started)
        found = look(project, started)
        if found.others and not found.is_gone:
            raise _edited(found.others)
        if started.settled:
            journal.write(project, started._replace(settled=False, conflicts=found.free))
        if found.decided:
            remains.hashed(project, found.decided, "-w")
        try:
            edited = _bring_back(project, held, started, found)
        except (KeyboardInterrupt, Interrupted) as error:
            raise HalfUndone(error.signal if isinstance(error, Interrupted) else signal.SIGINT) from error
        if edited:
            raise _edited(edited)
    journal.close(project)
    return found


def _edited(paths: Sequence[str]) -> CannotUpdate:
    reason = tr("what was merged has been edited since, and would be lost: {paths}", paths=listed(paths))
    return CannotUpdate(reason, tr("Move it away, then run it again."))


def _refuse_committed(project: Project, started: Journal) -> None:
    """Raise CannotUpdate where the update was committed, perhaps by itself, killed just then: it has ended then."""
    if remains.is_committed(project, started):
        if not started.settled:
            journal.close(project)
        raise CannotUpdate(tr("the update was committed"), tr("Undo it with git, as any other change."))
    if project.git.line("rev-parse", "HEAD") != project.head:
        raise CannotUpdate(tr("a commit was made just now"), tr("Run it again."))


def _bring_back(project: Project, held: HeldIndex, started: Journal, found: Found) -> list[str]:
    """Undo what was written, and return what was edited just now; where there is somebody's work it stays as it is."""
    others, around = {*found.others}, {folder for path in found.others for folder in folders(path)}
    ours = [path for path in started.paths if path not in around and not others.intersection((path, *folders(path)))]
    before = {path: project.everything.get(path) for path in ours}
    nothing = Entry("0", "0" * len(project.head))
    held.copy()
    held.git("update-index", "-z", "--index-info", stdin=index_info("", before, nothing))
    edited = [path for path in found.written if not _remove(project.top / path, found.written[path])]
    for path in sorted(path for path, entry in before.items() if entry is None):
        _remove_empty(project.top, path)
    back = b"".join(os.fsencode(path) + b"\0" for path in found.written if before.get(path) and path not in edited)
    held.git("checkout-index", "--quiet", "-z", "--stdin", stdin=back, codes=(0, 1))  # never over what is there
    held.git("update-index", "-q", "--refresh", codes=(0, 1))
    if project.git("config", "--type=bool", "core.sparseCheckout", codes=(0, 1)).strip() == b"true":
        held.git("sparse-checkout", "reapply")
    held.replace()
    return edited


def _remove(place: Path, seen: bytes) -> bool:
    """Remove what lies at ``place``, if anything; False, and it stays, where it is another than was ``seen``."""
    if remains.fingerprint(place) != seen:
        return False
    if seen:
        place.unlink()
    return True


def _remove_empty(top: Path, path: str) -> None:
    """Remove the folders that a path lay in, or was to lie in, where nothing is in them."""
    for folder in folders(path):
        with contextlib.suppress(OSError):  # not empty, not there, or no folder
            (top / folder).rmdir()


def finish(project: Project, started: Journal) -> bool:
    """Close the journal once people have decided; False where they committed already.

    Raises CannotUpdate while a path is unmerged or has our markers, and where nothing is left of the update.
    """
    where = stage(project, started)
    if where == "committed":
        if not started.settled:
            with held_index(project):  # lets go of a killed run's lock
                pass
        journal.close(project)
        return False
    reason = _REASONS[where]
    if where != "open":
        raise CannotUpdate(tr(reason), tr("Run 'gocontainer update --abort'."))
    left = look(project, started).undecided
    if left:
        reason = tr("a conflict is not decided yet: {paths}", paths=listed(left))
        raise CannotUpdate(reason, tr("Decide, then 'git add' it."))
    marked = [path for path in started.conflicts if _has_markers(project.top / path)]
    if marked:
        reason = tr("conflict markers are left in {paths}", paths=listed(marked))
        raise CannotUpdate(reason, tr("Decide there, then 'git add' it."))
    journal.close(project)
    return True


def _has_markers(path: Path) -> bool:
    """Whether a line is one that an update writes around a conflict; a person's own text may look a little like it."""
    ends = (f"<<<<<<< {SIDES[2]}".encode(), f">>>>>>> {SIDES[3]}".encode())
    return path.is_file() and any(line in ends for line in path.read_bytes().splitlines())


_REASONS = {
    "committed": mark("the earlier update was committed"),
    "gone": mark("nothing is left of the earlier update"),
    "interrupted": mark("the earlier update was interrupted while it wrote"),
    "open": mark("an earlier update has not ended"),
}


def stage(project: Project, started: Journal) -> str:
    """Return where an update is that has not ended: committed, gone (say with 'git reset'), interrupted or open."""
    if remains.is_committed(project, started):
        return "committed"
    if look(project, started).is_gone:
        return "gone"
    return "open" if started.settled else "interrupted"


def refuse_under_way(project: Project, journals: Mapping[str, Journal]) -> None:
    """Raise CannotUpdate where the folder's earlier update has not ended, with the one command that is right now.

    So it is where another folder's was killed, whose lock is there yet.
    """
    earlier = journals.get(project.prefix)
    if earlier is not None and not earlier.is_clean:
        where = stage(project, earlier)
        reason = _REASONS[where]
        hints = {"committed": tr("Run 'gocontainer update --continue'."), "open": journal.unfinished().hint}
        raise CannotUpdate(tr(reason), hints.get(where, tr("Run 'gocontainer update --abort'.")))
    killed = [each for each in journals.values() if each.folder != project.prefix and not each.settled]
    if killed and (project.git_dir / "index.lock").exists():
        raise journal.of_another(project, killed[0])
