"""What only a merge broke."""

from __future__ import annotations

import os
from collections.abc import Mapping

from gocontainer.repository.objects import Entry
from gocontainer.repository.tree import Tree
from gocontainer.repository.worktree import Project
from gocontainer.texts import tr
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
    found = texts.check(sides)
    wrong = kustomizations.check(sides.merged, sides.prefix)
    found += new(wrong, kustomizations.check(sides.mine, sides.prefix)) if wrong else []
    broken, notes, unknown = go_modules.check(sides)
    found += [*broken, *_declared_twice(sides, unknown)]
    return Verified(tuple(_from_folder(each, sides.prefix) for each in placed(found, sides)), tuple(notes))


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

    def seen(path: str) -> str:
        return os.path.relpath(path, prefix or ".").replace(os.sep, "/")

    places = [each and Place(seen(each.path), each.line) for each in (found.yours, found.template)]
    return found._replace(path=seen(found.path), yours=places[0], template=places[1])
