"""What a person or a program reads: the only module that prints."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def visible(text: str) -> str:
    """Return ``text`` with a question mark for each control character: a file of a template may have such a name."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "?" for letter in text)


def tell(text: str, *, err: bool = False) -> None:
    """Print a line for a person, broken between words where it goes to a terminal; nobody need be reading."""
    text = visible(text)
    stream = sys.stderr if err else sys.stdout
    if stream is not None and stream.isatty():
        import shutil
        import textwrap

        indent = " " * (len(text) - len(text.lstrip()))
        columns = shutil.get_terminal_size().columns
        text = textwrap.fill(text, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    say(text, err=err)


def say(text: str, *, err: bool = False) -> None:
    """Print the outcome. What was to be done is done: nobody reading is no failure."""
    try:
        _print(text, err=err)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2 if err else 1)  # or Python would try once more at its end


def _print(text: str, *, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    if stream is None:  # it was closed before Python began
        return
    if "\x1b" in text:  # click leaves colours out where they are not understood
        import click

        click.echo(text, err=err)
    else:
        print(text, file=stream, flush=True)


def absolute(folder: str) -> Path:
    """Return ``folder`` without its links resolved, and without ``..``."""
    return Path(os.path.abspath(folder))  # noqa: PTH100
