"""Repositories of a template of others: what ``--template`` renders, and how a newer one is merged.

    SRC@REV --(origin)--> Snapshot --(bakery)--> tree, answers --(update's own machinery)--> merged

A project that cruft made is taken over by its first update.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from gocontainer import __version__
from gocontainer.answers import lockfile
from gocontainer.answers.model import Answers, Layer
from gocontainer.errors import CannotUpdate, CannotUse, NotARepository, UnreadableLock
from gocontainer.external import cruft, runner, template_source
from gocontainer.options.types import Value
from gocontainer.repository.tree import File
from gocontainer.repository.worktree import Project
from gocontainer.update import base, steps


class Wanted(NamedTuple):
    """What the command line says of a template."""

    template: str | None = None
    revision: str | None = None
    trust: bool = False


class Foreign(Answers):
    """The answers to a template of others; each key came from ``origins``."""

    def __init__(self, values: Mapping[str, Any], origins: Mapping[str, str]) -> None:
        self._values, self.origins, self.profile = dict(values), dict(origins), ""

    def applicable(self) -> dict[str, Value]:
        """Return all: our conditions are not that template's."""
        return {**self}


class Rendered(NamedTuple):
    """A template of others, rendered."""

    folder: str
    tree: Mapping[str, File]
    answers: Foreign
    template: lockfile.Template
    notes: tuple[str, ...]


def _concerns(folder: Path, wanted: Wanted) -> bool:
    """Whether an update of ``folder`` is one to a template of others."""
    if wanted.template is not None:
        return True
    try:
        return lockfile.read(folder).name != lockfile.NAME
    except NotARepository:
        return (folder / cruft.FILE).is_file()
    except UnreadableLock:
        return False


def render(wanted: Wanted, layers: tuple[Layer, ...], service: str | None) -> Rendered:
    """Render a template for ``new``."""
    where = template_source.parse(wanted.template or "")
    order = _asking(runner.Order(where.source, where.revision, wanted.trust, service=service), layers)
    with _opened(where) as source:
        snapshot = source.pick(where.revision)
        baked = runner.bake(snapshot, order)
    origins = {name: "flag" if name in baked.given else "default" for name in baked.answers}
    origins |= {name: layer.origin for layer in layers for name in layer.values if name in baked.answers}
    answers = Foreign(baked.answers, origins)
    return Rendered(baked.folder, baked.tree, answers, _template(order, snapshot, baked), notes(order, snapshot, baked))


def prepare(folder: Path, settings: Layer, wanted: Wanted, *, baseless: bool = False) -> steps.Preparation:
    """Prepare an update: to our own template, or to one of others where it is one."""
    if _concerns(folder, wanted):
        return _prepare(folder, settings, wanted, baseless=baseless)
    if wanted.revision not in (None, __version__):
        way_out = f"Install gocontainer {wanted.revision} and run it instead."
        raise CannotUpdate(f"this is gocontainer {__version__}", way_out)
    return steps.prepare(folder, settings, baseless=baseless)


def _prepare(folder: Path, settings: Layer, wanted: Wanted, *, baseless: bool) -> steps.Preparation:
    """Read lock or ``.cruft.json``, find the base and render the template that the update goes to."""
    project = steps.open_project(folder, cruft.FILE)
    theirs = cruft.read(project) if lockfile.LOCK not in project.mine else None
    remembered = steps.recall(project) if theirs is None else _as_lock(theirs)
    where = _where(wanted, remembered, theirs)
    order = runner.Order(where.source, where.revision, wanted.trust, remembered.directory,
                         locked=remembered.answers, defaults=remembered.defaults)  # fmt: skip
    nothing = base.Base({}, "nothing")
    version = remembered.version if theirs is None and remembered.name != lockfile.NAME else ""
    with _opened(where, project) as source:
        snapshot = source.pick(where.revision, version, remembered.commit)
        baked = runner.bake(snapshot, _asking(order, (settings,)))
        if theirs is not None and not baseless:
            nothing = base.Base(_first(source, theirs, order), "rendered again")
    if remembered.trusted and baked.code and not wanted.trust:
        way_out = "Give --trust if you trust its author: this runs code."
        raise CannotUse(f"the repository was rendered with code of {remembered.name}: {', '.join(baked.code)}", way_out)
    answers = _kept_answers(baked, remembered)
    offers = {
        name: (value, baked.today[name])
        for name, value in answers.items()
        if name in remembered.defaults and name not in baked.given and value != baked.today[name]
    }
    prepared = steps.Preparation(
        project, remembered, answers, nothing, baked.tree, offers,
        _template(order, snapshot, baked), notes(order, snapshot, baked),
    )  # fmt: skip
    if theirs is not None:  # it is in the base and not in theirs, and so goes away
        tree = {**nothing.tree, cruft.FILE: File(theirs.text)}
        return prepared._replace(base=nothing._replace(tree=tree))
    if baseless or prepared.is_current:
        return prepared
    return prepared._replace(base=base.find(project, remembered))


def notes(order: runner.Order, snapshot: template_source.Snapshot, baked: runner.Baked) -> tuple[str, ...]:
    """Return what a person should know of a template."""
    code = ", ".join(baked.code)
    found = []
    if code and order.trust:
        found.append(f"This ran code of {order.source}: {code}.")
    elif code:
        found.append(f"Left out of {order.source}, since it is code: {code}. --trust runs it.")
    if snapshot.missing:
        found.append(f"Left out of {order.source}: {', '.join(snapshot.missing)}.")
    found += [f"{order.source} has no variable {name} any more: its answer is dropped." for name in baked.dropped]
    return tuple(found)


@contextmanager
def _opened(where: template_source.Origin, project: Project | None = None) -> Iterator[template_source.Opened]:
    """Open a template; a folder is seen from here, else from where the project was made."""
    folder = where.folder
    if project and folder and not folder.exists() and (project.folder.parent / folder).exists():
        folder = project.folder.parent / folder
    with tempfile.TemporaryDirectory(prefix="gocontainer-", ignore_cleanup_errors=True) as scratch:
        yield template_source.open_origin(where.source, folder, Path(scratch))


def _asking(order: runner.Order, layers: tuple[Layer, ...]) -> runner.Order:
    asked = {name: value for layer in layers for name, value in layer.values.items()}
    labels = {name: layer.where(name) for layer in layers for name in layer.values}
    return order._replace(asked=asked, labels=labels)


def _where(wanted: Wanted, remembered: lockfile.Lock, theirs: cruft.Cruft | None) -> template_source.Origin:
    """Return where the update goes: ``--template``, else what is remembered; ``--to`` or ``@REV``, not both."""
    where = (
        template_source.parse(wanted.template) if wanted.template else template_source.parse(remembered.name + "@HEAD")
    )
    if not wanted.template:
        where = where._replace(revision=theirs.checkout if theirs else "")
    if wanted.revision is None:
        return where
    if wanted.template and where.revision not in ("", wanted.revision):
        raise CannotUpdate(f"--to {wanted.revision} and @{where.revision} are both given", "Leave one of them out.")
    template_source.check_revision(wanted.revision)
    return where._replace(revision=wanted.revision)


def _template(order: runner.Order, snapshot: template_source.Snapshot, baked: runner.Baked) -> lockfile.Template:
    trusted = order.trust and bool(baked.code)
    return lockfile.Template(order.source, snapshot.version, snapshot.commit, baked.directory, trusted)


def _kept_answers(baked: runner.Baked, remembered: lockfile.Lock) -> Foreign:
    """Return the answers: what was only a default still is one, and so is what is new."""
    spoken = remembered.answers.keys() - set(remembered.defaults)
    origins = {name: "lock" if name in spoken else "default" for name in baked.answers}
    return Foreign(baked.answers, {**origins, **dict.fromkeys(baked.given, "flag")})


def _as_lock(theirs: cruft.Cruft) -> lockfile.Lock:
    """Return what cruft remembers as a lock. Which answers were only defaults it does not say."""
    return lockfile.Lock(
        version=theirs.commit[:7],
        profile="",
        answers=theirs.context,
        defaults=(),
        digest="",
        keep=theirs.skip,
        name=theirs.template,
        commit=theirs.commit,
        directory=theirs.directory,
    )


def _first(source: template_source.Opened, theirs: cruft.Cruft, order: runner.Order) -> Mapping[str, File]:
    """Return what cruft rendered at first."""
    try:
        snapshot = source.at(theirs.commit)
    except CannotUse as error:
        reason = f"the template {source.source} has no commit {theirs.commit}, which {cruft.FILE} was rendered from"
        way_out = "Say with --template where it is, or run with --baseless: every difference then is a conflict."
        raise CannotUpdate(reason, way_out) from error
    return runner.bake(snapshot, order).tree
