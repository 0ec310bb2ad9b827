"""Merge a newer template, or other answers, into a repository without losing an edit.

prepare: lock, base, theirs --> plan: merge, decide --> apply: write all or nothing
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from gocontainer import __version__
from gocontainer.answers import lockfile, migrations
from gocontainer.answers.model import Answers, Layer, fill
from gocontainer.errors import CannotUpdate, NotARepository
from gocontainer.options.types import Value
from gocontainer.rendering.engine import render
from gocontainer.repository.tree import File, Tree, digest
from gocontainer.repository.worktree import SUBMODULE, Entry, Project, refuse_old_git
from gocontainer.update import base, journal, resolvers, undo
from gocontainer.update.git_merge import MergeConflict, Merged, ScratchRepository, index_info
from gocontainer.update.lost_edits import find_lost_edits

_OWN = (lockfile.LOCK, lockfile.PACK)


class Preparation(NamedTuple):
    """What an update starts from and where it goes."""

    project: Project
    remembered: lockfile.Lock
    answers: Answers
    base: base.Base
    theirs: Tree
    offers: Mapping[str, tuple[Value, Value]]
    """Answers that were only defaults, with the value that is kept and the default of today."""
    template: lockfile.Template = lockfile.OWN
    """Where it goes."""
    notes: tuple[str, ...] = ()
    """What a person should know of an external template."""

    @property
    def is_current(self) -> bool:
        """Whether there is nothing to do."""
        if self.moves or self.answers.applicable() != dict(self.remembered.answers):
            return False
        # Another's render may have the time of day in it.
        return self.template != lockfile.OWN or digest(self.theirs) == self.remembered.digest

    @property
    def moves(self) -> bool:
        """Whether the template is another one than what is remembered, and not only the answers."""
        return self.template != self.remembered.template or not self.remembered.digest

    @property
    def step(self) -> str:
        """From where to where, in words: ``gocontainer 0.1.0 to 0.2.0``."""
        old, new = self.remembered, self.template
        if old.name != new.name:
            return f"{old.name} {old.version} to {new.name} {new.version}"
        return f"{old.name} {' to '.join(dict.fromkeys([old.version, new.version]))}"


class Plan(NamedTuple):
    """What an update would do, paths as seen from the folder."""

    changes: Mapping[str, Entry | None]
    conflicts: Mapping[str, MergeConflict]
    kept_deleted: tuple[str, ...]
    decided: Mapping[str, tuple[resolvers.TakenVersion, ...]]
    """Files in which one of two versions was taken."""
    tree: str
    """The whole repository as it would be, in the scratch repository."""

    @property
    def unpinned(self) -> dict[str, list[str]]:
        """By file, the images that lost the digest of the tag before."""
        found = {path: [each.unpinned for each in choices if each.unpinned] for path, choices in self.decided.items()}
        return {path: images for path, images in found.items() if images}

    def touched(self, project: Project) -> list[str]:
        """Return every path that would be written, from the top."""
        return sorted(project.prefix + path for path in {*self.changes, *self.conflicts})


def open_project(folder: Path, *markers: str) -> Project:
    """Return the repository at ``folder``; raise where it is none that can be updated now.

    ``markers`` are files beside the lock that a repository may be known by.
    """
    if not any((folder / name).exists() for name in (lockfile.LOCK, ".git", *markers)):
        raise NotARepository(str(folder))
    refuse_old_git(folder)
    project = Project(folder)
    if journal.read(project) is not None:
        hint = "Run 'gocontainer update --continue' when all is decided, or '--abort'."
        raise CannotUpdate("an earlier update has not ended", hint)
    project.refuse_unfinished()
    return project


def prepare(folder: Path, settings: Layer, *, baseless: bool = False) -> Preparation:
    """Read the lock, find the base and render the newest template with the answers and ``settings``."""
    project = open_project(folder)
    remembered = recall(project)
    if lockfile.order(remembered.version) > lockfile.order(__version__):
        hint = f"Install gocontainer {remembered.version} or newer."
        raise CannotUpdate(f"this repository is of gocontainer {remembered.version}, and this is {__version__}", hint)
    migrated = migrations.migrate(remembered)
    answers = Answers.merge(*(_less(layer, settings) for layer in migrated.layers()), settings)
    nothing = base.Base({}, "nothing")
    prepared = Preparation(project, remembered, answers, nothing, render(answers), _offers(migrated, answers))
    if baseless or prepared.is_current:
        return prepared
    return prepared._replace(base=base.find(project, remembered))


def _less(layer: Layer, settings: Layer) -> Layer:
    """Return ``layer`` without what ``settings`` change: it may not be valid any more."""
    return replace(layer, values={name: value for name, value in layer.values.items() if name not in settings.values})


def recall(project: Project) -> lockfile.Lock:
    """Return the lock of the last commit."""
    if lockfile.LOCK not in project.mine:
        if (project.folder / lockfile.LOCK).is_file():
            raise CannotUpdate(f"{lockfile.LOCK} is not committed", "Commit everything first.")
        raise NotARepository(str(project.folder))
    return lockfile.parse(
        project.git("cat-file", "blob", project.mine[lockfile.LOCK].oid), project.folder / lockfile.LOCK
    )


def _offers(remembered: lockfile.Lock, answers: Answers) -> dict[str, tuple[Value, Value]]:
    profile, _, given = remembered.layers()
    today = fill((profile, given)).values
    kept = [name for name in answers.defaults() if name in remembered.defaults]
    return {name: (answers[name], today[name]) for name in kept if answers[name] != today[name]}


def plan(scratch: ScratchRepository, prepared: Preparation, on_conflict: str = "markers") -> Plan:
    """Merge, decide what can be decided, and write the outcome into the scratch repository."""
    keep = prepared.remembered.keep
    theirs, old = dict(prepared.theirs), prepared.base.tree
    kept = lockfile.protected(keep, {*theirs, *old})
    for path in {*resolvers.OWNED, *kept}:
        if path in old:
            theirs[path] = old[path]
        elif path in kept or path in prepared.project.mine:
            theirs.pop(path, None)
    before, after = scratch.like(prepared.project.mine, old, theirs)
    mine = prepared.project.mine
    merged = scratch.merge(before, after, mine, _OWN)
    find_lost_edits(scratch, merged, before, {path: each for path, each in mine.items() if path not in _OWN})
    contents, decided = _decide(scratch, merged, on_conflict)
    sealed = lockfile.with_lockfile(prepared.theirs, prepared.answers, keep, prepared.template)
    contents |= {path: sealed[path] for path in _OWN}
    oids = scratch.write([file.content for file in contents.values()])
    for (path, file), oid in zip(contents.items(), oids, strict=True):
        merged.entries[path] = Entry(f"100{file.mode}", oid)
    changes: dict[str, Entry | None] = {
        path: merged.entries.get(path)
        for path in sorted(merged.entries.keys() | mine.keys())
        if merged.entries.get(path) != mine.get(path)
    }
    return Plan(changes, merged.conflicts, merged.kept_deleted, decided, scratch.tree(changes))


def _decide(
    scratch: ScratchRepository, merged: Merged, on_conflict: str
) -> tuple[dict[str, File], dict[str, tuple[resolvers.TakenVersion, ...]]]:
    """Return new contents of conflicted paths, and versions taken; what is decided is no conflict any more."""
    contents, decided = {}, {}
    for path, conflict in sorted(merged.conflicts.items()):
        executable = merged.entries[path].mode == "100755" if path in merged.entries else False
        parsed = scratch.resolve(conflict, "--diff3", resolvers.MARKER)
        found = None
        if parsed is not None:
            found = resolvers.resolve(path, parsed.decode("utf-8", "surrogateescape"))
        if found is not None:
            contents[path] = File(found.text.encode("utf-8", "surrogateescape"), executable)
            decided.update({path: found.choices} if found.choices else {})
            del merged.conflicts[path]
        elif on_conflict in ("ours", "theirs"):
            _take(scratch, merged, conflict, on_conflict, contents)
        elif parsed is not None:
            contents[path] = File(scratch.resolve(conflict) or b"", executable)
        elif conflict.kind in ("contents", "add/add"):
            merged.conflicts[path] = conflict._replace(kind="binary")
    return contents, decided


def _take(
    scratch: ScratchRepository, merged: Merged, conflict: MergeConflict, side: str, contents: dict[str, File]
) -> None:
    """Decide a conflict for one side."""
    path, stage = conflict.path, {"ours": 2, "theirs": 3}[side]
    text = scratch.resolve(conflict, f"--{side}")
    if text is not None:
        contents[path] = File(text, merged.entries[path].mode == "100755")
    elif stage in conflict.stages:
        merged.entries[path] = conflict.stages[stage]
    else:
        merged.entries.pop(path, None)
    del merged.conflicts[path]


def apply(scratch: ScratchRepository, project: Project, planned: Plan, text: str = "") -> None:
    """Write the plan to index and work tree, and commit it with ``text`` if there is one: all of it, or nothing.

    Raises CannotUpdate where a path is not as committed or something untracked is in the way, having
    written nothing. A kill in between leaves a journal, which ``update --abort`` undoes.
    """
    paths = planned.touched(project)
    project.refuse_uncommitted(paths)
    adopt(scratch, project, planned)
    started = journal.Journal(project.head, tuple(paths), tree=planned.tree)
    conflicts = sorted(project.prefix + path for path in planned.conflicts)
    with undo.writing(project, started, conflicts) as held:
        held.git("update-index", "-q", "--refresh", codes=(0, 1))
        held.git("read-tree", "-m", "-u", project.head, planned.tree)
        if planned.conflicts:
            held.git(*_SHOW, stdin=_shown(project, planned))
            held.git("update-index", "-z", "--index-info", stdin=_stages(project, planned))
        held.replace()
        if text:
            commit(project, planned, text)


def adopt(scratch: ScratchRepository, project: Project, planned: Plan) -> None:
    """Bring the objects of the plan from the scratch repository into the project."""
    entries = [entry for conflict in planned.conflicts.values() for entry in conflict.stages.values()]
    oids = [entry.oid for entry in entries if entry.mode != SUBMODULE]
    wanted = "".join(f"{name}\n" for name in (planned.tree, f"^{project.head}", *oids))
    pack = scratch.git("pack-objects", "--revs", "--stdout", "-q", stdin=wanted.encode())
    project.git("unpack-objects", "-q", stdin=pack)


_SHOW = ("checkout-index", "--quiet", "--ignore-skip-worktree-bits", "-z", "--stdin")


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


def message(prepared: Preparation, planned: Plan) -> str:
    """Return the message of a commit."""
    old = prepared.remembered.answers
    changed = [name for name, value in prepared.answers.applicable().items() if old.get(name) != value]
    first = f"Update from {prepared.step}" if prepared.moves else f"Update with other answers: {', '.join(changed)}"
    notes = [f"Kept deleted: {path}" for path in planned.kept_deleted]
    notes += [f"Without a digest, run 'make pin': {image}" for images in planned.unpinned.values() for image in images]
    return "\n".join([first, *(["", *notes] if notes else []), ""])
