"""``gocontainer dev``: the commands of a checkout."""

from __future__ import annotations

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
    from gocontainer.dev.derive import stale
    from gocontainer.rendering.language import checkout

    root = checkout()
    if deps:
        from gocontainer.dev.go_modules import resolve

        resolve(root)
    found = stale(root, main, afresh=matrix)
    for path, text in found.items():
        click.echo(f"{'stale' if check else 'wrote'} {path}", err=True)
        if not check:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, "utf-8", newline="\n")
    if check and found:
        click.echo("Run 'make derive'.", err=True)
    return 4 if check and found else 0
