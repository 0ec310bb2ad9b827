"""How often a reader of a run comes back to a module: functions in the order in which they are first called."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from types import FrameType

_FUNCTION = 1
"""The flag of code that is a function's, and no class body's (``CO_OPTIMIZED``)."""


@contextmanager
def first_calls(package: str) -> Iterator[list[str]]:
    """Collect, while the block runs, the module of each function of the package, once, as it is first called."""
    known: set[object] = set()
    modules: list[str] = []

    def look(frame: FrameType, event: str, _: object) -> None:
        module, code = frame.f_globals.get("__name__", ""), frame.f_code
        named = code.co_flags & _FUNCTION and not code.co_name.startswith("<")
        if event == "call" and named and module.startswith(package) and code not in known:
            known.add(code)
            modules.append(module)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield modules
    finally:
        sys.setprofile(before)


def returns(modules: Sequence[str]) -> int:
    """How often a module is come back to."""
    stays = [module for module, _ in groupby(modules)]
    return len(stays) - len({*stays})
