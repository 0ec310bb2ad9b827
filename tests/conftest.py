"""What needs the real engines is a test of `make test-all` only."""

from __future__ import annotations

from pathlib import Path

import pytest

ENGINES = {Path(__file__).with_name(name) for name in ("centres", "images", "kube")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if ENGINES.intersection(item.path.parents):
            item.add_marker(pytest.mark.slow)
