"""``gocontainer new --template``: what it writes and says."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from gocontainer.answers.sources import from_file
from gocontainer.cli import asking, flags, new_report
from gocontainer.cli.requests import NewRequest
from gocontainer.cli.written import sealed, write
from gocontainer.console import absolute, say, tell
from gocontainer.errors import CannotUse
from gocontainer.external import template
from gocontainer.external.wanted import Wanted, Wizard, in_a_line
from gocontainer.options.profiles import PROFILE
from gocontainer.options.table import BY_NAME
from gocontainer.repository import tree
from gocontainer.repository.kept import KeptFile, kept_files
from gocontainer.texts import mark, tr


def new(request: NewRequest) -> None:
    """Render an external template and write it with its lock and pack."""
    _refuse(request)
    layers = (*(from_file(Path(path)) for path in request.answers_files), flags.settings_layer(request.settings))
    manner = {"plain": request.plain, "inline": request.inline}
    person = asking.person(no_input=request.no_input, as_json=request.as_json, **manner)
    wizard = Wizard(str(absolute(request.output or ".")), dry_run=request.dry_run, **manner)
    wanted = Wanted(request.template, None, request.trust, request.directory, person, wizard)
    rendered = template.render(wanted, layers, request.named or request.service)
    output = request.output or "."
    target = absolute(output) / rendered.folder
    if not request.dry_run:
        tree.recover(target)
    tree.refuse_occupied(target)
    kept = kept_files(target, rendered.tree)
    files = sealed(rendered.tree, rendered.answers, kept, rendered.template)
    written = [] if request.dry_run else write(files, target, kept, no_git=request.no_git)
    warnings = [*rendered.notes, *written]
    for warning in warnings:
        tell(tr("Warning: {text}", text=warning), err=True)
    if request.as_json:
        more = {"template": rendered.template.document()}
        say(new_report.as_json(rendered.answers, files, target, warnings, kept, written=not request.dry_run, **more))
    elif request.dry_run:
        say(new_report.listing(files, target, kept))
    else:
        say("\n".join(_farewell(rendered, files, target, output, kept)))


def _refuse(request: NewRequest) -> None:
    """Raise CannotUse where a flag is given that only our own template knows."""
    options = [PROFILE, *BY_NAME.values()]
    given = [each.flag for each in options if request.given.get(each.name) not in (None, (), "")]
    given += ["--resume"] if request.resume else []
    if given:
        hint = tr("Leave it out; that template's own variables are given with --set KEY=VALUE.")
        text = mark("{flag} is of gocontainer's own template, not of {template}")
        raise CannotUse(tr(text, flag=given[0], template=request.template), hint)
    if len(request.answers_files) > 1:
        reason = tr("{flag} is given {count} times", flag="--answers", count=len(request.answers_files))
        raise CannotUse(reason, tr("Give one file."))


def _farewell(
    rendered: template.Rendered, files: tree.Tree, target: Path, output: str, kept: Sequence[KeptFile]
) -> Iterator[str]:
    template = rendered.template
    yield tr("Wrote {service}: {count} files in {folder}", service=target.name, count=len(files), folder=target)
    yield new_report.fact(tr("template"), f"{template.name} {template.version}")
    defaults = rendered.answers.defaults()
    if defaults:
        shown = ", ".join(f"{name}={in_a_line(rendered.answers[name])}" for name in defaults)
        yield new_report.fact(tr("defaults"), shown)
        yield new_report.fact("", tr("another value: --set KEY=VALUE"))
    yield from new_report.kept_lines(kept)
    yield ""
    yield tr("Next:")
    yield f"  cd {shlex.quote(os.path.normpath(f'{output}/{target.name}'))}"
