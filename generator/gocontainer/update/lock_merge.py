"""Lock and pack where two branches that updated at once are merged.

git cannot merge them, and nobody else may write them: so they are written anew for the answers of both.
"""

from __future__ import annotations

from collections.abc import Mapping

from gocontainer import __version__
from gocontainer.answers import lockfile
from gocontainer.answers.model import Answers
from gocontainer.errors import CannotUpdate
from gocontainer.rendering.engine import render
from gocontainer.repository.tree import File
from gocontainer.repository.worktree import Project
from gocontainer.texts import tr

_OURS, _THEIRS = 2, 3


def is_conflicted(project: Project) -> bool:
    """Whether a merge that is under way has left the lock or the pack undecided."""
    return bool(_stages(project))


def regenerate(project: Project) -> None:
    """Write lock and pack for what both branches answered, and add them to the index.

    Raises CannotUpdate where both answered the same question otherwise, or where another version has to do it.
    """
    stages = _stages(project)
    sides = {stage: _lock(project, oid) for stage, oid in stages.get(lockfile.LOCK, {}).items()}
    if not {_OURS, _THEIRS} <= sides.keys():
        reason = tr("only one branch has {file}", file=lockfile.LOCK)
        raise CannotUpdate(reason, tr("Decide with git which one is to stay."))
    together = _together(sides.get(1), sides[_OURS], sides[_THEIRS])
    for stage in (_OURS, _THEIRS):
        if _same(sides[stage], together) and stage in stages.get(lockfile.PACK, {}):
            oids = {path: stages[path][stage] for path in (lockfile.LOCK, lockfile.PACK)}
            _write(project, {path: File(project.git("cat-file", "blob", oid)) for path, oid in oids.items()})
            return
    if together.name != lockfile.NAME or together.version != __version__:
        hint = tr("Install gocontainer {version} and run this again.", version=together.version)
        reason = tr("the branches are of {name} {version}", name=together.name, version=together.version)
        raise CannotUpdate(reason, hint)
    answers = Answers.merge(*together.layers())
    sealed = lockfile.with_lockfile(render(answers), answers, together.keep)
    _write(project, {path: sealed[path] for path in (lockfile.LOCK, lockfile.PACK)})


def _stages(project: Project) -> dict[str, dict[int, str]]:
    """Return the undecided sides of lock and pack: path to stage to object."""
    paths = [f":(top,literal){project.prefix}{path}" for path in (lockfile.LOCK, lockfile.PACK)]
    found: dict[str, dict[int, str]] = {}
    for line in project.git("ls-files", "--unmerged", "-z", "--full-name", "--", *paths).split(b"\0"):
        if line:
            meta, _, path = line.decode().partition("\t")
            _, oid, stage = meta.split()
            found.setdefault(path.removeprefix(project.prefix), {})[int(stage)] = oid
    return found


def _lock(project: Project, oid: str) -> lockfile.Lock:
    return lockfile.parse(project.git("cat-file", "blob", oid), project.folder / lockfile.LOCK)


def _otherwise(name: str, ours: object, theirs: object) -> CannotUpdate:
    reason = tr("the branches answered {name} otherwise: {ours} and {theirs}", name=name, ours=ours, theirs=theirs)
    hint = tr("Abort the merge, let one branch take the other's with 'gocontainer update --set', and merge again.")
    return CannotUpdate(reason, hint)


def _together(before: lockfile.Lock | None, ours: lockfile.Lock, theirs: lockfile.Lock) -> lockfile.Lock:
    """Return the lock of both: the newer template, and each answer from whoever changed it."""
    old: Mapping[str, object] = before.answers if before else {}
    answers, defaults = {}, []
    for name in {**ours.answers, **theirs.answers}:
        chosen = ours
        if name not in ours.answers or (name in theirs.answers and ours.answers[name] == old.get(name)):
            chosen = theirs
        elif name in theirs.answers and theirs.answers[name] not in (ours.answers[name], old.get(name)):
            raise _otherwise(name, ours.answers[name], theirs.answers[name])
        answers[name] = chosen.answers[name]
        defaults += [name] if name in chosen.defaults else []
    newer = max((ours, theirs), key=lambda side: lockfile.order(side.version))
    keep = tuple(sorted({*ours.keep, *theirs.keep}))
    return newer._replace(answers=answers, defaults=tuple(defaults), keep=keep)


def _same(side: lockfile.Lock, together: lockfile.Lock) -> bool:
    return (side.template, dict(side.answers), side.keep) == (together.template, together.answers, together.keep)


def _write(project: Project, files: Mapping[str, File]) -> None:
    for path, file in files.items():
        (project.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / path).write_bytes(file.content)
    project.git("add", "--", *(f":(top,literal){project.prefix}{path}" for path in files))
