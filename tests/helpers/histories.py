"""Random histories of a template and of a repository made from it, each known by its number.

A tree is what a template renders or what a commit holds. ``changed`` gives the next tree of either side; the
``Oracle`` says what git itself makes of three trees.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import NamedTuple

from gocontainer.repository.tree import File, Tree
from tests.helpers.support import clean_environment

NAMES = (
    "a.txt", "b.txt", "c.go", "run.sh", "logo.png", "docs/a.txt", "docs/b.md", "docs/deep/c.txt", "docs/deep/er/d.txt",
    "cmd/main.go", "cmd/x y.txt", "cmd/grüße.txt", 'cmd/"quoted".txt', "pkg", "pkg/p.go", "docs/deep",
)  # fmt: skip
"""Few, so that both sides meet; some are a file here and a folder there."""
TEMPLATE, USER = "template", "user"


class Work(NamedTuple):
    """Somebody at work on a tree; every line that they write is new in the history."""

    rng: Random
    who: str
    tree: dict[str, File]

    def any(self, *, binary: bool) -> str | None:
        """Return a path with text or with a binary."""
        paths = [path for path, file in self.tree.items() if is_binary(file.content) == binary]
        return self.rng.choice(sorted(paths)) if paths else None

    def free(self) -> str | None:
        """Return a name that is free."""
        paths = [name for name in NAMES if fits(name, self.tree)]
        return self.rng.choice(paths) if paths else None

    def line(self) -> bytes:
        """Return a line that nobody has written before; now and then one that is not UTF-8."""
        odd = b" \xfc\xff" if self.rng.random() < 0.05 else b""
        return f"{self.who} wrote {self.rng.randrange(10**9)} here".encode() + odd


def start(rng: Random) -> dict[str, File]:
    """Return the first tree of a template."""
    work = Work(rng, TEMPLATE, {})
    for _ in range(rng.randint(3, 8)):
        _add(work)
    _add_binary(work)
    return work.tree


def changed(rng: Random, tree: Tree, who: str) -> dict[str, File]:
    """Return the tree after a few changes of one side; after none at times."""
    work = Work(rng, who, dict(tree))
    kinds, weights = zip(*{**CHANGES, **(OWN if who == USER else {})}.items(), strict=True)
    for change in rng.choices(kinds, weights, k=rng.choice((0, 1, 2, 3, 4, 6))):
        change(work)
    return work.tree


def fits(path: str, tree: Tree) -> bool:
    """Whether ``path`` is free, and neither a folder nor below a file."""
    below = any(other.startswith(f"{path}/") for other in tree)
    return path not in tree and not below and not any(path.startswith(f"{other}/") for other in tree)


def is_binary(content: bytes) -> bool:
    """Whether git takes it for no text."""
    return b"\0" in content


def lines(content: bytes) -> list[bytes]:
    """Return the lines of a text without their ends, or a binary as a whole."""
    return [content] if is_binary(content) else content.replace(b"\r\n", b"\n").split(b"\n")


def added(new: Tree, old: Tree) -> dict[str, set[bytes]]:
    """Return the lines of each file of ``new`` that are nowhere in ``old``."""
    known = {line for file in old.values() for line in lines(file.content)}
    return {path: found for path, file in new.items() if (found := set(lines(file.content)) - known)}


def _add(work: Work) -> None:
    path = work.free()
    if path is not None:
        written = [work.line() for _ in range(work.rng.choice((0, 1, 4, 8, 12)))]
        end = b"\n" if written and work.rng.random() < 0.9 else b""
        work.tree[path] = File(b"\n".join(written) + end, executable=work.rng.random() < 0.2)


def _add_binary(work: Work) -> None:
    path = work.free()
    if path is not None:
        work.tree[path] = File(b"\0" + work.line() + work.rng.randbytes(40))


def _own(work: Work) -> None:
    work.tree[f"own/{work.rng.randrange(10**6)}.txt"] = File(work.line() + b"\n")


def _edit(work: Work) -> None:
    """Replace, insert or remove one to three lines in a row."""
    path = work.any(binary=False)
    if path is None:
        return
    file = work.tree[path]
    end = b"\r\n" if b"\r\n" in file.content else b"\n"
    text = file.content.split(end)
    at, kind = work.rng.randrange(len(text)), work.rng.choice(("replace", "replace", "insert", "remove"))
    new = [] if kind == "remove" else [work.line() for _ in range(work.rng.choice((1, 1, 2, 3)))]
    text[at : at + (0 if kind == "insert" else max(1, len(new)))] = new
    work.tree[path] = file._replace(content=end.join(text))


def _edit_binary(work: Work) -> None:
    path = work.any(binary=True)
    if path is not None:
        content = work.tree[path].content
        work.tree[path] = work.tree[path]._replace(content=content + work.line() + b"\0")


def _delete(work: Work) -> None:
    if len(work.tree) > 1:
        del work.tree[work.rng.choice(sorted(work.tree))]


def _rename(work: Work) -> None:
    path = work.any(binary=work.rng.random() < 0.1)
    if path is None:
        return
    file = work.tree.pop(path)
    new = work.free() or path
    work.tree[new] = file
    if work.rng.random() < 0.4:
        _edit(work)


def _mode(work: Work) -> None:
    if work.tree:
        path = work.rng.choice(sorted(work.tree))
        work.tree[path] = work.tree[path]._replace(executable=not work.tree[path].executable)


def _crlf(work: Work) -> None:
    path = work.any(binary=False)
    if path is not None:
        content = work.tree[path].content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        work.tree[path] = work.tree[path]._replace(content=content)


CHANGES: Mapping[Callable[[Work], None], int] = {
    _edit: 8, _add: 3, _add_binary: 1, _delete: 2, _rename: 3, _mode: 1, _edit_binary: 2,
}  # fmt: skip
"""What either side does, and how often."""
OWN: Mapping[Callable[[Work], None], int] = {_crlf: 1, _own: 2}
"""What only the user does."""


class Outcome(NamedTuple):
    """What git's index holds after a merge: stage, mode and object of each path; and the files in the work tree."""

    stages: dict[str, dict[int, tuple[str, str]]]
    files: dict[str, bytes]

    @property
    def unmerged(self) -> set[str]:
        """The conflicted paths."""
        return {path for path, stages in self.stages.items() if 0 not in stages}


class Oracle:
    """git's own merge of three trees, in a repository of its own with an ordinary work tree."""

    _SETTINGS = ("merge.directoryRenames=false", "merge.conflictStyle=zdiff3", "merge.renameLimit=20000",
                 "core.autocrlf=false", "gc.auto=0", "advice.diverging=false")  # fmt: skip

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._git("init", "--quiet", "--template=", "--initial-branch=yours")
        with (folder / ".git/config").open("a") as config:
            for setting in self._SETTINGS:
                name, value = setting.split("=")
                config.write(f"[{name.partition('.')[0]}]\n\t{name.partition('.')[2]} = {value}\n")

    def merge(self, base: Tree, mine: Tree, theirs: Tree) -> Outcome:
        """Merge ``theirs`` into ``mine``."""
        for path in self.folder.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        (self.folder / ".git/MERGE_HEAD").unlink(missing_ok=True)
        self._git("fast-import", "--quiet", "--force", stdin=b"".join(_commits(base, mine, theirs)))
        turned = line_ends_of(mine, base, self._renames("yours"))
        if turned:
            new = {path: path for path in turned} | self._renames("template")
            base, theirs = in_crlf(base, turned), in_crlf(theirs, {new[path] for path in turned})
            self._git("fast-import", "--quiet", "--force", stdin=b"".join(_commits(base, mine, theirs)))
        self._git("reset", "--quiet", "--hard", "yours")
        self._git("merge", "--quiet", "--no-edit", "template", codes=(0, 1))
        return Outcome(index(self._git("ls-files", "--stage", "-z")), self._files())

    def _renames(self, side: str) -> dict[str, str]:
        """Return what a side renamed, as git finds it."""
        said = self._git("diff-tree", "-r", "-z", "-M", "-l0", "--diff-filter=R", "before", side).decode().split("\0")
        return dict(zip(said[1::3], said[2::3], strict=False))

    def _files(self) -> dict[str, bytes]:
        paths = [path for path in self.folder.rglob("*") if path.is_file()]
        relative = {path.relative_to(self.folder).as_posix(): path for path in paths}
        contents = {name: path.read_bytes() for name, path in relative.items() if not name.startswith(".git/")}
        return {name.replace("~HEAD", "~yours"): content for name, content in contents.items()}

    def _git(self, *arguments: str, stdin: bytes = b"", codes: tuple[int, ...] = (0,)) -> bytes:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, input=stdin, check=False, capture_output=True, env=clean_environment()
        )
        assert done.returncode in codes, (arguments, done.stderr)
        return done.stdout


def index(listing: bytes) -> dict[str, dict[int, tuple[str, str]]]:
    """Return what ``git ls-files --stage -z`` lists."""
    found: dict[str, dict[int, tuple[str, str]]] = {}
    for line in listing.split(b"\0"):
        if line:
            meta, _, path = line.decode("utf-8", "surrogateescape").partition("\t")
            mode, oid, stage = meta.split()
            found.setdefault(path.replace("~HEAD", "~yours"), {})[int(stage)] = (mode, oid)
    return found


def unlabelled(content: bytes) -> bytes:
    """Return a text whose conflict markers name no side."""
    return re.sub(rb"^(<{7,}|\|{7,}|>{7,}) [^\r\n]*", rb"\1", content, flags=re.MULTILINE)


def line_ends_of(mine: Tree, base: Tree, renames: Mapping[str, str]) -> set[str]:
    """Return the files that the user keeps in CRLF, by their first names: git merges their lines only then."""
    there = {path: mine.get(path) or mine.get(renames.get(path, "")) for path in base}
    return {
        path for path, file in there.items() if file and _crlf_now(file.content) and b"\r" not in base[path].content
    }


def in_crlf(tree: Tree, paths: set[str]) -> dict[str, File]:
    """Return ``tree`` with CRLF in some of its files."""
    return {
        path: file._replace(content=file.content.replace(b"\n", b"\r\n")) if path in paths else file
        for path, file in tree.items()
    }


def _crlf_now(content: bytes) -> bool:
    return not is_binary(content) and b"\r\n" in content and b"\n" not in content.replace(b"\r\n", b"")


def _commits(base: Tree, mine: Tree, theirs: Tree) -> Iterator[bytes]:
    for name, tree in (("before", base), ("yours", mine), ("template", theirs)):
        parent = b"" if name == "before" else b"from refs/heads/before\n"
        yield f"commit refs/heads/{name}\ncommitter t <t@example.com> 0 +0000\ndata 0\n".encode() + parent
        yield b"deleteall\n"
        for path, file in tree.items():
            quoted = path.replace("\\", "\\\\").replace('"', '\\"')
            yield f'M {"100755" if file.executable else "100644"} inline "{quoted}"\n'.encode()
            yield b"data %d\n" % len(file.content) + file.content + b"\n"
