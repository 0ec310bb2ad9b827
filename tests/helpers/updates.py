"""Repositories of an earlier template in real git, and their update by the real command.

What the newer template renders is any tree that a test gives: ``render`` is the one thing that is replaced.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from gocontainer.answers import lockfile
from gocontainer.cli import main
from gocontainer.repository import tree
from gocontainer.repository.tree import File, Tree
from tests.helpers.support import SOMEBODY, Run, answers, clean_environment

Files = Mapping[str, str | bytes | File]
OLD = "0.0.9"
"""The version that the repositories are of."""


def as_tree(files: Files) -> dict[str, File]:
    """The files of a template, from text, bytes or files."""
    made = {}
    for path, content in files.items():
        text = content.encode() if isinstance(content, str) else content
        made[path] = text if isinstance(text, File) else File(text)
    return made


def sealed(base: Tree, **given: Any) -> dict[str, File]:
    """A render with its lock and pack, of the version OLD."""
    files = lockfile.with_lockfile(base, answers(**given))
    document = json.loads(files[lockfile.LOCK].content)
    document["template"]["version"] = OLD
    return {**files, lockfile.LOCK: File((json.dumps(document, indent=2) + "\n").encode())}


class Repository:
    """A generated repository, committed; ``place`` is the folder in it where the service lies."""

    def __init__(self, folder: Path, base: Files, *init: str, place: str = ".", **given: Any) -> None:
        self.top, self.folder = folder, folder / place
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        tree.save(sealed(as_tree(base), **given), self.folder)
        self.git("init", "--quiet", "--initial-branch=main", *init)
        self.commit("start")

    @classmethod
    def at(cls, top: Path, place: str = ".") -> Repository:
        """One that is there: a clone, a worktree, a submodule."""
        self = cls.__new__(cls)
        self.top, self.folder = top, top / place
        return self

    def git(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """Run git in the repository and return what it prints."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.top,
            check=False,
            capture_output=True,
            env=clean_environment(),
            encoding="utf-8",
            errors="surrogateescape",
        )
        assert done.returncode in codes, done.stdout + done.stderr
        return done.stdout

    def commit(self, message: str = "edit") -> None:
        """Commit everything, ignored files too where they are tracked."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file as its owner would."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(content.encode() if isinstance(content, str) else content)

    def read(self, path: str) -> str:
        """Return a file's text, line ends as they are."""
        return (self.folder / path).read_bytes().decode("utf-8", "surrogateescape")

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace some text and commit."""
        assert self.read(path).count(old) == 1, path
        self.write(path, self.read(path).replace(old, new))
        self.commit()

    def files(self) -> dict[str, bytes]:
        """Every file in the work tree of the service, the tool's own aside."""
        own = (lockfile.LOCK, lockfile.PACK)
        return {path: file.content for path, file in tree.load(self.folder).items() if path not in own}

    def update(self, theirs: Files, *arguments: str) -> Run:
        """Update to a template that renders ``theirs``."""
        newest = mock.patch("gocontainer.update.steps.render", return_value=as_tree(theirs))
        written = mock.patch("gocontainer.update.base.render", return_value=self.pristine())
        with newest, written, mock.patch.dict(os.environ, SOMEBODY):
            return command("update", str(self.folder), *arguments)

    def pristine(self) -> dict[str, File]:
        """What the last commit's pack holds: rendered again by the same version, it comes out the same."""
        place = f"HEAD:./{lockfile.PACK}"
        command = ["git", "cat-file", "blob", place]
        done = subprocess.run(command, cwd=self.folder, check=False, capture_output=True, env=clean_environment())
        try:
            return lockfile.unpack(done.stdout) if done.returncode == 0 else {}
        except ValueError:
            return {}

    def report(self, theirs: Files, *arguments: str) -> dict[str, Any]:
        """Update and return what ``--json`` prints, with the exit code as ``exit``."""
        done = self.update(theirs, "--json", *arguments)
        return {**json.loads(done.out), "exit": done.code}


def command(*arguments: str) -> Run:
    """Run the command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main.run(arguments)
    return Run(code, out.getvalue(), err.getvalue())
