"""A new repository on the disk, with its first commit where that is ours to make."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gocontainer.answers.lockfile import OWN, Template, with_lockfile
from gocontainer.answers.model import AnswerSet
from gocontainer.cli import new_report
from gocontainer.repository import git, tree
from gocontainer.repository.kept import KeptFile, is_fresh
from gocontainer.texts import series, tr


def sealed(
    rendered: tree.Tree, answers: AnswerSet, kept: Sequence[KeptFile], template: Template = OWN
) -> dict[str, tree.File]:
    """Return what is to be written: what is ``rendered`` with lock and pack, less the files that are ``kept``.

    The lock names those of them that are not the template's, so that no update touches them.
    """
    owned = [each.path for each in kept if each.differs or each.path not in rendered]
    there = {each.path for each in kept}
    files = with_lockfile(rendered, answers, owned, template)
    return {path: file for path, file in files.items() if path not in there}


def write(files: tree.Tree, target: Path, kept: Sequence[KeptFile], *, no_git: bool) -> list[str]:
    """Write the files, commit them where that is ours to do, and return what to say about it."""
    around, paths = git.work_tree(target), sorted(files)
    if around is None and not no_git and not target.is_dir():
        started: list[bool] = []
        tree.save(files, target, lambda staging: started.append(git.start(staging, paths)))
        return [] if started[0] else [new_report.not_committed(target)]
    tree.save(files, target)
    if no_git:
        return []
    if around not in (None, target):
        return [new_report.inside(around, files), *new_report.ignored(target, files)]
    return _committed(files, target, kept, is_new=not around)


def _committed(files: tree.Tree, target: Path, kept: Sequence[KeptFile], *, is_new: bool) -> list[str]:
    """Commit what was written where a repository is fresh; elsewhere that is its owner's to do."""
    paths = sorted(files)
    try:
        if not is_new and not is_fresh(git.committed(target)):
            return new_report.ignored(target, files)
        if not (git.start(target, paths) if is_new else git.commit(target, paths)):
            return [new_report.not_committed(target)]
        left = git.uncommitted(target, [each.path for each in kept]) if kept else []
    except KeyboardInterrupt:  # too late: the files are there
        return [new_report.not_committed(target)]
    return [tr("What you had not committed still is not: {paths}", paths=series(left))] if left else []
