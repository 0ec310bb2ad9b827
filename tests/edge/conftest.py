"""What the kills came to, at the end of a session."""

from __future__ import annotations

import pytest

from tests.edge.programs import FIGURES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if FIGURES:
        terminalreporter.section("Kills at random moments")
        for figure in FIGURES:
            terminalreporter.write_line(figure)
