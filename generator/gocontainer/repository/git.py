"""The only module that runs git."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gocontainer import __version__
from gocontainer.errors import GitFailed
from gocontainer.repository.remotes import Remote, parse_remote
from gocontainer.repository.tree import obstacles

if TYPE_CHECKING:
    import subprocess


def work_tree(target: Path) -> Path | None:
    """Return the work tree that ``target`` is or will be part of, if any.

    One that ignores the target, as a repository of dot files in a home folder does, is none.
    """
    top = next((place for place in (target, *target.parents) if (place / ".git").exists()), None)
    if top is not None and top != target and _output(top, "check-ignore", "--quiet", str(target)) is not None:
        return None
    return top


def remote(repository: Path) -> Remote | None:
    """Return the remote ``origin`` of ``repository``."""
    url = _output(repository, "remote", "get-url", "origin")
    return parse_remote(url) if url else None


def user(folder: Path) -> str | None:
    """Return the user.name that git has in ``folder``."""
    place = next(each for each in (folder, *folder.parents) if each.is_dir())
    return _output(place, "config", "user.name") or None


def is_there() -> bool:
    """Whether there is a git to run."""
    return _output(Path(), "--version") is not None


def lacking_identity(folder: Path) -> list[str]:
    """Return the settings without which git commits nothing in ``folder``, and which it has not."""
    return [name for name in ("user.name", "user.email") if not _output(folder, "config", name)]


def is_empty_clone(folder: Path) -> bool:
    """Whether ``folder`` is the top of a repository and holds nothing else that would be in the way."""
    return (folder / ".git").exists() and not obstacles(folder)


def start(folder: Path, paths: Sequence[str]) -> bool:
    """Make ``folder`` a repository with one commit of ``paths``; False where the commit was not possible.

    Nothing of the user's set-up that could run, ask or leave something out takes part; its hooks are there afterwards.
    """
    if _output(folder, "init", "--quiet", "--template=", "--initial-branch=main") is None:
        return False
    done = commit(folder, paths)
    if "GIT_TEMPLATE_DIR" in os.environ or _output(folder, "config", "init.templateDir"):
        _output(folder, "init", "--quiet")
    for name in ("hooks", "info"):  # where everybody's commands expect them
        (folder / ".git" / name).mkdir(exist_ok=True)
    return done


def committed(repository: Path) -> list[str] | None:
    """Return the names at the top of the last commit; None where there is no commit yet."""
    said = _output(repository, "ls-tree", "-z", "--name-only", "HEAD")
    return None if said is None else [name for name in said.split("\0") if name]


def uncommitted(repository: Path, names: Sequence[str]) -> list[str]:
    """Return those of the files ``names`` that are not as the last commit has them."""
    asked = ("status", "--porcelain", "--branch", "-z", "--no-renames", "--ignored", "--", *names)
    said = _output(repository, "--literal-pathspecs", *asked) or ""
    return [line[3:] for line in said.split("\0")[1:] if line]  # the first one is the branch


def ignored(folder: Path, paths: Sequence[str]) -> dict[str, str]:
    """Return those of the untracked ``paths`` in ``folder`` that git ignores, with the file, the line and the rule."""
    said = _output(folder, "check-ignore", "--verbose", "-z", "--stdin", said="".join(f"{path}\0" for path in paths))
    words = (said or "").split("\0")
    rules = zip(words[::4], words[1::4], words[2::4], words[3::4], strict=False)
    return {path: f"{file}:{line}: {rule}" for file, line, rule, path in rules if not rule.startswith("!")}


def commit(repository: Path, paths: Sequence[str]) -> bool:
    """Commit ``paths`` and nothing else; False where git refuses, as it does without a name and an address."""
    settings = ("core.hooksPath=/dev/null", "core.fsmonitor=false", "core.excludesFile=/dev/null",
                "commit.gpgSign=false", "maintenance.auto=false")  # fmt: skip
    quiet = [word for setting in settings for word in ("-c", setting)]
    message = f"Start from gocontainer {__version__}"
    # Packing comes with git's first maintenance; until then speed is worth the 100 kB.
    named, listed = ("--pathspec-from-file=-", "--pathspec-file-nul"), "\0".join(paths)
    quiet += ["--literal-pathspecs"]
    added = _output(repository, *quiet, "-c", "core.looseCompression=0", "add", "--force", *named, said=listed)
    what = ("commit", "--quiet", "--only", "--message", message)
    return added is not None and _output(repository, *quiet, *what, *named, said=listed) is not None


_LOCAL = frozenset(
    [
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_CEILING_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_DIR",
        "GIT_GLOB_PATHSPECS",
        "GIT_GRAFT_FILE",
        "GIT_ICASE_PATHSPECS",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_LITERAL_PATHSPECS",
        "GIT_NAMESPACE",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    ]
)
"""What `git rev-parse --local-env-vars` lists, and a little more: inherited, say from a hook that runs
us, they would point git at another repository than the one it is told. Settings that the environment gives
(GIT_CONFIG_COUNT, GIT_CONFIG_PARAMETERS) name none, and reach git."""


def surroundings() -> dict[str, str]:
    """Return the environment without what would point git at another repository."""
    return {name: value for name, value in os.environ.items() if name not in _LOCAL}


def _output(folder: Path, *arguments: str, said: str = "") -> str | None:
    """Return git's output where it is ``said`` something, or None where git fails or is not there."""
    import subprocess  # not needed where there is no repository to ask

    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            check=False,
            env=surroundings(),
            encoding="utf-8",
            errors="replace",
            input=said,
        )
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


class Git:
    """git in one folder, with nothing of the user's set-up that could run or ask something."""

    _QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0",
              "-c", "maintenance.auto=false")  # fmt: skip

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        quiet = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
        self.environment = {**surroundings(), **quiet, **environment}

    def __call__(self, *arguments: str, stdin: bytes = b"", codes: Sequence[int] = (0,)) -> bytes:
        """Return what git prints; raise GitFailed for an exit code that is none of ``codes``."""
        import subprocess

        try:
            done = subprocess.run(
                ["git", *self._QUIET, *arguments],
                capture_output=True,
                check=False,
                cwd=self.folder,
                env=self.environment,
                input=stdin,
            )
        except OSError as error:
            raise GitFailed("git", error.strerror or str(error)) from error
        if done.returncode not in codes:
            raise GitFailed(f"git {arguments[0]}", done.stderr.decode("utf-8", "replace"))
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start git, to be talked with."""
        import subprocess

        command = ["git", *self._QUIET, *arguments]
        pipe = subprocess.PIPE
        try:
            return subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdin=pipe, stdout=pipe, stderr=pipe
            )
        except OSError as error:
            raise GitFailed("git", error.strerror or str(error)) from error

    def line(self, *arguments: str) -> str:
        """Return the one line that git prints."""
        return os.fsdecode(self(*arguments)).rstrip("\n")


class Reader:
    """Returns the contents of objects, from one git that stays until ``close``."""

    _AT_ONCE = 400
    """As many are asked for before any is read: the questions have to fit into a pipe."""

    def __init__(self, folder: Path, objects: Path | None = None) -> None:
        """Read objects of the repository at ``folder``, and those in the folder ``objects``."""
        self._git = Git(folder, **({"GIT_ALTERNATE_OBJECT_DIRECTORIES": alternate(objects)} if objects else {}))
        self._process: subprocess.Popen[bytes] | None = None

    def __call__(self, oids: Sequence[str]) -> list[bytes]:
        """Return the content of each object; raise GitFailed where one is missing."""
        batches = range(0, len(oids), self._AT_ONCE)
        return [content for at in batches for content in self._some(oids[at : at + self._AT_ONCE])]

    def _some(self, oids: Sequence[str]) -> list[bytes]:
        process = self._started()
        assert process.stdin, process.stdout
        try:
            process.stdin.write("".join(f"{oid}\n" for oid in oids).encode())
            process.stdin.flush()
        except OSError as error:
            raise self._broken() from error
        return [self._one(oid) for oid in oids]

    def _one(self, oid: str) -> bytes:
        assert self._process
        assert self._process.stdout
        words = self._process.stdout.readline().split()
        if words[1:] == [b"missing"]:
            self.close()  # other answers are still under way
            raise GitFailed("git cat-file", f"object {oid} is missing")
        if not words:
            raise self._broken()
        content = self._process.stdout.read(int(words[2]) + 1)
        return content[:-1]

    def _broken(self) -> GitFailed:
        assert self._process
        said = self._process.stderr.read() if self._process.stderr else b""
        self.close()
        return GitFailed("git cat-file", said.decode("utf-8", "replace"))

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = self._git.start("cat-file", "--batch")
        return self._process

    def close(self) -> None:
        """End the process; another question would start another."""
        if self._process:
            process, self._process = self._process, None
            with contextlib.suppress(OSError):
                process.communicate()


def alternate(objects: Path) -> str:
    """Return a folder of objects as git's environment names one: a colon would end it."""
    text = str(objects).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"' if os.name != "nt" else str(objects)
