"""What a test is made of: its file, the helpers that it imports, the data beside them, and the pins that they name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.helpers import crds
from tests.helpers.result_cache import key
from tests.helpers.support import PINS, ROOT

FOLDERS = ("tests", "docs", "benchmarks")
"""Where Python of ours lies, beside the generator's."""
LOCK = ROOT / "requirements-dev.lock"
ROWS_FILE = ROOT / "tests" / "rows.json"
PINS_FILE = ROOT / "generator/gocontainer/rendering/pins.toml"
"""Of which each pin counts by itself."""
NOT_READ = {ROOT / "tests/everything.py", ROWS_FILE}
"""What says which tests run, and not what they do. A test of a row reads its row alone, others that name ROWS all."""
RENDERING = ("__init__", "rendering/engine", "repository/tree", "answers/model")
"""Modules of gocontainer that a test imports to render; what they do shows in what is rendered."""
_TABLE = re.compile(r'"(\w+\.toml)"')
"""What a module of gocontainer names beside itself."""
_PATH = re.compile(r'"((?:tests|docs|requirements)[\w./-]+)"')


class Sources(NamedTuple):
    """The files that a test is made of, and the pins that they name."""

    files: frozenset[Path]
    pins: tuple[str, ...]

    @classmethod
    @cache
    def of(cls, test: Path) -> Sources:
        """Return the sources of a file of tests."""
        modules = closure(test)
        files = {*modules, *data(modules), LOCK}
        if Path(crds.__file__) in modules and crds.are_there():
            files |= {*crds.FOLDER.iterdir()}
        return cls(frozenset(files), tuple(_named(modules, PINS)))

    def and_all_in(self, names: Iterable[str]) -> Sources:
        """Return the sources of a test that runs what is in some folders and files of the checkout."""
        return self._replace(files=self.files.union(*(_within(ROOT / name) for name in names)))

    @cache  # noqa: B019  # there are as many as files of tests
    def digest(self) -> str:
        """Name all that they say; where files lie is no part of it, but in the checkout."""
        names = {path.relative_to(ROOT).as_posix() if ROOT in path.parents else path.name: path for path in self.files}
        return key(*(part for name, path in sorted(names.items()) for part in (name, path.read_bytes())), *self.pins)

    def differ(self, changed: frozenset[Path], pins: Mapping[str, Any]) -> bool:
        """Whether some of the files are among those that changed, or the pins were others."""
        before = _named({path for path in self.files if path.suffix == ".py"}, pins)
        return bool(self.files & changed) or tuple(before) != self.pins


def _named(modules: set[Path], pins: Mapping[str, Any]) -> list[str]:
    return sorted({repr(pin) for path in modules for pin in named_pins(_tree(path), pins)})


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
    ours = {path for path in modules if ROOT / "generator" in path.parents}
    named |= {path.with_name(name) for path in ours for name in _TABLE.findall(path.read_text())} - {PINS_FILE}
    found = {path for place in suites | named for path in _within(place)}
    return {path for path in found if path.suffix != ".py"} - NOT_READ


def _within(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder, without what Python leaves there; a file is itself in it."""
    return (path for path in (folder, *folder.rglob("*")) if path.is_file() and path.suffix != ".pyc")


def named_pins(tree: ast.Module, pins: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the pins that a module names: one, a table of them, or all where it does not say which."""
    seen: set[ast.Name] = set()
    for node in ast.walk(tree):  # what stands around comes before what stands in it
        match node:
            case ast.Subscript(
                value=ast.Subscript(value=ast.Name(id="PINS") as name, slice=ast.Constant(value=str(table))),
                slice=ast.Constant(value=str(pin)),
            ) if name not in seen:
                yield pins.get(table, {}).get(pin)
            case ast.Subscript(value=ast.Name(id="PINS") as name, slice=ast.Constant(value=str(table))) if (
                name not in seen
            ):
                yield pins.get(table)
            case ast.Name(id="PINS", ctx=ast.Load()) as name if name not in seen:
                yield pins
            case _:
                continue
        seen.add(name)
