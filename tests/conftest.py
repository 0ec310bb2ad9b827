"""One builder serves all tests of real engines; what is kept of proofs is the plugin's."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import hypothesis
import pytest

from tests.helpers.proofs import everything
from tests.helpers.support import SOMEBODY
from tests.images.engine import Engine, engine

pytest_plugins = ["tests.helpers.proof_hooks"]

# Where make runs the tests, a make that a test starts is still nobody's sub-make: it would print another prefix.
for name in [name for name in os.environ if name.startswith(("MAKE", "MFLAGS"))]:
    del os.environ[name]

# What is drawn in CI is drawn again wherever the failure is looked into; elsewhere each run draws anew.
hypothesis.settings.register_profile(
    "gocontainer",
    deadline=None,
    print_blob=True,
    derandomize=os.environ.get("CI") == "true",
    max_examples=200 if everything() else 60,
)
hypothesis.settings.load_profile("gocontainer")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how large a rendered repository is, where a test has counted it."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, said in report.user_properties:
            if name == "size":
                terminalreporter.write_line(f"rendered {said}")


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what this process calls commit."""
    for name, value in SOMEBODY.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session", autouse=True)
def scratch(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let pytest drop what a run leaves behind."""
    # Not by TMPDIR: Go's cache of test results takes it for something that changed.
    tempfile.tempdir = str(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session", name="engine")
def running_engine() -> Iterator[Engine]:
    with engine() as running:
        yield running
