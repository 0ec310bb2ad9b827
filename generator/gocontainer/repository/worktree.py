"""A generated repository, or a part of a larger one, as git sees it. Nothing here changes it."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from functools import cached_property
from pathlib import Path, PurePosixPath

from gocontainer.errors import CannotUpdate, GitFailed, GitTooOld
from gocontainer.repository.git import Git, Reader, ignored
from gocontainer.repository.objects import FOLDER, SUBMODULE, Entry, list_tree, parse_tree
from gocontainer.texts import listed, mark, tr

OLDEST_GIT = (2, 38)
"""The first that merges without a work tree."""
_UNDER_WAY = {
    "MERGE_HEAD": mark("a merge is under way"),
    "CHERRY_PICK_HEAD": mark("a cherry-pick is under way"),
    "REVERT_HEAD": mark("a revert is under way"),
    "rebase-merge": mark("a rebase is under way"),
    "rebase-apply": mark("a rebase is under way"),
    "sequencer": mark("a cherry-pick or a revert of several commits is under way"),
    "BISECT_LOG": mark("a bisection is under way"),
}
"""What git is in the middle of where a file or folder is there."""


class Project:
    """The repository around ``folder``, which is its top or a folder in it.

    Objects are also read from the folder ``objects``. Raises CannotUpdate where there is no repository.
    """

    def __init__(self, folder: Path, objects: Path | None = None) -> None:
        asked = ("--path-format=absolute", "--show-object-format", "--git-dir", "--git-common-dir",
                 "--show-toplevel", "--show-prefix")  # fmt: skip
        git = Git(folder)
        try:
            try:
                said = git("rev-parse", *asked, "HEAD^{commit}", "HEAD^{tree}", "--")
            except GitFailed as error:
                if "HEAD^{commit}" not in error.said:
                    raise
                said = git("rev-parse", *asked) + b"\n\n"  # no commit yet
        except GitFailed as error:
            if "not a git repository" in error.said or "must be run in a work tree" in error.said:
                hint = tr("Run 'git init' and commit everything there, so that nothing can be lost.")
                reason = tr("{folder} is not in the work tree of a git repository", folder=folder)
                raise CannotUpdate(reason, hint) from error
            raise
        words = os.fsdecode(said).split("\n")
        if words[0] not in ("sha1", "sha256"):  # it does not know what was asked
            refuse_old_git(folder)
        self.object_format, directory, common, top, self.prefix, self._head, self._tree = words[:7]
        self.folder, self.top = folder, Path(top)
        self.git_dir, self.objects = Path(directory), Path(common) / "objects"
        self.git = Git(self.top)
        self.read = Reader(self.top, objects)
        """Returns the contents of objects; its ``close`` ends it."""

    @property
    def head(self) -> str:
        """The commit that an update starts from."""
        if not self._head:
            hint = tr("Commit everything first: an update needs a commit that it can be undone to.")
            raise CannotUpdate(tr("{folder} has no commit yet", folder=self.top), hint)
        return self._head

    @property
    def tree(self) -> str:
        """The tree of the last commit, from the top."""
        return self.head and self._tree

    @cached_property
    def below(self) -> str:
        """The tree of the folder in the last commit; empty where there is none."""
        found = Entry(FOLDER, self.tree)
        for name in PurePosixPath(self.prefix).parts:
            there = parse_tree(self.read([found.oid])[0], len(found.oid) // 2).get(name)
            if there is None or there.mode != FOLDER:
                return ""
            found = there
        return found.oid

    @cached_property
    def everything(self) -> dict[str, Entry]:
        """Every path of the last commit, from the top."""
        return list_tree(self.read, self.tree)

    @cached_property
    def mine(self) -> dict[str, Entry]:
        """The paths of the last commit below the folder, as seen from there."""
        return list_tree(self.read, self.below) if self.below else {}

    @property
    def is_partial(self) -> bool:
        """Whether git gets objects from a remote as it needs them."""
        return any((self.objects / "pack").glob("*.promisor"))

    def fetch_missing(self) -> bool:
        """Fetch what a partial clone lacks of the last commit's folder; False where this is no such clone."""
        if not self.is_partial:
            return False
        listed = self.git("rev-list", "--objects", "--missing=print", self.below).decode("utf-8", "replace").split("\n")
        missing = "".join(f"{line[1:]}\n" for line in listed if line.startswith("?"))
        remotes = self.git("config", "--get-regexp", r"^remote\..*\.promisor$", codes=(0, 1)).decode().splitlines()
        for remote in remotes[:1] if missing else ():
            name = remote.partition(" ")[0].removeprefix("remote.").removesuffix(".promisor")
            fetch = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no")
            self.git("-c", "fetch.negotiationAlgorithm=noop", *fetch, "--filter=blob:none", "--stdin", name,
                     stdin=missing.encode())  # fmt: skip
        return bool(missing)

    def refuse_unfinished(self) -> None:
        """Raise CannotUpdate while git itself is in the middle of something."""
        for name, what in _UNDER_WAY.items():
            if (self.git_dir / name).exists():
                raise CannotUpdate(tr(what), tr("Finish or abort it first."))
        self.refuse_locked()

    def refuse_locked(self) -> None:
        """Raise CannotUpdate while another git command writes the index."""
        lock = self.git_dir / "index.lock"
        if lock.exists():
            raise other_git(lock)

    def not_committed(self, path: str) -> CannotUpdate:
        """Return the error of an update that needs a file of the folder which the last commit has not."""
        rule = ignored(self.folder, [path]).get(path)
        if rule is None:
            return CannotUpdate(tr("{file} is not committed", file=path), tr("Commit everything first."))
        reason = tr("{file} is not committed, since git ignores it by {rule}", file=path, rule=rule)
        return CannotUpdate(reason, tr("Run 'git add --force {file}', and commit it.", file=path))

    def refuse_branch(self, name: str) -> None:
        """Raise CannotUpdate where no branch of that name can be made."""
        try:
            self.git("check-ref-format", "--branch", name)
        except GitFailed as error:
            reason = tr("no branch can be called {name!r}", name=name)
            raise CannotUpdate(reason, tr("Choose another name.")) from error
        if self.git("for-each-ref", "--format=%(refname)", f"refs/heads/{name}"):
            reason = tr("a branch {name} is there already", name=name)
            raise CannotUpdate(reason, tr("Delete it, or name another."))

    def refuse_uncommitted(self, touched: Collection[str]) -> None:
        """Raise CannotUpdate where a path, as seen from the folder, is not as committed, or something is in its way."""
        staged, words = self._index()
        dirty = {
            path for path in touched if staged.get(path) != self.mine.get(path) or words.get(path, set()) & {*"CR"}
        }
        if dirty:
            reason = tr("what would be touched is not as committed: {paths}", paths=self._listed(dirty))
            raise CannotUpdate(reason, tr("Commit or stash first."))
        # git reports no edit of some files, since it was told so; one that is not there is none
        hidden = {path for path in touched if any(word.islower() or word == "S" for word in words.get(path, ()))}
        hidden = {path for path in hidden if os.path.lexists(self.folder / path)}
        if hidden:
            hint = tr("Take --assume-unchanged and --skip-worktree back with 'git update-index'.")
            raise CannotUpdate(tr("git is told to look away from {paths}", paths=self._listed(hidden)), hint)
        there = {path for path in touched if path not in self.mine and self._in_the_way(path)}
        if there:
            reason = tr("files that git does not track are in the way of {paths}", paths=self._listed(there))
            raise CannotUpdate(reason, tr("Move them, or commit them."))
        submodules = {path for path, entry in self.mine.items() if entry.mode == SUBMODULE}
        inside = {path for path in touched if submodules.intersection(folders(path))}
        if inside:
            hint = tr("Move the submodule to another path.")
            raise CannotUpdate(tr("a submodule is in the way of {paths}", paths=self._listed(inside)), hint)

    def _listed(self, paths: Iterable[str]) -> str:
        return listed(sorted(self.prefix + path for path in paths))

    def _index(self) -> tuple[dict[str, Entry], dict[str, set[str]]]:
        """Return what the index has below the folder, and by which letters ``git ls-files`` speaks of each path."""
        said = Git(self.folder)("ls-files", "-z", "-v", "--stage", "--cached", "--deleted", "--modified")
        staged: dict[str, Entry] = {}
        words: dict[str, set[str]] = {}
        for line in said.split(b"\0"):
            if line:
                meta, _, name = line.partition(b"\t")
                word, mode, oid, stage = meta.decode().split()
                path = os.fsdecode(name)
                staged[path] = Entry(mode, oid if stage == "0" else "")
                words.setdefault(path, set()).add(word)
        return staged, words

    def _in_the_way(self, path: str) -> bool:
        """Whether something that git does not track lies at ``path`` or where a folder of it has to be."""
        here = self.folder / path
        if here.is_dir() and not here.is_symlink():  # a folder that becomes a file
            below = (each for each in here.rglob("*") if each.is_symlink() or not each.is_dir())
            return any(each.relative_to(self.folder).as_posix() not in self.mine for each in below)
        if os.path.lexists(here):
            return True
        around = [self.folder / each for each in folders(path)]
        files = [each for each in around if os.path.lexists(each) and not each.is_dir()]
        return any(each.relative_to(self.folder).as_posix() not in self.mine for each in files)


def other_git(lock: Path) -> CannotUpdate:
    """Return the error of an update while another git command holds ``lock``."""
    hint = tr("Wait for it; if there is none, remove {lock}.", lock=lock)
    return CannotUpdate(tr("another git command is at work"), hint)


def folders(path: str) -> list[str]:
    """Return every folder that ``path`` lies in, the top aside."""
    return [parent.as_posix() for parent in PurePosixPath(path).parents][:-1]


def refuse_old_git(folder: Path) -> None:
    """Raise GitTooOld where git cannot merge without a work tree; an older one may not even know what we ask."""
    said = Git(folder).line("version")
    number = re.search(r"(\d+)\.(\d+)\S*", said)
    if number is None or (int(number[1]), int(number[2])) < OLDEST_GIT:
        raise GitTooOld(number[0] if number else said)
