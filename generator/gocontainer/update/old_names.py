"""Files that still name a Go module as it was called before: the template knows only its own files."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from gocontainer.repository.tree import File, Tree
from gocontainer.repository.worktree import Project
from gocontainer.update.git_merge import Merged, ScratchRepository

_MODULE = re.compile(rb"^module[ \t]+\"?([\w.~/-]+)", re.MULTILINE)


class OldName(NamedTuple):
    """A module that has another name now, and the files, as seen from the top, that do not know."""

    before: str
    now: str
    paths: tuple[str, ...]

    @property
    def pattern(self) -> str:
        """A regular expression, to Python and to Perl, of the old name where it is no part of another."""
        longer = re.escape(self.now.removeprefix(self.before)) if self.now.startswith(f"{self.before}/") else ""
        but_not = rf"(?!{longer}(?![\w-]))" if longer else ""
        return rf"(?<![\w./-]){re.escape(self.before)}{but_not}(?![\w~-]|\.\w)"

    @property
    def command(self) -> str:
        """What gives the files the new name."""
        perl = f"s{{{self.pattern}}}{{{self.now}}}g"
        return f"git grep -lzF --untracked -e '{self.before}' -- :/ | xargs -0 perl -pi -e '{perl}'"


def find_old_names(
    scratch: ScratchRepository, merged: Merged, contents: Mapping[str, File], base: Tree, theirs: Tree
) -> tuple[OldName, ...]:
    """Return each module whose name another one took in its go.mod, where a file of the owner's still has the old."""
    found = []
    for path in base:
        if path.rpartition("/")[2] != "go.mod" or path not in theirs:
            continue
        old, new = (_MODULE.search(tree[path].content) for tree in (base, theirs))
        if old and new and old[1] != new[1]:
            name = OldName(old[1].decode(), new[1].decode(), ())
            paths = _naming(scratch, merged, contents, theirs, name)
            found += [name._replace(paths=paths)] if paths else []
    return tuple(found)


def _naming(
    scratch: ScratchRepository, merged: Merged, contents: Mapping[str, File], theirs: Tree, name: OldName
) -> tuple[str, ...]:
    """Return the files that name a module, less those that are as the template has them, and conflicts."""
    project, pattern = scratch.project, re.compile(name.pattern.encode())
    after = dict(project.everything)
    for path in {*project.mine} - {*merged.entries}:
        del after[project.prefix + path]
    after |= {project.prefix + path: entry for path, entry in merged.entries.items()}
    known = {project.prefix + path: scratch.objects.oid("blob", file.content) for path, file in theirs.items()}
    own = {project.prefix + path: file.content for path, file in contents.items()}
    conflicts = {project.prefix + path for path in merged.conflicts}
    asked = _mentioned(project, name.before) | {path for path in after if after[path] != project.everything.get(path)}
    paths = [path for path in sorted(asked - conflicts) if path in after and after[path].is_file]
    paths = [path for path in paths if path in own or after[path].oid != known.get(path)]
    read = [path for path in paths if path not in own]
    texts = own | dict(zip(read, project.read([after[path].oid for path in read]), strict=True))
    return tuple(path for path in paths if pattern.search(texts[path]))


def _mentioned(project: Project, text: str) -> set[str]:
    """Return the files of the last commit in which a text stands."""
    said = project.git("grep", "-lzIF", "-e", text, project.head, "--", codes=(0, 1))
    return {os.fsdecode(each).partition(":")[2] for each in said.split(b"\0") if each}
