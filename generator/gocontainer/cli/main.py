"""The command line: flags built from the table, errors turned into exit codes."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import click

from gocontainer import __version__
from gocontainer.answers.detect import detected
from gocontainer.answers.lockfile import with_lockfile
from gocontainer.answers.model import Answers, Layer, service_in, usage
from gocontainer.cli import flags, new_report
from gocontainer.console import absolute, say, tell
from gocontainer.errors import Cancelled, GocontainerError, MissingAnswers
from gocontainer.rendering.engine import render
from gocontainer.repository import git, tree


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; every error becomes two sentences on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # an answer may have letters that the terminal lacks
    try:
        code = main.main(list(arguments), prog_name="gocontainer", standalone_mode=False)
    except (GocontainerError, click.ClickException, click.Abort, KeyboardInterrupt, OSError) as error:
        message, code = _explain(error, arguments)
        with contextlib.suppress(OSError):  # the terminal may be gone
            click.echo(message, err=True)
    return code if isinstance(code, int) else 0


def _explain(error: BaseException, arguments: Sequence[str]) -> tuple[str, int]:
    """Return what to say about an error, and the exit code."""
    match error:
        case Cancelled():
            return str(error), error.exit_code
        case GocontainerError():
            return f"Error: {error}", error.exit_code
        case click.exceptions.NoArgsIsHelpError():
            return error.format_message(), 2
        case click.ClickException():
            context = getattr(error, "ctx", None)
            command = context.command_path if context else " ".join(["gocontainer", *arguments[:1]])
            return f"Error: {_said(error)} Run '{command} --help' for help.", 2
        case OSError():  # the current folder is gone, a parent may not be searched, and so on
            place = error.filename or "The current folder"
            new = arguments[:1] == ["new"]
            hint = "Choose another folder with --output." if new else "Mend that and run the command again."
            return f"Error: {place}: {error.strerror}. {hint}", 1
    return str(Cancelled()), Cancelled.exit_code


def _said(error: click.ClickException) -> str:
    """Return click's message as one sentence; of the names that it finds alike only the nearest is offered."""
    alike = getattr(error, "possibilities", None)  # what is no such option or, from click 8.4 on, command
    message = str(error) if alike else error.format_message()
    hint = f" Did you mean {alike[0]}?" if alike else ""
    return f"{' '.join(message.split()).rstrip('.')}.{hint}"


class Lazy(click.Group):
    """A group whose other commands are imported when they are called or listed."""

    MODULES: ClassVar = {
        "cost": "gocontainer.cost.command",
        "dev": "gocontainer.dev.command",
        "explain": "gocontainer.cli.repository_commands",
        "status": "gocontainer.cli.repository_commands",
        "update": "gocontainer.cli.repository_commands",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self.MODULES})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.MODULES:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(self.MODULES[cmd_name]), cmd_name)
        return command


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gocontainer", message="%(prog)s %(version)s")
def main() -> None:
    """Write a Go service that is ready for production in containers.

    \b
    gocontainer new                    asks a few questions
    gocontainer new orders --no-input  asks none
    """  # noqa: D301


_FOLDER = click.Path(file_okay=False)
_FILE = click.Path(dir_okay=False)


@main.command(cls=flags.Table, params=flags.table())
@click.argument("service", required=False)
@click.option("-o", "--output", metavar="FOLDER", type=_FOLDER, help="Parent folder of the repository.")
@click.option("--no-input", is_flag=True, help="Ask nothing, also at a terminal.")
@click.option("--plain", is_flag=True, help="Ask line by line, as a screen reader likes it.")
@click.option("--resume", is_flag=True, help="Go on with the questions that were left with Ctrl-C.")
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
@click.option("--template", metavar="SRC[@REV]", help="Render another template: a folder or a git repository.")
@click.option("--trust", is_flag=True, help="Run that template's hooks and extensions: this runs code.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--service", "named", metavar="VALUE", hidden=True)
def new(
    service: str | None,
    output: str | None,
    named: str | None,
    settings: Sequence[str],
    answers_files: Sequence[str],
    **switches: Any,
) -> None:
    """Write the repository FOLDER/SERVICE.

    An answer comes from a flag, else from GOCONTAINER_<OPTION>, else from the answers file, else
    from the profile and the defaults. At a terminal, a wizard asks for the rest.
    """
    if (template := switches.pop("template")) is not None:
        from gocontainer.cli import new_from_template

        call = new_from_template.Call(named or service, output or ".", template, tuple(answers_files), tuple(settings))
        new_from_template.new(call, switches, _write)
        return
    switches.pop("trust")
    names = ("no_input", "plain", "resume", "no_git", "dry_run", "as_json")
    no_input, plain, resume, no_git, dry_run, as_json = (switches.pop(name) for name in names)
    layers = flags.layers(service, named, answers_files, settings, switches)
    kept = _kept() if _asking(no_input=no_input, resume=resume) else None
    if kept is not None:
        answers, target = _converse(layers, output, plain=plain, resumed=resume, dry_run=dry_run, kept=kept)
    else:
        answers, target = _merge(layers, output or ".")
    if not dry_run:
        tree.recover(target)
    tree.refuse_occupied(target)
    place = new_report.output_flags(target, output)
    files = with_lockfile(render(answers), answers)
    warnings = new_report.warnings(answers, *([] if dry_run else _write(files, target, no_git=no_git)))
    for warning in warnings:
        tell(f"Warning: {warning}", err=True)
    if as_json:
        report = new_report.report(answers, files, target, warnings, written=not dry_run)
        say(json.dumps(report, indent=2, ensure_ascii=False))
    elif dry_run:
        say(new_report.listing(files, target))
    else:
        # A clone that was filled is a new folder, which only its full path still names.
        parent = output or (str(target.parent) if place else ".")
        say(new_report.farewell(answers, files, target, parent))
    if kept is not None:
        others = [*place, *(["--no-git"] if no_git else [])]
        say(_end_conversation(answers, others, kept, written=not dry_run), err=as_json)


def _asking(*, no_input: bool, resume: bool) -> bool:
    """Whether there is somebody to ask."""
    asking = not no_input and sys.stdin.isatty() and sys.stdout.isatty()
    if resume and not asking:
        reason = "--no-input forbids it" if no_input else "there is no terminal to ask at"
        raise click.UsageError(f"--resume asks, and {reason}.")
    return asking


def _merge(layers: Sequence[Layer], output: str) -> tuple[Answers, Path]:
    """Return the answers that are given, and the repository's folder."""
    name = service_in(layers)
    if name is None:
        raise MissingAnswers(["SERVICE"], usage())
    target = absolute(output) / name
    return Answers.merge(detected(target), *layers), target


def _converse(
    layers: Sequence[Layer], output: str | None, *, plain: bool, resumed: bool, dry_run: bool, kept: Path
) -> tuple[Answers, Path]:
    """Return the answers after a conversation, and the repository's folder."""
    from gocontainer import wizard

    dumb = os.environ.get("TERM", "" if os.name == "nt" else "dumb") == "dumb"
    manner = wizard.Manner(plain=plain or dumb, resumed=resumed, dry_run=dry_run, kept=kept, say=tell)
    return wizard.converse(layers, absolute(output) if output is not None else None, manner)


def _kept() -> Path:
    """Return where the answers of a conversation in this folder are kept while it is not over."""
    from gocontainer.wizard import resume

    return resume.file(Path(click.get_app_dir("gocontainer")) / "left", Path.cwd())


def _end_conversation(answers: Answers, others: Sequence[str], kept: Path, *, written: bool) -> str:
    """Forget what was kept of the conversation, and say which command does without one."""
    from gocontainer.wizard import resume, review

    if written:
        resume.forget(kept)
    title = "The same again, without questions" if written else "To write it, without questions"
    return f"\n{title}:\n  {review.command(answers, others)}"


def _write(files: tree.Tree, target: Path, *, no_git: bool) -> list[str]:
    """Write the files, commit them where that is ours to do, and return what to say about it."""
    around = git.work_tree(target)
    if around is None and not no_git:
        started: list[bool] = []
        tree.save(files, target, lambda staging: started.append(git.start(staging)))
        return [] if started[0] else [new_report.NOT_COMMITTED]
    tree.save(files, target)
    if around is None or no_git:
        return []
    if around != target:
        return [new_report.inside(around)]
    try:
        return [new_report.NOT_COMMITTED] if git.is_unborn(target) and not git.commit(target) else []
    except KeyboardInterrupt:  # too late: the files are there
        return [new_report.NOT_COMMITTED]


@main.command()
@click.option("--schema", is_flag=True, help="The JSON Schema of an answers file.")
@click.option("--json", "as_json", is_flag=True, help="The table as JSON.")
def options(*, schema: bool, as_json: bool) -> None:
    """List every option with what it accepts, its default and what it buys."""
    from gocontainer.options.describe import options_table, options_text
    from gocontainer.options.schema import answers_schema

    if schema:
        click.echo(answers_schema(), nl=False)
    elif as_json:
        click.echo(json.dumps(options_table(), indent=2, ensure_ascii=False))
    else:
        click.echo(options_text(), nl=False)


@main.command()
@click.argument("shell", type=click.Choice(["bash", "fish", "zsh"]))
def completion(shell: str) -> None:
    """Print the completion script of a SHELL; source it in the shell's start-up file."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None, shell
    click.echo(kind(main, {}, "gocontainer", "_GOCONTAINER_COMPLETE").source())
