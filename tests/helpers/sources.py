"""What a test is made of: its file, the helpers that it imports, the data beside them, and the pins that they name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.helpers import crds
from tests.helpers.support import PINS, ROOT

FOLDERS = ("tests", "docs", "benchmarks")
"""Where Python of ours lies, beside the generator's."""
ROWS_FILE = ROOT / "tests" / "rows.json"
NOT_READ = {ROOT / "tests/everything.py", ROWS_FILE}
"""What says which tests run, and not what they do. A test of a row reads its row alone, others that name ROWS all."""
RENDERING = ("__init__", "rendering/engine", "repository/tree", "answers/model")
"""Modules of gocontainer that a test imports to render; what they do shows in what is rendered."""
_PATH = re.compile(r'"((?:tests|docs|requirements)[\w./-]+)"')


@cache
def parts(test: Path) -> tuple[bytes, ...]:
    """Return everything that a file of tests is made of, in a fixed order."""
    modules = closure(test)
    paths = sorted({*modules, *data(modules)})
    found = [part for path in paths for part in (str(path).encode(), path.read_bytes())]
    if Path(crds.__file__) in modules and crds.are_there():
        found += [path.read_bytes() for path in sorted(crds.FOLDER.iterdir())]
    pins = sorted({repr(pin) for path in modules for pin in named_pins(_tree(path), PINS)})
    return (*found, *(pin.encode() for pin in pins))


def closure(test: Path) -> set[Path]:
    """Return a file of tests, its folder's fixtures, and the modules of ours that these import, and so on.

    A module of gocontainer counts by itself: what those that it imports do shows in what is rendered.
    """
    wanted, seen = [test, *_fixtures(test)], set[Path]()
    while wanted:
        path = wanted.pop()
        if path not in seen | NOT_READ:
            seen.add(path)
            if ROOT / "generator" not in path.parents:
                wanted += imported(_tree(path))
    return seen


def _fixtures(test: Path) -> Iterator[Path]:
    """Yield the conftest.py of a suite's folder, and with it the one above; those of other tests name no engine."""
    if test.parent != ROOT / "tests":
        yield from (path for folder in test.parents if (path := folder / "conftest.py").is_file())


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


def imported(tree: ast.Module) -> set[Path]:
    """Return the files of ours that a module imports, but for those that only render."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {path for name in names for path in _files(name)}


def _files(module: str) -> Iterator[Path]:
    first, _, rest = module.replace(".", "/").partition("/")
    generator = first == "gocontainer" and rest not in {"", *RENDERING}
    top = ROOT / "generator" if generator else ROOT
    if generator or first in FOLDERS:
        yield from (path for end in (".py", "/__init__.py") if (path := top / f"{first}/{rest}{end}").is_file())


def data(modules: set[Path]) -> set[Path]:
    """Return the files beside the modules of suites that are no Python, and what modules name by its path."""
    suites = {path.parent for path in modules if path.parent.parent == ROOT / "tests"}
    named = {ROOT / name for path in modules for name in _PATH.findall(path.read_text())}
    return {
        path
        for place in suites | named
        for path in ([place] if place.is_file() else place.rglob("*"))
        if path.is_file() and path.suffix not in (".py", ".pyc") and path not in NOT_READ
    }


def named_pins(tree: ast.Module, pins: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the pins that a module names: one, a table of them, or all where it does not say which."""
    seen: set[ast.Name] = set()
    for node in ast.walk(tree):  # what stands around comes before what stands in it
        match node:
            case ast.Subscript(
                value=ast.Subscript(value=ast.Name(id="PINS") as name, slice=ast.Constant(value=str(table))),
                slice=ast.Constant(value=str(pin)),
            ) if name not in seen:
                yield pins[table][pin]
            case ast.Subscript(value=ast.Name(id="PINS") as name, slice=ast.Constant(value=str(table))) if (
                name not in seen
            ):
                yield pins[table]
            case ast.Name(id="PINS", ctx=ast.Load()) as name if name not in seen:
                yield pins
            case _:
                continue
        seen.add(name)
