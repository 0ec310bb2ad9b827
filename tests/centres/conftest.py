"""Each config centre once a session, one after the other, and what they cost at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.centres.centre import COSTS, Centre
from tests.centres.engine import CENTRES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if COSTS:
        terminalreporter.section("Config centres")
        for name, cost in COSTS.items():
            terminalreporter.write_line(f"{cost.seconds:7.1f} s, {cost.megabytes:4.0f} MB  start of {name}")


@pytest.fixture(scope="session", params=CENTRES)
def centre(request: pytest.FixtureRequest) -> Iterator[Centre]:
    with CENTRES[request.param]() as running:
        yield running
