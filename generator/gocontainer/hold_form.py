"""The form for another process: ``python -m gocontainer.hold_form`` answers each line of its input with a line.

A fork of our template has a table of its own, which only its own ``gocontainer`` knows: `gocontainer form --template`
runs this module of the fork. A line that asks is the JSON list of what is asked for and of the request's text; one that
answers is the list of the document's text, an empty one where that was no request. Both, and what a page says of its
answers, are therefore a contract between versions.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterable
from typing import TextIO

from gocontainer.form.answering import respond


def hold(asked: Iterable[str], answers: TextIO) -> None:
    """Answer until nothing more is asked."""
    for line in asked:
        name, body = json.loads(line)
        try:
            found = [respond(name, body).decode()]
        except (ValueError, RecursionError):
            found = []
        answers.write(json.dumps(found) + "\n")
        answers.flush()


def main() -> None:
    """Answer on stdout, and let all else that would print there go to stderr."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks ends it, by the end of what is asked
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        hold(sys.stdin, answers)


if __name__ == "__main__":
    main()
