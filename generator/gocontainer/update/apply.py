"""Writing a planned update: index and work tree, all of it or nothing, and the commit."""

from __future__ import annotations

import os

from gocontainer.repository.objects import SUBMODULE, Entry, index_info
from gocontainer.repository.worktree import Project
from gocontainer.update import undo
from gocontainer.update.git_merge import ScratchRepository
from gocontainer.update.journal import Journal
from gocontainer.update.steps import Plan, Update

_SHOW = ("checkout-index", "--quiet", "--ignore-skip-worktree-bits", "-z", "--stdin")


def apply(update: Update, planned: Plan, text: str = "") -> None:
    """Write the plan to index and work tree, and commit it with ``text`` if there is one: all of it, or nothing.

    Raises CannotUpdate where a path is not as committed or something untracked is in the way, having
    written nothing. A kill in between leaves a journal, which ``update --abort`` undoes.
    """
    project, paths = update.project, sorted({*planned.changes, *planned.conflicts})
    undecided = sorted(project.prefix + path for path in _undecided(planned))
    adopt(update.scratch, planned)
    placed = tuple(project.prefix + path for path in paths)
    started = Journal(project.head, placed, tree=planned.tree, folder=project.prefix)
    conflicts = sorted(project.prefix + path for path in planned.conflicts)
    with undo.writing(
        project, started, undecided, lambda: project.refuse_uncommitted(paths), commits=bool(text)
    ) as held:
        held.check_out(planned.tree)
        if conflicts:
            held.git(*_SHOW, stdin=_shown(project, planned))
            held.git("update-index", "-z", "--index-info", stdin=_stages(project, planned))
        held.replace()
        if text:
            commit(project, planned, text)


def _undecided(planned: Plan) -> set[str]:
    """Return the files in which people have to decide: conflicts, and what works on each side but not together."""
    broken = planned.verified.broken if planned.verified else ()
    places = {place.path for each in broken for place in (each, *each.sides.values()) if place}
    return {*planned.conflicts, *(places & planned.changes.keys())}


def adopt(scratch: ScratchRepository, planned: Plan) -> None:
    """Bring the objects of the plan from the scratch repository into the project."""
    project = scratch.project
    entries = [entry for conflict in planned.conflicts.values() for entry in conflict.stages.values()]
    entries += [entry for entry in planned.changes.values() if entry]
    there = {entry.oid for entry in project.mine.values()} | scratch.objects.ids
    oids = {entry.oid for entry in entries if entry.mode != SUBMODULE} - there
    for content in project.read(sorted(oids)):
        scratch.objects.blob(content)
    project.git("unpack-objects", "-q", stdin=scratch.objects.pack())


def _shown(project: Project, planned: Plan) -> bytes:
    """Return the conflicts that lack their file: people decide there, also outside of a sparse checkout."""
    mine = project.mine
    paths = [path for path in planned.conflicts if planned.changes.get(path, mine.get(path))]
    paths = [path for path in paths if not os.path.lexists(project.folder / path)]
    return b"".join(os.fsencode(project.prefix + path) + b"\0" for path in paths)


def _stages(project: Project, planned: Plan) -> bytes:
    """Return the conflicts as the index keeps them: no entry of its own, one for each side."""
    nothing = Entry("0", "0" * len(project.head))
    lines = [index_info(project.prefix, dict.fromkeys(planned.conflicts), nothing)]
    for conflict in planned.conflicts.values():
        for stage, entry in sorted(conflict.stages.items()):
            place = os.fsencode(project.prefix + conflict.path)
            lines.append(f"{entry.mode} {entry.oid} {stage}\t".encode() + place + b"\0")
    return b"".join(lines)


def commit(project: Project, planned: Plan, message: str, branch: str = "") -> str:
    """Commit the plan, whose objects are adopted, over the last commit, and return the commit.

    On the current branch, or as the new ``branch`` without switching to it. No hook runs, nothing is signed.
    """
    new = project.git("commit-tree", planned.tree, "-p", project.head, stdin=message.encode()).decode().strip()
    place = f"refs/heads/{branch}" if branch else "HEAD"
    before = "0" * len(new) if branch else project.head
    project.git("update-ref", "-m", "gocontainer update", place, new, before)
    return new


def message(update: Update, planned: Plan) -> str:
    """Return the message of a commit."""
    old = update.remembered.answers
    changed = ["profile"] if update.is_of_another_profile else []
    changed += [name for name, value in update.answers.applicable().items() if old.get(name) != value]
    other = f"Update with other answers{': ' if changed else ''}{', '.join(changed)}"
    first = f"Update from {' to '.join(update.step)}" if update.moves else other
    notes = [f"Kept deleted: {path}" for path in planned.kept_deleted]
    notes += [f"Without a digest, run 'make pin': {image}" for images in planned.unpinned.values() for image in images]
    return "\n".join([first, *(["", *notes] if notes else []), ""])
