"""An external template rendered by cookiecutter: in a private folder, in a process of its own, into memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gocontainer.answers import lockfile
from gocontainer.errors import CannotUse, GocontainerError, InvalidAnswer, UnknownKey
from gocontainer.external.template_source import Snapshot, below, is_inside
from gocontainer.options.patterns import nearest
from gocontainer.repository.git import surroundings
from gocontainer.repository.tree import File, Tree, load, put, scratch
from gocontainer.texts import listed, mark, tr

LONGEST = 120
"""Seconds that a template may take that is not trusted."""
_SCRIPT = Path(__file__).with_name("worker.py")
_CODE = {"hook": mark("the hook {name}"), "extension": mark("the extension {name}"), "setting": mark("Jinja's {name}")}
_EXPECTED = {
    "boolean": mark("true or false"),
    "object": mark("a JSON object"),
    "one": mark("one of {choices}"),
    "text": mark("text"),
}
_REFUSED = {
    "fails": mark("the template {source} cannot be rendered: {said}"),
    "forbidden": mark("the template {source} does what the sandbox forbids: {said}"),
    "itself": mark("the template {source} names itself as the template {name}"),
    "needs code": mark("the template {source} cannot be rendered without its code ({code}): {said}"),
    "none": mark("the template {source} holds no cookiecutter.json, so it is no cookiecutter template"),
    "outside": mark("the template {source} would write to {name}, outside of its folder"),
    "unnamed": mark("the template {source} has no folder that is named by a variable of cookiecutter"),
}
"""What the script's words mean."""
_GIVE = mark("Give --trust if you trust its author: this runs code.")
_MEND = mark("Have its author mend that, or name another revision.")


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
            reason = tr(
                "the template {source} has links or submodules that lead to no file of it: {paths}",
                source=request.source,
                paths=listed(missing),
            )
            raise CannotUse(reason, tr("Have its author replace them by files."))
        name = outcome["folder"]
        if "/" in name or not is_inside(name):
            reason = tr("the template {source} would write the folder {name!r}", source=request.source, name=name)
            raise CannotUse(reason, tr("Choose other answers with --set."))
        tree = _collected(place / "output" / name, request)
    del outcome["folder"], outcome["template"]
    outcome |= {key: tuple(outcome[key]) for key in ("given", "dropped")} | {"code": _named(outcome["code"])}
    return RenderResult(folder=name, tree=tree, **outcome)


def _unfold(tree: Tree, folder: Path, source: str) -> None:
    """Write a template's files; none of the paths leads out, and none is a link."""
    try:
        for path, file in tree.items():
            put(folder / path, file)
    except OSError as error:
        said = error.strerror or str(error)
        values = {"source": source, "path": path, "reason": tr(said)}
        reason = tr("the template {source} cannot be unfolded: {path}: {reason}", **values)
        raise CannotUse(reason, tr("Have its author mend it.")) from error


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
        values = {"source": request.source, "seconds": LONGEST}
        reason = tr("the template {source} was not rendered after {seconds} seconds", **values)
        raise CannotUse(reason, tr(_MEND)) from error
    return _outcome(place, request, (done.stderr or b"").decode("utf-8", "replace") or f"exit {done.returncode}")


def _outcome(place: Path, request: RenderRequest, said: str) -> dict[str, Any]:
    """Return the document that the script wrote, whose last words otherwise say why there is none."""
    try:
        outcome: dict[str, Any] = json.loads((place / "outcome.json").read_bytes())
    except (OSError, ValueError) as error:
        values = {"source": request.source, "said": said.strip().splitlines()[-1]}
        reason = tr("the template {source} cannot be rendered: {said}", **values)
        raise CannotUse(reason, tr("Look at it with its author.")) from error
    return outcome


def _error(outcome: Mapping[str, Any], request: RenderRequest) -> GocontainerError:
    """Return the error that the script's document stands for."""
    name = outcome.get("name", "")
    in_lock = tr("{name} in {file}", name=name, file=lockfile.LOCK)
    where = request.labels.get(name, in_lock if name in request.locked else name)
    match outcome["kind"]:
        case "unknown":
            known = outcome["known"]
            return UnknownKey(where, name, nearest(name, known), known)
        case "answer":
            what = _EXPECTED[outcome["expected"]]
            expected = tr(what, choices=", ".join(outcome.get("choices", ())))
            hint = tr("Give another with --set {name}=VALUE.", name=name)
            return InvalidAnswer(where, outcome["value"], expected, hint)
        case "service":
            values = {"source": request.source, "folder": outcome["folder"]}
            reason = tr("no variable of {source} is the name of its folder, {folder}", **values)
            hint = tr("Leave SERVICE out, and give the template's variables with --set KEY=VALUE.")
            return CannotUse(reason, hint)
        case "twice":
            return CannotUse(tr("SERVICE and {name} are both given", name=where), tr("Leave one of them out."))
    values = {**outcome, "source": request.source, "code": ", ".join(_named(outcome.get("code", ())))}
    hint, reason = _GIVE if outcome["kind"] in ("forbidden", "needs code") else _MEND, _REFUSED[outcome["kind"]]
    return CannotUse(tr(reason, **values), tr(hint))


def _named(code: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the code of a template in words."""
    return tuple(tr(what, name=name) for what, name in ((_CODE[kind], name) for kind, name in code))


def _collected(folder: Path, request: RenderRequest) -> dict[str, File]:
    """Return what was rendered, less what a hook made of git's own; refuse what a pack cannot hold."""
    links = [path for path in folder.rglob("*") if path.is_symlink()]
    if links:
        paths = listed(path.relative_to(folder).as_posix() for path in links)
        reason = tr("the template {source} made links: {paths}", source=request.source, paths=paths)
        raise CannotUse(reason, tr("Have its author make files."))
    tree = load(folder)
    tree.pop(lockfile.LOCK, None)
    tree.pop(lockfile.PACK, None)
    kept_by_git = [] if request.trust else [path.relative_to(folder).as_posix() for path in folder.rglob(".git")]
    bad = sorted({*kept_by_git, *(path for path in tree if not is_inside(path))})
    if bad:
        reason = tr("the template {source} would write {paths}", source=request.source, paths=listed(bad))
        raise CannotUse(reason, tr("Have its author name such files otherwise."))
    try:
        same = lockfile.unpack(lockfile.pack(tree)) == tree
    except ValueError:
        same = False
    if not same or not tree:
        values = {"source": request.source, "limit": lockfile.LARGEST}
        too_much = tr("the template {source} renders more than {limit:,} bytes", **values)
        reason = too_much if tree else tr("the template {source} renders no file", source=request.source)
        raise CannotUse(reason, tr("Choose other answers, or have its author mend it."))
    return tree
