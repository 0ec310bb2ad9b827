"""The commands as click has them: help, completion, and what is wrong with a call."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any, ClassVar

import click

from gocontainer import __version__
from gocontainer.cli import click_texts, flags, parameters
from gocontainer.cli import completion as tab
from gocontainer.cli import new as new_command
from gocontainer.cli.parameters import COMPLETE, Parameter
from gocontainer.cli.requests import WrongCall
from gocontainer.console import say, stop_printing
from gocontainer.errors import Cancelled
from gocontainer.options.table import BY_NAME, GROUPS
from gocontainer.options.types import Option
from gocontainer.texts import joined, mark, tr

_MEANT = {
    "add": "new",
    "check": "status",
    "create": "new",
    "generate": "new",
    "list": "options",
    "sync": "update",
    "upgrade": "update",
    "version": "--version",
}
"""What other tools call a command, and what it is here."""


def run(arguments: Sequence[str]) -> int | None:
    """Run one command and return its exit code; raise WrongCall or Cancelled."""
    click_texts.translate()
    tab.prepare()
    try:
        code = main.main(list(arguments), prog_name="gocontainer", standalone_mode=False)
    except SystemExit:  # click's answer to a pipe that nobody reads any more
        if COMPLETE in os.environ or not {*arguments} & {"--help", "-h", "--version", "-V"}:
            raise
        stop_printing()
        return 0
    except click.exceptions.NoArgsIsHelpError as error:
        say(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else " ".join(["gocontainer", *arguments[:1]])
        raise WrongCall(command, _said(error)) from error
    except click.Abort as error:
        raise Cancelled from error
    return code if isinstance(code, int) else 0


def _said(error: click.ClickException) -> str:
    """Return click's message as one sentence; of the names that it finds alike only the nearest is offered."""
    alike = getattr(error, "possibilities", None)  # what is no such option or, from click 8.4 on, command
    message = str(error) if alike else error.format_message()
    sentence = tr("{sentence}.", sentence=" ".join(message.split()).rstrip(".\u3002"))
    return joined(sentence, tr("Did you mean {nearest}?", nearest=alike[0]) if alike else "")


class Table(click.Command):
    """A command whose help lists the table's options under the table's groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records: dict[str, list[tuple[str, str]]] = {title: [] for title in ("Options", *GROUPS.values())}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record and isinstance(parameter, click.Option):
                option = _option(parameter.name)
                records[GROUPS[option.group] if option else "Options"].append(record)
        for title, rows in records.items():
            if rows:
                with formatter.section(tr(title)):
                    formatter.write_dl(rows)


class Lazy(click.Group):
    """A group whose other commands are imported when they are called or listed."""

    MODULES: ClassVar = {
        "adopt": "gocontainer.adopt.command",
        "cost": "gocontainer.cost.command",
        "dev": "gocontainer.dev.command",
        "doctor": "gocontainer.inspection.doctor_command",
        "form": "gocontainer.form.command",
        "sites": "gocontainer.sites.command",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self.MODULES})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.MODULES:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(self.MODULES[cmd_name]), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if args[0] in _MEANT:
                error.possibilities = [_MEANT[args[0]]]  # type: ignore[attr-defined]
            raise


class Brief(click.Command):
    """A command that takes another's flags, whose help has them."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pass


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="gocontainer", message="%(prog)s %(version)s")
def main() -> None:
    """Write a Go service that is ready for production in containers.

    \b
    gocontainer new                    asks a few questions
    gocontainer new orders --no-input  asks none
    """  # noqa: D301


def _option(name: str | None) -> Option | None:
    """Return the option of the table that a flag stands for, if it is one."""
    return BY_NAME.get(name or "") if name != "service" else None


def as_click(known: Parameter) -> click.Parameter:
    """Return a parameter as click has it."""
    kind: click.ParamType[Any] | None = None
    if known.is_folder or known.is_file:
        kind = click.Path(file_okay=known.is_file, dir_okay=known.is_folder)
    elif known.choices:
        kind = click.Choice(known.choices)
    default: dict[str, Any] = {} if known.absent in (None, (), False) else {"default": known.absent}
    if known.asks:
        default |= {"is_flag": False, "flag_value": ""}
    if not known.flags:
        count = -1 if known.multiple else 1
        return click.Argument(
            [known.name], nargs=count, required=False, type=kind, metavar=known.metavar or None, **default
        )
    if known.is_switch and known.off:
        return click.Option([f"{known.flags[0]}/{known.off}"], default=None, help=_help(known))
    if known.is_switch:
        return click.Option([*known.flags, known.name], is_flag=True, help=_help(known))
    return click.Option(
        [*known.flags, known.name],
        metavar=known.metavar or None,
        type=kind,
        multiple=known.multiple,
        help=_help(known),
        hidden=known.hidden,
        show_default=bool(known.choices),
        shell_complete=partial(_begun, known.name) if known.name in (*BY_NAME, "settings") else None,
        **default,
    )


def _begun(name: str, _ctx: click.Context, _parameter: click.Parameter, begun: str) -> list[tab.Item]:
    """Return the values that begin as what was typed."""
    return tab.settings(begun) if name == "settings" else tab.values(BY_NAME[name], begun)


def _help(known: Parameter) -> str | None:
    option = _option(known.name)
    return flags.help_of(option) if option else tr(known.help) or None


def _add(
    name: str, known: Sequence[Parameter], run: Callable[..., Any], kind: type[click.Command], short_help: str
) -> None:
    parameters = [as_click(each) for each in known]
    main.add_command(kind(name, callback=run, params=parameters, help=run.__doc__, short_help=short_help))


def _add_all() -> None:
    from gocontainer.cli import repository_commands as repository

    flags_of_new = (*flags.table(), *(each for each in parameters.NEW if each.flags))
    service = next(each for each in parameters.NEW if not each.flags)
    _add("new", (service, *flags_of_new), new_command.new, Table, mark("Write a new repository."))
    _add("init", flags_of_new, new_command.init, Brief, mark("Write it into this folder: 'gocontainer new .'."))
    _add("explain", parameters.EXPLAIN, repository.explain, click.Command, mark("Say where each number comes from."))
    _add("keep", parameters.KEEP, repository.keep, click.Command, mark("Keep files from updates."))
    _add("update", parameters.UPDATE, repository.update, click.Command, mark("Merge this version's template."))
    _add(
        "status",
        parameters.STATUS,
        repository.status,
        click.Command,
        mark("Say what drifted, and what an update brings."),
    )


_add_all()


@main.command(short_help=mark("List every option, or the schema of an answers file."))
@click.option("--schema", is_flag=True, help=mark("The JSON Schema of an answers file."))
@click.option("--complete", is_flag=True, help=mark("With --schema: of a file that has all that is required."))
@click.option("--json", "as_json", is_flag=True, help=mark("Options, profiles and conflicts as JSON."))
def options(*, schema: bool, complete: bool, as_json: bool) -> None:
    """List every option with what it accepts, its default and what it buys."""
    from gocontainer.options.describe import options_document, options_text
    from gocontainer.options.schema import answers_schema

    if complete and not schema:
        raise click.UsageError(tr("--complete has no meaning without --schema."))
    if schema:
        say(answers_schema(complete=complete).rstrip("\n"))
    elif as_json:
        say(json.dumps(options_document(), indent=2, ensure_ascii=False))
    else:
        say(options_text().rstrip("\n"))


@main.command(short_help=mark("Print a completion script for bash, fish or zsh."))
@click.argument("shell", type=click.Choice(["bash", "fish", "zsh"]))
def completion(shell: str) -> None:
    """Print the completion script of a SHELL; source it in the shell's start-up file."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None, shell
    say(kind(main, {}, "gocontainer", COMPLETE).source())


def _commands(_ctx: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    context = click.Context(main)
    found = ((name, main.get_command(context, name)) for name in main.list_commands(context))
    return [name for name, command in found if command and not command.hidden and name.startswith(begun)]


@main.command("help", short_help=mark("Show the help of a command."))
@click.argument("command", required=False, shell_complete=_commands)
@click.pass_context
def show_help(ctx: click.Context, command: str | None) -> None:
    """Show the help of a COMMAND, or what commands there are."""
    top = ctx.find_root()
    if command is None:
        say(main.get_help(top))
        return
    _, found, _ = main.resolve_command(top, [command])
    assert found is not None, command
    say(found.get_help(click.Context(found, top, command)))
