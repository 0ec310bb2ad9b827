"""One control plane for all tests of a session, and the times at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kube.engine import TIMES, ControlPlane, control_plane


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TIMES:
        terminalreporter.section("Kubernetes")
        for what, seconds in TIMES.items():
            terminalreporter.write_line(f"{seconds:7.1f} s  {what}")


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    with control_plane() as running:
        yield running
