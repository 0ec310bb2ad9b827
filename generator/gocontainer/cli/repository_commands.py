"""The commands for a repository that is there: explain, update, status."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from gocontainer import __version__
from gocontainer.answers import lockfile
from gocontainer.cli import flags
from gocontainer.console import absolute, say, tell
from gocontainer.errors import CannotUpdate

_FOLDER = click.Path(file_okay=False)
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
_PATH = click.argument("path", default=".", type=_FOLDER)


@click.command()
@_PATH
@_JSON
def explain(path: str, *, as_json: bool) -> None:
    """Say where each number in the repository at PATH comes from.

    For each: its value, the answer and the formula that it follows from, the file where it stands, what
    it buys, and the source. A number that was changed by hand is shown with both values.
    """
    from gocontainer.inspection import explain as explaining

    explained = explaining.explain(absolute(path))
    if as_json:
        say(json.dumps([each._asdict() for each in explained], indent=2, ensure_ascii=False))
        return
    version = lockfile.read(absolute(path)).version
    written = "" if version == __version__ else f", written by {version}"
    tell(f"{len(explained)} numbers, by the formulas of gocontainer {__version__}{written}")
    for line in explaining.lines(explained):
        tell(line)


@click.command()
@_PATH
@click.option("--to", "version", metavar="VERSION", help="Update to this version and to no other.")
@click.option("--template", metavar="SRC[@REV]", help="Go on with this template: a folder or a git repository.")
@click.option("--trust", is_flag=True, help="Run the hooks and extensions of another template: this runs code.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change an answer; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Show which files would change, write nothing.")
@click.option("--diff", is_flag=True, help="Show what would change in them, write nothing.")
@click.option(
    "--on-conflict",
    type=click.Choice(["markers", "ours", "theirs", "abort"]),
    default="markers",
    show_default=True,
    help="What becomes of lines that both sides changed.",
)
@click.option("--commit", is_flag=True, help="Commit the outcome, where nothing is left to decide.")
@click.option("--branch", metavar="NAME", help="Commit it as a new branch, and touch no file.")
@click.option("--baseless", is_flag=True, help="Do without the first render: every difference is a conflict.")
@click.option("--continue", "finish", is_flag=True, help="End an update whose conflicts are decided.")
@click.option("--abort", is_flag=True, help="Undo an update that has not ended.")
@click.option("--restore", multiple=True, metavar="FILE", help="Bring a file of the template back that was deleted.")
@_JSON
def update(path: str, settings: Sequence[str], restore: Sequence[str], *, as_json: bool, **switches: Any) -> int:
    """Merge this version's template into the repository at PATH.

    What the template changed since it was last merged is merged with what you changed, by git. Lines that
    both changed get conflict markers, and the exit code is 3. Only committed files are touched, and nothing
    is committed unless you say so.
    """
    folder = absolute(path)
    if switches["abort"] or switches["finish"]:
        return _end(folder, abort=switches["abort"])
    if restore:
        from gocontainer.update.restore import restore as bring_back

        say("\n".join(f"restored {each}" for each in bring_back(folder, restore)))
        return 0
    return _update(folder, settings, as_json=as_json, **switches)


def _end(folder: Path, *, abort: bool) -> int:
    from gocontainer.repository.worktree import Project
    from gocontainer.update import journal, lock_merge, undo

    project = Project(folder)
    found = journal.read(project)
    if found is None and not abort and lock_merge.is_conflicted(project):
        lock_merge.regenerate(project)
        say(f"{lockfile.LOCK} and {lockfile.PACK} are written anew for both branches. Go on with the merge.")
        return 0
    if found is None:
        raise CannotUpdate("no update is under way", "There is nothing to end.")
    if abort:
        undo.undo(project, found)
        say("The update is undone.")
    else:
        journal.finish(project, found)
        say("The update has ended. Commit it.")
    return 0


def _update(folder: Path, settings: Sequence[str], *, as_json: bool, **switches: Any) -> int:
    from gocontainer.cli import update_report
    from gocontainer.external import template
    from gocontainer.update import steps as updating
    from gocontainer.update.git_merge import scratch_repository

    wanted = template.Wanted(switches["template"], switches["version"], trust=switches["trust"])
    prepared = template.prepare(folder, flags.settings_layer(settings), wanted, baseless=switches["baseless"])
    for note in prepared.notes:
        tell(note, err=True)
    if switches["branch"]:
        prepared.project.refuse_branch(switches["branch"])
    preview = switches["dry_run"] or switches["diff"]
    if prepared.is_current:
        say(update_report.as_json(prepared, None, written=False) if as_json else update_report.current(prepared))
        return 0
    with scratch_repository(prepared.project) as scratch:
        planned = updating.plan(scratch, prepared, switches["on_conflict"])
        written = not preview and not (planned.conflicts and _must_be_clean(switches))
        if switches["diff"]:
            say(scratch.difference(planned.tree).decode("utf-8", "replace"), err=as_json)
        if written:
            _write(updating, scratch, prepared, planned, switches)
    report = update_report.as_json(prepared, planned, written=written)
    say(report if as_json else update_report.text(prepared, planned, written=written, branch=switches["branch"] or ""))
    if planned.conflicts:
        return 3
    return 4 if preview and planned.changes else 0


def _must_be_clean(switches: dict[str, Any]) -> bool:
    """Whether conflicts are to stop the update: nobody can decide them on a branch that is not checked out."""
    return switches["on_conflict"] == "abort" or bool(switches["branch"])


def _write(updating: Any, scratch: Any, prepared: Any, planned: Any, switches: dict[str, Any]) -> None:
    project, text = prepared.project, updating.message(prepared, planned)
    if switches["branch"] or switches["commit"]:
        project.git("var", "GIT_AUTHOR_IDENT")  # fails, before anything is written, where git does not know who this is
        project.git("var", "GIT_COMMITTER_IDENT")
    if switches["branch"]:
        updating.adopt(scratch, project, planned)
        updating.commit(project, planned, text, switches["branch"])
        return
    updating.apply(scratch, project, planned, text if switches["commit"] and not planned.conflicts else "")


@click.command()
@_PATH
@_JSON
def status(path: str, *, as_json: bool) -> int:
    """Say what drifted from the template in the repository at PATH, and whether an update is there.

    Exit 4 where a file of the template was changed or is missing, where an update would change
    something, or where an image in a Dockerfile is past its end of life. Nothing is fetched.
    """
    from gocontainer.inspection import status as drift

    found = drift.status(absolute(path))
    say(json.dumps(found.as_json(), indent=2, ensure_ascii=False) if as_json else "\n".join(found.lines()))
    return 4 if found.differs else 0
