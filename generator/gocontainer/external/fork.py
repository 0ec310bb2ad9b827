"""What a fork of our template brings: a wizard and a form, each run as in its own installation, by its own tables."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gocontainer.errors import Cancelled, CannotUse, GocontainerError, Interrupted
from gocontainer.repository.git import surroundings
from gocontainer.texts import tr

GENERATOR = "generator"
"""Where a fork has its ``gocontainer``."""
WIZARD, FORM = "gocontainer.hold_wizard", "gocontainer.hold_form"
"""The modules of the fork that are run."""
_SIGNALLED = 128


class Told(GocontainerError):
    """What the wizard of a fork of our template said, in whole sentences, with its exit code."""

    def __init__(self, sentences: str, exit_code: int) -> None:
        self.sentences, self.exit_code = sentences, exit_code

    def __str__(self) -> str:
        return self.sentences


def brings(folder: Path, module: str) -> bool:
    """Whether the template in ``folder`` is a fork of ours that has such a module."""
    return (folder / GENERATOR / f"{module.replace('.', '/')}.py").is_file()


def _command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", module, *arguments]


def _environment(folder: Path) -> dict[str, str]:
    """Return an environment in which ``gocontainer`` is that of the fork."""
    return {**surroundings(), "PYTHONPATH": str(folder / GENERATOR), "PYTHONUTF8": "1"}


def hold_wizard(place: Path, folder: Path, document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Run the wizard of the fork in ``folder``, by way of files in ``place``; None where it fails."""
    (place / "outcome.json").unlink(missing_ok=True)
    (place / "request.json").write_text(json.dumps(document, default=str), "utf-8")
    subprocess.run(_command(WIZARD, str(place / "request.json")), check=False, env=_environment(folder))
    try:
        outcome: dict[str, Any] = json.loads((place / "outcome.json").read_bytes())
    except (OSError, ValueError):
        return None
    if (code := outcome.get("exit_code", 0)) > _SIGNALLED:
        raise Cancelled if code == Cancelled.exit_code else Interrupted(code - _SIGNALLED)
    if code:
        raise Told(outcome["error"], code)
    answers: dict[str, Any] = outcome["answers"]
    return answers


class Form:
    """A fork's form, which answers to its page."""

    def __init__(self, running: subprocess.Popen[str], folder: Path, source: str) -> None:
        self._running, self._source = running, source
        self.page = folder / GENERATOR / "gocontainer/form/page"
        """What a browser loads."""

    def ask(self, name: str, body: bytes) -> bytes:
        """Return its document; raise ValueError where ``body`` is no request, or CannotUse where the form is gone."""
        asked, answers = self._running.stdin, self._running.stdout
        assert asked
        assert answers
        try:
            asked.write(json.dumps([name, body.decode()]) + "\n")
            asked.flush()
            line = answers.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            reason = tr("the form of the template {source} ended", source=self._source)
            raise CannotUse(reason, tr("Give its answers with --set, and --no-input."))
        found: list[str] = json.loads(line)
        if not found:
            raise ValueError(body)
        return found[0].encode()


@contextmanager
def form(folder: Path, source: str) -> Iterator[Form]:
    """Run the form of the fork in ``folder`` until the caller is done; raise CannotUse where it brings none."""
    if not brings(folder, FORM):
        reason = tr("the template {source} has no form, as a fork of gocontainer's own has", source=source)
        raise CannotUse(reason, tr("Answer at a terminal: gocontainer new --template {source}", source=source))
    with subprocess.Popen(
        _command(FORM), env=_environment(folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as running:
        yield Form(running, folder, source)
