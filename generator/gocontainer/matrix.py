"""The test matrix: rows of answers in which every two levels of every two options meet once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

from gocontainer.conflicts import CONFLICTS
from gocontainer.kinds import Value
from gocontainer.options import OPTIONS


@cache
def rows() -> tuple[dict[str, Value], ...]:
    """Return the pairwise rows, none of them in conflict, the defaults first."""
    from allpairspy import AllPairs

    varied = [option for option in OPTIONS if len(option.samples()) > 1]
    names = [option.name for option in varied]

    def fine(levels: Sequence[Value]) -> bool:
        row = dict(zip(names, levels, strict=False))
        return not any(set(c.names) <= set(row) and c.applies(row) for c in CONFLICTS)

    pairs = AllPairs([list(option.samples()) for option in varied], filter_func=fine)
    defaults = {option.name: option.default for option in varied}
    return (defaults, *(dict(zip(names, levels, strict=True)) for levels in pairs))


def rows_json() -> str:
    """Return the rows as tests/rows.json has them, one a line."""
    lines = [json.dumps(row) for row in rows()]
    return "[\n  " + ",\n  ".join(lines) + "\n]\n"
