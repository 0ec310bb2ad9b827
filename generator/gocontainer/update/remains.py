"""What is left of an update at its paths: what it wrote itself, and what is somebody else's work."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from gocontainer.repository.objects import Entry, Objects, list_tree
from gocontainer.repository.worktree import Project, folders
from gocontainer.update.journal import Journal

_PAGE = 4096
"""Bytes of which a system writes all or none where a process is killed."""


def is_committed(project: Project, journal: Journal) -> bool:
    """Whether the last commit has the update."""
    if not journal.tree:  # 0.1.0 did not say what it wrote
        return journal.settled and journal.head != project.head
    after, own = list_tree(project.read, journal.tree), journal.own
    return bool(own) and all(project.everything.get(path) == after.get(path) for path in own)


class Found(NamedTuple):
    """What lies at the paths of an update that was written, or begun."""

    written: dict[str, bytes]
    """Paths that are not as the last commit has them; what is there, if anything, is the update's own: its digest."""
    others: list[str]
    """Paths at which, below which or in whose way is what neither the last commit nor the update has."""
    free: tuple[str, ...]
    """Paths at which anything may be: people were asked to decide there."""
    decided: dict[str, str]
    """By such a path, the object that people made of it, which nothing else has."""
    undecided: list[str]
    """Paths that git has no decision for."""
    is_gone: bool
    """Whether nothing of the update is left, in the index or on the disk."""


def look(project: Project, journal: Journal) -> Found:
    """Return which of the paths hold what the update wrote, and where somebody else's work is."""
    before, staged = project.everything, _staged(project)
    after = list_tree(project.read, journal.tree) if journal.tree else {}
    files, written, others = _sorted(project.top, journal.paths)
    digests = {path: fingerprint(project.top / path) for path in journal.paths}  # before git is asked
    oids, kept = _oids(project, files), set[str]()
    undecided = sorted(path for path in journal.paths if path in staged and not staged[path].oid)
    free = journal.conflicts if undecided or any(staged.get(path) == after.get(path) for path in journal.own) else ()
    if not journal.tree:  # 0.1.0 had git keep first what it wrote: what git has is not lost
        free, kept = (tuple(undecided) if journal.settled else journal.conflicts), _kept(project, oids)
    decided = {}
    for path, oid in zip(files, oids, strict=True):
        old = before.get(path, Entry("", ""))
        modes = (_mode(project.top / path), after.get(path, old).mode)  # where both are alike a system need have none
        if journal.tree and old.oid == oid and old.mode in modes:
            continue
        known = [tree[path].oid for tree in (before, after) if path in tree]
        if path in free or oid in known or oid in kept or (not journal.settled and _is_begun(project, path, known)):
            written.append(path)
            decided.update({} if oid in known else {path: oid})
        else:
            others.add(path)
    there = {*files, *before}
    found = {path: digests[path] for path in written if path in there}
    is_gone = not found and all(staged.get(path) == before.get(path) for path in journal.paths)
    return Found(
        found, sorted(others), free, {path: decided[path] for path in decided if path in free}, undecided, is_gone
    )


def _staged(project: Project) -> dict[str, Entry]:
    """Return what the index has at each path; of one that is not decided, no object."""
    found: dict[str, Entry] = {}
    for line in project.git("ls-files", "--stage", "-z", "--full-name", ":/").split(b"\0"):
        if line:
            meta, _, path = line.partition(b"\t")
            mode, oid, stage = meta.decode().split()
            found[os.fsdecode(path)] = Entry(mode, oid if stage == "0" else "")
    return found


def fingerprint(place: Path) -> bytes:
    """Return what tells a file or a link from any other; nothing where there is neither."""
    if place.is_symlink():
        return b"to " + os.fsencode(place.readlink())
    return hashlib.sha256(place.read_bytes()).digest() if place.is_file() else b""


def _mode(place: Path) -> str:
    """Return the mode that git would have of a file or a link."""
    if place.is_symlink():
        return "120000"
    return "100755" if place.stat().st_mode & 0o100 else "100644"


def _sorted(top: Path, paths: Sequence[str]) -> tuple[list[str], list[str], set[str]]:
    """Return the paths that are files or links, those that are not, and what is there that no path is about."""
    known, files, absent, others = {*paths}, [], [], set()
    for path in paths:
        place = top / path
        blocked = [each for each in folders(path) if os.path.lexists(top / each) and not _is_folder(top / each)]
        if {*blocked} - known:
            others.update({*blocked} - known)
        elif blocked:
            absent.append(path)
        elif place.is_symlink() or place.is_file():
            files.append(path)
        elif place.is_dir():
            below = (each for each in place.rglob("*") if not _is_folder(each))
            others.update({each.relative_to(top).as_posix() for each in below} - known)
            absent.append(path)
        elif os.path.lexists(place):
            others.add(path)
        else:
            absent.append(path)
    return files, absent, others


def _is_folder(place: Path) -> bool:
    return place.is_dir() and not place.is_symlink()


def _oids(project: Project, paths: Sequence[str]) -> list[str]:
    """Return the object ids that files and links would have in git."""
    links = {path for path in paths if (project.top / path).is_symlink()}
    files = [path for path in paths if path not in links]
    found = dict(zip(files, hashed(project, files), strict=True))
    return [found.get(path) or _link(project, path) for path in paths]


def hashed(project: Project, paths: Iterable[str], *how: str) -> list[str]:
    """Return the ids of the objects that git makes of files; with ``-w`` it keeps them."""
    asked = b"".join(_quoted(path) + b"\n" for path in paths)
    return project.git("hash-object", *how, "--stdin-paths", stdin=asked).decode().split()


def _quoted(path: str) -> bytes:
    """Return a path as git reads it in a line."""
    raw = os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + raw + b'"'


def _link(project: Project, path: str) -> str:
    text = os.fsencode((project.top / path).readlink())
    return Objects(project.object_format).oid("blob", text)


def _kept(project: Project, oids: Sequence[str]) -> set[str]:
    """Return those of the objects that git has."""
    asked = "".join(f"{oid}\n" for oid in oids).encode()
    said = project.git("cat-file", "--batch-check=%(objectname)", stdin=asked).decode().splitlines()
    return {line for line in said if not line.endswith(" missing")}


def _is_begun(project: Project, path: str, oids: Sequence[str]) -> bool:
    """Whether a file is the beginning of one of the objects as git leaves it where it is killed: whole pages of it."""
    place = project.top / path
    if place.is_symlink() or place.stat().st_size % _PAGE:
        return False
    there = place.read_bytes()
    return any(blob.startswith(there) for blob in project.read(oids))
