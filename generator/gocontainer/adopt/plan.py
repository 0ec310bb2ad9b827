"""What is written beside what is there, what differs from it, and writing it: all of it or nothing."""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from gocontainer.answers.lockfile import LOCK, PACK
from gocontainer.answers.model import Answers
from gocontainer.cli.written import sealed
from gocontainer.errors import CannotUse, WriteError
from gocontainer.rendering.adopted import part_of
from gocontainer.rendering.engine import render
from gocontainer.repository import git
from gocontainer.repository.kept import KeptFile, is_blocked
from gocontainer.repository.tree import File, Tree, put
from gocontainer.texts import listed, tr


class Plan(NamedTuple):
    """What a run writes."""

    files: Tree
    """All that is written, with lock and pack."""
    kept: tuple[KeptFile, ...]
    """Files that are there already."""
    overwritten: tuple[str, ...]
    diffs: Mapping[str, str]
    """From each file that is there to the one that would stand in its place."""
    left_out: Mapping[str, tuple[str, ...]]
    """Parts that are not written, each with the owner's files that are there instead."""


def refuse_taken(folder: Path) -> None:
    """Raise CannotUse where the repository is one that gocontainer wrote."""
    for name in (LOCK, PACK):
        if os.path.lexists(folder / name):
            hint = tr("Run 'gocontainer update' there.")
            raise CannotUse(tr("{folder} has {file} already", folder=folder, file=name), hint)


def plan(folder: Path, answers: Answers, overwrite: Collection[str]) -> Plan:
    """Compare what is rendered with what is at ``folder``; raise CannotUse where it cannot be written."""
    known = answers.adopted
    assert known, "only a repository that is adopted is planned so"
    rendered = render(answers)
    differing = _differing(folder, rendered)
    strange = sorted({*overwrite} - {*differing})
    if strange:
        hint = tr("'gocontainer adopt --dry-run' shows which files differ.")
        raise CannotUse(tr("no file that differs is called {path}", path=listed(strange)), hint)
    theirs = [path for path in differing if path not in overwrite]
    for part in ("image", "deploy"):
        taken = [path for path in theirs if part_of(path) == part]
        if taken:  # half of ours and half of theirs would be neither
            answers.adopted = known._replace(parts=tuple(each for each in known.parts if each != part))
            rest = plan(folder, answers, [path for path in overwrite if part_of(path) != part])
            diffs = {**_diffs(folder, rendered, taken), **rest.diffs}
            return rest._replace(left_out={part: tuple(taken), **rest.left_out}, diffs=diffs)
    _refuse_in_the_way(folder, rendered)
    if "ci" in known.parts and "Dockerfile" not in rendered and not (folder / "Dockerfile").is_file():
        hint = tr("Say --only image,ci.")
        raise CannotUse(tr("the pipeline builds an image, and there is no Dockerfile"), hint)
    there = [path for path in rendered if path not in overwrite and os.path.lexists(folder / path)]
    kept = tuple(KeptFile(path, differs=path in theirs) for path in there)
    files = sealed(rendered, answers, kept)
    return Plan(files, kept, tuple(overwrite), _diffs(folder, rendered, [*theirs, *overwrite]), {})


def _differing(folder: Path, rendered: Tree) -> list[str]:
    """Return the paths at which something else is than what is rendered."""
    there = (path for path in rendered if os.path.lexists(folder / path))
    return [path for path in there if _content(folder / path) != rendered[path].content]


def _content(path: Path) -> bytes | None:
    """Return the content of a file as git has it; None of anything else."""
    return None if path.is_symlink() or not path.is_file() else path.read_bytes().replace(b"\r\n", b"\n")


def _diffs(folder: Path, rendered: Tree, paths: Sequence[str]) -> dict[str, str]:
    found = {}
    for path in sorted(paths):
        before = (_content(folder / path) or b"").decode("utf-8", "replace").splitlines()
        after = rendered[path].content.decode().splitlines()
        found[path] = "\n".join(difflib.unified_diff(before, after, path, path, lineterm=""))
    return found


def _refuse_in_the_way(folder: Path, rendered: Tree) -> None:
    """Raise CannotUse where a file or a link is at the place of a folder, or would be written through."""
    for path in (*rendered, PACK):
        if is_blocked(folder, path):
            reason = tr("a link or a file is where a folder of {path} has to be", path=path)
            raise CannotUse(reason, tr("Move it away first."))


def refuse_uncommitted(folder: Path, paths: Sequence[str]) -> None:
    """Raise CannotUse where a file that would be overwritten could not be had back from git."""
    if not paths:
        return
    is_safe = git.work_tree(folder) is not None and not git.uncommitted(folder, paths)
    links = [path for path in paths if (folder / path).is_symlink() or not (folder / path).is_file()]
    if links or not is_safe:
        reason = tr("what would be overwritten is not as committed: {paths}", paths=listed(links or paths))
        raise CannotUse(reason, tr("Commit it first, so that nothing is lost."))


def write(folder: Path, planned: Plan) -> None:
    """Write the plan, the lock last; where that fails nothing is changed. Raises WriteError."""
    order = sorted(planned.files, key=lambda path: (path == LOCK, path))
    with _undone_on_failure(folder, planned) as written:
        for path in order:
            place = folder / path
            for parent in reversed([each for each in place.parents if not each.exists()]):
                parent.mkdir()
                written.append(parent)
            if path in planned.overwritten:
                put(place, planned.files[path])
            else:
                _make(place, planned.files[path], written)


def _make(place: Path, file: File, written: list[Path]) -> None:
    """Write a file that must not be there yet; from then on it is among what is ``written``."""
    mode = 0o777 if file.executable else 0o666  # less the umask
    descriptor = os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    written.append(place)
    with open(descriptor, "wb") as out:  # noqa: PTH123 - of a descriptor
        out.write(file.content)


@contextmanager
def _undone_on_failure(folder: Path, planned: Plan) -> Iterator[list[Path]]:
    """Yield a list for what is made; where something fails, it is removed, and what was overwritten comes back."""
    before = {path: (folder / path).read_bytes() for path in planned.overwritten}
    modes = {path: (folder / path).stat().st_mode for path in planned.overwritten}
    made: list[Path] = []
    try:
        yield made
    except BaseException as error:
        for place in reversed(made):
            place.rmdir() if place.is_dir() else place.unlink(missing_ok=True)
        for path, content in before.items():
            (folder / path).write_bytes(content)
            (folder / path).chmod(modes[path] & 0o777)
        if isinstance(error, OSError):
            raise WriteError(str(folder), error.strerror or str(error)) from error
        raise
