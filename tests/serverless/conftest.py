"""One Kafka for all tests; a storage and topics for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.serverless import build
from tests.serverless.engine import Storage, kafka, storage
from tests.serverless.flow import Flow


@pytest.fixture(scope="session")
def brokers() -> Iterator[str]:
    with kafka() as address:
        yield address


@pytest.fixture(name="storage")
def running_storage() -> Iterator[Storage]:
    with storage() as running:
        yield running


@pytest.fixture
def flow(brokers: str, storage: Storage, tmp_path: Path) -> Callable[..., Flow]:
    """Make a flow with the programs of a folder."""

    def make(programs: Path | None = None) -> Flow:
        return Flow(brokers, storage, tmp_path, programs or build.functions(), storage.url.rpartition(":")[2])

    return make
