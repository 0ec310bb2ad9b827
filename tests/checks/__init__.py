"""Findings about manifests: what a platform accepts, or prunes in silence, and what then goes wrong.

A check is a function over parsed manifests. Each has a good and a bad example in tests/checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.checks import apis, edge, knative, mesh, rbac, unused
from tests.checks.finding import Check, Finding

_MODULES = (apis, edge, knative, mesh, rbac, unused)
CHECKS: Mapping[str, Check] = {name: check for module in _MODULES for name, check in module.CHECKS.items()}
"""Every check by the id of its findings."""


def findings(documents: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield what any check finds."""
    for check in CHECKS.values():
        yield from check(documents)
