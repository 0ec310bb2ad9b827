"""Which Go packages of a row have code that no row before it has; of numbers and texts each row has its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from gocontainer.rendering.engine import render
from gocontainer.repository import tree
from tests.helpers.support import ROWS, Row, answers

Code = tuple[tuple[str, bytes], ...]
"""Paths and what is in them."""


class Package(NamedTuple):
    """A folder of Go code."""

    code: Code
    imports: tuple[str, ...]


def shape(files: tree.Tree) -> Code:
    """Return the Go code without its numbers and texts."""
    code = ((path, file.content) for path, file in sorted(files.items()) if path.endswith(".go"))
    return tuple((path, re.sub(rb'"[^"\n]*"|\d+', b"", content)) for path, content in code)


def packages(files: tree.Tree, module: str) -> dict[str, Package]:
    """Return the packages, as the go command names them."""
    found: dict[str, dict[str, tree.File]] = {}
    for path, file in files.items():
        if path.endswith(".go"):
            found.setdefault(str(Path("/", path).parent), {})[path] = file
    imported = re.compile(rb'^\t(?:\w+ )?"' + re.escape(module.encode()) + rb'/(\S+)"$', re.MULTILINE)
    return {
        f".{folder}": Package(
            shape(own), tuple(f"./{name.decode()}" for file in own.values() for name in imported.findall(file.content))
        )
        for folder, own in found.items()
    }


def linked(folder: str, found: dict[str, Package]) -> Code:
    """Return the shape of a package and of all in its module that it is linked with."""
    wanted, seen = [folder], set()
    while wanted:
        if (name := wanted.pop()) not in seen:
            seen.add(name)
            wanted += found[name].imports
    return tuple(each for name in sorted(seen) for each in found[name].code)


def new_in(repositories: Sequence[dict[str, Package]]) -> Iterator[list[str]]:
    """Yield for each repository the packages that are not linked alike in one before it."""
    seen: set[Code] = set()
    for found in repositories:
        shapes = {folder: linked(folder, found) for folder in found}
        yield [folder for folder, code in shapes.items() if code not in seen]
        seen.update(shapes.values())


@cache
def _of_rows() -> Sequence[list[str]]:
    every = [answers(**row) for row in ROWS]
    return list(new_in([packages(render(each), str(each["module"])) for each in every]))


def new_packages(row: Row) -> list[str]:
    """Return the packages of a row that no row before it has."""
    return _of_rows()[ROWS.index(dict(row))]
