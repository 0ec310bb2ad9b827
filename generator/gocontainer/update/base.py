"""What a repository was rendered from: the base of its three-way merge."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

from gocontainer import __version__
from gocontainer.answers import lockfile
from gocontainer.answers.model import Answers
from gocontainer.errors import CannotUpdate, GitFailed
from gocontainer.follow_up.service_changes import BY_NAME, INSTALLED
from gocontainer.rendering.engine import render
from gocontainer.repository.tree import File, Tree, digest
from gocontainer.repository.worktree import Project
from gocontainer.texts import tr

RELEASED = ".dev" not in __version__
"""Whether this version writes the same for ever."""


class Base(NamedTuple):
    """The pristine render, and where it was found."""

    tree: Tree
    source: str


def find(project: Project, remembered: lockfile.Lock) -> Base:
    """Return the render whose digest the lock remembers.

    In this order: rendered again where this very version wrote it, from the pack, from the pack of an
    earlier commit. Raises CannotUpdate where it is nowhere, or where the pack is not what this version writes.
    """
    packed = None
    if lockfile.PACK in project.mine:
        with contextlib.suppress(ValueError, *(() if project.is_partial else (GitFailed,))):
            packed = lockfile.unpack(project.read([project.mine[lockfile.PACK].oid])[0])
    if remembered.template == lockfile.OWN and RELEASED:
        return _again(remembered, packed)
    if packed is not None and digest(packed) == remembered.digest:
        return Base(_as_asked(project, packed) if INSTALLED in packed else packed, "the pack")
    for tree in _history(project):
        if digest(tree) == remembered.digest:
            return Base(tree, "an earlier commit's pack")
    if lockfile.PACK not in project.mine and (project.folder / lockfile.PACK).is_file():
        raise project.not_committed(lockfile.PACK)
    reason = tr(
        "what {name} {version} wrote is not at hand: {file} is gone or was changed",
        name=remembered.name,
        version=remembered.version,
        file=lockfile.PACK,
    )
    raise CannotUpdate(reason, tr("Bring it back, or run with --baseless: every difference then is a conflict."))


def _as_asked(project: Project, tree: Tree) -> Tree:
    """Return the render with the version in it that somebody raised: by that alone 0.1.0 was asked for an update."""
    if INSTALLED not in project.mine:
        return tree
    before, (now,) = tree[INSTALLED].content, project.read([project.mine[INSTALLED].oid])
    raised = BY_NAME.search(before) and BY_NAME.sub(b"", before) == BY_NAME.sub(b"", now)
    return {**tree, INSTALLED: File(now)} if raised else tree


def _again(remembered: lockfile.Lock, packed: Tree | None) -> Base:
    tree = render(Answers.merge(*remembered.layers()))
    if digest(tree) != remembered.digest or (packed is not None and digest(packed) != remembered.digest):
        reason = tr(
            "{lock} and {pack} are not what gocontainer {version} writes for these answers",
            lock=lockfile.LOCK,
            pack=lockfile.PACK,
            version=__version__,
        )
        hint = tr("Bring them back as they were, or run with --baseless: every difference then is a conflict.")
        raise CannotUpdate(reason, hint)
    return Base(tree, "rendered again")


def _history(project: Project) -> Iterator[Tree]:
    """Yield the packs of earlier commits, the newest first; a commit that removed one names its parent's."""
    path = f"{project.prefix}{lockfile.PACK}"
    # Not `git log`, which takes habits from the configuration, and checks signatures if that says so.
    commits = project.git.line("rev-list", "--all", "--full-history", "--", f":(top,literal){path}").split()
    for commit in commits:
        for place in (f"{commit}:{path}", f"{commit}^:{path}"):
            tree = _pack(project, place)
            if tree is not None:
                yield tree


def _pack(project: Project, place: str) -> Tree | None:
    try:
        return lockfile.unpack(project.git("cat-file", "blob", place))
    except (GitFailed, ValueError):
        return None
