"""The wizard for another process: ``python -m gocontainer.hold_wizard REQUEST``, at its terminal.

A fork of our template has a table of its own, which only its own ``gocontainer`` knows: `gocontainer new --template`
runs this module of the fork. What stands in the request and in ``outcome.json`` beside it is therefore a contract
between versions.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from gocontainer.answers.model import Layer
from gocontainer.cli import asking
from gocontainer.console import tell
from gocontainer.errors import GocontainerError
from gocontainer.texts import language_of, speak


def hold(request: dict[str, Any]) -> dict[str, Any]:
    """Return what a person answers beside what is given; or why there are no answers, with the exit code."""
    from gocontainer import wizard

    try:
        plain, inline = asking.manner(plain=bool(request.get("plain")), inline=bool(request["inline"]))
        manner = wizard.Manner(plain, inline, resumed=False, dry_run=request["dry_run"], kept=Path(), say=tell)
        given = Layer("flag", request["given"], "--set {name}")
        answers = wizard.converse([given], Path(request["output"]), manner).answers
    except GocontainerError as error:
        return {"error": str(error), "exit_code": error.exit_code}
    said = {name: value for name, value in answers.applicable().items() if answers.origins[name] != "default"}
    return {"answers": said}


def main(place: Path) -> None:
    """Read the request and write the outcome."""
    speak(language_of(os.environ))
    outcome = hold(json.loads(place.read_bytes()))
    place.with_name("outcome.json").write_text(json.dumps(outcome), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
