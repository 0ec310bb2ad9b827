"""Three-way merge of trees by git itself, off the work tree.

    base, mine, theirs --(ScratchRepository)--> merged entries, conflicts

Base and theirs are renders of the template; mine is the last commit. They become three commits in a
private bare repository that borrows the project's objects, so that nothing of the project changes and
nothing of its configuration takes part, its filters excepted.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gocontainer.errors import GitFailed
from gocontainer.repository.git import Git, alternate
from gocontainer.repository.objects import Entries, Entry, Objects, list_tree
from gocontainer.repository.tree import Tree
from gocontainer.repository.worktree import Project, refuse_old_git

SIDES = {1: "before", 2: "yours", 3: "template"}
"""git's stages, and the words that markers use for them."""
_MERGE = (
    ("merge.renames", "true"),
    ("merge.directoryRenames", "false"),
    ("merge.conflictStyle", "zdiff3"),
    ("merge.renameLimit", "20000"),
    ("diff.renameLimit", "20000"),
    ("core.quotePath", "false"),
    ("core.fsync", "none"),
    ("core.compression", "0"),
)


_FILTERS, _LINE_ENDS = ("filter", "ident", "working-tree-encoding"), ("text", "eol")
"""Attributes by which git commits something else than lies on the disk."""


class MergeConflict(NamedTuple):
    """Two changes of one path that a person has to decide between."""

    path: str
    kind: str
    """In git's words, such as ``contents``, ``modify/delete``, ``add/add`` or ``binary``."""
    stages: Mapping[int, Entry]

    @property
    def sides(self) -> tuple[str, ...]:
        """Which of before, yours and template have the path."""
        return tuple(SIDES[stage] for stage in sorted(self.stages))


class Merged(NamedTuple):
    """The outcome: every path of the folder, and what is left to decide."""

    entries: dict[str, Entry]
    conflicts: dict[str, MergeConflict]
    kept_deleted: tuple[str, ...]
    """What the user deleted and the template changed: it stays deleted."""
    moved: dict[str, str]
    """Files whose edit is in one of another name, which may be the template's or the user's."""


class ScratchRepository:
    """The private repository in which trees are merged and written."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.project, self.folder = project, folder
        self.objects = Objects(project.object_format)
        self.renames: Mapping[str, str] = {}
        """Files of the first render that the user gave another name, by their old ones."""
        isolated = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_COUNT": "0",
                    "GIT_CONFIG_PARAMETERS": ""}  # fmt: skip
        self.git = Git(folder, GIT_DIR=str(folder / "git"), **isolated)
        for name in ("objects/info", "refs/heads"):
            (folder / "git" / name).mkdir(parents=True)
        # What 'git init' would write.
        (folder / "git/HEAD").write_text("ref: refs/heads/main\n")
        (folder / "git/objects/info/alternates").write_bytes(os.fsencode(project.objects) + b"\n")
        with (folder / "git/config").open("w") as config:
            version = 0 if project.object_format == "sha1" else 1
            config.write(f"[core]\n\trepositoryFormatVersion = {version}\n\tbare = true\n")
            if version:
                config.write(f"[extensions]\n\tobjectFormat = {project.object_format}\n")
            config.writelines(f"[{key.rpartition('.')[0]}]\n\t{key.rpartition('.')[2]} = {v}\n" for key, v in _MERGE)

    def merge(self, base: Tree, theirs: Tree, mine: Entries, changes: Mapping[str, Entry | None]) -> Merged:
        """Merge the folder's last commit with ``changes``, of which ``mine`` comes, with what came to be of base.

        Both renders are as ``like`` returns them.
        """
        read = self.project.read
        before = self.objects.commit(self._rendered(base))
        yours = self.objects.tree(read, self.project.below, changes)
        commits = {"yours": self.objects.commit(yours, before)}
        commits["template"] = self.objects.commit(self._rendered(theirs), before)
        for name, commit in commits.items():
            (self.folder / "git/refs/heads" / name).write_text(f"{commit}\n")
        self.write()
        try:
            said = self._with_all("merge-tree", "--write-tree", "-z", "--messages", *commits, codes=(0, 1))
        except GitFailed:
            refuse_old_git(self.folder)
            raise
        tree, stages, kinds = _parse(said)
        return _settle(list_tree(read, tree), stages, kinds, mine)

    def write(self) -> None:
        """Bring the new objects to where git and ``project.read`` find them."""
        self.pack()
        self.objects = Objects(self.project.object_format)

    def _rendered(self, tree: Tree) -> str:
        files = {path: Entry(f"100{file.mode}", self.objects.blob(file.content)) for path, file in tree.items()}
        return self.objects.tree(self.project.read, "", files)

    def resolve(self, conflict: MergeConflict, how: str = "--zdiff3", marker: int = 7) -> bytes | None:
        """Return the content of a conflict between two texts as ``git merge-file`` has it, else None.

        ``how`` is ``--zdiff3`` for markers, ``--ours`` or ``--theirs``.
        """
        if not {2, 3} <= conflict.stages.keys() or not all(each.is_file for each in conflict.stages.values()):
            return None
        three = [conflict.stages.get(stage) for stage in (2, 1, 3)]
        contents = self.project.read([each.oid for each in three if each])
        if any(b"\0" in content[:8000] for content in contents):
            return None
        paths = []
        for stage in (2, 1, 3):
            path = self.folder / f"stage{stage}"
            path.write_bytes(contents.pop(0) if stage in conflict.stages else b"")
            paths.append(str(path))
        labels = [word for stage in (2, 1, 3) for word in ("-L", SIDES[stage])]
        arguments = ["merge-file", "-p", how, f"--marker-size={marker}", *labels, *paths]
        return self.git(*arguments, codes=range(128))

    def tree(self, changes: Mapping[str, Entry | None]) -> str:
        """Return the last commit's tree, from the top, with ``changes`` below the folder."""
        placed = {self.project.prefix + path: entry for path, entry in changes.items()}
        return self.objects.tree(self.project.read, self.project.tree, placed)

    def pack(self) -> None:
        """Let git and ``project.read`` find the new objects, which are kept for the project as well."""
        self.git("index-pack", "--stdin", stdin=self.objects.pack())

    def difference(self, tree: str) -> bytes:
        """Return what a tree changes in the last commit's, as a patch."""
        self.pack()
        return self.git("diff-tree", "-p", "-M", "--no-color", "--no-ext-diff", self.project.head, tree)

    def like(self, mine: Entries, base: Tree, theirs: Tree) -> tuple[Tree, Tree]:
        """Give both renders what the project does to its files: filters, and line ends chosen by hand."""
        base, theirs = self._cleaned(base, theirs)
        if base.keys() - mine.keys() and mine.keys() - base.keys():
            self.renames = self._renames(base, self.project.below)
        there = {path: mine.get(path) or mine.get(self.renames.get(path, "")) for path in base}
        files = {path: entry for path, entry in there.items() if entry and entry.is_file}
        edited = [path for path, entry in files.items() if self.objects.oid("blob", base[path].content) != entry.oid]
        contents = self.project.read([files[path].oid for path in edited])
        ends = {path: _ends(content) for path, content in zip(edited, contents, strict=True)}
        ends = {path: end for path, end in ends.items() if end}
        if ends.keys() - theirs.keys() and theirs.keys() - base.keys():
            new = self._renames(base, self._rendered(theirs))
            ends_there = {new.get(path, path): end for path, end in ends.items()}
        else:
            ends_there = ends
        return _with_ends(base, ends), _with_ends(theirs, ends_there)

    def _renames(self, before: Tree, tree: str) -> dict[str, str]:
        """Return the files of a render that have another name in ``tree``, as git finds them, by their old names."""
        old = self._rendered(before)
        self.write()
        said = self._with_all("diff-tree", "-r", "-z", "-M", "--diff-filter=R", old, tree)
        words = [os.fsdecode(word) for word in said.split(b"\0")]
        return dict(zip(words[1::3], words[2::3], strict=False))

    def _with_all(self, *arguments: str, codes: Sequence[int] = (0,)) -> bytes:
        """Run git, and again once the project has got from its remote what a partial clone lacks."""
        try:
            return self.git(*arguments, codes=codes)
        except GitFailed:
            if not self.project.fetch_missing():
                raise
            return self.git(*arguments, codes=codes)

    def _cleaned(self, base: Tree, theirs: Tree) -> tuple[Tree, Tree]:
        """Return both as they would be committed: ``.gitattributes`` may name filters, and line ends."""
        asked = b"".join(os.fsencode(self.project.prefix + path) + b"\0" for path in sorted({*base, *theirs}))
        said = self.project.git("check-attr", "-z", "--stdin", *_FILTERS, *_LINE_ENDS, stdin=asked).split(b"\0")
        filtered, attributes = set[str](), dict[str, dict[bytes, bytes]]()
        for place, name, value in zip(said[::3], said[1::3], said[2::3], strict=False):
            path = os.fsdecode(place)[len(self.project.prefix) :]
            attributes.setdefault(path, {})[name] = value
            if name.decode() in _FILTERS and value not in (b"unspecified", b"unset"):
                filtered.add(path)
        crlf = {path for tree in (base, theirs) for path, file in tree.items() if b"\r\n" in file.content} - filtered
        lf = dict.fromkeys(self._normalised({path: attributes[path] for path in crlf}), b"\n") if crlf else {}
        base, theirs = _with_ends(base, lf), _with_ends(theirs, lf)
        return (self._clean(base, filtered), self._clean(theirs, filtered)) if filtered else (base, theirs)

    def _normalised(self, attributes: Mapping[str, Mapping[bytes, bytes]]) -> list[str]:
        """Return the files of which git keeps texts with LF, whatever ends their lines on the disk."""
        automatic = self.project.git("config", "core.autocrlf", codes=(0, 1)).strip() in (b"true", b"input")
        kinds = {
            path: (each[b"text"], each[b"eol"] != b"unspecified" or automatic) for path, each in attributes.items()
        }
        return [path for path, (text, eol) in kinds.items() if text in (b"set", b"auto") or (text != b"unset" and eol)]

    def _clean(self, tree: Tree, filtered: Iterable[str]) -> Tree:
        git = Git(self.project.top, GIT_OBJECT_DIRECTORY=str(self.folder / "git/objects"),
                  GIT_ALTERNATE_OBJECT_DIRECTORIES=alternate(self.project.objects))  # fmt: skip
        cleaned = dict(tree)
        for path in filtered & tree.keys():
            path_there = f"--path={self.project.prefix}{path}"
            oid = git("hash-object", "-w", "--stdin", path_there, stdin=tree[path].content).decode().strip()
            cleaned[path] = tree[path]._replace(content=self.project.read([oid])[0])
        return cleaned


def _ends(content: bytes) -> bytes:
    """Return what the lines of a text end in, nearly all of them; nothing where that cannot be said."""
    ends, crlf = content.count(b"\n"), content.count(b"\r\n")
    if b"\0" in content or not ends or 0 < crlf < 0.9 * ends:
        return b""
    return b"\r\n" if crlf else b"\n"


def _with_ends(tree: Tree, ends: Mapping[str, bytes]) -> Tree:
    """Return a render with the line ends that some of its files are to have."""
    changed = {
        path: tree[path]._replace(content=tree[path].content.replace(b"\r\n", b"\n").replace(b"\n", end))
        for path, end in ends.items()
        if path in tree and _ends(tree[path].content) != end and b"\0" not in tree[path].content
    }
    return {**tree, **changed}


def _parse(said: bytes) -> tuple[str, dict[str, dict[int, Entry]], dict[str, str]]:
    """Return the tree, the stages of each conflicted path and the kind of conflict at each."""
    words = said.split(b"\0")
    tree, stages, at = words[0].decode(), dict[str, dict[int, Entry]](), 1
    while at < len(words) and words[at]:
        meta, _, path = words[at].partition(b"\t")
        mode, oid, stage = meta.decode().split()
        stages.setdefault(os.fsdecode(path), {})[int(stage)] = Entry(mode, oid)
        at += 1
    kinds: dict[str, str] = {}
    at += 1
    while at < len(words) and words[at].strip():
        number = int(words[at])
        paths, kind = words[at + 1 : at + 1 + number], words[at + 1 + number].decode()
        if kind.startswith("CONFLICT"):
            kinds.update((os.fsdecode(path), kind[kind.index("(") + 1 : -1]) for path in paths)
        at += number + 3
    return tree, stages, kinds


def _settle(
    merged: dict[str, Entry], stages: Mapping[str, dict[int, Entry]], kinds: Mapping[str, str], mine: Entries
) -> Merged:
    """Decide what needs no person: what the user deleted stays deleted."""
    conflicts, kept = {}, []
    for path, there in sorted(stages.items()):
        kind = kinds.get(path, "contents")
        if kind == "contents" and 1 not in there:
            kind = "add/add"
        if kind.endswith("/delete") and 2 not in there and path not in mine:  # noqa: PLR2004
            merged.pop(path, None)
            kept.append(path)
        else:
            conflicts[path] = MergeConflict(path, kind, there)
    return Merged(merged, conflicts, tuple(kept), {})
