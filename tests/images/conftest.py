"""One engine for all tests of images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.engine import Engine, engine
from tests.support import rendered


@pytest.fixture(scope="session", name="engine")
def running_engine() -> Iterator[Engine]:
    with engine() as running:
        yield running


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository of a user who does nothing but press Enter."""
    return rendered(tmp_path_factory.mktemp("default"))
