"""The command that says whether this machine has what a rendered repository needs."""

from __future__ import annotations

import json

import click

from gocontainer.console import say, tell
from gocontainer.inspection.doctor import examine
from gocontainer.texts import mark


@click.command(short_help=mark("Say what this machine has and lacks."))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def doctor(*, as_json: bool) -> int:
    """Say which tools a service needs, what is here of them, and how to get the rest.

    Go, make, git and its user, a builder of images, and kubectl. Exit 1 where `make run` would lack something.
    """
    found = examine()
    if as_json:
        say(json.dumps(found.as_json(), indent=2))
    else:
        for line in found.lines():
            tell(line)
    return 1 if found.lacking else 0
