"""What an update has under way, so that it can be undone: a small file beside git's own, and what lies at its paths."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gocontainer.answers import lockfile
from gocontainer.errors import CannotUpdate
from gocontainer.repository.objects import Entry, Objects, list_tree
from gocontainer.repository.worktree import Project, folders
from gocontainer.texts import tr

NAME = "gocontainer-update"
"""The file of a service at the top, in git's own folder; that of one below it has the digest of its folder as well."""
_NAMES = re.compile(rf"{NAME}(?:-[0-9a-f]{{12}})?")
_BLOCK, _SPARE = 4096, 8
"""Bytes by which the disk is given out, and how many more of them than there are files."""


class Journal(NamedTuple):
    """``paths``, from the top, are written over commit ``head`` as the object ``tree`` has them.

    ``settled`` says that only people are left to act; they have ``conflicts`` to decide. ``folder`` is the service's,
    from the top, and ends in a slash unless it is the top.
    """

    head: str
    paths: tuple[str, ...]
    settled: bool = False
    conflicts: tuple[str, ...] = ()
    tree: str = ""
    folder: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether nobody has to decide anything: it is there so that the update can be undone until it is committed."""
        return self.settled and bool(self.tree) and not self.conflicts


def _place(project: Project) -> Path:
    """Return the file of the project's own folder."""
    digest = hashlib.sha256(os.fsencode(project.prefix)).hexdigest()[:12]
    return project.git_dir / (f"{NAME}-{digest}" if project.prefix else NAME)


def _beside(project: Project, what: str) -> Path:
    place = _place(project)
    return place.with_name(f"{place.name}.{what}")


def read_all(project: Project) -> dict[str, Journal]:
    """Return the journals of all updates in the repository that have not ended, by their folders."""
    places = [place for place in project.git_dir.glob(f"{NAME}*") if _NAMES.fullmatch(place.name)]
    return {journal.folder: journal for journal in (_parse(project, place) for place in sorted(places))}


def read(project: Project) -> Journal | None:
    """Return the journal of the folder's update that has not ended, if there is one."""
    return read_all(project).get(project.prefix)


def _parse(project: Project, place: Path) -> Journal:
    try:
        document = json.loads(place.read_bytes())
        paths = tuple(document["paths"])
        return Journal(
            document["head"],
            paths,
            document["settled"],
            tuple(document.get("conflicts", ())),  # since 0.2, as is what follows
            document.get("tree", ""),
            document.get("folder", _folder(paths)),
        )
    except (FileNotFoundError, ValueError):  # it ended just now, or was killed before it was whole: nothing was written
        return Journal(project.head, (), folder=project.prefix if place == _place(project) else f"{place.name}/")


def _folder(paths: Sequence[str]) -> str:
    """Return the folder whose lock is among the paths of a journal that does not say whose it is."""
    locks = [path for path in paths if path.rpartition("/")[2] == lockfile.LOCK]
    return min(locks, key=len).removesuffix(lockfile.LOCK) if locks else ""


def unfinished() -> CannotUpdate:
    """Return the error of an update while another has not ended."""
    hint = tr("Run 'gocontainer update --continue' when all is decided, or '--abort'.")
    return CannotUpdate(tr("an earlier update has not ended"), hint)


def begin(project: Project, journal: Journal) -> None:
    """Remember, on the disk, what is about to be written, or leave nothing where that fails.

    Raises CannotUpdate where another update is under way, whose journal stays.
    """
    _end_clean(project)
    try:
        _place(project).touch(exist_ok=False)
    except FileExistsError as error:
        raise unfinished() from error
    try:
        _reserve(project, journal.paths)
        write(project, journal)
    except BaseException:
        close(project)
        raise


def _end_clean(project: Project) -> None:
    """Forget an update that left nothing to decide, unless it is not committed: it can still be undone then."""
    earlier = read(project)
    if earlier is None or not earlier.is_clean:
        return
    own = (f":(top,literal){path}" for path in _own(earlier))
    if project.git("diff", "--name-only", "--no-ext-diff", "HEAD", "--", *own):
        hint = tr("Commit it, or undo it with 'gocontainer update --abort'.")
        raise CannotUpdate(tr("the earlier update is not committed"), hint)
    close(project)


def _reserve(project: Project, paths: Sequence[str]) -> None:
    """Take the room on the disk that undoing would need: what is there now may not fit again later."""
    index = project.git_dir / "index"
    there = [index, index, *(project.top / path for path in paths)]
    sizes = [place.lstat().st_size for place in there if os.path.lexists(place)]
    blocks = _BLOCK * (len(sizes) + len(paths) + _SPARE)
    _beside(project, "room").write_bytes(bytes(sum(sizes) + blocks))


def release(project: Project) -> None:
    """Give the room back that undoing needs."""
    _beside(project, "room").unlink(missing_ok=True)


def write(project: Project, journal: Journal) -> None:
    """Remember what was written, and whether all of it is."""
    if journal.settled:
        release(project)
    new = _beside(project, "new")
    with new.open("w") as file:
        json.dump(journal._asdict(), file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(_place(project))


def close(project: Project) -> None:
    """Forget it: the update has ended."""
    release(project)
    _place(project).unlink(missing_ok=True)
    _beside(project, "new").unlink(missing_ok=True)
    old = project.git_dir / NAME  # before 0.2 there was one for the whole repository
    if project.prefix and old.exists() and _parse(project, old).folder == project.prefix:
        old.unlink(missing_ok=True)


def _own(journal: Journal) -> list[str]:
    """Return those of the paths that are the tool's own files: what they hold says whether an update is there."""
    return [path for path in journal.paths if path.removeprefix(journal.folder) in (lockfile.LOCK, lockfile.PACK)]


def is_committed(project: Project, journal: Journal) -> bool:
    """Whether the last commit has the update."""
    if not journal.tree:  # 0.1.0 did not say what it wrote
        return journal.settled and journal.head != project.head
    after, own = list_tree(project.read, journal.tree), _own(journal)
    return bool(own) and all(project.everything.get(path) == after.get(path) for path in own)


class Found(NamedTuple):
    """What lies at the paths of an update that was written, or begun."""

    written: dict[str, bytes]
    """Paths that are not as the last commit has them; what is there, if anything, is the update's own: its digest."""
    others: list[str]
    """Paths at which, below which or in whose way is what neither the last commit nor the update has."""
    free: tuple[str, ...]
    """Paths at which anything may be: people were asked to decide there."""
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
    free = journal.conflicts if undecided or any(staged.get(path) == after.get(path) for path in _own(journal)) else ()
    if not journal.tree:  # 0.1.0 had git keep first what it wrote: what git has is not lost
        free, kept = (tuple(undecided) if journal.settled else journal.conflicts), _kept(project, oids)
    for path, oid in zip(files, oids, strict=True):
        same = journal.tree and path in before and before[path].oid == oid
        if same and before[path].mode == after.get(path, before[path]).mode:
            continue
        known = [tree[path].oid for tree in (before, after) if path in tree]
        if path in free or oid in known or oid in kept or (not journal.settled and _is_begun(project, path, known)):
            written.append(path)
        else:
            others.add(path)
    there = {*files, *before}
    found = {path: digests[path] for path in written if path in there}
    is_gone = not found and all(staged.get(path) == before.get(path) for path in journal.paths)
    return Found(found, sorted(others), free, undecided, is_gone)


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


def _sorted(top: Path, paths: Sequence[str]) -> tuple[list[str], list[str], set[str]]:
    """Return the paths that are files or links, those that are not, and what is there that no path is about."""
    known, files, absent, others = {*paths}, [], [], set()
    for path in paths:
        place = top / path
        blocked = [each for each in folders(path) if os.path.lexists(top / each) and not _is_folder(top / each)]
        if blocked:
            others.update({*blocked} - known)
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
    asked = b"".join(_quoted(path) + b"\n" for path in files)
    found = dict(zip(files, project.git("hash-object", "--stdin-paths", stdin=asked).decode().split(), strict=True))
    return [found.get(path) or _link(project, path) for path in paths]


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
    if place.is_symlink() or place.stat().st_size % _BLOCK:
        return False
    there = place.read_bytes()
    return any(blob.startswith(there) for blob in project.read(oids))
