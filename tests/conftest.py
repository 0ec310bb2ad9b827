"""What needs the real engines is a test of `make test-all` only; one builder serves all of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import pytest

from tests.everything import ENGINES
from tests.helpers.support import ROOT
from tests.images.engine import Engine, engine

SLOW = {ROOT / folder for folders in ENGINES.values() for folder in folders}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if SLOW.intersection(item.path.parents):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def scratch(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let pytest drop what a run leaves behind."""
    # Not by TMPDIR: Go's cache of test results takes it for something that changed.
    tempfile.tempdir = str(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session", name="engine")
def running_engine() -> Iterator[Engine]:
    with engine() as running:
        yield running
