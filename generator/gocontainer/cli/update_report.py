"""What an update says at its end, for people and for programs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gocontainer.answers import lockfile
from gocontainer.answers.keep import protected
from gocontainer.follow_up import cluster_cleanup, service_changes
from gocontainer.repository.kept import LISTS, KeptFile, missing_lines
from gocontainer.repository.objects import Entry
from gocontainer.texts import listed, mark, tr
from gocontainer.update.git_merge import MergeConflict
from gocontainer.update.old_names import OldName
from gocontainer.update.steps import Plan, Update

if TYPE_CHECKING:
    from gocontainer.verification.findings import Verified

_KINDS = (
    mark("add/add"),
    mark("binary"),
    mark("contents"),
    mark("distinct modes"),
    mark("file/directory"),
    mark("modify/delete"),
    mark("rename/delete"),
    mark("rename/rename"),
)
"""What git calls its conflicts, as far as a person will see them."""
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
        "moved": dict(planned.moved) if planned else {},
        "decided": {
            path: [{"taken": choice.taken, "other": choice.other} for choice in found]
            for path, found in decided.items()
        },
        "unpinned": planned.unpinned if planned else {},
        "old_names": [{**each._asdict(), "command": each.command} for each in planned.old_names] if planned else [],
        "missing_lines": _missing_lines(update),
        "changed_limits": list(_changed_limits(update)),
        "gone_keys": list(planned.gone_keys) if planned else [],
        "verified": _as_json(planned.verified) if planned and planned.verified else None,
        "moved_parts": list(_moved_parts(update)),
        **_follow_up(update)._asdict(),
        "offers": {name: {"kept": kept, "default": default} for name, (kept, default) in update.offers.items()},
    }
    import json

    return json.dumps(found, indent=2, ensure_ascii=False)


def _as_json(verified: Verified) -> dict[str, Any]:
    broken = [{**each._asdict(), **{side: place and place._asdict() for side, place in each.sides.items()}}
              for each in verified.broken]  # fmt: skip
    return {"broken": broken, "notes": list(verified.notes)}


def current(update: Update, *, as_json: bool) -> str:
    """Return what is said where there is nothing to do."""
    if as_json:
        return document(update, None, written=False)
    template = {"name": update.template.name, "version": update.template.version}
    is_current = tr("{folder} is of {name} {version} already.", folder=update.project.folder, **template)
    return "\n".join([is_current, *_offered(update)])


def text(update: Update, planned: Plan, *, written: bool, branch: str, committed: bool) -> str:
    """Return what a person reads."""
    marks = changes(update, planned)
    lines = [_title(update, len(marks), written=written)]
    lines += [f"  {_CHANGES[how]} {path}" for path, how in marks.items() if path not in planned.conflicts]
    lines += [f"  ! {_conflict(each)}" for each in planned.conflicts.values()]
    lines += _verified(planned.verified) if planned.verified else []
    deleted = mark("{path} stays deleted; --restore {path} brings it back")
    lines += [f"  {tr(deleted, path=path)}" for path in planned.kept_deleted]
    moved = mark("{path}: what was changed in it is in {new} now")
    lines += [f"  {tr(moved, path=path, new=new)}" for path, new in planned.moved.items()]
    decided = mark("{path}: {taken!r} was taken, not {other!r}")
    lines += [
        f"  {tr(decided, path=path, taken=choice.taken, other=choice.other)}"
        for path, found in planned.decided.items()
        for choice in found
    ]
    unpinned = mark("{path}: {image} has no digest yet, since its tag is another: run 'make pin' again")
    lines += [
        f"  {tr(unpinned, path=path, image=image)}" for path, images in planned.unpinned.items() for image in images
    ]
    lines += [
        KeptFile(path, differs=True, missing=lacking).sentence for path, lacking in _missing_lines(update).items()
    ]
    lines += [line for each in planned.old_names for line in _old_name(each)]
    lines += [
        *_moved_parts(update),
        *_changed_limits(update),
        *planned.gone_keys,
        *_offered(update),
        *_next(planned, written=written, branch=branch, committed=committed),
    ]
    if branch or committed:
        lines += _on_call(update, marks)
    return "\n".join([*lines, *_in_the_cluster(update)])


def _on_call(update: Update, marks: Mapping[str, str]) -> Iterator[str]:
    """Yield what a proposal changes for whoever is on call; nobody knows it of an external template."""
    if update.template == lockfile.OWN:
        from gocontainer.inspection import on_call

        yield from on_call.changes(update.base.tree, update.theirs, marks, str(update.answers["service"]))


def _old_name(found: OldName) -> Iterator[str]:
    """Yield what is to be done where a module has another name now."""
    values = {"before": found.before, "now": found.now, "paths": listed(found.paths)}
    yield tr("The module {before} is {now} now, and these still name the old one: {paths}. This mends them:", **values)
    yield f"  {found.command}"


def _missing_lines(update: Update) -> dict[str, tuple[str, ...]]:
    """Return, by list that is kept from updates, the lines of the template that it lacks."""
    kept = protected(update.remembered.keep, sorted(LISTS & update.theirs.keys()))
    places = {path: update.project.folder / path for path in kept}
    lacking = {
        path: missing_lines(path, place.read_bytes(), update.theirs)
        for path, place in places.items()
        if place.is_file()
    }
    return {path: lines for path, lines in lacking.items() if lines}


def _title(update: Update, count: int, *, written: bool) -> str:
    """Return what was updated, or would be, and how many files change."""
    files = tr("1 file") if count == 1 else tr("{count} files", count=count)
    step = tr("{old} to {new}", old=update.step[0], new=update.step[-1]) if update.step[1:] else update.step[0]
    known = {"folder": update.project.folder, "files": files, "step": step}
    if update.moves and written:
        return tr("Updated {folder} from {step}: {files}", **known)
    if update.moves:
        return tr("Would update {folder} from {step}: {files}", **known)
    if written:
        return tr("Updated {folder} with other answers: {files}", **known)
    return tr("Would update {folder} with other answers: {files}", **known)


def _verified(verified: Verified) -> Iterator[str]:
    """Yield what the merge breaks, with the place of each side, and what else is to be known."""
    both = mark("{place}: {what} (yours: {yours}, the template's: {template})")
    for each in verified.broken:
        places = {"place": f"{each.path}:{each.line}", "yours": each.yours or "-", "template": each.template or "-"}
        yield f"  ! {tr(both, **places, what=each.sentence)}"
    yield from verified.notes
    if not verified.broken and not verified.notes:
        yield tr("Verified: nothing that worked is broken.")


def _conflict(found: MergeConflict) -> str:
    return tr("{path}: conflict ({kind})", path=found.path, kind=tr(found.kind))


def _changed_limits(update: Update) -> Iterator[str]:
    if update.template == lockfile.OWN and update.remembered.name == lockfile.NAME:
        yield from service_changes.crossed(update.remembered.version, update.theirs)
        yield from service_changes.replaced(update.base.tree, update.theirs)
        oldest = update.answers["kubernetes_min"]
        if update.remembered.answers.get("kubernetes_min", oldest) == oldest:
            yield from service_changes.unheeded(update.base.tree, update.theirs, oldest)


def _moved_parts(update: Update) -> Iterator[str]:
    if update.template == lockfile.OWN and update.remembered.name == lockfile.NAME:
        mine, base, oid = update.project.mine, update.base.tree, update.scratch.objects.oid
        edited = {path for path in mine.keys() & base.keys() if mine[path].oid != oid("blob", base[path].content)}
        yield from service_changes.moved(update.remembered.version, edited, update.theirs)


def _follow_up(update: Update) -> cluster_cleanup.FollowUp:
    # Nobody knows what the manifests of an external template are.
    own = update.template == lockfile.OWN
    return cluster_cleanup.follow_up(update.base.tree, update.theirs) if own else cluster_cleanup.FollowUp([], [])


def _in_the_cluster(update: Update) -> Iterator[str]:
    hand_over, delete = _follow_up(update)
    if hand_over:
        yield tr("The autoscaler decides the number of replicas now. Where it runs, leave it to it before you apply:")
        yield from (f"  {command}" for command in hand_over)
    if delete:
        yield tr("No manifest makes these any more. Where they run, delete them once you have applied:")
        yield from (f"  {command}" for command in delete)


def _offered(update: Update) -> Iterator[str]:
    for name, (kept, default) in update.offers.items():
        text = mark("{name} stays {kept}; its default is {default} now: --set {name}={default}")
        yield tr(text, name=name, kept=_shown(kept), default=_shown(default))
    if len(update.offers) > 1:
        settings = [shlex.quote(f"{name}={_shown(default)}") for name, (_, default) in update.offers.items()]
        yield tr("All of these: {settings}", settings=" ".join(f"--set {each}" for each in settings))


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _next(planned: Plan, *, written: bool, branch: str, committed: bool) -> Iterator[str]:
    if planned.conflicts and written:
        decide = mark("Decide the lines between the markers and 'git add' each file; then run '{command}'.")
        yield tr(decide, command="gocontainer update --continue")
        yield tr("'gocontainer update --abort' undoes all of it.")
    elif planned.verified and planned.verified.broken and written:
        yield tr("Mend these, then run '{command}' and commit.", command="gocontainer update --continue")
        yield tr("'gocontainer update --abort' undoes all of it.")
    elif planned.is_open and not written:
        yield tr("Nothing was written.")
    elif planned.is_open:
        yield tr("Then commit it.")
    elif written and branch:
        yield tr("It is committed as the branch {branch}.", branch=branch)
    elif written and not committed:
        yield tr("Until you commit it, '{command}' undoes it.", command="gocontainer update --abort")
