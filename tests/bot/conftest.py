"""The bot as it is rendered, and gocontainer as its pipeline installs it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers.proposals import Installed, installed, rendered_bot
from tests.helpers.support import need


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    need("bash")
    return rendered_bot(tmp_path_factory.mktemp("bot"))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with installed(tmp_path_factory.mktemp("program")) as found:
        yield found
