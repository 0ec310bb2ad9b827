"""The command behind `make sites` and `make wave`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gocontainer.console import padded, say, width
from gocontainer.options.subjects.edge import SITES_PLATFORMS
from gocontainer.texts import mark, series, tr

if TYPE_CHECKING:
    from gocontainer.sites.waves import Sites

_HEAD = (mark("WAVE"), mark("READY"), mark("DONE"), mark("VERSION"), mark("NOT READY"))


def _number(_ctx: click.Context, _parameter: click.Parameter, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10):  # noqa: PLR2004
        raise click.BadParameter(tr("{value!r} is not the number of a wave: say N=2.", value=value))
    return int(value)


_wave = click.argument("number", metavar="N", callback=_number)


@click.group(short_help=mark("Write the manifests of sites, and bring releases to them."))
@click.option("--platform", type=click.Choice(SITES_PLATFORMS), help=mark("What places the service: always needed."))
@click.pass_context
def sites(ctx: click.Context, platform: str | None) -> None:
    """Write the manifests of all sites, and bring releases to them wave by wave.

    It works on the repository in this folder, from deploy/sites.yaml and deploy/edge. The repository's `make sites`
    and `make wave` run it.
    """
    ctx.obj = platform


def _here(ctx: click.Context) -> Sites:
    """Return the sites of the repository in this folder; the modules are imported when a command is called."""
    from gocontainer.sites.platforms import PLATFORMS
    from gocontainer.sites.waves import Sites

    if ctx.obj is None:  # asked for here, so that `sites wave --help` needs none
        text = mark("--platform is missing: {choices}. The repository's `make sites` and `make wave` give it.")
        raise click.UsageError(tr(text, choices=series(SITES_PLATFORMS)), ctx.parent)
    return Sites(Path(), PLATFORMS[ctx.obj])


def _tell(text: str) -> None:
    """Print what changed, as it is."""
    if text:
        say(text.removesuffix("\n"))


@sites.command(short_help=mark("Write the manifests."))
@click.pass_context
def render(ctx: click.Context) -> None:
    """Write the manifests from deploy/sites.yaml and deploy/edge, and print what changed in them."""
    _tell(_here(ctx).render())


@sites.command(short_help=mark("Say what is not as it was written."))
@click.pass_context
def check(ctx: click.Context) -> None:
    """Say what was edited by hand or is not written anew."""
    _here(ctx).refuse_stale()


@sites.command(short_help=mark("Name the image of the next release."))
@click.argument("name")
@click.pass_context
def image(ctx: click.Context, name: str) -> None:
    """Name the image of the next release: NAME is name:tag, with a digest behind it if there is one."""
    _tell(_here(ctx).release("image", name))


@sites.command(short_help=mark("Name the model of the next release."))
@click.argument("name")
@click.pass_context
def model(ctx: click.Context, name: str) -> None:
    """Name the model of the next release: NAME is name:tag, with a digest behind it if there is one."""
    _tell(_here(ctx).release("model", name))


@sites.command(short_help=mark("Bring the release to a wave."))
@_wave
@click.option("--ok", default="", metavar="yes", help=mark("A person lets the wave begin."))
@click.pass_context
def wave(ctx: click.Context, number: int, ok: str) -> None:
    """Bring the release to wave N, once the wave before is done and its gate says yes; print what changed."""
    late, changes = _here(ctx).wave(number, ok=ok == "yes")
    if late:
        say(tr("wave {number}, not ready yet: {names}", number=number - 1, names=" ".join(late)))
    _tell(changes)


@sites.command(short_help=mark("Say which sites have what they should."))
@click.pass_context
def status(ctx: click.Context) -> None:
    """Say which sites have what their wave should have."""
    rows = [[tr(each) for each in _HEAD]]
    for each in _here(ctx).standings():
        version = " ".join(filter(None, each.wave.version))
        done = tr("yes") if each.is_done else tr("no")
        ready = f"{each.sites - len(each.late)}/{each.sites}"
        rows.append([str(each.wave.number), ready, done, version, " ".join(each.late)])
    widths = [max(map(width, column)) + 2 for column in zip(*rows, strict=True)]
    for row in rows:
        say("".join(padded(cell, columns) for cell, columns in zip(row, widths, strict=True)).rstrip())


@sites.command(short_help=mark("Put a wave back to what it had before."))
@_wave
@click.pass_context
def rollback(ctx: click.Context, number: int) -> None:
    """Put wave N back to what it had before, whatever the gate says; print what changed."""
    _tell(_here(ctx).rollback(number))
