"""``gocontainer new --template``: what it writes and says."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from gocontainer.answers import lockfile
from gocontainer.answers.sources import from_file
from gocontainer.cli import flags, new_report
from gocontainer.console import absolute, say, tell
from gocontainer.errors import CannotUse
from gocontainer.external import template
from gocontainer.options.profiles import PROFILE
from gocontainer.options.table import BY_NAME
from gocontainer.repository import tree


class Call(NamedTuple):
    """The call, its switches aside."""

    service: str | None
    output: str
    template: str
    answers_files: tuple[str, ...]
    settings: tuple[str, ...]


class Write(Protocol):
    """Writes a tree whole or not at all, commits it, and returns what to say about it."""

    def __call__(self, files: tree.Tree, target: Path, *, no_git: bool) -> list[str]: ...


def new(call: Call, switches: Mapping[str, Any], write: Write) -> None:
    """Render an external template and write it with its lock and pack."""
    _refuse(call, switches)
    layers = (*(from_file(Path(path)) for path in call.answers_files), flags.settings_layer(call.settings))
    wanted = template.Wanted(call.template, trust=switches["trust"])
    rendered = template.render(wanted, layers, call.service)
    target = absolute(call.output) / rendered.folder
    if not switches["dry_run"]:
        tree.recover(target)
    tree.refuse_occupied(target)
    files = lockfile.with_lockfile(rendered.tree, rendered.answers, template=rendered.template)
    written = [] if switches["dry_run"] else write(files, target, no_git=switches["no_git"])
    warnings = [*rendered.notes, *written]
    for warning in warnings:
        tell(f"Warning: {warning}", err=True)
    if switches["as_json"]:
        report = new_report.report(rendered.answers, files, target, warnings, written=not switches["dry_run"])
        say(json.dumps({**report, "template": rendered.template.document()}, indent=2, ensure_ascii=False))
    elif switches["dry_run"]:
        say(new_report.listing(files, target))
    else:
        say("\n".join(_farewell(rendered, files, target, call)))


def _refuse(call: Call, switches: Mapping[str, Any]) -> None:
    """Raise CannotUse where a flag is given that only our own template knows."""
    options = [PROFILE, *BY_NAME.values()]
    given = [each.flag for each in options if switches.get(each.name) not in (None, (), "")]
    given += [f"--{name}" for name in ("plain", "resume") if switches[name]]
    if given:
        hint = "Leave it out; that template's own variables are given with --set KEY=VALUE."
        raise CannotUse(f"{given[0]} is of gocontainer's own template, not of {call.template}", hint)
    if len(call.answers_files) > 1:
        raise CannotUse(f"--answers is given {len(call.answers_files)} times", "Give one file.")


def _farewell(rendered: template.Rendered, files: tree.Tree, target: Path, call: Call) -> Iterator[str]:
    template = rendered.template
    yield f"Wrote {target.name}: {len(files)} files in {target}"
    yield f"  template  {template.name} {template.version}"
    defaults = rendered.answers.defaults()
    if defaults:
        yield f"  defaults  {', '.join(f'{name}={_shown(rendered.answers[name])}' for name in defaults)}"
        yield "            another value: --set KEY=VALUE"
    yield ""
    yield "Next:"
    yield f"  cd {shlex.quote(os.path.normpath(f'{call.output}/{target.name}'))}"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
