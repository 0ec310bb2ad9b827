"""What drifted: the files of the template as they are now, what an update would bring, and what grew old."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from gocontainer import __version__
from gocontainer.answers import keep, lockfile
from gocontainer.answers.model import Answers
from gocontainer.console import padded
from gocontainer.errors import CannotUpdate, GitFailed
from gocontainer.inspection.end_of_life import EndOfLife, ends_of_life
from gocontainer.rendering.engine import render
from gocontainer.repository.git import Git, ignored
from gocontainer.repository.kept import ONCE
from gocontainer.repository.tree import File, Tree
from gocontainer.repository.worktree import Project
from gocontainer.texts import listed, mark, tr
from gocontainer.update import journal


class UnderWay(NamedTuple):
    """An update that has not ended."""

    stage: str
    """Committed, gone, interrupted or open."""
    undecided: list[str]
    """Paths that people have to decide about."""

    def line(self) -> str:
        """Return what a person reads: the one command that is right."""
        if self.stage == "committed":
            return tr("an update was committed: run 'gocontainer update --continue'")
        if self.stage == "gone":
            return tr("nothing is left of an update that was under way: run 'gocontainer update --abort'")
        if self.stage == "interrupted":
            return tr("an update is under way: run 'gocontainer update --abort'")
        if not self.undecided:
            return tr("an update is under way, and all is decided: run 'gocontainer update --continue', or '--abort'")
        return tr(
            "an update is under way: decide {paths}, 'git add' it, run 'gocontainer update --continue', or '--abort'",
            paths=listed(self.undecided),
        )


class Status(NamedTuple):
    """``files`` says of each file of the template how it is; ``extra`` counts those that are the owner's alone.

    ``kept`` are those of them that the template wrote once, and no update touches.
    """

    folder: Path
    version: str
    files: dict[str, tuple[str, ...]]
    extra: int
    name: str = lockfile.NAME
    newest: str = __version__
    """The newest version that is known without a network: of an external template, the one that was merged."""
    endings: tuple[EndOfLife, ...] = ()
    under_way: UnderWay | None = None
    """An update that has not ended."""
    ignored: Mapping[str, str] = {}
    """Files of ours that no commit has, since git ignores them, each with the rule that says so."""
    kept: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether anything drifted, is under way, could be updated, or is past its end of life."""
        drifted = (
            self.under_way is not None
            or bool(self.ignored)
            or any(words != ("clean",) for words in self.files.values())
        )
        return drifted or self.version != self.newest or any(each.past for each in self.endings)

    def as_json(self) -> dict[str, Any]:
        """Return the document that ``status --json`` prints."""
        files = {path: list(words) for path, words in self.files.items()}
        update = self.version != self.newest
        under_way = None if self.under_way is None else self.under_way.undecided
        known = {"template": self.name, "version": self.version, "newest": self.newest, "update": update}
        return {
            **known,
            "under_way": under_way,
            "files": files,
            "ignored": dict(self.ignored),
            "extra": self.extra,
            "kept": list(self.kept),
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
        if self.kept:
            yield tr("Written once, and yours from then on: {paths}", paths=listed(self.kept))
        ignored = mark("git ignores {path} by {rule}: run 'git add --force' for it")
        yield from (tr(ignored, path=path, rule=rule) for path, rule in self.ignored.items())
        yield from (each.line() for each in self.endings)
        if self.under_way is not None:
            yield self.under_way.line()
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
    answers = Answers.merge(*remembered.layers()) if own else None
    newest = render(answers) if answers else base
    mirrors = str(answers["registry_mirrors"]) if answers else ""
    kept = keep.protected(remembered.keep, base)
    once = [path for path in kept if path in ONCE]
    files = {path: _words(path, folder, base, newest) for path in sorted(base) if path not in once}
    known = lockfile.OWN if own else remembered.template
    old = tuple(ends_of_life(folder, {path: base[path] for path in base if path not in kept}, newest, mirrors))
    ours, there = {*base, lockfile.LOCK, lockfile.PACK}, _present(folder)
    away = {} if there is None else _ignored(folder, sorted(ours - there), base)
    present = there if there is not None else _on_disk(folder)
    extra = len(present - {*files, lockfile.LOCK, lockfile.PACK})
    under_way, owned = _under_way(folder), tuple(sorted(present & {*once}))
    return Status(folder, remembered.version, files, extra, known.name, known.version, old, under_way, away, owned)


def _ignored(folder: Path, paths: Sequence[str], base: Tree) -> Mapping[str, str]:
    """Return which of the files git ignores by a rule that is not the template's own."""
    left = [path for path in paths if (folder / path).is_file()]
    found = ignored(folder, left) if left else {}
    own = {line for path, file in base.items() if path.endswith(".gitignore") for line in file.content.split(b"\n")}
    return {path: rule for path, rule in found.items() if rule.partition(": ")[2].encode() not in own}


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


def _under_way(folder: Path) -> UnderWay | None:
    """Return the update that has not ended, if people have to act; git is asked only where there may be one."""
    places = (place / ".git" for place in (folder, *folder.parents))
    git = next((place for place in places if place.exists()), None)
    if git is None or (git.is_dir() and not any(git.glob(f"{journal.NAME}*"))):
        return None
    try:
        project = Project(folder)
        with closing(project.read):
            found = journal.read(project)
            if found is None or found.is_clean:
                return None
            from gocontainer.update import remains, undo

            return UnderWay(undo.stage(project, found), remains.look(project, found).undecided)
    except (CannotUpdate, GitFailed):  # no repository, or no git
        return None


def _present(folder: Path) -> set[str] | None:
    """Return every file below ``folder``, less those that git is told to ignore; None where git cannot say."""
    try:
        said = Git(folder)("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    except GitFailed:  # no repository, or no git: all else can be said without
        return None
    names = {os.fsdecode(name) for name in said.split(b"\0") if name}
    return {name for name in names if os.path.isfile(f"{folder}/{name}")}  # noqa: PTH113 - there may be many


def _on_disk(folder: Path) -> set[str]:
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in paths if ".git" not in path.parts}
