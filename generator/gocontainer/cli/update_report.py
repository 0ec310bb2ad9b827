"""What an update says at its end, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gocontainer.answers import lockfile
from gocontainer.repository.objects import Entry
from gocontainer.update import changed_limits, cluster_cleanup
from gocontainer.update.steps import Plan, Update

_CHANGES = {"added": "+", "changed": "~", "deleted": "-"}


def changes(update: Update, planned: Plan | None) -> dict[str, str]:
    """Return every path that changes, with how; the tool's own files aside."""
    own = (lockfile.LOCK, lockfile.PACK)
    found = planned.changes if planned else {}
    return {path: _how(entry, path in update.project.mine) for path, entry in found.items() if path not in own}


def _how(entry: Entry | None, there: bool) -> str:  # noqa: FBT001
    if entry is None:
        return "deleted"
    return "changed" if there else "added"


def document(update: Update, planned: Plan | None, *, written: bool) -> str:
    """Return the document that ``update --json`` prints."""
    conflicts = planned.conflicts.values() if planned else ()
    decided = planned.decided if planned else {}
    found: dict[str, Any] = {
        "path": str(update.project.folder),
        "from": update.remembered.version,
        "to": update.template.version,
        "base": update.base.source,
        "written": written,
        "changes": changes(update, planned),
        "conflicts": [{"path": each.path, "kind": each.kind, "sides": each.sides} for each in conflicts],
        "kept_deleted": list(planned.kept_deleted) if planned else [],
        "decided": {
            path: [{"taken": choice.taken, "other": choice.other} for choice in found]
            for path, found in decided.items()
        },
        "unpinned": planned.unpinned if planned else {},
        "changed_limits": list(_changed_limits(update)),
        **_follow_up(update)._asdict(),
        "offers": {name: {"kept": kept, "default": default} for name, (kept, default) in update.offers.items()},
    }
    import json

    return json.dumps(found, indent=2, ensure_ascii=False)


def current(update: Update, *, as_json: bool) -> str:
    """Return what is said where there is nothing to do."""
    if as_json:
        return document(update, None, written=False)
    lines = [
        f"{update.project.folder} is of {update.template.name} {update.template.version} already.",
        *_offered(update),
    ]
    return "\n".join(lines)


def text(update: Update, planned: Plan, *, written: bool, branch: str) -> str:
    """Return what a person reads."""
    marks = changes(update, planned)
    verb = "Updated" if written else "Would update"
    how = f"from {update.step}" if update.moves else "with other answers"
    lines = [f"{verb} {update.project.folder} {how}: {len(marks)} file{'s' * (len(marks) != 1)}"]
    lines += [f"  {_CHANGES[how]} {path}" for path, how in marks.items() if path not in planned.conflicts]
    lines += [f"  ! {each.path}: conflict ({each.kind})" for each in planned.conflicts.values()]
    lines += [f"  {path} stays deleted; --restore {path} brings it back" for path in planned.kept_deleted]
    lines += [
        f"  {path}: {choice.taken!r} was taken, not {choice.other!r}"
        for path, found in planned.decided.items()
        for choice in found
    ]
    lines += [
        f"  {path}: {image} has no digest yet, since its tag is another: run 'make pin' again"
        for path, images in planned.unpinned.items()
        for image in images
    ]
    lines += [*_changed_limits(update), *_offered(update), *_next(planned, written=written, branch=branch)]
    return "\n".join([*lines, *_in_the_cluster(update)])


def _changed_limits(update: Update) -> Iterator[str]:
    if update.template == lockfile.OWN and update.remembered.name == lockfile.NAME:
        yield from changed_limits.crossed(update.remembered.version, update.theirs)


def _follow_up(update: Update) -> cluster_cleanup.FollowUp:
    # Nobody knows what the manifests of an external template are.
    own = update.template == lockfile.OWN
    return cluster_cleanup.follow_up(update.base.tree, update.theirs) if own else cluster_cleanup.FollowUp([], [])


def _in_the_cluster(update: Update) -> Iterator[str]:
    hand_over, delete = _follow_up(update)
    if hand_over:
        yield "The autoscaler decides the number of replicas now. Where it runs, leave it to it before you apply:"
        yield from (f"  {command}" for command in hand_over)
    if delete:
        yield "No manifest makes these any more. Where they run, delete them once you have applied:"
        yield from (f"  {command}" for command in delete)


def _offered(update: Update) -> Iterator[str]:
    for name, (kept, default) in update.offers.items():
        yield f"{name} stays {_shown(kept)}; its default is {_shown(default)} now: --set {name}={_shown(default)}"


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _next(planned: Plan, *, written: bool, branch: str) -> Iterator[str]:
    if planned.conflicts and written:
        yield "Decide the lines between the markers and 'git add' each file; then run 'gocontainer update --continue'."
        yield "'gocontainer update --abort' undoes all of it."
    elif planned.conflicts:
        yield "Nothing was written."
    elif written and branch:
        yield f"It is committed as the branch {branch}."
