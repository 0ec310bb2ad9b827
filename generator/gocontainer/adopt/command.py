"""The command that takes a Go repository up which was never generated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import click

from gocontainer.adopt import asking as questions
from gocontainer.adopt import go_code, lacks, proposal
from gocontainer.adopt import plan as planning
from gocontainer.adopt.proposal import Proposal
from gocontainer.adopt.report import Report
from gocontainer.adopt.sources import Sources
from gocontainer.answers.adopted import PARTS
from gocontainer.answers.model import Answers, Layer
from gocontainer.cli import asking, flags, new_report
from gocontainer.cli.click_commands import Table, as_click
from gocontainer.console import absolute, say, tell
from gocontainer.errors import Cancelled, CannotUse
from gocontainer.prompts.question import Asking
from gocontainer.rendering.sizing import Sizes
from gocontainer.texts import listed, mark, series, tr

_LOOPBACK = re.compile(r"(?:\b127\.0\.0\.1|\blocalhost|\[::1\]):\d")


def _parts(_ctx: click.Context, _flag: click.Parameter, value: str | None) -> tuple[str, ...]:
    wanted = PARTS if value is None else tuple(each.strip() for each in value.split(","))
    strange = [each for each in wanted if each not in PARTS]
    if strange:
        text = mark("{names} is none of {choices}.")
        raise click.BadParameter(tr(text, names=listed(strange), choices=series(PARTS)))
    return tuple(each for each in PARTS if each in wanted)


def _path(_ctx: click.Context, _flag: click.Parameter, value: str | None) -> str | None:
    if value and not re.fullmatch(r"/[A-Za-z0-9._~/-]*", value):
        raise click.BadParameter(tr("{value!r} is no path such as /healthz.", value=value))
    return value


def adopt_repository(path: str, **values: Any) -> None:
    """Take up the Go repository at PATH, which was never generated: write its image, manifests and pipeline.

    What is proposed says by which line of the code. Nothing that is there is touched, unless --overwrite names it.
    """
    own = {name: values.pop(name) for name in ("program", "parts", "overwrite", "named", "answers_files", "settings",
                                               "no_input", "plain", "dry_run", "as_json", "live", "ready")}  # fmt: skip
    folder = absolute(path)
    if not folder.is_dir():
        raise CannotUse(tr("there is no folder {path}", path=folder), tr("Name one that is there."))
    planning.refuse_taken(folder)
    sources, layers = Sources(folder), flags.layers(None, own["named"], own["answers_files"], own["settings"], values)
    prompts = _prompts(plain=own["plain"], asks=not own["no_input"], as_json=own["as_json"])
    paths = {name: own[name] for name in ("live", "ready") if own[name] is not None}
    found, answers = _answers(sources, layers, prompts, own["program"], {"parts": own["parts"], **paths})
    planned = planning.plan(folder, answers, own["overwrite"])
    planning.refuse_uncommitted(folder, planned.overwritten)
    report = Report(sources, found, answers, planned, _lacks(sources, found, answers))
    if not own["as_json"]:
        say(report.found())
    if prompts and not own["dry_run"]:
        _confirm(prompts, report)
    if not own["dry_run"]:
        planning.write(folder, planned)
    for warning in new_report.ignored(folder, planned.files):
        tell(tr("Warning: {text}", text=warning), err=True)
    written = not own["dry_run"]
    say(report.as_json(written=written) if own["as_json"] else report.text(written=written))


def _prompts(*, plain: bool, asks: bool, as_json: bool) -> Asking | None:
    """Return what asks the person at the terminal, if there is one to ask."""
    if not asking.may_ask(no_input=not asks, as_json=as_json):
        return None
    by_lines, _ = asking.manner(plain=plain)
    return asking.prompts(by_lines=by_lines)


def _answers(
    sources: Sources, layers: Sequence[Layer], prompts: Asking | None, named: str | None, said: Mapping[str, Any]
) -> tuple[Proposal, Answers]:
    """Return what was found and what is answered, with a person's own answers where one is there."""
    if prompts and named is None and len(go_code.programs(sources)) > 1:
        named = questions.program(prompts, sources)
    found = proposal.propose(sources, proposal.chosen(sources, named)).saying(**said)
    answers = proposal.answered(sources, found, layers)
    if prompts:
        asked = questions.answers(prompts, found, answers)
        answers = proposal.answered(sources, found, [*layers, asked])
    return found, answers


def _confirm(prompts: Asking, report: Report) -> None:
    say(report.preview())
    with prompts.held():
        if not prompts.confirm(tr("Write {count} files?", count=len(report.planned.files))):
            raise Cancelled


def _lacks(sources: Sources, found: Proposal, answers: Answers) -> list[lacks.Lack]:
    known, sizes = answers.adopted, Sizes.of(answers).values()
    assert known
    low = []
    if found.low_port:
        reason = tr("a port below 1024 needs a privilege: have it listen on {port}", port=answers["port"])
        low = [lacks.Lack("port", reason, (), found.low_port)]
    elif answers.origins["port"] == "default" and not known.port_variable:
        reason = tr("no port was seen on which the code listens: if it is not {port}, say --set port=N",
                    port=answers["port"])  # fmt: skip
        low = [lacks.Lack("port", reason, ())]
    elif "port" in found.evidence and _LOOPBACK.search(found.evidence["port"].text):
        reason = tr("it listens on its own pod alone, unless it is told otherwise: no probe and no request reaches it")
        low = [lacks.Lack("address", reason, (f'":{answers["port"]}"',), found.evidence["port"])]
    of_code = lacks.of_code(sources, found.program, known, int(answers["drain_seconds"]), str(sizes["go_bytes"]))
    return [*low, *of_code, *lacks.of_image(sources, found.program, found.around, str(answers["service"]))]


_OWN = (
    click.Argument(["path"], required=False, default=".", type=click.Path(file_okay=False)),
    click.Option(["--program"], metavar="FOLDER", help=tr("The main package that is the service: ./cmd/orders.")),
    click.Option(["--only", "parts"], metavar="PARTS", callback=_parts, help=tr("What is written: image,deploy,ci.")),
    click.Option(
        ["--overwrite"], multiple=True, metavar="PATH", help=tr("Write this file over yours; may be repeated.")
    ),
    click.Option(["--service", "named"], metavar="VALUE", help=tr("Name of the service; else that of the program.")),
)
_PATHS = (
    click.Option(
        ["--live"], metavar="PATH", callback=_path, help=tr("The path that answers while it lives; '' if none does.")
    ),
    click.Option(
        ["--ready"], metavar="PATH", callback=_path, help=tr("The path that answers while it can take requests.")
    ),
)
_OF_NEW = ("answers_files", "settings", "no_input", "plain", "dry_run", "as_json")


def _command() -> click.Command:
    """Return the command: its own flags, those of `gocontainer new` that have a meaning, and the table's."""
    from gocontainer.cli import parameters

    taken = [each for each in parameters.NEW if each.name in _OF_NEW]
    rest = [as_click(each) for each in (*taken, *flags.table())]
    return Table("adopt", callback=adopt_repository, params=[*_OWN, *_PATHS, *rest], help=adopt_repository.__doc__,
                 short_help=mark("Take up a Go repository that was never generated."))  # fmt: skip


adopt = _command()
