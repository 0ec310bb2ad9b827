"""One Gitea a session, with who owns the repositories, a bot, and somebody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.forge.engine import Gitea, gitea


@pytest.fixture(scope="session")
def forge() -> Iterator[Gitea]:
    with gitea() as running:
        yield running
