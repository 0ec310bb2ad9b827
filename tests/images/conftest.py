"""What the tests of images build."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.support import rendered


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository of a user who does nothing but press Enter."""
    return rendered(tmp_path_factory.mktemp("default"))
