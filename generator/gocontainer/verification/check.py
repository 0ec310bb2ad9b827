"""What only a merge broke."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from gocontainer.repository.objects import Entry
from gocontainer.repository.tree import Tree
from gocontainer.repository.worktree import Project
from gocontainer.texts import listed, mark, tr
from gocontainer.verification import go_modules, kustomizations, texts
from gocontainer.verification.findings import Finding, Place, Sides, Snapshot, Verified, new
from gocontainer.verification.places import placed


def postponed() -> Verified:
    """Return what is known before conflicts are decided: nothing."""
    return Verified((), (tr("It was not verified, since something has to be decided first."),))


def verify(project: Project, base: Tree, theirs: Tree, changes: Mapping[str, Entry | None]) -> Verified:
    """Return what is wrong with the merge and was not with the last commit, with both places of each.

    The merge is the last commit with ``changes``, whose objects ``project`` can read.
    """
    sides = _sides(project, base, theirs, changes)
    found, fresh = texts.check(sides)
    wrong = kustomizations.check(sides.merged, sides.prefix)
    go = go_modules.check(sides)
    fresh += new(wrong, kustomizations.check(sides.mine, sides.prefix)) if wrong else []
    fresh += [*go.fresh, *_declared_twice(sides, go.unknown)]
    old = [each for each in (*found, *wrong, *go.found) if each not in fresh]
    notes = [*go.notes, *([_was_broken(old, sides.prefix)] if old else [])]
    broken = [_from_folder(each, sides.prefix) for each in placed(fresh, sides)]
    return Verified(tuple(broken), tuple(dict.fromkeys(notes)))


def _was_broken(old: Sequence[Finding], prefix: str) -> str:
    places = [str(Place(_seen(each.path, prefix), each.line)) for each in old]
    text = mark("This was broken before the update, too, and is as it was: {places}")
    return tr(text, places=listed(dict.fromkeys(places)))


def _sides(project: Project, base: Tree, theirs: Tree, changes: Mapping[str, Entry | None]) -> Sides:
    trees = ({project.prefix + path: file.content for path, file in tree.items()} for tree in (base, theirs))
    placed_changes = {project.prefix + path: entry for path, entry in changes.items()}
    after = {path: entry for path, entry in {**project.everything, **placed_changes}.items() if entry}
    mine, merged = (Snapshot(entries, project.read) for entries in (project.everything, after))
    before, newest = trees
    return Sides(project.prefix, before, mine, newest, merged)


def _declared_twice(sides: Sides, folders: set[str]) -> list[Finding]:
    """Return what is declared twice in packages of which Go could not say anything."""
    found = texts.declared_twice(sides.merged, folders) if folders else []
    return new(found, texts.declared_twice(sides.mine, folders)) if found else []


def _from_folder(found: Finding, prefix: str) -> Finding:
    """Return it with paths as seen from the service's folder."""
    places = [each and Place(_seen(each.path, prefix), each.line) for each in (found.yours, found.template)]
    kind = "go" if found.kind == "types" else found.kind
    return found._replace(kind=kind, path=_seen(found.path, prefix), yours=places[0], template=places[1])


def _seen(path: str, prefix: str) -> str:
    return os.path.relpath(path, prefix or ".").replace(os.sep, "/")
