"""Where an external template comes from: a folder, or a git repository at a revision. Nothing of it is run.

Nothing is checked out either: files are read from git's objects or from the folder, so that no link, filter,
hook or submodule of theirs takes part.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from gocontainer.errors import CannotFetch, CannotUse, GitFailed
from gocontainer.external import releases
from gocontainer.external.partial_clone import promisor, take_over
from gocontainer.external.template_paths import settled
from gocontainer.repository.git import Git, Reader
from gocontainer.repository.objects import SUBMODULE, list_tree
from gocontainer.repository.remotes import parse_remote
from gocontainer.repository.tree import File, Tree, digest
from gocontainer.texts import mark, tr

_SCHEMES = ("https", "ssh", "file")
_SCP = re.compile(r"(?:[\w.-]+@)?(?!-)[\w.-]+:(?!:)(?P<path>.+)")
_REVISION = re.compile(r"(?!.*\.\.)\w[\w./+-]*")
_SHORT = {"bb": "https://bitbucket.org/{}", "gh": "https://github.com/{}", "gl": "https://gitlab.com/{}"}
"""Forges as cookiecutter abbreviates them: ``gh:acme/template``."""
_TOKEN = re.compile(r"(gh[a-z]|github_pat|glpat|AT[A-Z]{2})[_-].*|ATBB.*|[A-Za-z0-9_=-]{32,}")
"""The name of a user that is none, but lets anybody in."""


class TemplateSource(NamedTuple):
    """``SRC@REV`` as it was given."""

    source: str
    revision: str = ""

    @property
    def name(self) -> str:
        """What the lock says, which is for everybody: without the name of a user."""
        return re.sub("(?<=^https://)[^/@]*@", "", self.source)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of this machine, by whatever address."""
        return self.folder is not None or self.source.startswith("file:")

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
    notes: tuple[str, ...] = ()
    """What of the template's folder is not in it."""


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
    source = _written_out(source)
    _check(source)
    return TemplateSource("./gocontainer" if source == "gocontainer" else source, revision)


def _written_out(source: str) -> str:
    """Return an address without cookiecutter's abbreviation of a forge."""
    forge, _, path = source.partition(":")
    short = forge in _SHORT and re.fullmatch(r"[\w.-]+(/[\w.-]+)+", path) and not Path(source).exists()
    return _SHORT[forge].format(path.removesuffix(".git") + ".git") if short else source


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
    alone = parts.scheme == "https" and parts.username and not _is_name(parts.username, source)
    if "://" in source and (parts.password is not None or alone):
        hint = tr("Leave it out, for it would be committed; git's credential helper knows such things.")
        raise CannotUse(tr("the address of the template holds a secret"), hint)


def _is_name(user: str, source: str) -> bool:
    """Whether the user in an https address only says who asks: Azure DevOps and Bitbucket give such addresses out."""
    host, path = urlsplit(source).hostname or "", urlsplit(source).path
    says_who = host in ("dev.azure.com", "bitbucket.org") or path.startswith("/scm/") or "/_git/" in path
    return says_who and not _TOKEN.fullmatch(user)


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
        return Repository(source, str(folder), scratch, folder)
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
        tree, missing = settled(files, links)
        return Snapshot(digest(tree)[:12], "", tree, missing)

    def at(self, commit: str) -> Snapshot:
        """Raise CannotUse: a folder does not know what it was."""
        return self.pick(commit)

    def later(self, *_: str) -> str:
        """Return nothing: a folder has no history."""
        return ""

    def is_checkout_of(self, name: str, commit: str) -> bool:
        """Whether it is known to be the template called ``name``: nothing says so."""
        del name, commit
        return False


class Repository:
    """A git repository, cloned whole and without a work tree."""

    def __init__(self, source: str, address: str, scratch: Path, folder: Path | None = None) -> None:
        self.source, self.folder = source, folder
        git = Git(scratch, GIT_ALLOW_PROTOCOL=":".join(_SCHEMES))
        lender = promisor(folder) if folder else ""
        self.git = Git(scratch / "template.git")
        try:
            git("clone", "--quiet", "--bare", "--no-local", "--template=", "--", lender or address, "template.git")
            if folder and lender:
                take_over(self.git, folder)
        except GitFailed as error:
            raise CannotFetch(source, error.said) from error

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
        found = self.at(newest, tag)
        return found._replace(notes=tuple(self._left_out(found)))

    def _left_out(self, found: Snapshot) -> Iterator[str]:
        """Yield what a person should know who has the template at hand, and gets its newest release."""
        values = {"source": self.source, "version": found.version}
        head = self._commit("HEAD")
        if self.folder and head not in ("", found.commit):
            text = mark("This is {source} at {version}, not its last commit, which is {source}@HEAD.")
            yield tr(text, **values)
        elif self.folder and self._is_edited(found):
            yield tr("This is {source} at {version}, without what is not committed there.", **values)

    def _is_edited(self, found: Snapshot) -> bool:
        """Whether a file in the work tree is not as committed; git itself would run filters to tell."""
        assert self.folder
        if not (self.folder / ".git").exists():
            return False
        there = {path: self.folder / path for path in found.tree}
        return bool(Git(self.folder)("ls-files", "--others", "--exclude-standard")) or any(
            not place.is_file() or place.read_bytes().replace(b"\r\n", b"\n") != content.replace(b"\r\n", b"\n")
            for path, place in there.items()
            for content in [found.tree[path].content]
        )

    def is_checkout_of(self, name: str, commit: str) -> bool:
        """Whether it is known to be the template called ``name``: it holds ``commit``, or was cloned from there."""
        if re.fullmatch("[0-9a-f]{40,64}", commit) and self._commit(commit):
            return True
        if self.folder is None:
            return False
        said = Git(self.folder)("config", "--get-regexp", r"^remote\..*\.url$", codes=(0, 1))
        urls = [line.partition(" ")[2] for line in os.fsdecode(said).splitlines()]
        known = parse_remote(name)
        return name in urls or (known is not None and known in map(parse_remote, urls))

    def at(self, commit: str, version: str = "") -> Snapshot:
        """Return the template at a commit, whose version is what ``git describe`` says unless it has a name."""
        commit = self._named(commit)
        with closing(Reader(self.git.folder)) as read:
            listed = list_tree(read, self.git.line("rev-parse", f"{commit}^{{tree}}"))
            blobs = [path for path, entry in listed.items() if entry.mode != SUBMODULE]
            contents = dict(zip(blobs, read([listed[path].oid for path in blobs]), strict=True))
        links = {path: os.fsdecode(contents[path]) for path in blobs if listed[path].mode == "120000"}
        files = {path: File(contents[path], listed[path].mode == "100755") for path in blobs if path not in links}
        tree, missing = settled(files, links)
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
