"""The command that shows the questions on a page in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from gocontainer.console import tell
from gocontainer.errors import CannotUse
from gocontainer.texts import mark, tr

if TYPE_CHECKING:
    from gocontainer.form.server import Answering

MOST = 65535
PORT = 8642
"""Always the same one, so that a link that somebody sent opens here as well."""


def _port(_ctx: click.Context, _parameter: click.Parameter, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 6 and int(value) <= MOST):  # noqa: PLR2004 - digits
        raise click.BadParameter(
            tr("{value!r} is not the number of a port: say one from 0 to {most}.", value=value, most=MOST)
        )
    return int(value)


@click.command(short_help=mark("Answer on a page in the browser."))
@click.option(
    "--port",
    default=str(PORT),
    metavar="NUMBER",
    callback=_port,
    help=mark("Where it listens, by default on 8642; 0 takes a free one."),
)
@click.option("--open", "opens", is_flag=True, help=mark("Open it in your browser."))
@click.option(
    "--template",
    metavar="SRC[@REV]",
    help=mark("Ask what this fork of gocontainer's template asks: a folder or a git repository."),
)
@click.option("--trust", is_flag=True, help=mark("Run that template's form, hooks and extensions: this runs code."))
def form(*, port: int, opens: bool, template: str | None, trust: bool) -> None:
    """Show the questions on a page in the browser, with the files beside them.

    The page is at 127.0.0.1, for this machine alone, until Ctrl-C. It writes nothing: it offers a zip archive, the
    command that writes the same, and a link that has all answers.
    """
    from gocontainer.form.server import Server

    with _answering(template, trust=trust) as answering, Server(port, answering) as server, suppress(KeyboardInterrupt):
        tell(tr("The form is at {address} until Ctrl-C.", address=server.address))
        if opens:
            click.launch(server.address)
        server.serve_forever()


@contextmanager
def _answering(template: str | None, *, trust: bool) -> Iterator[Answering]:
    """Have our own tables answer, or those of a template that is trusted."""
    from gocontainer.form.server import OWN

    if template is None:
        if trust:
            raise click.UsageError(tr("--trust has no meaning without --template."))
        yield OWN
        return
    if not trust:
        reason = tr("the form of {source} is code of it", source=template)
        raise CannotUse(reason, tr("Give --trust if you trust its author: this runs code."))
    from gocontainer.external.wanted import Wanted
    from gocontainer.form import fork

    with fork.answering(Wanted(template, trust=True)) as answering:
        yield answering
