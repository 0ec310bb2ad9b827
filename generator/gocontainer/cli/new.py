"""``gocontainer new``: from flags and answers to a repository on the disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gocontainer.answers.detect import detected
from gocontainer.answers.model import Answers, Layer, fill, service_in
from gocontainer.cli import asking, flags, new_report
from gocontainer.cli.requests import NewRequest, WrongCall
from gocontainer.cli.written import sealed, write
from gocontainer.console import absolute, say, tell
from gocontainer.errors import InvalidAnswer
from gocontainer.rendering.engine import render
from gocontainer.repository import tree
from gocontainer.repository.kept import kept_files
from gocontainer.texts import tr

table = flags.table


def new(**values: Any) -> None:
    """Write the repository FOLDER/SERVICE.

    An answer comes from a flag, else from GOCONTAINER_<OPTION>, else from the answers file, else
    from the profile and the defaults. At a terminal, a wizard asks for the rest.
    """
    fields = {name: values.pop(name) for name in NewRequest._fields if name != "given"}
    request = NewRequest(**fields, given=values).at_the_folder()
    if request.template is None:
        if request.directory is not None:
            raise WrongCall("gocontainer new", tr("--directory has no meaning without --template."))
        _new(request)
    else:
        from gocontainer.cli import new_from_template

        new_from_template.new(request)


def init(**values: Any) -> None:
    """Write the repository into this folder, under its name.

    It is what 'gocontainer new .' does, and takes the same flags: 'gocontainer help new' lists them.
    """
    new(service=".", **values)


def _new(request: NewRequest) -> None:
    """Write what our own template renders."""
    layers = flags.layers(request.service, request.named, request.answers_files, request.settings, request.given)
    said = _said() if _asking(request) else None
    answers, target = _merge(layers, request.output or ".") if said is None else _converse(layers, request, said)
    if not request.dry_run:
        tree.recover(target)
    tree.refuse_occupied(target)
    place = new_report.output_flags(target, request.output)
    rendered = render(answers)
    kept = kept_files(target, rendered)
    files = sealed(rendered, answers, kept)
    written = [] if request.dry_run else write(files, target, kept, no_git=request.no_git)
    warnings = new_report.warnings(answers, *written)
    for note in new_report.moves(answers):
        tell(tr("Note: {text}", text=note), err=True)
    for warning in warnings:
        tell(tr("Warning: {text}", text=warning), err=True)
    parent = request.output or (str(target.parent) if place else ".")
    if request.as_json:
        say(new_report.as_json(answers, files, target, warnings, kept, written=not request.dry_run))
    elif request.dry_run:
        say(new_report.listing(files, target, kept))
    else:
        say(new_report.farewell(answers, files, target, parent, kept))
    if said is not None:
        others = [*place, *(["--no-git"] if request.no_git else [])]
        say(_end_conversation(answers, others, said, written=not request.dry_run), err=request.as_json)


def _asking(request: NewRequest) -> bool:
    """Whether there is somebody to ask."""
    somebody = not request.no_input and asking.is_terminal()
    if request.resume and not somebody:
        if request.no_input:
            raise WrongCall("gocontainer new", tr("--resume asks, and --no-input forbids it."))
        raise WrongCall("gocontainer new", tr("--resume asks, and there is no terminal to ask at."))
    return somebody


def _merge(layers: Sequence[Layer], output: str) -> tuple[Answers, Path]:
    """Return the answers that are given, and the repository's folder."""
    try:
        name = service_in(layers)
    except InvalidAnswer:
        name = None
    if name is None:
        Answers.merge_with_room(*layers)  # raises that, with all else that is wrong
    target = absolute(output) / str(name)
    return Answers.merge_with_room(detected(target), *layers), target


def _converse(layers: Sequence[Layer], request: NewRequest, said: Path) -> tuple[Answers, Path]:
    """Return the answers after a conversation, and the repository's folder."""
    from gocontainer import wizard

    fill((Layer("default", {"service": "service"}), *layers))  # all that is wrong is said at once, before any question
    plain, inline = asking.manner(plain=request.plain, inline=request.inline)
    manner = wizard.Manner(plain, inline, request.resume, request.dry_run, said, tell)
    return wizard.converse(layers, absolute(request.output) if request.output is not None else None, manner)


def _said() -> Path:
    """Return where the answers of a conversation in this folder are kept while it is not over."""
    import click

    from gocontainer.wizard import resume

    return resume.file(Path(click.get_app_dir("gocontainer")) / "left", Path.cwd())


def _end_conversation(answers: Answers, others: Sequence[str], said: Path, *, written: bool) -> str:
    """Forget what was kept of the conversation, and say which command does without one."""
    from gocontainer.wizard import resume, review

    if written:
        resume.forget(said)
    title = tr("The same again, without questions:") if written else tr("To write it, without questions:")
    return f"\n{title}\n  {review.command(answers, others)}"
