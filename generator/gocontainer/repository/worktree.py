"""A generated repository, or a part of a larger one, as git sees it. Nothing here changes it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from gocontainer.errors import CannotUpdate, GitFailed, GitTooOld
from gocontainer.repository.git import Git

_OLDEST = (2, 38)
_UNDER_WAY = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "BISECT_LOG": "a bisection",
}

SUBMODULE = "160000"
"""The mode of a path whose object is a commit of another repository."""


class Entry(NamedTuple):
    """What a tree of git has at a path: mode and object id."""

    mode: str
    oid: str

    @property
    def is_file(self) -> bool:
        """Whether it is neither a link nor a submodule."""
        return self.mode.startswith("100")


Entries = Mapping[str, Entry]


class Project:
    """The repository around ``folder``, which is its top or a folder in it.

    Raises CannotUpdate where there is none, or no commit that an update could be undone to.
    """

    def __init__(self, folder: Path) -> None:
        try:
            said = Git(folder).line(
                "rev-parse", "--path-format=absolute", "--show-object-format", "--git-dir", "--git-common-dir",
                "--show-toplevel", "--show-prefix",
            )  # fmt: skip
        except GitFailed as error:
            if "not a git repository" in error.said or "must be run in a work tree" in error.said:
                hint = "Run 'git init' and commit everything there, so that nothing can be lost."
                raise CannotUpdate(f"{folder} is not in the work tree of a git repository", hint) from error
            raise
        self.object_format, directory, common, top, self.prefix = [*said.split("\n"), ""][:5]
        self.folder, self.top = folder, Path(top)
        self.git_dir, self.objects = Path(directory), Path(common) / "objects"
        self.git = Git(self.top)

    @cached_property
    def head(self) -> str:
        """The commit that an update starts from."""
        try:
            return self.git.line("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        except GitFailed as error:
            hint = "Commit everything first: an update needs a commit that it can be undone to."
            raise CannotUpdate(f"{self.top} has no commit yet", hint) from error

    @cached_property
    def everything(self) -> dict[str, Entry]:
        """Every path of the last commit, from the top."""
        return entries(self.git("ls-tree", "-r", "-z", "--full-tree", self.head))

    @cached_property
    def mine(self) -> dict[str, Entry]:
        """The paths of the last commit below the folder, as seen from there."""
        start = len(self.prefix)
        return {path[start:]: entry for path, entry in self.everything.items() if path.startswith(self.prefix)}

    def refuse_unfinished(self) -> None:
        """Raise CannotUpdate while git itself is in the middle of something."""
        for name, what in _UNDER_WAY.items():
            if (self.git_dir / name).exists():
                raise CannotUpdate(f"{what} is under way", "Finish or abort it first.")
        self.refuse_locked()

    def refuse_locked(self) -> None:
        """Raise CannotUpdate while another git command writes the index."""
        lock = self.git_dir / "index.lock"
        if lock.exists():
            raise CannotUpdate("another git command is at work", f"Wait for it; if there is none, remove {lock}.")

    def refuse_branch(self, name: str) -> None:
        """Raise CannotUpdate where no branch of that name can be made."""
        try:
            self.git("check-ref-format", "--branch", name)
        except GitFailed as error:
            raise CannotUpdate(f"no branch can be called {name!r}", "Choose another name.") from error
        if self.git("for-each-ref", "--format=%(refname)", f"refs/heads/{name}"):
            raise CannotUpdate(f"a branch {name} is there already", "Delete it, or name another.")

    def refuse_uncommitted(self, paths: Iterable[str]) -> None:
        """Raise CannotUpdate where one of ``paths``, from the top, is not as committed, or has something in its way."""
        touched = set(paths)
        said = self.git("status", "--porcelain", "-z", "--untracked-files=no", "--no-renames")
        dirty = sorted({os.fsdecode(line[3:]) for line in said.split(b"\0") if line} & touched)
        if dirty:
            raise CannotUpdate(f"what would be touched is not as committed: {listed(dirty)}", "Commit or stash first.")
        hidden = sorted(touched & self._hidden())
        if hidden:
            hint = "Take --assume-unchanged and --skip-worktree back with 'git update-index'."
            raise CannotUpdate(f"git is told to look away from {listed(hidden)}", hint)
        there = sorted(path for path in touched - self.everything.keys() if self._in_the_way(path))
        if there:
            reason = f"files that git does not track are in the way of {listed(there)}"
            raise CannotUpdate(reason, "Move them, or commit them.")
        submodules = {path for path, entry in self.everything.items() if entry.mode == SUBMODULE}
        inside = sorted(path for path in touched if submodules.intersection(folders(path)))
        if inside:
            raise CannotUpdate(f"a submodule is in the way of {listed(inside)}", "Move the submodule to another path.")

    def _hidden(self) -> set[str]:
        """Return the files that git reports no edit of, since it was told so; one that is not there is none."""
        said = self.git("ls-files", "-v", "-z").split(b"\0")
        marked = {os.fsdecode(line[2:]) for line in said if line[:1].islower() or line.startswith(b"S")}
        return {path for path in marked if os.path.lexists(self.top / path)}

    def _in_the_way(self, path: str) -> bool:
        """Whether something that git does not track lies at ``path`` or where a folder of it has to be."""
        here = self.top / path
        if here.is_dir() and not here.is_symlink():  # a folder that becomes a file
            below = (each for each in here.rglob("*") if each.is_symlink() or not each.is_dir())
            return any(each.relative_to(self.top).as_posix() not in self.everything for each in below)
        if os.path.lexists(here):
            return True
        files = [each for each in folders(path) if os.path.lexists(self.top / each) and not (self.top / each).is_dir()]
        return any(each not in self.everything for each in files)


def folders(path: str) -> list[str]:
    """Return every folder that ``path`` lies in, the top aside."""
    return [parent.as_posix() for parent in PurePosixPath(path).parents][:-1]


def refuse_old_git(folder: Path) -> None:
    """Raise GitTooOld where git cannot merge without a work tree; an older one may not even know what we ask."""
    said = Git(folder).line("version")
    number = re.search(r"(\d+)\.(\d+)\S*", said)
    if number is None or (int(number[1]), int(number[2])) < _OLDEST:
        raise GitTooOld(number[0] if number else said)


def listed(paths: Iterable[str]) -> str:
    """Return a few of ``paths`` for a sentence."""
    shown = list(paths)
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""  # noqa: PLR2004
    return ", ".join(shown[:5]) + more


def entries(listing: bytes) -> dict[str, Entry]:
    """Return what ``git ls-tree -r -z`` lists."""
    found = {}
    for line in listing.split(b"\0"):
        if line:
            meta, _, path = line.partition(b"\t")
            mode, _, oid = meta.decode().split()
            found[os.fsdecode(path)] = Entry(mode, oid)
    return found
