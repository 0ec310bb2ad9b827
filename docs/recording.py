"""Record the wizard: the real program at a real pseudo-terminal, as an SVG that moves by itself.

`make recording` writes docs/wizard.svg.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.helpers.terminal import DOWN, ENTER, ESCAPE, LEFT, RIGHT, UP, Size, Terminal, new

SIZE = Size(120, 34)
CELL, LINE, LETTERS = 8.4, 18, 14
COLOURS = {"default": "#d8dee9", "brightblack": "#8b949e", "cyan": "#56c8d8", "red": "#ff7b72"}
BACKGROUND = "#0d1117"


class Frame(NamedTuple):
    """A screen, for as long as it is shown."""

    rows: tuple[str, ...]
    seconds: float


def main() -> None:
    """Play the script and write the recording."""
    target = Path(__file__).with_name("wizard.svg")
    with tempfile.TemporaryDirectory() as home:
        clone(Path(home) / "shop")
        terminal = new(Path(home), size=SIZE, place="shop", programs=("git", "go"))
        terminal.sees("What is the service called")
        frames = list(play(terminal, home))
        terminal.end()
    target.write_text(svg(frames), "utf-8")
    sys.stdout.write(f"{target.name}: {len(frames)} frames, {target.stat().st_size // 1000} kB\n")


def clone(folder: Path) -> None:
    """Make what `git clone` of a new repository makes."""
    git = ["git", "-C", str(folder)]
    folder.mkdir()
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    subprocess.run([*git, "remote", "add", "origin", "git@github.com:acme/shop.git"], check=True)


def play(terminal: Terminal, home: str) -> Iterator[Frame]:
    """Yield what is seen while a person answers."""
    yield frame(terminal, home, 2.5)
    script = [
        (DOWN, 2.0), (RIGHT, 2.4), (LEFT, 1.0), (ENTER, 2.6), (RIGHT, 2.2), (LEFT, 0.8), ("b", 1.2), (RIGHT, 1.0),
        (RIGHT, 1.6), ("c", 1.2), (RIGHT, 2.6), (LEFT, 0.8), (UP, 0.8), (LEFT, 0.6), (LEFT, 0.8), ("c", 0.6),
        (RIGHT, 2.6), (ENTER, 3.0), (DOWN, 0.5), (ENTER, 1.8), ("d", 0.8), (ENTER, 2.2), (ESCAPE, 0.8),
        (ESCAPE, 1.2), ("w", 6.0),
    ]  # fmt: skip
    for key, seconds in script:
        terminal.send(key)
        terminal.drain()
        yield frame(terminal, home, seconds)


def frame(terminal: Terminal, home: str, seconds: float) -> Frame:
    """Return the screen as rows of SVG."""
    return Frame(tuple(row(terminal, number, home) for number in range(SIZE.rows)), seconds)


def row(terminal: Terminal, number: int, home: str) -> str:
    """Return a line of the screen: one piece of text for each run of words of one style."""
    cells = terminal.screen.buffer[number]
    columns = [(column, cells[column]) for column in range(SIZE.columns)]
    pieces = []
    for (colour, bold), run in groupby(columns, key=lambda each: (each[1].fg, each[1].bold)):
        letters = list(run)
        for words in re.finditer(r"\S+(?: \S+)*", "".join(cell.data for _, cell in letters)):
            text = words.group().replace(home, "/home/you")
            place = f'x="{(letters[0][0] + words.start()) * CELL:.1f}" textLength="{len(text) * CELL:.1f}"'
            weight = ' font-weight="bold"' if bold else ""
            pieces.append(f'<text {place} fill="{COLOURS[colour]}"{weight}>{escape(text)}</text>')
    return "".join(pieces)


def svg(frames: list[Frame]) -> str:
    """Return the frames as one picture; where nothing moves, the last one is seen."""
    names = {
        text: f"r{number}" for number, text in enumerate(dict.fromkeys(text for each in frames for text in each.rows))
    }
    total = sum(each.seconds for each in frames)
    styles, groups, start = [], [], 0.0
    for number, each in enumerate(frames):
        begin, end = 100 * start / total, 100 * (start + each.seconds) / total
        start += each.seconds
        rest = "visible" if number == len(frames) - 1 else "hidden"
        styles.append(
            f"@keyframes k{number}{{0%{{visibility:{'visible' if number == 0 else 'hidden'}}}"
            f"{begin:.2f}%{{visibility:visible}}{end:.2f}%{{visibility:hidden}}}}"
            f"#f{number}{{visibility:{rest};animation:k{number} {total:.1f}s step-end infinite}}"
        )
        lines = "".join(
            f'<use href="#{names[text]}" y="{(line + 1) * LINE}"/>' for line, text in enumerate(each.rows) if text
        )
        groups.append(f'<g id="f{number}">{lines}</g>')
    defs = "".join(f'<g id="{name}">{text}</g>' for text, name in names.items() if text)
    width, height = SIZE.columns * CELL + 24, SIZE.rows * LINE + 28
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        f'aria-label="The wizard of gocontainer, from the first question to the repository">'
        f"<style>text{{font-size:{LETTERS}px;font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace}}"
        f"@media(prefers-reduced-motion){{g{{animation:none!important}}}}{''.join(styles)}</style>"
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/><defs>{defs}</defs>'
        f'<g transform="translate(12 8)">{"".join(groups)}</g></svg>\n'
    )


if __name__ == "__main__":
    main()
