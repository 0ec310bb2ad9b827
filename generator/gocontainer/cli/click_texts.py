"""click's own words and its help in the language in use; in English click is left as it is."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable, Iterator

import click

from gocontainer.console import lines_of, width
from gocontainer.texts import is_english, tr

MODULES = ("core", "decorators", "exceptions", "formatting", "parser", "types")
"""The modules of click that speak to people."""


def translate() -> None:
    """Let click look its words up as everything else does, and break lines of CJK where they may be broken."""
    for name in MODULES:
        vars(getattr(click, name)).update(_=tr, ngettext=_one_or_many)
    click.Context.formatter_class = click.HelpFormatter if is_english() else _Formatter


def _one_or_many(one: str, many: str, count: int) -> str:
    return tr(one) if count == 1 else tr(many)


def paragraphs(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the paragraphs of a help text, and whether each keeps its lines, as one after a backspace does."""
    for each in inspect.cleandoc(text).split("\n\n"):
        kept = each.startswith("\b\n")
        yield (each.removeprefix("\b\n"), True) if kept else (" ".join(each.split()), False)


class _Formatter(click.HelpFormatter):
    """A formatter that knows how wide a letter is."""

    def write_text(self, text: str) -> None:
        indent = " " * self.current_indent
        found = [
            textwrap.indent(tr(each), indent) if kept else "\n".join(lines_of(tr(each), self.width, indent, indent))
            for each, kept in paragraphs(text)
        ]
        self.write("\n\n".join(found) + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        rows = list(rows)
        first = min(max(width(term) for term, _ in rows), col_max) + col_spacing
        margin, below = " " * self.current_indent, " " * (self.current_indent + first)
        for term, text in rows:
            head = margin + term
            lines = lines_of(tr(text), self.width, below, below) or [""]
            fits = width(term) + col_spacing <= first
            self.write(head + lines[0][width(head) :] if fits else f"{head}\n{lines[0]}")
            self.write("".join(f"\n{line}" for line in lines[1:]) + "\n")
