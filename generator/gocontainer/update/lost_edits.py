"""What git's own merge drops in silence, made a conflict.

git looks for renames only where the old path is gone. Where both sides moved a file and the user put another
in its old place, it takes that other for the moved one, and merges without it. What it merges into a file of another
name, by their likeness, is said; and a folder that the user deleted or moved stays so for new files, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gocontainer.repository.objects import Entries, Entry
from gocontainer.repository.tree import Tree
from gocontainer.repository.worktree import folders
from gocontainer.update.git_merge import MergeConflict, Merged, ScratchRepository


def find_lost_edits(scratch: ScratchRepository, merged: Merged, base: Tree, mine: Entries) -> None:
    """Make a conflict of each path whose lines, as the user wrote them, are nowhere in ``merged``."""
    suspects = {
        path: entry
        for path, entry in mine.items()
        if path not in merged.conflicts
        and entry.is_file
        and merged.entries.get(path) != entry
        and (path not in base or scratch.objects.oid("blob", base[path].content) != entry.oid)
    }
    if not suspects:
        return
    changed = {entry.oid for path, entry in merged.entries.items() if mine.get(path) != entry and entry.is_file}
    stages = (entry for conflict in merged.conflicts.values() for entry in conflict.stages.values())
    staged = {entry.oid for entry in stages if entry.is_file}
    there = _lines(file.content for file in base.values()) | _lines(scratch.project.read([*changed | staged]))
    for (path, entry), content in zip(
        suspects.items(), scratch.project.read([each.oid for each in suspects.values()]), strict=True
    ):
        if not _lines([content]) <= there:
            _keep(scratch, merged, path, entry, base)


def _lines(contents: Iterable[bytes]) -> set[bytes]:
    return {line.rstrip(b"\r") for content in contents for line in content.split(b"\n")}


def _keep(scratch: ScratchRepository, merged: Merged, path: str, entry: Entry, base: Tree) -> None:
    """Leave the user's file where it was, and the decision to them."""
    stages = {2: entry}
    if path in base:
        stages = {1: Entry(f"100{base[path].mode}", scratch.objects.blob(base[path].content)), **stages}
    if path in merged.entries:
        stages[3] = merged.entries[path]
    merged.entries[path] = entry
    merged.conflicts[path] = MergeConflict(path, "contents" if 3 in stages else "modify/delete", stages)  # noqa: PLR2004


def find_moved_edits(scratch: ScratchRepository, merged: Merged, base: Tree, theirs: Tree, mine: Entries) -> None:
    """Note each edit of either side that was merged into a file of another name."""
    gone = [path for path in base if path not in merged.entries and path not in merged.conflicts]
    yours = {path: mine[path].oid for path in gone if path in mine and mine[path].is_file}
    yours = {path: oid for path, oid in yours.items() if oid != scratch.objects.oid("blob", base[path].content)}
    edits = dict(zip(yours, scratch.project.read([*yours.values()]), strict=True))
    others = {path: theirs[path].content for path in gone if path not in mine and path in theirs}
    edits |= {path: content for path, content in others.items() if path not in merged.kept_deleted}
    new = {path: entry for path, entry in merged.entries.items() if path not in base and mine.get(path) != entry}
    new = {path: entry for path, entry in new.items() if entry.is_file} if edits else {}
    contents = dict(zip(new, scratch.project.read([entry.oid for entry in new.values()]), strict=True))
    for path, content in edits.items():
        added = _lines([content]) - _lines([base[path].content])
        there = [each for each, text in contents.items() if added <= _lines([text])] if added else []
        merged.moved.update({path: there[0]} if there else {})


def leave_folders(scratch: ScratchRepository, merged: Merged, base: Tree, theirs: Tree, mine: Entries) -> Merged:
    """Return the outcome without new files in folders that the user deleted; what moved has them where it is now."""
    was, there = ({folder for path in paths for folder in folders(path)} for paths in (base, mine))
    kept = []
    for path in sorted(theirs.keys() - base.keys() - mine.keys() - merged.conflicts.keys()):
        gone = next((folder for folder in folders(path) if folder in was - there), None)
        if gone is None or path not in merged.entries:
            continue
        entry, new = merged.entries.pop(path), f"{_moved_to(gone, base, scratch.renames)}{path.removeprefix(gone)}"
        if new.startswith("/") or new in merged.entries:
            kept.append(path)
        else:
            merged.entries[new] = entry
            merged.moved[path] = new
    return merged._replace(kept_deleted=(*merged.kept_deleted, *kept))


def _moved_to(folder: str, base: Tree, renames: Mapping[str, str]) -> str:
    """Return where the user moved a folder; nothing where its files are not all in one other."""
    inside = [path for path in base if path.startswith(f"{folder}/")]
    ends = [(path.removeprefix(folder), renames.get(path, "")) for path in inside]
    places = {new.removesuffix(rest) if rest and new.endswith(rest) else "" for rest, new in ends}
    return places.pop() if len(places) == 1 else ""
