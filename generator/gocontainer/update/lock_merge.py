"""Lock and pack where two branches that updated at once are merged.

git cannot merge them, and nobody else may write them: so they are written anew for the answers of both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

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


Later = Callable[[lockfile.Lock, lockfile.Lock], lockfile.Lock]
"""Returns which of two locks of an external template is of the later one."""


def regenerate(project: Project, later: Later) -> None:
    """Write lock and pack for what both branches answered, and add them to the index.

    Raises CannotUpdate where both answered the same question otherwise, where it is not known which template is the
    later one, or where another version has to do it.
    """
    stages = _stages(project)
    sides = {stage: _lock(project, oid) for stage, oid in stages.get(lockfile.LOCK, {}).items()}
    if not {_OURS, _THEIRS} <= sides.keys():
        reason = tr("only one branch has {file}", file=lockfile.LOCK)
        raise CannotUpdate(reason, tr("Decide with git which one is to stay."))
    newer = _newer(sides[_OURS], sides[_THEIRS], later)
    together = merged(sides.get(1), sides[_OURS], sides[_THEIRS], newer)
    for stage in (_OURS, _THEIRS):
        if _same(sides[stage], together) and stage in stages.get(lockfile.PACK, {}):
            oids = (stages[path][stage] for path in (lockfile.LOCK, lockfile.PACK))
            lock, pack = (project.git("cat-file", "blob", oid) for oid in oids)
            _write(project, {lockfile.LOCK: File(_keeping(lock, together.keep)), lockfile.PACK: File(pack)})
            return
    if together.name != lockfile.NAME:
        hint = tr("Abort the merge, let one branch take the other's with 'gocontainer update --set', and merge again.")
        raise CannotUpdate(tr("each branch has answers of its own for {name}", name=together.name), hint)
    if together.version != __version__:
        hint = tr("Install gocontainer {version} and run this again.", version=together.version)
        reason = tr("the branches are of {name} {version}", name=together.name, version=together.version)
        raise CannotUpdate(reason, hint)
    answers = Answers.merge(*together.layers())
    sealed = lockfile.with_lockfile(render(answers), answers, together.keep)
    _write(project, {path: sealed[path] for path in (lockfile.LOCK, lockfile.PACK)})


def _newer(ours: lockfile.Lock, theirs: lockfile.Lock, later: Later) -> lockfile.Lock:
    if ours.name != theirs.name:
        reason = tr("the branches are of two templates: {ours} and {theirs}", ours=ours.name, theirs=theirs.name)
        hint = tr("Abort the merge, let one branch go over to the other's with --template, and merge again.")
        raise CannotUpdate(reason, hint)
    if ours.name == lockfile.NAME:
        return max((ours, theirs), key=lambda side: lockfile.order(side.version))
    same = (ours.version, ours.commit) == (theirs.version, theirs.commit) or "" != ours.commit == theirs.commit
    return ours if same else later(ours, theirs)


def _keeping(text: bytes, keep: Sequence[str]) -> bytes:
    """Return a lock that keeps these paths."""
    document = json.loads(text)
    if document["keep"] == list(keep):
        return text
    return (json.dumps({**document, "keep": list(keep)}, indent=2, ensure_ascii=False) + "\n").encode()


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


def merged(
    before: lockfile.Lock | None, ours: lockfile.Lock, theirs: lockfile.Lock, newer: lockfile.Lock
) -> lockfile.Lock:
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
    keep = tuple(sorted({*ours.keep, *theirs.keep}))
    return newer._replace(answers=answers, defaults=tuple(defaults), keep=keep)


def _same(side: lockfile.Lock, together: lockfile.Lock) -> bool:
    return (side.template, dict(side.answers)) == (together.template, together.answers)


def _write(project: Project, files: Mapping[str, File]) -> None:
    for path, file in files.items():
        (project.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / path).write_bytes(file.content)
    project.git("add", "--", *(f":(top,literal){project.prefix}{path}" for path in files))
