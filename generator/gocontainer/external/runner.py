"""An external template rendered by cookiecutter: in a private folder, in a process of its own, into memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gocontainer.answers import lockfile
from gocontainer.errors import CannotUse, GocontainerError, InvalidAnswer, UnknownKey
from gocontainer.external.template_source import Snapshot, below, is_inside
from gocontainer.options.types import nearest
from gocontainer.repository.git import surroundings
from gocontainer.repository.tree import File, Tree, load, put, scratch
from gocontainer.repository.worktree import listed

LONGEST = 120
"""Seconds that a template may take that is not trusted."""
_SCRIPT = Path(__file__).with_name("worker.py")


class RenderRequest(NamedTuple):
    """What is to be rendered. Of ``locked`` answers, those that the template no longer has are dropped."""

    source: str
    revision: str = ""
    trust: bool = False
    directory: str = ""
    asked: Mapping[str, object] = {}
    labels: Mapping[str, str] = {}
    """How errors name each answer that is asked for."""
    locked: Mapping[str, object] = {}
    defaults: tuple[str, ...] = ()
    """Which of ``locked`` nobody gave."""
    service: str | None = None


class RenderResult(NamedTuple):
    """What came of it."""

    folder: str
    tree: Tree
    answers: Mapping[str, Any]
    given: tuple[str, ...]
    today: Mapping[str, Any]
    """The answers if all that nobody gave were today's defaults."""
    directory: str
    code: tuple[str, ...]
    """What of the template is code: it ran with trust, and was left out without."""
    dropped: tuple[str, ...]


def run(snapshot: Snapshot, request: RenderRequest) -> RenderResult:
    """Render a template; raise UsageError where it or an answer cannot be used."""
    with scratch() as place:
        (place / "output").mkdir()
        _unfold(snapshot.tree, place / "template", request.source)
        outcome = _run(place, request)
        if "kind" in outcome:
            raise _error(outcome, request)
        within = "/".join(part for part in (outcome["directory"], outcome["template"]) if part)
        if missing := below(snapshot.missing, within):
            reason = (
                f"the template {request.source} has links or submodules that lead to no file of it: {listed(missing)}"
            )
            raise CannotUse(reason, "Have its author replace them by files.")
        name = outcome["folder"]
        if "/" in name or not is_inside(name):
            raise CannotUse(
                f"the template {request.source} would write the folder {name!r}", "Choose other answers with --set."
            )
        tree = _collected(place / "output" / name, request)
    del outcome["folder"], outcome["template"]
    outcome |= {key: tuple(outcome[key]) for key in ("given", "code", "dropped")}
    return RenderResult(folder=name, tree=tree, **outcome)


def _unfold(tree: Tree, folder: Path, source: str) -> None:
    """Write a template's files; none of the paths leads out, and none is a link."""
    try:
        for path, file in tree.items():
            put(folder / path, file)
    except OSError as error:
        raise CannotUse(
            f"the template {source} cannot be unfolded: {path}: {error.strerror}", "Have its author mend it."
        ) from error


def _run(place: Path, request: RenderRequest) -> dict[str, Any]:
    """Run cookiecutter; what hooks print goes to stderr, and nobody is asked anything."""
    document = {"repo": str(place / "template"), "output": str(place / "output"), **request._asdict()}
    (place / "request.json").write_text(json.dumps(document, default=str), "utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(_SCRIPT), str(place / "request.json")],
            check=False,
            cwd=place,
            env=surroundings(),
            stdin=subprocess.DEVNULL,
            stdout=2 if request.trust else subprocess.PIPE,
            stderr=None if request.trust else subprocess.PIPE,
            timeout=None if request.trust else LONGEST,
        )
    except subprocess.TimeoutExpired as error:
        reason = f"the template {request.source} was not rendered after {LONGEST} seconds"
        raise CannotUse(reason, "Have its author mend that, or name another revision.") from error
    return _outcome(place, request, (done.stderr or b"").decode("utf-8", "replace") or f"exit {done.returncode}")


def _outcome(place: Path, request: RenderRequest, said: str) -> dict[str, Any]:
    """Return the document that the script wrote, whose last words otherwise say why there is none."""
    try:
        outcome: dict[str, Any] = json.loads((place / "outcome.json").read_bytes())
    except (OSError, ValueError) as error:
        reason = f"the template {request.source} cannot be rendered: {said.strip().splitlines()[-1]}"
        raise CannotUse(reason, "Look at it with its author.") from error
    return outcome


def _error(outcome: Mapping[str, Any], request: RenderRequest) -> GocontainerError:
    """Return the error that the script's document stands for."""
    name = outcome.get("name", "")
    where = request.labels.get(name, f"{name} in {lockfile.LOCK}" if name in request.locked else name)
    match outcome["kind"]:
        case "unknown":
            known = outcome["known"]
            return UnknownKey(where, name, nearest(name, known), known)
        case "answer":
            return InvalidAnswer(where, outcome["value"], outcome["expected"], f"Give another with --set {name}=VALUE.")
        case "service":
            hint = "Leave SERVICE out, and give the template's variables with --set KEY=VALUE."
            return CannotUse(f"no variable of {request.source} is the name of its folder, {outcome['folder']}", hint)
        case "twice":
            return CannotUse(f"SERVICE and {where} are both given", "Leave one of them out.")
    hint = outcome.get("hint", "Have its author mend that, or name another revision.")
    return CannotUse(f"the template {request.source} {outcome['reason'].rstrip('.')}", hint)


def _collected(folder: Path, request: RenderRequest) -> dict[str, File]:
    """Return what was rendered, less what a hook made of git's own; refuse what a pack cannot hold."""
    links = [path for path in folder.rglob("*") if path.is_symlink()]
    if links:
        named = listed(path.relative_to(folder).as_posix() for path in links)
        raise CannotUse(f"the template {request.source} made links: {named}", "Have its author make files.")
    tree = load(folder)
    tree.pop(lockfile.LOCK, None)
    tree.pop(lockfile.PACK, None)
    kept_by_git = [] if request.trust else [path.relative_to(folder).as_posix() for path in folder.rglob(".git")]
    bad = sorted({*kept_by_git, *(path for path in tree if not is_inside(path))})
    if bad:
        raise CannotUse(
            f"the template {request.source} would write {listed(bad)}", "Have its author name such files otherwise."
        )
    try:
        same = lockfile.unpack(lockfile.pack(tree)) == tree
    except ValueError:
        same = False
    if not same or not tree:
        what = f"more than {lockfile.LARGEST:,} bytes" if tree else "no file"
        raise CannotUse(
            f"the template {request.source} renders {what}", "Choose other answers, or have its author mend it."
        )
    return tree
