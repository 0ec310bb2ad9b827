"""The repository whose collector runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.collector.engine import Deployed, deployed
from tests.helpers.support import go, need, ok, rendered


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service with a collector, built."""
    need("go")
    made = rendered(tmp_path_factory.mktemp("collector"), collector="deployment")
    ok(go(made, "build", "-o", "bin/orders", "./cmd/server", CGO_ENABLED="0"))
    return made


@pytest.fixture(scope="session")
def given(repository: Path) -> Deployed:
    return deployed(repository)
