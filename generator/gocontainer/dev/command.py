"""``gocontainer dev``: the commands of a checkout."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click


@click.group(hidden=True)
def dev() -> None:
    """Commands for those who maintain gocontainer itself."""


@dev.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 4 where a file is stale.")
@click.option("--deps", is_flag=True, help="Also resolve the Go modules of the output (network).")
@click.option("--matrix", is_flag=True, help="Also deal the rows of the test matrix afresh, for a release.")
def derive(*, check: bool, deps: bool, matrix: bool) -> int:
    """Write every file that follows from the tables."""
    from gocontainer.cli.click_commands import main
    from gocontainer.dev import messages
    from gocontainer.dev.derive import stale
    from gocontainer.rendering.language import checkout

    root = checkout()
    if deps:
        from gocontainer.dev.go_modules import resolve

        resolve(root)
    found = {path: text.encode() for path, text in stale(root, main, afresh=matrix).items()}
    return _settle(root, {**found, **messages.stale(root, main)}, "Run 'make derive'.", check=check)


@dev.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 4 where a catalogue is stale or lacks something.")
def messages(*, check: bool) -> int:
    """Write the catalogues of what people read, and list what they lack."""
    from gocontainer.cli.click_commands import main
    from gocontainer.dev import messages as catalogues
    from gocontainer.rendering.language import checkout

    root = checkout()
    code = _settle(root, catalogues.stale(root, main), "Run 'make messages'.", check=check)
    lacking = list(catalogues.lacking(root))
    for each in lacking:
        click.echo(each, err=True)
    return 4 if check and lacking else code


def _settle(root: Path, found: Mapping[str, bytes], hint: str, *, check: bool) -> int:
    """Write what is stale, or only say so; return the exit code."""
    for path, content in found.items():
        click.echo(f"{'stale' if check else 'wrote'} {path}", err=True)
        if not check:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
    if check and found:
        click.echo(hint, err=True)
    return 4 if check and found else 0
