"""Merge a newer template, or other answers, into a repository without losing an edit.

opened: a private repository --> prepare: base, mine, theirs --> plan: merge, decide --> apply: write all or nothing
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gocontainer import __version__
from gocontainer.answers import lockfile, migrations
from gocontainer.answers.model import Answers, AnswerSet, Layer, fill
from gocontainer.errors import CannotUpdate, GitFailed, NotARepository
from gocontainer.options.types import Value
from gocontainer.rendering.engine import render
from gocontainer.repository.objects import Entry
from gocontainer.repository.tree import File, Tree, digest
from gocontainer.repository.tree import scratch as scratch_folder
from gocontainer.repository.worktree import Project, refuse_old_git
from gocontainer.texts import tr
from gocontainer.update import base, journal, undo
from gocontainer.update.git_merge import MergeConflict, Merged, ScratchRepository
from gocontainer.update.lost_edits import find_lost_edits

if TYPE_CHECKING:
    from gocontainer.update.resolvers import TakenVersion

OWNED = frozenset(["deploy/components/image/kustomization.yaml"])
"""Files that the template writes once; they are the project's alone from then on."""
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
        if self.moves or self.answers.applicable() != dict(self.remembered.answers):
            return False
        # Another's render may have the time of day in it.
        return self.template != lockfile.OWN or digest(self.theirs) == self.remembered.digest

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
    migrated = migrations.migrate(remembered)
    answers = Answers.merge(*(_less(layer, settings) for layer in migrated.layers()), settings)
    nothing = base.Base({}, "nothing")
    update = Update(scratch, remembered, answers, nothing, render(answers), _offers(migrated, settings, answers))
    return update if baseless else with_base(update)


def with_base(update: Update) -> Update:
    """Return ``update`` with its base, unless there is nothing to merge."""
    if update.is_current:
        return update
    return update._replace(base=base.find(update.scratch.project, update.remembered))


def _less(layer: Layer, settings: Layer) -> Layer:
    """Return ``layer`` without what ``settings`` change: it may not be valid any more."""
    return layer._replace(values={name: value for name, value in layer.values.items() if name not in settings.values})


def recall(project: Project) -> lockfile.Lock:
    """Return the lock of the last commit."""
    if lockfile.LOCK not in project.mine:
        if (project.folder / lockfile.LOCK).is_file():
            reason = tr("{file} is not committed", file=lockfile.LOCK)
            raise CannotUpdate(reason, tr("Commit everything first."))
        raise NotARepository(str(project.folder))
    (text,) = project.read([project.mine[lockfile.LOCK].oid])
    return lockfile.parse(text, project.folder / lockfile.LOCK)


def _offers(remembered: lockfile.Lock, settings: Layer, answers: Answers) -> dict[str, tuple[Value, Value]]:
    profile, unsaid, given = remembered.layers()
    today = fill((_less(profile, settings), _less(given, settings), settings)).values
    kept = [name for name in answers.defaults() if name in unsaid.values]
    return {name: (answers[name], today[name]) for name in kept if answers[name] != today[name]}


def plan(update: Update, on_conflict: str = "markers") -> Plan:
    """Merge, decide what can be decided, and make the tree that comes of it."""
    scratch, mine, keep = update.scratch, update.project.mine, update.remembered.keep
    theirs, old = dict(update.theirs), update.base.tree
    kept = lockfile.protected(keep, {*theirs, *old}) if keep else []
    for path in {*OWNED, *kept}:
        if path in old:
            theirs[path] = old[path]
        elif path in kept or path in mine:
            theirs.pop(path, None)
    before, after = scratch.like(mine, old, theirs)
    merged = scratch.merge(before, after, mine, _OWN)
    find_lost_edits(scratch, merged, before, {path: each for path, each in mine.items() if path not in _OWN})
    contents, decided = _decide(scratch, merged, on_conflict)
    sealed = lockfile.with_lockfile(update.theirs, update.answers, keep, update.template)
    contents |= {path: sealed[path] for path in _OWN}
    for path, file in contents.items():
        merged.entries[path] = Entry(f"100{file.mode}", scratch.objects.blob(file.content))
    changes: dict[str, Entry | None] = {
        path: merged.entries.get(path)
        for path in sorted(merged.entries.keys() | mine.keys())
        if merged.entries.get(path) != mine.get(path)
    }
    return Plan(changes, merged.conflicts, merged.kept_deleted, decided, scratch.tree(changes))


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
