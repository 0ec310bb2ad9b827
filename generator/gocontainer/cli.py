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
from gocontainer.answers import Answers, Layer, flags, service_in
from gocontainer.detect import detected
from gocontainer.errors import Cancelled, GocontainerError, InvalidAnswer, MissingAnswers
from gocontainer.kinds import Option, Select, SelectMany, Text, Toggle
from gocontainer.lock import sealed
from gocontainer.options import BY_NAME, GROUPS, OPTIONS, PROFILE
from gocontainer.renderer import render
from gocontainer.sources import from_environment, from_file


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; every error becomes two sentences on stderr."""
    try:
        code = main.main(list(arguments), prog_name="gocontainer", standalone_mode=False)
    except (GocontainerError, click.ClickException, click.Abort, KeyboardInterrupt, OSError) as error:
        message, code = _explain(error, arguments)
        click.echo(message, err=True)
    return code if isinstance(code, int) else 0


def _explain(error: BaseException, arguments: Sequence[str]) -> tuple[str, int]:
    """Return what to say about an error, and the exit code."""
    match error:
        case GocontainerError():
            return f"Error: {error}", error.exit_code
        case click.exceptions.NoArgsIsHelpError():
            return error.format_message(), 2
        case click.ClickException():
            context = getattr(error, "ctx", None)
            command = context.command_path if context else " ".join(["gocontainer", *arguments[:1]])
            message = " ".join(error.format_message().split()).rstrip(".")
            return f"Error: {message}. Run '{command} --help' for help.", 2
        case OSError():  # the current folder is gone, a parent may not be searched, and so on
            place = error.filename or "The current folder"
            return f"Error: {place}: {error.strerror}. Choose another folder with --output.", 1
    return f"Error: {Cancelled()}", Cancelled.exit_code


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
        multiple=True,
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
    """Write a Go service that is ready for production in containers.

    \b
    gocontainer new                    asks a few questions
    gocontainer new orders --no-input  asks none
    """  # noqa: D301


_FOLDER = click.Path(file_okay=False)
_FILE = click.Path(dir_okay=False)


@main.command(cls=_Table, params=[_flag(option) for option in (PROFILE, *OPTIONS) if option.name != "service"])
@click.argument("service", required=False)
@click.option("-o", "--output", default=".", metavar="FOLDER", type=_FOLDER, help="Parent folder of the repository.")
@click.option("--no-input", is_flag=True, help="Ask nothing, also at a terminal.")
@click.option("--no-git", is_flag=True, help="Neither 'git init' nor a first commit.")
@click.option(
    "--answers",
    "answers_files",
    metavar="FILE",
    type=_FILE,
    multiple=True,
    help="Answers from a YAML, TOML or JSON file.",
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="One answer; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--service", "named", metavar="VALUE", hidden=True)
def new(
    service: str | None,
    output: str,
    named: str | None,
    settings: Sequence[str],
    answers_files: Sequence[str],
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
        *(from_file(Path(path)) for path in _once("answers", answers_files)),
        from_environment(os.environ),
        Layer("flag", _settings(settings), "--set {name}"),
        Layer("flag", _given(switches), "{flag}"),
        Layer("flag", {"service": named or service} if named is not None or service is not None else {}, "SERVICE"),
    ]
    parent = Path(os.path.abspath(output))  # noqa: PTH100 - without links resolved, and without ".."
    if not no_input and sys.stdin.isatty() and sys.stdout.isatty():
        from gocontainer.wizard import asked

        layers.append(asked(layers, parent))
    name = service_in(layers)
    if name is None:
        raise MissingAnswers(["SERVICE"], flags())
    target = parent / name
    if not dry_run:
        tree.recover(target)
    tree.refuse_occupied(target)
    answers = Answers.merge(detected(target), *layers)
    files = sealed(render(answers), answers)
    warnings = summary.warnings(answers, *([] if dry_run else _write(files, target, no_git=no_git)))
    for warning in warnings:
        click.echo(f"Warning: {warning}", err=True)
    if as_json:
        report = summary.report(answers, files, target, warnings, written=not dry_run)
        _say(json.dumps(report, indent=2, ensure_ascii=False))
    elif dry_run:
        _say(summary.listing(files, target))
    else:
        _say(summary.farewell(answers, files, target, Path(os.path.normpath(output))))


def _once(name: str, values: Sequence[str]) -> Sequence[str]:
    if len(values) > 1:
        raise click.UsageError(f"--{name} is given {len(values)} times.")
    return values


def _given(switches: Mapping[str, Any]) -> dict[str, object]:
    """Return the flags that stand on the command line; one that takes several values may be repeated."""
    given: dict[str, object] = {}
    for name, value in switches.items():
        option = BY_NAME[name]
        if isinstance(value, bool):
            given[name] = value
        elif value and isinstance(option, SelectMany):
            given[name] = ",".join(value)
        elif value:
            (given[name],) = _once(option.flag.removeprefix("--"), value)
    return given


def _settings(settings: Sequence[str]) -> Mapping[str, str]:
    pairs = [setting.partition("=") for setting in settings]
    for (key, equals, _), setting in zip(pairs, settings, strict=True):
        if not key or not equals:
            raise InvalidAnswer("--set", setting, "KEY=VALUE", "Write it like --set port=8080.")
    return {key: value for key, _, value in pairs}


def _write(files: tree.Tree, target: Path, *, no_git: bool) -> list[str]:
    """Write the files, commit them where that is ours to do, and return what to say about it."""
    around = git.work_tree(target)
    if around is None and not no_git:
        started: list[bool] = []
        tree.save(files, target, lambda staging: started.append(git.start(staging)))
        return [] if started[0] else [summary.NOT_COMMITTED]
    tree.save(files, target)
    if around is None or no_git:
        return []
    if around != target:
        return [summary.inside(around)]
    return [summary.NOT_COMMITTED] if git.is_unborn(target) and not git.commit(target) else []


def _say(text: str) -> None:
    """Print the outcome. The repository is there: nobody reading is no failure."""
    try:
        click.echo(text)
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python would try once more at its end


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
