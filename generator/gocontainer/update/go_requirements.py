"""The modules of Go that the project brought: what only they may need is never taken away, for nobody can tell.

``go mod tidy`` removes what nothing needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gocontainer.repository.tree import File, Tree

MODULES, SUMS = "go.mod", "go.sum"
_BLOCK = re.compile(r"(?m)^require \(\n((?:\t.*\n)*)\)$")
_REQUIREMENT = re.compile(r"\t(\S+) v\S+(?: // indirect)?\r?\n")


def required(lines: list[str]) -> dict[str, str] | None:
    """Return by module the lines that require one; None where some line says something else."""
    found = [_REQUIREMENT.fullmatch(line) for line in lines]
    return {each[1]: line for each, line in zip(found, lines, strict=True) if each} if all(found) else None


def kept(mine: bytes, base: Tree, theirs: Tree) -> dict[str, File]:
    """Return the newest go.mod and go.sum with all that they had, where ``mine``, the project's go.mod, has more."""
    if not {MODULES, SUMS} <= base.keys() & theirs.keys() or _modules(mine) <= _modules(base[MODULES].content):
        return {}
    sums = {*base[SUMS].content.splitlines(keepends=True), *theirs[SUMS].content.splitlines(keepends=True)}
    return {MODULES: File(_together(base, theirs)), SUMS: File(b"".join(sorted(sums)))}


def _modules(text: bytes) -> set[str]:
    return {path for block in _blocks(text) for path in block}


def _blocks(text: bytes) -> list[dict[str, str]]:
    """Return the requirements of each block, direct and indirect."""
    return [required(found[1].splitlines(keepends=True)) or {} for found in _BLOCK.finditer(text.decode())]


def _together(base: Tree, theirs: Tree) -> bytes:
    """Return the newest go.mod with what it requires no longer, each in the block where it was."""
    gone = _modules(base[MODULES].content) - _modules(theirs[MODULES].content)
    blocks: Iterator[dict[str, str]] = iter(_blocks(base[MODULES].content))

    def add(found: re.Match[str]) -> str:
        before = {path: line for path, line in next(blocks, {}).items() if path in gone}
        lines = before | (required(found[1].splitlines(keepends=True)) or {})
        return f"require (\n{''.join(line for _, line in sorted(lines.items()))})"

    return _BLOCK.sub(add, theirs[MODULES].content.decode()).encode()
