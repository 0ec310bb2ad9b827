"""The command line: calls in, exit codes out; 3 and 4 are the commands' own."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from gocontainer.cli import parameters
from gocontainer.console import say, tell
from gocontainer.errors import Cancelled, GocontainerError
from gocontainer.texts import language_of, speak, tr

_PLAIN = {
    "explain": ("gocontainer.cli.repository_commands", parameters.EXPLAIN),
    "new": ("gocontainer.cli.new", parameters.NEW),
    "status": ("gocontainer.cli.repository_commands", parameters.STATUS),
    "update": ("gocontainer.cli.repository_commands", parameters.UPDATE),
}
"""Where the commands are that can do without click, and what they take."""
_WITH_ANSWERS = ("adopt", "new")
"""The commands that have a flag for each option."""
EXIT_CODES = {
    0: "done",
    1: "the environment failed; nothing was written",
    2: "bad usage or answers; nothing was written",
    3: "an update left something to decide or to mend",
    4: "files drifted, an update is there or an image is past its end of life (`status`), "
    "or a preview would change something",
    129: "the terminal was closed; nothing was written",
    130: "cancelled; nothing was written",
    143: "terminated; nothing was written",
}
"""What each exit code of the process means."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; every error becomes two sentences on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # an answer may have letters that the terminal lacks
    speak(_language(arguments))
    try:
        code = _call(arguments)
    except (GocontainerError, KeyboardInterrupt, OSError) as error:
        return _fail(error, arguments)
    return code or 0


def _language(arguments: Sequence[str]) -> str:
    """Return the language of what a call says: a program and a maintainer read English."""
    for_programs = arguments[:1] == ["dev"] or "--json" in arguments or "--schema" in arguments
    return "en" if for_programs else language_of(os.environ)


def _fail(error: BaseException, arguments: Sequence[str]) -> int:
    """Say what is wrong, and return the exit code."""
    from gocontainer.cli import requests

    if isinstance(error, KeyboardInterrupt):
        error = Cancelled()
    command = "".join(arguments[:1])
    for each in requests.each_of(error):
        text = requests.sentences(each, command)
        with contextlib.suppress(OSError):  # the terminal may be gone
            tell(text if isinstance(error, Cancelled) else tr("Error: {message}", message=text), err=True)
    if "--json" in arguments:
        import json

        say(json.dumps(requests.as_json(error, command), indent=2, ensure_ascii=False))
    return error.exit_code if isinstance(error, GocontainerError) else 1


def _call(arguments: Sequence[str]) -> int | None:
    """Run a command: by itself where the call is plain, else by click."""
    if arguments[:1] and arguments[0] in _WITH_ANSWERS:
        from gocontainer.cli import flags

        arguments = flags.spelled(arguments)
    if arguments and arguments[0] in _PLAIN and parameters.COMPLETE not in os.environ:
        name, known = _PLAIN[arguments[0]]
        module = import_module(name)
        values = parameters.parse((*module.table(), *known) if arguments[0] == "new" else known, arguments[1:])
        if values is not None:
            code: int | None = getattr(module, arguments[0])(**values)
            return code
    from gocontainer.cli import click_commands

    return click_commands.run(arguments)
