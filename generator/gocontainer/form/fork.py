"""The form of an external template: questions and tables of a fork of ours, and the files that cookiecutter makes."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gocontainer.answers.lockfile import LOCK, with_lockfile
from gocontainer.answers.model import Layer
from gocontainer.external import template
from gocontainer.external.fork import Form
from gocontainer.external.wanted import Wanted, in_a_line
from gocontainer.form.archive import zipped
from gocontainer.form.server import Answering
from gocontainer.repository.tree import Tree


class Fork:
    """Answers to the page of a fork's form."""

    def __init__(self, pinned: template.Pinned, form: Form) -> None:
        self._pinned, self._form = pinned, form

    def respond(self, name: str, body: bytes) -> bytes:
        """Return what the page asks for; raise ValueError where it is no request, or GocontainerError."""
        if name == "archive":
            return zipped(*self._written(body))
        asked = json.loads(body)
        if name == "file" and isinstance(asked, dict) and asked.get("path") == LOCK:
            text = self._written(body)[0][LOCK].content.decode()
            return json.dumps({"lines": [(" ", line) for line in text.splitlines()]}, ensure_ascii=False).encode()
        content = self._form.ask(name, body)
        if name != "page":
            return content
        page = json.loads(content)
        return json.dumps({**page, "command": self._command(page)}, ensure_ascii=False).encode()

    def _command(self, page: dict[str, Any]) -> str:
        """Return the one line that writes the archive's files."""
        words = ["gocontainer", "new", page["service"], "--no-input", "--template", str(self._pinned.wanted.template)]
        settings = [("--set", f"{name}={in_a_line(value)}") for name, value in self._given(page).items()]
        return shlex.join([*words, "--trust", *(word for pair in settings for word in pair)])

    def _given(self, page: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in page["given"].items() if name != "service"}

    def _written(self, body: bytes) -> tuple[Tree, str]:
        """Return every file that the command writes, and the folder; the answers are those of the fork's tables."""
        page = json.loads(self._form.ask("page", body))
        given = Layer("flag", self._given(page), "--set {name}")
        rendered = self._pinned.render((given,), page["service"])
        return with_lockfile(rendered.tree, rendered.answers, (), rendered.template), rendered.folder


@contextmanager
def answering(wanted: Wanted) -> Iterator[Answering]:
    """Run the form of a template until the caller is done; raise GocontainerError where that cannot be."""
    pinned = template.pinned(wanted)
    with pinned.form() as form:
        yield Answering(Fork(pinned, form).respond, form.page)
