"""A new repository on the disk, with its first commit where that is ours to make."""

from __future__ import annotations

from pathlib import Path

from gocontainer.cli import new_report
from gocontainer.repository import git, tree


def write(files: tree.Tree, target: Path, *, no_git: bool) -> list[str]:
    """Write the files, commit them where that is ours to do, and return what to say about it."""
    around = git.work_tree(target)
    if around is None and not no_git:
        started: list[bool] = []
        tree.save(files, target, lambda staging: started.append(git.start(staging)))
        return [] if started[0] else [new_report.not_committed(target)]
    tree.save(files, target)
    if around is None or no_git:
        return []
    if around != target:
        return [new_report.inside(around)]
    try:
        return [new_report.not_committed(target)] if git.is_unborn(target) and not git.commit(target) else []
    except KeyboardInterrupt:  # too late: the files are there
        return [new_report.not_committed(target)]
