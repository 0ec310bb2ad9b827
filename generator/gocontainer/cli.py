"""The command line: flags built from the table, errors turned into exit codes.

The only module that prints.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from gocontainer import __version__, git, summary, tree
from gocontainer.answers import Answers, Layer, flags
from gocontainer.detect import detected
from gocontainer.errors import Cancelled, GocontainerError, InvalidAnswer, MissingAnswers
from gocontainer.kinds import Option, Select, Text, Toggle
from gocontainer.lock import sealed
from gocontainer.options import BY_NAME, GROUPS, OPTIONS, PROFILE
from gocontainer.renderer import render
from gocontainer.sources import from_environment, from_file


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; every error becomes two sentences on stderr."""
    try:
        code = main.main(list(arguments), prog_name="gocontainer", standalone_mode=False)
    except GocontainerError as error:
        return _fail(str(error), error.exit_code)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "gocontainer"
        return _fail(f"{error.format_message()} Run '{command} --help' for help.", 2)
    except click.ClickException as error:
        return _fail(error.format_message(), 1)
    except (click.Abort, KeyboardInterrupt):
        return _fail(str(Cancelled()), Cancelled.exit_code)
    return code if isinstance(code, int) else 0


def _fail(message: str, code: int) -> int:
    click.echo(f"Error: {message}", err=True)
    return code


class _Table(click.Command):
    """A command whose help lists the table's options under the table's groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records: dict[str, list[tuple[str, str]]] = {title: [] for title in ("Options", *GROUPS.values())}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record and isinstance(parameter, click.Option):
                option = BY_NAME.get(parameter.name or "")
                records[GROUPS[option.group] if option else "Options"].append(record)
        for title, rows in records.items():
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def _flag(option: Option) -> click.Option:
    text = f"{option.help} [{_brief(option)}]"
    if isinstance(option, Toggle):
        name = option.flag.removeprefix("--")
        return click.Option([f"--{name}/--no-{name}"], default=None, help=text)
    complete = list(option.values) if isinstance(option, Select) else []
    return click.Option(
        [option.flag],
        metavar="VALUE",
        help=text,
        shell_complete=lambda _ctx, _parameter, begun: [value for value in complete if value.startswith(begun)],
    )


def _brief(option: Option) -> str:
    if isinstance(option, Toggle):
        return "default: on" if option.default else "default: off"
    accepts = "" if isinstance(option, Text) else f"{option.accepts}; ".replace("`", "")
    return f"{accepts}default: {option.default}".replace("{service}", "SERVICE")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gocontainer", message="%(prog)s %(version)s")
def main() -> None:
    r"""Write a Go service that is ready for production in containers, and keep it so.

    \b
    gocontainer new                    asks a few questions
    gocontainer new orders --no-input  asks none
    """


@main.command(cls=_Table, params=[_flag(option) for option in (PROFILE, *OPTIONS) if option.name != "service"])
@click.argument("service", required=False)
@click.option("-o", "--output", default=".", metavar="FOLDER", help="Parent folder of the repository.")
@click.option("--no-input", is_flag=True, help="Ask nothing, also at a terminal.")
@click.option("--no-git", is_flag=True, help="Neither 'git init' nor a first commit.")
@click.option("--answers", "answers_file", metavar="FILE", help="Answers from a YAML, TOML or JSON file.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="One answer; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--service", "named", metavar="VALUE", hidden=True)
def new(
    service: str | None,
    output: str,
    named: str | None,
    settings: Sequence[str],
    answers_file: str | None,
    **switches: Any,
) -> None:
    """Write the repository FOLDER/SERVICE.

    An answer comes from a flag, else from GOCONTAINER_<OPTION>, else from the answers file, else
    from the profile and the defaults. At a terminal, a wizard asks for the rest.
    """
    if service is not None and named is not None:
        raise click.UsageError("SERVICE and --service are both given.")
    no_input, no_git, dry_run, as_json = (switches.pop(name) for name in ("no_input", "no_git", "dry_run", "as_json"))
    layers = [
        *([from_file(Path(answers_file))] if answers_file else []),
        from_environment(os.environ),
        Layer("flag", _settings(settings), "--set {name}"),
        Layer("flag", {name: value for name, value in switches.items() if value is not None}, "{flag}"),
        Layer("flag", {"service": named or service} if named is not None or service is not None else {}, "SERVICE"),
    ]
    parent = Path(output).absolute()
    answers = _answers(layers, parent, ask=not no_input and sys.stdin.isatty() and sys.stdout.isatty())
    target = parent / str(answers["service"])
    files = sealed(render(answers), answers)
    tree.recover(target)
    tree.refuse_occupied(target)
    committed = dry_run or _write(files, target, no_git=no_git)
    warnings = summary.warnings(answers, committed=committed)
    for warning in warnings:
        click.echo(f"Warning: {warning}", err=True)
    if as_json:
        click.echo(
            json.dumps(
                summary.report(answers, files, target, warnings, written=not dry_run), indent=2, ensure_ascii=False
            )
        )
    elif dry_run:
        click.echo(summary.listing(files, target))
    else:
        click.echo(summary.farewell(answers, files, target, Path(output)))


def _settings(settings: Sequence[str]) -> Mapping[str, str]:
    pairs = [setting.partition("=") for setting in settings]
    for (key, equals, _), setting in zip(pairs, settings, strict=True):
        if not key or not equals:
            raise InvalidAnswer("--set", setting, "KEY=VALUE", "Write it like --set port=8080.")
    return {key: value for key, _, value in pairs}


def _answers(layers: Sequence[Layer], parent: Path, *, ask: bool) -> Answers:
    if ask:
        from gocontainer.wizard import asked

        layers = [*layers, asked(layers, parent)]
    named = [layer for layer in layers if "service" in layer.values]
    if not named:
        raise MissingAnswers(["SERVICE"], flags())
    service = BY_NAME["service"].parse(named[-1].values["service"], named[-1].where("service"))
    return Answers.merge(detected(str(service), parent / str(service)), *layers)


def _write(files: tree.Tree, target: Path, *, no_git: bool) -> bool:
    """Write the files; return False where a first commit was due and git refused it."""
    around = git.work_tree(target)
    if around is None and not no_git:
        started: list[bool] = []
        tree.save(files, target, lambda staging: started.append(git.start(staging)))
        return started[0]
    tree.save(files, target)
    return no_git or around != target or not git.is_unborn(target) or git.commit(target)


@main.command()
@click.option("--schema", is_flag=True, help="The JSON Schema of an answers file.")
@click.option("--json", "as_json", is_flag=True, help="The table as JSON.")
def options(*, schema: bool, as_json: bool) -> None:
    """List every option with what it accepts, its default and what it buys."""
    from gocontainer import derive, reference

    if schema:
        click.echo(derive.answers_schema(), nl=False)
    elif as_json:
        click.echo(json.dumps(reference.options_table(), indent=2, ensure_ascii=False))
    else:
        click.echo(reference.options_text(), nl=False)


@main.command()
@click.argument("shell", type=click.Choice(["bash", "fish", "zsh"]))
def completion(shell: str) -> None:
    """Print the completion script of a SHELL; source it in the shell's start-up file."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None, shell
    click.echo(kind(main, {}, "gocontainer", "_GOCONTAINER_COMPLETE").source())


@main.group()
def dev() -> None:
    """Commands for those who maintain gocontainer itself."""


@dev.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 4 where a file is stale.")
@click.option("--deps", is_flag=True, help="Also resolve the Go modules of the output (network).")
def derive(*, check: bool, deps: bool) -> int:
    """Write every file that follows from the tables."""
    from gocontainer import derive as deriving
    from gocontainer.template import checkout

    root = checkout()
    if deps:
        from gocontainer.modules import resolve

        resolve(root)
    stale = deriving.stale(root, main)
    for path, text in stale.items():
        click.echo(f"{'stale' if check else 'wrote'} {path}", err=True)
        if not check:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, "utf-8", newline="\n")
    return 4 if check and stale else 0
