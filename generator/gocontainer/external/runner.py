"""An external template rendered by cookiecutter: in a private folder, in a process of its own, into memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from gocontainer.answers import lockfile
from gocontainer.errors import CannotUse, GocontainerError, InvalidAnswer, UnknownKey
from gocontainer.external import fork
from gocontainer.external.template_paths import below, is_inside, misplaced
from gocontainer.external.template_source import Snapshot
from gocontainer.external.wanted import Question, Wizard
from gocontainer.options.patterns import nearest
from gocontainer.repository.git import surroundings
from gocontainer.repository.tree import File, Tree, load, put, scratch
from gocontainer.texts import listed, mark, tr

LONGEST = 120
"""Seconds that a template may take that is not trusted."""
_RENDER, _LOOK = (Path(__file__).with_name(f"{name}.py") for name in ("worker", "questions"))
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
    whole: tuple[str, ...] = ()
    """Which answers are a mapping that takes the place of the default: others only change keys of it."""
    prepared: tuple[str, ...] = ()
    """The folders of the template whose pre_prompt hook has run."""
    look: bool = False
    """Whether somebody is to be asked which of several templates it is."""


class Look(NamedTuple):
    """What a template asks after some answers."""

    questions: tuple[Question, ...]
    """Those whose default can be rendered by now."""
    left: int
    """How many questions there are."""
    code: tuple[str, ...]
    prepared: tuple[str, ...]
    error: GocontainerError | None
    """Why there are no questions."""


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
    with unfolded(snapshot, request.source) as template:
        return template.render(request)


@contextmanager
def unfolded(snapshot: Snapshot, source: str) -> Iterator[Unfolded]:
    """Write a template to a private folder, to be looked at and then rendered once."""
    with scratch() as place:
        (place / "output").mkdir()
        _unfold(snapshot.tree, place / "template", source)
        yield Unfolded(snapshot, place)


class Unfolded:
    """A template in a private folder."""

    def __init__(self, snapshot: Snapshot, place: Path) -> None:
        self.snapshot, self._place = snapshot, place

    def look(self, request: RenderRequest) -> Look:
        """Return what it asks that the request does not answer."""
        outcome = _run(self._place, request._replace(look=True), _LOOK)
        questions = tuple(Question(**each) for each in outcome.get("questions", ()))
        error = None if outcome["kind"] == "questions" else _error(outcome, request)
        return Look(questions, outcome.get("left", 0), _named(outcome["code"]), tuple(outcome["prepared"]), error)

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self._place / "template"

    @property
    def brings_wizard(self) -> bool:
        """Whether it is a fork of our template, with a table of its own."""
        return fork.brings(self.folder, fork.WIZARD)

    def hold_wizard(self, request: RenderRequest, wizard: Wizard) -> RenderRequest:
        """Let the template's own wizard ask at this terminal, and return the request with the answers."""
        service = {} if request.service is None else {"service": request.service}
        document = {"given": {**service, **request.asked}, **wizard._asdict()}
        outcome = fork.hold_wizard(self._place, self.folder, document)
        if outcome is None:
            reason = tr("the wizard of the template {source} failed", source=request.source)
            raise CannotUse(reason, tr("Give its answers with --set, and --no-input."))
        return request._replace(asked={**request.asked, **outcome}, service=None)

    def render(self, request: RenderRequest) -> RenderResult:
        """Render it; raise UsageError where it or an answer cannot be used."""
        outcome = _run(self._place, request, _RENDER)
        if "kind" in outcome:
            lost = outcome["kind"] == "none" and misplaced(self.snapshot.tree, request.source, request.directory)
            raise lost or _error(outcome, request)
        within = "/".join(part for part in (outcome["directory"], outcome["template"]) if part)
        if missing := below(self.snapshot.missing, within):
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
        tree = _collected(self._place / "output" / name, request)
        for key in ("folder", "template", "prepared"):
            del outcome[key]
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


def _run(place: Path, request: RenderRequest, script: Path) -> dict[str, Any]:
    """Run cookiecutter; what hooks print goes to stderr, and nobody is asked anything."""
    document = {"repo": str(place / "template"), "output": str(place / "output"), **request._asdict()}
    (place / "outcome.json").unlink(missing_ok=True)
    (place / "request.json").write_text(json.dumps(document, default=str), "utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(script), str(place / "request.json")],
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
