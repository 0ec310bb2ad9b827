"""The commands for a repository that is there: explain, update, status.

Each looks for it in the folders above as well, as git does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gocontainer import __version__
from gocontainer.answers import lockfile
from gocontainer.console import absolute, padded, say, tell, width
from gocontainer.errors import CannotUpdate, GocontainerError
from gocontainer.texts import mark, tr

if TYPE_CHECKING:
    from gocontainer.cli.requests import UpdateRequest
    from gocontainer.inspection.status import Status
    from gocontainer.repository.worktree import Project
    from gocontainer.update.steps import Plan, Update


def explain(*, path: str, as_json: bool) -> None:
    """Say where each number in the repository at PATH comes from.

    For each: its value, the answer and the formula that it follows from, the file where it stands, what
    it buys, and the source. A number that was changed by hand is shown with both values.
    """
    from gocontainer.inspection import explain as explaining

    folder = lockfile.top(absolute(path))
    explained = explaining.explain(folder)
    if as_json:
        _print([each._asdict() for each in explained])
        return
    version = lockfile.read(folder).version
    known = {"count": len(explained), "version": __version__, "written": version}
    same = tr("{count} numbers, by the formulas of gocontainer {version}", **known)
    older = tr("{count} numbers, by the formulas of gocontainer {version}, written by {written}", **known)
    tell(same if version == __version__ else older)
    for line in explaining.lines(explained):
        tell(line)


def update(**values: Any) -> int:
    """Merge this version's template into the repository at PATH.

    What the template changed since it was last merged is merged with what you changed, by git. Lines that
    both changed get conflict markers, and the exit code is 3. Only committed files are touched, and nothing
    is committed unless you say so.
    """
    from gocontainer.cli.requests import UpdateRequest
    from gocontainer.external import cruft

    request = UpdateRequest(**values)
    folder = lockfile.top(absolute(request.path), cruft.FILE, ".git")
    if request.abort or request.finish:
        return _end(folder, request)
    if request.restore:
        from gocontainer.answers.keep import restore as bring_back

        restored = bring_back(folder, request.restore)
        if request.as_json:
            _print({"restored": [*restored]})
        else:
            say("\n".join(tr("restored {path}", path=each) for each in restored))
        return 0
    return _update(folder, request)


def _end(folder: Path, request: UpdateRequest) -> int:
    from gocontainer.repository.worktree import Project

    project = Project(folder)
    with contextlib.closing(project.read):
        how, kept = _ended(project, request)
    if request.as_json:
        _print({"path": str(folder), "ended": how, "kept": kept})
        return 0
    sentence = _ENDS[how]
    note = mark("What was decided in {path} is kept: 'git show {oid}'.")
    said = tr(sentence, lock=lockfile.LOCK, pack=lockfile.PACK)
    say("\n".join([said, *(tr(note, path=path, oid=oid) for path, oid in kept.items())]))
    return 0


_ENDS = {
    "written anew": mark("{lock} and {pack} are written anew for both branches. Go on with the merge."),
    "forgotten": mark("Nothing of the update was left. It is forgotten."),
    "undone": mark("The update is undone."),
    "to commit": mark("The update has ended. Commit it."),
    "done": mark("The update has ended."),
}
"""What is said of how an update ends, by the word that programs read."""


def _ended(project: Project, request: UpdateRequest) -> tuple[str, Mapping[str, str]]:
    """End what is under way; return how, and the objects of git that keep what was decided, by path."""
    from gocontainer.update import journal, lock_merge, undo

    journals = journal.read_all(project)
    found = journals.get(project.prefix)
    if (found is None or found.is_clean) and not request.abort and lock_merge.is_conflicted(project):
        lock_merge.regenerate(project, lambda ours, theirs: _later(project, ours, theirs, request))
        return "written anew", {}
    others = [each for each in journals.values() if not each.is_clean]
    if found is None and others:
        raise journal.of_another(project, others[0])
    if found is None:
        raise CannotUpdate(tr("no update is under way"), tr("There is nothing to end."))
    if request.abort:
        left = undo.undo(project, found)
        return "forgotten" if left.is_gone else "undone", left.decided
    return "to commit" if undo.finish(project, found) else "done", {}


def _later(project: Project, ours: lockfile.Lock, theirs: lockfile.Lock, request: UpdateRequest) -> lockfile.Lock:
    from gocontainer.external import template  # takes long to import

    return template.later(project, ours, theirs, request.template)


def _update(folder: Path, request: UpdateRequest) -> int:
    from gocontainer.cli import asking, flags, update_report
    from gocontainer.external import dispatch
    from gocontainer.external.wanted import Wanted
    from gocontainer.update import steps

    person = asking.person(as_json=request.as_json)
    wanted = Wanted(request.template, request.version, request.trust, request.directory, person)
    settings = flags.settings_layer(asking.settings(folder, request.settings, as_json=request.as_json))
    with dispatch.prepared(folder, settings, wanted, baseless=request.baseless) as update:
        for note in update.notes:
            tell(note, err=True)
        if request.branch:
            update.project.refuse_branch(request.branch)
        if update.is_current:
            say(update_report.current(update, as_json=request.as_json))
            return 0
        planned = steps.plan(update, request.on_conflict)
        planned = steps.verified(update, planned) if request.verify else planned
        preview = request.dry_run or request.diff
        written = not preview and not (planned.is_open and request.must_be_clean)
        if request.diff:
            say(update.scratch.difference(planned.tree).decode("utf-8", "replace"), err=request.as_json)
        if written:
            _write(update, planned, request)
    if request.as_json:
        say(update_report.document(update, planned, written=written))
    else:
        how = {"written": written, "committed": request.commit}
        say(update_report.text(update, planned, **how, branch=request.branch or ""))
    if planned.is_open:
        return 3
    return 4 if preview and planned.changes else 0


def _write(update: Update, planned: Plan, request: UpdateRequest) -> None:
    from gocontainer.update import apply

    project, text = update.project, ""
    if request.branch or request.commit:
        text = apply.message(update, planned)
        project.git("var", "GIT_AUTHOR_IDENT")  # fails, before anything is written, where git does not know who this is
        project.git("var", "GIT_COMMITTER_IDENT")
    if request.branch:
        apply.adopt(update.scratch, planned)
        apply.commit(project, planned, text, request.branch)
    else:
        text = "" if planned.is_open else text
        apply.apply(update, planned, text)
    if text and project.git("config", "--type=bool", "commit.gpgSign", codes=(0, 1)).strip() == b"true":
        signs = mark(
            "The commit is not signed, although commit.gpgSign asks for it: 'git commit --amend --no-edit' signs it."
        )
        tell(tr("Note: {text}", text=tr(signs)), err=True)


def keep(*, paths: Sequence[str], remove: bool) -> None:
    """Keep files of the template, named by PATH, from updates: they are yours alone from then on.

    PATH is a file, a folder, or a pattern such as '*.md' in quotes. Without one, what is kept is listed.
    """
    from gocontainer.answers import keep as keeping

    here = absolute(".")
    folder = lockfile.top(here)
    entries = [_from_top(folder, here, path) for path in paths]
    if not entries:
        say("\n".join(lockfile.read(folder).keep) or tr("Nothing is kept from updates."))
        return
    if remove:
        keeping.give_back(folder, entries)
    else:
        keeping.keep(folder, entries)
    text = mark("Updates merge into {path} again.") if remove else mark("No update touches {path} from now on.")
    say("\n".join([*(tr(text, path=each) for each in entries), tr("Commit {file}.", file=lockfile.LOCK)]))


def _from_top(folder: Path, here: Path, path: str) -> str:
    """Return a path, as seen from the folder ``here``, as it is seen from the repository."""
    return path if here == folder else (here.relative_to(folder) / path).as_posix()


_WORST = (1, 2, 4, 0)
"""The exit codes, from the worst on."""


def status(*, paths: Sequence[str], as_json: bool) -> int:
    """Say what drifted from the template in the repository at PATH, and whether an update is there.

    Exit 4 where a file of the template was changed or is missing, where an update would change
    something, or where an image in a Dockerfile is past its end of life. Nothing is fetched. Of several
    repositories a table is printed, and the exit code is the worst.
    """
    if len(paths) > 1:
        return _several(paths, as_json=as_json)
    found = _look(*paths or ["."])
    if as_json:
        _print(found.as_json())
    else:
        say("\n".join(found.lines()))
    return 4 if found.differs else 0


def _look(path: str) -> Status:
    from gocontainer.inspection import status as drift

    return drift.status(lockfile.top(absolute(path)))


def _print(document: object) -> None:
    import json

    say(json.dumps(document, indent=2, ensure_ascii=False))


def _several(paths: Sequence[str], *, as_json: bool) -> int:
    """Look at each repository; one that cannot be read is an error of its own."""
    found: dict[str, Status | GocontainerError] = {}
    for path in paths:
        try:
            found[path] = _look(path)
        except GocontainerError as error:
            found[path] = error
    if as_json:
        _print([_document(path, each) for path, each in found.items()])
    else:
        say("\n".join(_table([[tr(title) for title in _TITLES], *(_row(path, each) for path, each in found.items())])))
        for path, each in found.items():
            if isinstance(each, GocontainerError):
                tell(tr("{title}: {value}", title=path, value=each), err=True)
    codes = {each.exit_code if isinstance(each, GocontainerError) else 4 * each.differs for each in found.values()}
    return next(code for code in _WORST if code in codes)


def _document(path: str, found: Status | GocontainerError) -> dict[str, Any]:
    if isinstance(found, GocontainerError):
        from gocontainer.cli import requests

        return {"path": path, **requests.as_json(found, "status")}
    return {"path": path, **found.as_json()}


_TITLES = (mark("path"), mark("drifted"), mark("update"), mark("past"), mark("template"))


def _row(path: str, found: Status | GocontainerError) -> Sequence[str]:
    """Return the cells of a repository, in the order of the titles."""
    if isinstance(found, GocontainerError):
        return path, "?", "", "", ""
    update = tr("under way") if found.under_way else found.newest if found.newest != found.version else "-"
    past = sum(each.past for each in found.endings)
    drifted = sum(words != ("clean",) for words in found.files.values())
    return path, str(drifted or "-"), update, str(past or "-"), f"{found.name} {found.version}"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(padded(cell, columns) for cell, columns in zip(row, widths, strict=True)).rstrip()
