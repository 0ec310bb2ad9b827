"""Network policies with one mistake each: a rule gone, a peer or a port gone, a selector widened, a port more."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Policy = dict[str, Any]
Step = str | int
DIRECTIONS = {"ingress": "from", "egress": "to"}


def mistakes(policies: Sequence[Policy]) -> Iterator[tuple[str, list[Policy]]]:
    """Yield the policies with each mistake, and its name."""
    for number, policy in enumerate(policies):
        for path, change in _of(policy):
            changed = copy.deepcopy(list(policies))
            inner: Any = changed[number]["spec"]
            for step in path[:-1]:
                inner = inner[step]
            change(inner, path[-1])
            yield f"{policy['metadata']['name']}: {change.__name__} {'.'.join(map(str, path))}", changed


Change = Callable[[Any, Any], None]


def without(inner: Any, last: Step) -> None:
    """Drop something."""
    del inner[last]


def widened(inner: Any, last: Step) -> None:
    """Let a selector take all."""
    inner[last] = {}


def opened(inner: Any, last: Step) -> None:
    """Let one more port through, for anybody."""
    inner[last] = [*inner.get(last, ()), {"ports": [{"port": 25, "protocol": "TCP"}]}]


def _of(policy: Policy) -> Iterator[tuple[tuple[Step, ...], Change]]:
    spec = policy["spec"]
    yield ("podSelector",), widened
    if len(spec["policyTypes"]) > 1:  # one without any is none
        yield from ((("policyTypes", number), without) for number in range(len(spec["policyTypes"])))
    for direction, side in DIRECTIONS.items():
        if direction.title() in spec["policyTypes"]:
            yield (direction,), opened
        for number, rule in enumerate(spec.get(direction, ())):
            yield (direction, number), without
            yield from (((direction, number, part), without) for part in rule)
            if len(rule["ports"]) > 1:  # a list without any means all
                yield from (((direction, number, "ports", port), without) for port in range(len(rule["ports"])))
            for which, peer in enumerate(rule.get(side, ())):
                yield (direction, number, side, which), without
                yield from (((direction, number, side, which, part), widened) for part in peer if peer[part])
