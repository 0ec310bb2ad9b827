"""What a person or a program reads: the only module that prints."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_OPENING, _CLOSING = "\uff08\u300a\u300c", "\uff0c\u3002\uff1b\uff1a\uff01\uff1f\u3001\uff09\u300b\u300d"
"""Wide punctuation that ends no line, and that begins none."""


def visible(text: str) -> str:
    """Return ``text`` with a question mark for each control character: a file of a template may have such a name."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "?" for letter in text)


def tell(text: str, *, err: bool = False) -> None:
    """Print a line for a person, broken between words where it goes to a terminal; nobody need be reading."""
    text = visible(text)
    say(fitted(text, " " * (len(text) - len(text.lstrip())), err=err), err=err)


def fitted(text: str, indent: str, *, err: bool = False) -> str:
    """Return ``text`` broken between words where it is printed to a terminal, with ``indent`` before further lines."""
    stream = sys.stderr if err else sys.stdout
    if stream is None or not stream.isatty():
        return text
    import shutil

    return "\n".join(lines_of(text, shutil.get_terminal_size().columns, subsequent_indent=indent))


def lines_of(text: str, columns: int, initial_indent: str = "", subsequent_indent: str = "") -> list[str]:
    """Break ``text`` into lines of at most ``columns``: between words, and in CJK between letters."""
    import textwrap

    if text.isascii():
        return textwrap.wrap(
            text,
            columns,
            initial_indent=initial_indent,
            subsequent_indent=subsequent_indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    lines, line = [], initial_indent
    for unit in _units(text):
        if line.strip() and width(line + unit.rstrip()) > columns:
            lines.append(line.rstrip())
            line, unit = subsequent_indent, unit.lstrip()  # noqa: PLW2901 - a line does not begin with a space
        line += unit
    return [*lines, line.rstrip()]


def _units(text: str) -> list[str]:
    """Return what a line may be broken between: words, spaces, and wide letters, each with its punctuation."""
    import re

    word = rf"[{_OPENING}]*(?:[^\s\u2e80-\uffff]+|\S)[{_CLOSING}]*"
    return re.findall(rf"\s+|{word}", text)


def padded(text: str, columns: int) -> str:
    """Return ``text`` with spaces behind it that fill so many columns, or before it where the number is negative."""
    spaces = " " * (abs(columns) - width(text))
    return text + spaces if columns > 0 else spaces + text


def width(text: str) -> int:
    """Return how many columns of a terminal ``text`` takes."""
    if text.isascii():
        return len(text)
    import wcwidth

    return wcwidth.width(text)


def say(text: str, *, err: bool = False) -> None:
    """Print the outcome. What was to be done is done: nobody reading is no failure."""
    try:
        _print(text, err=err)
    except OSError:
        stop_printing(err=err)


def stop_printing(*, err: bool = False) -> None:
    """Print nothing more, since nobody reads it: Python would try once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2 if err else 1)


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
