"""What git's own merge drops in silence, made a conflict.

git looks for renames only where the old path is gone. Where both sides moved a file and the user put another
in its old place, it takes that other for the moved one, and merges without it.
"""

from __future__ import annotations

from collections.abc import Iterable

from gocontainer.repository.objects import Entries, Entry
from gocontainer.repository.tree import Tree
from gocontainer.update.git_merge import MergeConflict, Merged, ScratchRepository


def find_lost_edits(scratch: ScratchRepository, merged: Merged, base: Tree, mine: Entries) -> None:
    """Make a conflict of each path whose lines, as the user wrote them, are nowhere in ``merged``."""
    suspects = {
        path: entry
        for path, entry in mine.items()
        if path not in merged.conflicts
        and _is_file(entry)
        and merged.entries.get(path) != entry
        and (path not in base or scratch.objects.oid("blob", base[path].content) != entry.oid)
    }
    if not suspects:
        return
    changed = {entry.oid for path, entry in merged.entries.items() if mine.get(path) != entry and _is_file(entry)}
    stages = (entry for conflict in merged.conflicts.values() for entry in conflict.stages.values())
    staged = {entry.oid for entry in stages if _is_file(entry)}
    there = _lines(file.content for file in base.values()) | _lines(scratch.project.read([*changed | staged]))
    for (path, entry), content in zip(
        suspects.items(), scratch.project.read([each.oid for each in suspects.values()]), strict=True
    ):
        if not _lines([content]) <= there:
            _keep(scratch, merged, path, entry, base)


def _is_file(entry: Entry) -> bool:
    return entry.mode in ("100644", "100755")


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
