"""What drifted: the files of the template as they are now, what an update would bring, and what grew old."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from gocontainer import __version__
from gocontainer.answers import lockfile, migrations
from gocontainer.answers.model import Answers
from gocontainer.console import padded
from gocontainer.errors import CannotUpdate, GitFailed
from gocontainer.inspection.end_of_life import EndOfLife, ends_of_life
from gocontainer.rendering.engine import render
from gocontainer.repository.git import Git
from gocontainer.repository.tree import File, Tree
from gocontainer.repository.worktree import Project
from gocontainer.texts import listed, mark, tr
from gocontainer.update import journal


class Status(NamedTuple):
    """``files`` says of each file of the template how it is; ``extra`` counts those that are the owner's alone."""

    folder: Path
    version: str
    files: dict[str, tuple[str, ...]]
    extra: int
    name: str = lockfile.NAME
    newest: str = __version__
    """The newest version that is known without a network: of an external template, the one that was merged."""
    endings: tuple[EndOfLife, ...] = ()
    under_way: journal.Journal | None = None
    """An update that has not ended."""

    @property
    def differs(self) -> bool:
        """Whether anything drifted, is under way, could be updated, or is past its end of life."""
        drifted = self.under_way is not None or any(words != ("clean",) for words in self.files.values())
        return drifted or self.version != self.newest or any(each.past for each in self.endings)

    def as_json(self) -> dict[str, Any]:
        """Return the document that ``status --json`` prints."""
        files = {path: list(words) for path, words in self.files.items()}
        update = self.version != self.newest
        under_way = None if self.under_way is None else list(self.under_way.conflicts)
        known = {"template": self.name, "version": self.version, "newest": self.newest, "update": update}
        return {
            **known,
            "under_way": under_way,
            "files": files,
            "extra": self.extra,
            "endings": [each.as_json() for each in self.endings],
        }

    def lines(self) -> Iterator[str]:
        """Yield what a person reads."""
        clean = sum(words == ("clean",) for words in self.files.values())
        yield tr(
            "{folder}: {name} {version}, {clean} of {count} files as rendered, {own} of your own",
            folder=self.folder,
            name=self.name,
            version=self.version,
            clean=clean,
            count=len(self.files),
            own=self.extra,
        )
        for path, words in self.files.items():
            if words != ("clean",):
                yield f"  {padded(', '.join(map(tr, words)), 20)} {path}"
        yield from (each.line() for each in self.endings)
        if self.under_way is not None and self.under_way.settled:
            yield tr(
                "an update is under way: decide {paths}, 'git add' it, "
                "run 'gocontainer update --continue', or '--abort'",
                paths=listed(self.under_way.conflicts),
            )
        elif self.under_way is not None:
            yield tr("an update is under way: run 'gocontainer update --abort'")
        elif self.version != self.newest:
            yield tr(
                "{name} {version} has a newer template: run 'gocontainer update --dry-run'",
                name=self.name,
                version=self.newest,
            )


def status(folder: Path) -> Status:
    """Compare ``folder`` with its pack and with what this version renders; look at no network.

    Raises NotARepository, UnreadableLock, or CannotUpdate where the pack is not what the lock remembers.
    """
    remembered = lockfile.read(folder)
    base = lockfile.packed(folder, remembered)
    own = remembered.name == lockfile.NAME
    answers = Answers.merge(*migrations.migrate(remembered).layers()) if own else None
    newest = render(answers) if answers else base
    mirrors = str(answers["registry_mirrors"]) if answers else ""
    files = {path: _words(path, folder, base, newest) for path in sorted(base)}
    known = lockfile.OWN if own else remembered.template
    kept = lockfile.protected(remembered.keep, base)
    old = tuple(ends_of_life(folder, {path: base[path] for path in base if path not in kept}, newest, mirrors))
    extra = len(_present(folder) - {*base, lockfile.LOCK, lockfile.PACK})
    under_way = _under_way(folder)
    return Status(folder, remembered.version, files, extra, known.name, known.version, old, under_way)


def _words(path: str, folder: Path, base: Tree, newest: Tree) -> tuple[str, ...]:
    words = [_drift(folder / path, base[path])]
    if newest.get(path) != base[path]:
        words.append(mark("outdated"))
    return tuple(word for word in words if word != "clean") or ("clean",)


def _drift(path: Path, pristine: File) -> str:
    if not path.is_file():
        return mark("missing")
    content = path.read_bytes()
    same = content == pristine.content or content.replace(b"\r\n", b"\n") == pristine.content
    return "clean" if same else mark("modified")


def _under_way(folder: Path) -> journal.Journal | None:
    """Return the update that has not ended; git is asked only where there may be one."""
    places = (place / ".git" for place in (folder, *folder.parents))
    git = next((place for place in places if place.exists()), None)
    if git is None or (git.is_dir() and not (git / journal.NAME).exists()):
        return None
    try:
        return journal.read(Project(folder))
    except (CannotUpdate, GitFailed):  # no repository, or no git
        return None


def _present(folder: Path) -> set[str]:
    """Return every file below ``folder``, less those that git is told to ignore."""
    try:
        said = Git(folder)("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    except GitFailed:  # no repository, or no git: all else can be said without
        paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
        return {path.as_posix() for path in paths if ".git" not in path.parts}
    names = {os.fsdecode(name) for name in said.split(b"\0") if name}
    return {name for name in names if os.path.isfile(f"{folder}/{name}")}  # noqa: PTH113 - there may be many
