"""What a test reads while it runs: the answers that it renders and the folders of the checkout that it takes.

Fixtures that several tests share are followed too: what one read when it was set up, each of its tests reads.
Files that a test says it does not read are not there while it runs.
"""

from __future__ import annotations

import fnmatch
import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from gocontainer.repository.tree import File, Tree

Read = str
"""Answers and the files that are read of what they render, or a path in the checkout, as JSON."""
ALL = ("*",)
P = ParamSpec("P")
T = TypeVar("T")

_open: list[set[Read]] = []
"""Of the test, the fixtures and the cached functions that run right now."""
_patterns: Sequence[str] = ALL


def only(patterns: Sequence[str]) -> None:
    """Leave the test that begins these files of what it renders, and no others."""
    global _patterns  # noqa: PLW0603  # there is one test at a time
    _patterns = patterns


def rendered(given: Mapping[str, Any], files: Tree) -> dict[str, File]:
    """Note that ``given`` answers were rendered to ``files``; return those that the running test reads."""
    _note(json.dumps({"answers": given, "files": _patterns}, sort_keys=True))
    return matching(files, _patterns)


def path(name: str) -> None:
    """Note that a file or folder of the checkout was read."""
    _note(json.dumps({"path": name}))


def gocontainer() -> None:
    """Note that the command was run, which reads all of the generator and of the template."""
    for name in ("generator", "template"):
        path(name)


def _note(*read: Read) -> None:
    for each in _open:
        each.update(read)


@contextmanager
def noted(reads: set[Read]) -> Iterator[None]:
    """Add to ``reads`` what is read meanwhile."""
    _open.append(reads)
    try:
        yield
    finally:
        _open.pop()


def cache(function: Callable[P, T]) -> Callable[P, T]:
    """Cache a function as functools.cache does; whoever gets its result later has read what it read."""

    results: dict[object, tuple[T, set[Read]]] = {}

    @functools.wraps(function)
    def cached(*args: P.args, **kwargs: P.kwargs) -> T:
        call = (args, tuple(sorted(kwargs.items())))
        if call not in results:
            reads: set[Read] = set()
            with noted(reads):
                results[call] = function(*args, **kwargs), reads
        result, read = results[call]
        _note(*read)
        return result

    return cached


def matching(files: Mapping[str, T], patterns: Sequence[str]) -> dict[str, T]:
    """Return the files that patterns name; of those that fit a path the last decides, and ! takes it away."""
    return {path: file for path, file in files.items() if _matches(path, patterns)}


def _matches(path: str, patterns: Sequence[str]) -> bool:
    fitting = [not each.startswith("!") for each in patterns if fnmatch.fnmatchcase(path, each.removeprefix("!"))]
    return bool(fitting) and fitting[-1]
