"""What needs the real engines is a test of `make test-all` only; one builder serves all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.engine import Engine, engine

ENGINES = {Path(__file__).with_name(name) for name in ("centres", "images", "kube", "serverless")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if ENGINES.intersection(item.path.parents):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", name="engine")
def running_engine() -> Iterator[Engine]:
    with engine() as running:
        yield running
