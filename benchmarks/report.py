"""The tables and the plots that benchmarks print, and write for the docs."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import jinja2

HERE = Path(__file__).parent
MEASURED = HERE.parent / "docs/measured"
Row = dict[str, float | None]
"""The figures of one way by what they are, with their unit; None where a way has no such figure."""


class Panel(NamedTuple):
    """A part of a plot: one figure of every way, the shortest bar the best."""

    title: str
    figure: str


def figures(rows: Mapping[str, Row]) -> list[str]:
    """Return what is measured, in the order in which it was."""
    return list(dict.fromkeys(figure for row in rows.values() for figure in row))


def text(value: float | None) -> str:
    """Return a number with three digits that count; a count as it is."""
    if value is None:
        return "-"
    if isinstance(value, int) or abs(value) >= 100:  # noqa: PLR2004
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"  # noqa: PLR2004


def show(rows: Mapping[str, Row]) -> str:
    """Return a table for a terminal, a line for each figure."""
    widths = {name: max(10, len(name)) for name in rows}
    lines = [f"  {'':32}" + "".join(f"  {name:>{width}}" for name, width in widths.items())]
    for figure in figures(rows):
        cells = "".join(f"  {text(rows[name].get(figure)):>{width}}" for name, width in widths.items())
        lines.append(f"  {figure:32}{cells}")
    return "\n".join(lines)


def machine() -> str:
    """Return what the figures were measured on, and when."""
    return f"{os.cpu_count()} cores, {platform.machine()}, {dt.datetime.now(tz=dt.UTC):%Y-%m-%d}"


def save(name: str, target: str, rows: Mapping[str, Row], panels: Sequence[Panel], note: str) -> None:
    """Write the table and the plot of the docs where ``WRITE=1`` asks for it."""
    if os.environ.get("WRITE") != "1":
        return
    MEASURED.mkdir(exist_ok=True)
    (MEASURED / f"{name}.md").write_text("\n".join(_markdown(target, rows, note)) + "\n", encoding="utf-8")
    if panels:
        (MEASURED / f"{name}.svg").write_text(_plot(rows, panels, f"{machine()}, {target}"), encoding="utf-8")


def _markdown(target: str, rows: Mapping[str, Row], note: str) -> Iterator[str]:
    yield f"Written by `WRITE=1 {target}`: {machine()}. {note}"
    yield ""
    yield f"| | {' | '.join(rows)} |"
    yield f"| --- |{' ---: |' * len(rows)}"
    for figure in figures(rows):
        yield f"| {figure} | {' | '.join(text(row.get(figure)) for row in rows.values())} |"


def _plot(rows: Mapping[str, Row], panels: Sequence[Panel], note: str) -> str:
    drawn = []
    for title, figure in panels:
        known = {name: row[figure] for name, row in rows.items() if row.get(figure) is not None}
        longest = max(value for value in known.values() if value is not None)
        bars = [{"name": name, "text": text(value), "share": (value or 0) / longest} for name, value in known.items()]
        drawn.append({"title": title, "bars": bars})
    source = (HERE / "bars.svg").read_text("utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(source).render(panels=drawn, note=note)
