"""Merge a newer template, or other answers, into a repository without losing an edit.

opened: a private repository --> prepare: base, mine, theirs --> plan: merge, decide --> apply: write all or nothing
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gocontainer import __version__
from gocontainer.answers import lockfile
from gocontainer.answers.keep import protected
from gocontainer.answers.model import AnswerSet, Layer
from gocontainer.answers.updated import answered
from gocontainer.errors import CannotUpdate, GitFailed, NotARepository
from gocontainer.follow_up import service_changes
from gocontainer.options.types import Value
from gocontainer.rendering.engine import render
from gocontainer.repository.kept import ONCE
from gocontainer.repository.objects import Entries, Entry
from gocontainer.repository.tree import File, Tree, digest
from gocontainer.repository.tree import scratch as scratch_folder
from gocontainer.repository.worktree import Project, refuse_old_git
from gocontainer.texts import tr
from gocontainer.update import base, go_requirements, image_files, journal, undo
from gocontainer.update.git_merge import MergeConflict, Merged, ScratchRepository
from gocontainer.update.lost_edits import find_lost_edits, find_moved_edits, leave_folders

if TYPE_CHECKING:
    from gocontainer.update.old_names import OldName
    from gocontainer.update.resolvers import TakenVersion
    from gocontainer.verification.findings import Verified

_OWN = (lockfile.LOCK, lockfile.PACK)


class Update(NamedTuple):
    """What is merged: base and theirs, two renders, with what the last commit has; and all that led to them."""

    scratch: ScratchRepository
    remembered: lockfile.Lock
    answers: AnswerSet
    base: base.Base
    theirs: Tree
    offers: Mapping[str, tuple[Value, Value]]
    """Answers that were only defaults, with the value that is kept and the default of today."""
    template: lockfile.Template = lockfile.OWN
    """Where it goes."""
    notes: tuple[str, ...] = ()
    """What a person should know of an external template."""

    @property
    def project(self) -> Project:
        """The repository that is updated."""
        return self.scratch.project

    @property
    def is_current(self) -> bool:
        """Whether there is nothing to do."""
        known = self.remembered
        if self.moves or self.answers.applicable() != dict(known.answers):
            return False
        if self.is_of_another_profile or set(self.answers.defaults()) != set(known.defaults):
            return False
        # Another's render may have the time of day in it.
        return self.template != lockfile.OWN or digest(self.theirs) == self.remembered.digest

    @property
    def is_of_another_profile(self) -> bool:
        """Whether the profile is another one; an external template has none."""
        return self.answers.profile not in ("", self.remembered.profile)

    @property
    def moves(self) -> bool:
        """Whether the template is another one than what is remembered, and not only the answers."""
        return self.template != self.remembered.template or not self.remembered.digest

    @property
    def step(self) -> tuple[str, ...]:
        """From where to where: ``gocontainer 0.1.0`` and ``0.2.0``; only the first where there is no other."""
        old, new = self.remembered, self.template
        if old.name != new.name:
            return f"{old.name} {old.version}", f"{new.name} {new.version}"
        return (
            (f"{old.name} {old.version}", new.version) if new.version != old.version else (f"{old.name} {old.version}",)
        )


class Plan(NamedTuple):
    """What an update would do, paths as seen from the folder."""

    changes: Mapping[str, Entry | None]
    conflicts: Mapping[str, MergeConflict]
    kept_deleted: tuple[str, ...]
    decided: Mapping[str, tuple[TakenVersion, ...]]
    """Files in which one of two versions was taken."""
    tree: str
    """The whole repository as it would be, in the scratch repository."""
    old_names: tuple[OldName, ...] = ()
    """Modules that have another name now, where files of the owner's have the old one."""
    moved: Mapping[str, str] = {}
    """Files whose edit, or which themselves, are where another name is."""
    gone_keys: tuple[str, ...] = ()
    """A sentence for each line of it that sets what the service does not know any more."""
    verified: Verified | None = None
    """What the merge breaks, where that was asked."""

    @property
    def is_open(self) -> bool:
        """Whether something is left to a person."""
        return bool(self.conflicts or self.old_names or (self.verified and self.verified.broken))

    @property
    def unpinned(self) -> dict[str, list[str]]:
        """By file, the images that lost the digest of the tag before."""
        found = {path: [each.unpinned for each in choices if each.unpinned] for path, choices in self.decided.items()}
        return {path: images for path, images in found.items() if images}


@contextmanager
def opened(folder: Path, *markers: str) -> Iterator[ScratchRepository]:
    """Open the repository at ``folder``, with a private one to merge in; raise where it cannot be updated now.

    ``markers`` are files beside the lock that a repository may be known by.
    """
    if not any((folder / name).exists() for name in (lockfile.LOCK, ".git", *markers)):
        raise NotARepository(str(folder))
    with scratch_folder() as place:
        (place / "git/objects").mkdir(parents=True)
        try:
            project = Project(folder, place / "git/objects")
        except (CannotUpdate, GitFailed):
            refuse_old_git(folder)
            raise
        with closing(project.read):
            journals = journal.read_all(project)
            if journals:
                undo.refuse_under_way(project, journals)
            project.refuse_unfinished()
            yield ScratchRepository(project, place)


def prepare(
    scratch: ScratchRepository, remembered: lockfile.Lock, settings: Layer, *, baseless: bool = False
) -> Update:
    """Find the base and render the newest template with the answers of the lock and ``settings``."""
    if lockfile.order(remembered.version) > lockfile.order(__version__):
        hint = tr("Install gocontainer {version} or newer.", version=remembered.version)
        reason = tr(
            "this repository is of gocontainer {version}, and this is {own}",
            version=remembered.version,
            own=__version__,
        )
        raise CannotUpdate(reason, hint)
    answers, offers = answered(remembered, settings)
    lost = remembered.answers.keys() - {*remembered.defaults, *answers.applicable()}
    notes = [tr("{name} has no meaning with these answers: it is dropped.", name=name) for name in sorted(lost)]
    nothing = base.Base({}, "nothing")
    update = Update(scratch, remembered, answers, nothing, render(answers), offers, notes=tuple(notes))
    return update if baseless else with_base(update)


def with_base(update: Update) -> Update:
    """Return ``update`` with its base, unless there is nothing to merge."""
    if update.is_current:
        return update
    return update._replace(base=base.find(update.scratch.project, update.remembered))


def recall(project: Project) -> lockfile.Lock:
    """Return the lock of the last commit."""
    if lockfile.LOCK not in project.mine:
        if (project.folder / lockfile.LOCK).is_file():
            raise project.not_committed(lockfile.LOCK)
        raise NotARepository(str(project.folder))
    (text,) = project.read([project.mine[lockfile.LOCK].oid])
    return lockfile.parse(text, project.folder / lockfile.LOCK)


def plan(update: Update, on_conflict: str = "markers") -> Plan:
    """Merge, decide what can be decided, and make the tree that comes of it."""
    scratch, lock = update.scratch, update.remembered
    old, moves = image_files.moved(scratch, update.base.tree, update.theirs, lock.keep)
    mine = {path: entry for path, entry in {**update.project.mine, **moves}.items() if entry}
    keep = tuple(sorted({*lock.keep, *_once(lock, old)}))
    theirs = _without_kept(update, old, mine, keep)
    if go_requirements.MODULES in mine:
        (modules,) = update.project.read([mine[go_requirements.MODULES].oid])
        theirs |= go_requirements.kept(modules, old, theirs)
    merged = _merged(update, old, theirs, mine, moves)
    contents, decided = _decide(scratch, merged, on_conflict)
    old_names: tuple[OldName, ...] = ()
    if any(path.endswith("go.mod") and theirs.get(path) != file for path, file in old.items()):
        from gocontainer.update.old_names import find_old_names

        old_names = find_old_names(scratch, merged, contents, old, theirs)
    sealed = lockfile.with_lockfile(update.theirs, update.answers, keep, update.template)
    contents |= {path: sealed[path] for path in _OWN}
    for path, file in contents.items():
        merged.entries[path] = Entry(f"100{file.mode}", scratch.objects.blob(file.content))
    changes: dict[str, Entry | None] = {
        path: merged.entries.get(path)
        for path in sorted(merged.entries.keys() | update.project.mine.keys())
        if merged.entries.get(path) != update.project.mine.get(path)
    }
    own = old if update.template == lockfile.OWN else {}
    gone = service_changes.gone(own, merged.entries, contents, update.project.read)
    tree = scratch.tree(changes)
    return Plan(changes, merged.conflicts, merged.kept_deleted, decided, tree, old_names, merged.moved, tuple(gone))


def verified(update: Update, planned: Plan) -> Plan:
    """Return the plan with what it would break; one that leaves something to decide is not looked into."""
    from gocontainer.verification import check

    if planned.is_open:
        return planned._replace(verified=check.postponed())
    update.scratch.pack()
    return planned._replace(verified=check.verify(update.project, update.base.tree, update.theirs, planned.changes))


def _once(lock: lockfile.Lock, old: Tree) -> list[str]:
    """Return what the template wrote once, also where the lock is from before it said so."""
    written = lockfile.order(lock.version)
    return [path for path, since in ONCE.items() if path in old and lockfile.order(since) <= written]


def _without_kept(update: Update, old: Tree, mine: Entries, keep: Sequence[str]) -> dict[str, File]:
    """Return the newest render, but for what stays as the owner has it."""
    theirs = dict(update.theirs)
    kept = protected(keep, {*theirs, *old})
    for path in {*ONCE, *kept}:
        if path in old and path in kept:
            theirs[path] = old[path]
        elif path not in old and (path in kept or path in mine):
            theirs.pop(path, None)
    return theirs


def _merged(update: Update, old: Tree, theirs: Tree, mine: Entries, moves: Mapping[str, Entry | None]) -> Merged:
    """Merge ``theirs`` into the project, and find what git does not tell."""
    scratch = update.scratch
    before, after = scratch.like(mine, old, theirs)
    merged = scratch.merge(before, after, mine, {**moves, **dict.fromkeys(_OWN)})
    owned = {path: each for path, each in mine.items() if path not in _OWN}
    if update.moves and after.keys() - before.keys():  # else an answer wants what is new
        merged = leave_folders(scratch, merged, before, after, owned)
    find_lost_edits(scratch, merged, before, owned)
    if before.keys() - merged.entries.keys():
        find_moved_edits(scratch, merged, before, after, owned)
    return merged


def _decide(
    scratch: ScratchRepository, merged: Merged, on_conflict: str
) -> tuple[dict[str, File], dict[str, tuple[TakenVersion, ...]]]:
    """Return new contents of conflicted paths, and versions taken; what is decided is no conflict any more."""
    if merged.conflicts:
        from gocontainer.update import resolvers
    contents: dict[str, File] = {}
    decided: dict[str, tuple[TakenVersion, ...]] = {}
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
