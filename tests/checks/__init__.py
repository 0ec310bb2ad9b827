"""Findings about manifests: what a platform accepts, or prunes in silence, and what then goes wrong.

A check is a function over parsed manifests. Each has a good and a bad example in tests/checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.checks import apis, edge, knative, rbac, unused
from tests.checks.finding import Check, Finding

CHECKS: Mapping[str, Check] = {**apis.CHECKS, **edge.CHECKS, **knative.CHECKS, **rbac.CHECKS, **unused.CHECKS}
"""Every check by the id of its findings."""


def findings(documents: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield what any check finds."""
    for check in CHECKS.values():
        yield from check(documents)
