"""Repositories of an external template: what ``--template`` renders, and how a newer one is merged.

    SRC@REV --(template_source)--> Snapshot --(runner)--> tree, answers --(update)--> merged

A project that cruft made is taken over by its first update.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from gocontainer.answers import lockfile
from gocontainer.answers.model import AnswerSet, Layer
from gocontainer.errors import CannotUpdate, CannotUse
from gocontainer.external import cruft, fork, runner, template_source, variables
from gocontainer.external.runner import RenderRequest, RenderResult
from gocontainer.external.template_source import Snapshot
from gocontainer.external.wanted import Wanted
from gocontainer.repository.tree import File
from gocontainer.repository.tree import scratch as scratch_folder
from gocontainer.repository.worktree import Project
from gocontainer.texts import mark, tr
from gocontainer.update import base, steps
from gocontainer.update.git_merge import ScratchRepository


class Rendered(NamedTuple):
    """An external template, rendered."""

    folder: str
    tree: Mapping[str, File]
    answers: AnswerSet
    template: lockfile.Template
    notes: tuple[str, ...]


class Pinned(NamedTuple):
    """An external template as it is at one moment."""

    wanted: Wanted
    where: template_source.TemplateSource
    snapshot: Snapshot

    def render(self, layers: tuple[Layer, ...], service: str | None) -> Rendered:
        """Render it; each time from its files, whatever the last time left behind."""
        where, wanted, snapshot = self.where, self.wanted, self.snapshot
        request = RenderRequest(where.name, where.revision, wanted.trust, wanted.directory or "", service=service)
        request = _asking(request, layers)
        with runner.unfolded(snapshot, where.source) as unfolded:
            if wanted.person is not None:
                request = variables.consult(unfolded, request, wanted.person, wanted.wizard)
            result = unfolded.render(request)
        origins = {name: "flag" if name in result.given else "default" for name in result.answers}
        origins |= {name: layer.origin for layer in layers for name in layer.values if name in result.answers}
        answers = AnswerSet(result.answers, origins)
        return Rendered(
            result.folder, result.tree, answers, _template(request, snapshot, result), notes(request, snapshot, result)
        )

    @contextmanager
    def form(self) -> Iterator[fork.Form]:
        """Run the form that it brings until the caller is done."""
        name = self.where.name
        with runner.unfolded(self.snapshot, name) as unfolded, fork.form(unfolded.folder, name) as running:
            yield running


def pinned(wanted: Wanted) -> Pinned:
    """Return the template as it is now."""
    where = template_source.parse(wanted.template or "")
    with _opened(where) as source:
        return Pinned(wanted, where, source.pick(where.revision))


def render(wanted: Wanted, layers: tuple[Layer, ...], service: str | None) -> Rendered:
    """Render a template for ``new``."""
    return pinned(wanted).render(layers, service)


def prepare(
    scratch: ScratchRepository, lock: lockfile.Lock | None, settings: Layer, wanted: Wanted, *, baseless: bool
) -> steps.Update:
    """Find the base and render the template that the update goes to; ``.cruft.json`` stands for a lock."""
    project = scratch.project
    theirs = cruft.read(project) if lock is None else None
    remembered = _as_lock(theirs) if theirs else lock
    assert remembered
    where = _where(wanted, remembered, theirs)
    directory = remembered.directory if wanted.directory is None else wanted.directory
    request = RenderRequest(where.name, where.revision, wanted.trust, directory,
                         locked=remembered.answers, defaults=remembered.defaults)  # fmt: skip
    nothing = base.Base({}, "nothing")
    version = remembered.version if theirs is None and remembered.name != lockfile.NAME else ""
    with _opened(where, project) as source:
        request = request._replace(source=_known_as(where, remembered, source))
        snapshot = source.pick(where.revision, version, remembered.commit)
        with runner.unfolded(snapshot, where.source) as unfolded:
            if wanted.person is not None:
                request = variables.trusted(unfolded, request, wanted.person())
            result = unfolded.render(_asking(request, (settings,)))
        if theirs is not None and not baseless:
            nothing = base.Base(_first(source, theirs, request), "rendered again")
    if remembered.trusted and result.code and not request.trust:
        values = {"name": remembered.name, "code": ", ".join(result.code)}
        reason = tr("the repository was rendered with code of {name}: {code}", **values)
        raise CannotUse(reason, tr("Give --trust if you trust its author: this runs code."))
    answers = _kept_answers(result, remembered, settings.values)
    offers = {
        name: (value, result.today[name])
        for name, value in answers.items()
        if name in remembered.defaults and name not in result.given and value != result.today[name]
    }
    update = steps.Update(
        scratch, remembered, answers, nothing, result.tree, offers,
        _template(request, snapshot, result), notes(request, snapshot, result),
    )  # fmt: skip
    if theirs is not None:  # it is in the base and not in theirs, and so goes away
        tree = {**nothing.tree, cruft.FILE: File(theirs.text)}
        return update._replace(base=nothing._replace(tree=tree))
    return update if baseless else steps.with_base(update)


def later(project: Project, ours: lockfile.Lock, theirs: lockfile.Lock, template: str | None) -> lockfile.Lock:
    """Return which of two locks is of the later template, by the template's own history.

    That is read from ``template`` where it is given. Raises CannotUpdate where it does not say, or CannotFetch.
    """
    with _opened(template_source.parse(template or f"{ours.name}@HEAD"), project) as source:
        found = source.later(ours.commit, theirs.commit) if ours.commit and theirs.commit else ""
    if found:
        return ours if found == ours.commit else theirs
    values = {"name": ours.name, "ours": ours.version, "theirs": theirs.version}
    reason = tr("the history of {name} does not say which is later, {ours} or {theirs}", **values)
    hint = tr("Abort the merge, let one branch take the other's with 'gocontainer update --to', and merge again.")
    raise CannotUpdate(reason, hint)


def notes(request: RenderRequest, snapshot: Snapshot, result: RenderResult) -> tuple[str, ...]:
    """Return what a person should know of a template."""
    code, source, found = ", ".join(result.code), request.source, [*snapshot.notes]
    if code and request.trust:
        found.append(tr("This ran code of {source}: {code}.", source=source, code=code))
    elif code:
        found.append(tr("Left out of {source}, since it is code: {code}. --trust runs it.", source=source, code=code))
    if snapshot.missing:
        found.append(tr("Left out of {source}: {paths}.", source=source, paths=", ".join(snapshot.missing)))
    dropped = mark("{source} has no variable {name} any more: its answer is dropped.")
    return (*found, *(tr(dropped, source=source, name=name) for name in result.dropped))


@contextmanager
def _opened(where: template_source.TemplateSource, project: Project | None = None) -> Iterator[template_source.Opened]:
    """Open a template; a folder is seen from here, else from where the project was made."""
    folder = where.folder
    if project and folder and not folder.exists() and (project.folder.parent / folder).exists():
        folder = project.folder.parent / folder
    with scratch_folder() as place:
        yield template_source.open_source(where.source, folder, place)


def _asking(request: RenderRequest, layers: tuple[Layer, ...]) -> RenderRequest:
    asked = {name: value for layer in layers for name, value in layer.values.items()}
    labels = {name: layer.where(name) for layer in layers for name in layer.values}
    return request._replace(asked=asked, labels=labels)


def _where(wanted: Wanted, remembered: lockfile.Lock, theirs: cruft.Cruft | None) -> template_source.TemplateSource:
    """Return where the update goes: ``--template``, else what is remembered; ``--to`` or ``@REV``, not both."""
    where = (
        template_source.parse(wanted.template) if wanted.template else template_source.parse(remembered.name + "@HEAD")
    )
    if not wanted.template:
        where = where._replace(revision=theirs.checkout if theirs else "")
    if wanted.revision is None:
        return where
    if wanted.template and where.revision not in ("", wanted.revision):
        values = {"wanted": wanted.revision, "revision": where.revision}
        reason = tr("--to {wanted} and @{revision} are both given", **values)
        raise CannotUpdate(reason, tr("Leave one of them out."))
    template_source.check_revision(wanted.revision)
    return where._replace(revision=wanted.revision)


def _known_as(where: template_source.TemplateSource, lock: lockfile.Lock, source: template_source.Opened) -> str:
    """Return the template's name in the lock: a checkout of what the lock names is the same template to everybody."""
    named = template_source.TemplateSource(lock.name)
    if where.folder is None or named.is_folder or lock.name == lockfile.NAME:
        return where.name
    if source.is_checkout_of(lock.name, lock.commit):
        return named.name
    reason = tr("{folder} is not known to be a checkout of {name}", folder=where.source, name=lock.name)
    hint = tr("Fetch its history there; or, to leave {name}, give the folder as a file:// address.", name=lock.name)
    raise CannotUpdate(reason, hint)


def _template(request: RenderRequest, snapshot: Snapshot, result: RenderResult) -> lockfile.Template:
    trusted = request.trust and bool(result.code)
    return lockfile.Template(request.source, snapshot.version, snapshot.commit, result.directory, trusted)


def _kept_answers(result: RenderResult, remembered: lockfile.Lock, asked: Mapping[str, object]) -> AnswerSet:
    """Return the answers: what was only a default still is one; so is what is new, and what is ``asked`` to be one."""
    spoken = remembered.answers.keys() - set(remembered.defaults) - asked.keys()
    origins = {name: "lock" if name in spoken else "default" for name in result.answers}
    return AnswerSet(result.answers, {**origins, **dict.fromkeys(result.given, "flag")})


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


def _first(source: template_source.Opened, theirs: cruft.Cruft, request: RenderRequest) -> Mapping[str, File]:
    """Return what cruft rendered at first."""
    try:
        snapshot = source.at(theirs.commit)
    except CannotUse as error:
        reason = tr(
            "the template {source} has no commit {commit}, which {file} was rendered from",
            source=source.source,
            commit=theirs.commit,
            file=cruft.FILE,
        )
        hint = tr("Say with --template where it is, or run with --baseless: every difference then is a conflict.")
        raise CannotUpdate(reason, hint) from error
    return runner.run(snapshot, request).tree
