"""Where an external template comes from: a folder, or a git repository at a revision. Nothing of it is run.

Nothing is checked out either: files are read from git's objects or from the folder, so that no link, filter,
hook or submodule of theirs takes part.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from gocontainer.errors import CannotFetch, CannotUse, GitFailed
from gocontainer.external import releases
from gocontainer.repository.git import Git, Reader
from gocontainer.repository.objects import SUBMODULE, list_tree
from gocontainer.repository.tree import File, Tree, digest
from gocontainer.texts import tr

_SCHEMES = ("https", "ssh", "file")
_SCP = re.compile(r"(?:[\w.-]+@)?(?!-)[\w.-]+:(?!:)(?P<path>.+)")
_REVISION = re.compile(r"(?!.*\.\.)\w[\w./+-]*")


class TemplateSource(NamedTuple):
    """``SRC@REV`` as it was given."""

    source: str
    revision: str = ""

    @property
    def folder(self) -> Path | None:
        """The local folder that the source names, if it names one."""
        return None if "://" in self.source or _remote(self.source) else Path(self.source)


class Snapshot(NamedTuple):
    """A template as it is at one moment."""

    version: str
    commit: str
    tree: Tree
    missing: tuple[str, ...]
    """Submodules, and links that lead to no file of the template."""


def parse(text: str) -> TemplateSource:
    """Split ``SRC@REV``; raise CannotUse where a template may not come from there."""
    start = 0
    if "://" in text:
        start = (text.index("://") + 3) + len(urlsplit(text).netloc)
    elif _remote(text):
        start = text.index(":")
    whole = start == 0 and Path(text).exists()
    at = -1 if whole else text.rfind("@", start)
    source, revision = (text, "") if at < 0 else (text[:at], text[at + 1 :])
    if at >= 0:
        check_revision(revision)
    _check(source)
    return TemplateSource("./gocontainer" if source == "gocontainer" else source, revision)


def check_revision(revision: str) -> None:
    """Raise CannotUse where ``revision`` is more than a name: an option, a range, a path."""
    if not _REVISION.fullmatch(revision):
        reason = tr("{revision!r} names no revision", revision=revision)
        raise CannotUse(reason, tr("Give a tag, a branch or a commit."))


def _remote(source: str) -> re.Match[str] | None:
    """Match ``user@host:path``, unless a folder of that name is there."""
    return None if Path(source).exists() else _SCP.fullmatch(source)


def _check(source: str) -> None:
    if not _is_known(source):
        reason = tr("a template cannot come from {source!r}", source=source)
        raise CannotUse(reason, tr("Give a folder or an https, ssh or file address of a git repository."))
    parts = urlsplit(source)
    if "://" in source and (parts.password is not None or (parts.scheme == "https" and parts.username)):
        hint = tr("Leave it out, for it would be committed; git's credential helper knows such things.")
        raise CannotUse(tr("the address of the template holds a secret"), hint)


def _is_known(source: str) -> bool:
    """Whether ``source`` is a folder, or an address of a kind that git is to be called with."""
    if not source or source.startswith("-") or re.search(r"[\x00-\x1f]", source):
        return False
    if "://" not in source:
        return "::" not in source or Path(source).exists()
    parts = urlsplit(source)
    return parts.scheme in _SCHEMES and not (parts.hostname or "").startswith("-")


def open_source(source: str, folder: Path | None, scratch: Path) -> Folder | Repository:
    """Return the template in ``folder``, or its repository as a private clone in ``scratch``."""
    if folder is None:
        return Repository(source, source, scratch)
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - links stay as they are
    if not folder.is_dir():
        raise CannotFetch(source, tr("there is no such folder"))
    if (folder / ".git").exists() or ((folder / "objects").is_dir() and (folder / "HEAD").is_file()):
        return Repository(source, str(folder), scratch)
    return Folder(source, folder)


class Folder:
    """A plain folder: its version is the digest of what is in it."""

    def __init__(self, source: str, folder: Path) -> None:
        self.source, self.folder = source, folder

    def pick(self, revision: str = "", version: str = "", commit: str = "") -> Snapshot:
        """Return the folder as it is now; it has no revisions."""
        del version, commit
        if revision:
            hint = tr("Leave @{revision} out, or give the address of its repository.", revision=revision)
            raise CannotUse(tr("the template {source} is a folder without revisions", source=self.source), hint)
        files: dict[str, File] = {}
        links: dict[str, str] = {}
        for root, folders, names in os.walk(self.folder):
            folders[:] = sorted(name for name in folders if name != ".git")
            for name in [*folders, *names]:
                place = Path(root, name)
                path = place.relative_to(self.folder).as_posix()
                if place.is_symlink():
                    links[path] = place.readlink().as_posix()
                elif place.is_file():
                    files[path] = File(place.read_bytes(), bool(place.stat().st_mode & 0o100))
        tree, missing = _settled(files, links)
        return Snapshot(digest(tree)[:12], "", tree, missing)

    def at(self, commit: str) -> Snapshot:
        """Raise CannotUse: a folder does not know what it was."""
        return self.pick(commit)

    def later(self, one: str, other: str) -> str:
        """Return nothing: a folder has no history."""
        del one, other
        return ""


class Repository:
    """A git repository, cloned whole and without a work tree."""

    def __init__(self, source: str, address: str, scratch: Path) -> None:
        self.source = source
        git = Git(scratch, GIT_ALLOW_PROTOCOL=":".join(_SCHEMES))
        try:
            git("clone", "--quiet", "--bare", "--no-local", "--template=", "--", address, "template.git")
        except GitFailed as error:
            raise CannotFetch(source, error.said) from error
        self.git = Git(scratch / "template.git")

    def pick(self, revision: str = "", version: str = "", commit: str = "") -> Snapshot:
        """Return the template at ``revision``, else the newest there is for one that is of ``version`` at ``commit``.

        That is the head of the branch which ``version`` names, else the newest release, unless ``commit`` holds
        that already; else the head of the default branch.
        """
        if revision:
            return self.at(self._named(revision), revision)
        branch = self._commit(f"refs/heads/{version}") if _REVISION.fullmatch(version) else ""
        if branch and not self._commit(f"refs/tags/{version}"):
            return self.at(branch, version)
        tag = releases.newest(self._tags(), "" if commit and commit.startswith(version) else version)
        newest = self._commit(f"refs/tags/{tag}" if tag else "HEAD")
        if not newest:
            reason = tr("the template {source} has no commit", source=self.source)
            raise CannotUse(reason, tr("Commit the template there first."))
        if commit not in ("", newest) and self._holds(commit, newest):
            return self.at(commit, version)
        return self.at(newest, tag)

    def at(self, commit: str, version: str = "") -> Snapshot:
        """Return the template at a commit, whose version is what ``git describe`` says unless it has a name."""
        commit = self._named(commit)
        with closing(Reader(self.git.folder)) as read:
            listed = list_tree(read, self.git.line("rev-parse", f"{commit}^{{tree}}"))
            blobs = [path for path, entry in listed.items() if entry.mode != SUBMODULE]
            contents = dict(zip(blobs, read([listed[path].oid for path in blobs]), strict=True))
        links = {path: os.fsdecode(contents[path]) for path in blobs if listed[path].mode == "120000"}
        files = {path: File(contents[path], listed[path].mode == "100755") for path in blobs if path not in links}
        tree, missing = _settled(files, links)
        version = version or self.git.line("describe", "--tags", "--always", commit)
        return Snapshot(version, commit, tree, (*missing, *sorted(listed.keys() - contents.keys())))

    def _named(self, revision: str) -> str:
        check_revision(revision)
        places = [f"refs/tags/{revision}", f"refs/heads/{revision}"]
        if re.fullmatch("[0-9a-f]{4,64}|HEAD", revision):
            places.append(revision)
        for place in places:
            if found := self._commit(place):
                return found
        tags = ", ".join(self._tags()[:5])
        hint = tr("Its newest tags are {tags}.", tags=tags) if tags else tr("It has no tags.")
        values = {"source": self.source, "revision": revision}
        raise CannotUse(tr("the template {source} has no tag, branch or commit {revision}", **values), hint)

    def _commit(self, place: str) -> str:
        return self.git("rev-parse", "--verify", "--quiet", f"{place}^{{commit}}", codes=(0, 1, 128)).decode().strip()

    def _tags(self) -> list[str]:
        return self.git.line(
            "for-each-ref", "--sort=-version:refname", "--format=%(refname:lstrip=2)", "refs/tags"
        ).split()

    def _holds(self, commit: str, other: str) -> bool:
        """Whether ``other`` is in the history of ``commit``."""
        if not re.fullmatch("[0-9a-f]{40,64}", commit) or not self._commit(commit):
            return False
        return self.git("merge-base", commit, other, codes=(0, 1, 128)).decode().strip() == other

    def later(self, one: str, other: str) -> str:
        """Return which of two commits has the other in its history; nothing where neither has."""
        return one if self._holds(one, other) else other if self._holds(other, one) else ""


Opened = Folder | Repository


def _settled(files: Mapping[str, File], links: Mapping[str, str]) -> tuple[dict[str, File], tuple[str, ...]]:
    """Return the files, with a copy for each link that leads to one of them, and the links that do not."""
    tree = {path: file for path, file in files.items() if is_inside(path)}
    led = {path: _follow(path, links) for path in links if is_inside(path)}
    copies = {path: tree[there] for path, there in led.items() if there in tree}
    return {**tree, **copies}, tuple(sorted((files.keys() | links.keys()) - tree.keys() - copies.keys()))


def _follow(path: str, links: Mapping[str, str]) -> str:
    for _ in links:
        if path not in links:
            break
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), links[path]))
    return path


def is_inside(path: str) -> bool:
    """Whether a path stays below its folder, and away from what git keeps there, on any system."""
    parts = [part.casefold().rstrip(" .") for part in path.split("/")]
    return not {"", ".git", "git~1"} & set(parts) and not re.search(r"[\0\\\ud800-\udfff]", path)


def below(paths: Iterable[str], folder: str) -> list[str]:
    """Return those of ``paths`` that lie in ``folder``; all where it is the top."""
    return [path for path in paths if path.startswith(f"{folder}/" if folder else "")]
