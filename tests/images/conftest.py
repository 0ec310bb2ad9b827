"""One engine for all tests of images."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.engine import Engine, engine
from tests.support import rendered

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", name="engine")
def running_engine() -> Iterator[Engine]:
    with engine() as running:
        yield running


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository of a user who does nothing but press Enter."""
    return downloaded(rendered(tmp_path_factory.mktemp("default")))


def downloaded(repository: Path) -> Path:
    """Fill this machine's module cache with what the repository needs: the builds' proxy serves from it."""
    subprocess.run(["go", "mod", "download"], check=True, cwd=repository, env={**os.environ, "GOFLAGS": ""})
    return repository
