"""The suites of `make test-all` run at once, and the failure of each is the failure of all."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.everything import ENGINES, SUITES, run
from tests.helpers.daemons import until
from tests.helpers.support import ROOT

MEETING = """
import time
from pathlib import Path

def test_{own}():
    Path("{own}").touch()
    end = time.monotonic() + 60
    while not Path("{other}").exists():
        assert time.monotonic() < end
        time.sleep(0.05)
"""
ENGINE = """
import time
from pathlib import Path

import pytest

@pytest.fixture
def engine():
    yield
    time.sleep(1)
    Path("{own}.stopped").touch()

def test_{own}(engine):
    Path("{own}.started").touch()
    time.sleep(60)
"""
BAD = "def test_bad():\n    raise AssertionError('as it must')\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where we are, with settings of pytest of its own."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path, **texts: str) -> dict[str, list[str]]:
    """Write a file for each suite, and return the suites."""
    for name, text in texts.items():
        (folder / f"test_{name}.py").write_text(text)
    return {name: [f"test_{name}.py"] for name in texts}


def test_they_run_at_once_and_their_slowest_tests_are_named(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    one, two = MEETING.format(own="one", other="two"), MEETING.format(own="two", other="one")
    assert run(written(folder, one=one, two=two))
    out = capfd.readouterr().out
    assert out.count("1 passed") == 2
    slowest = out.partition("slowest 10 of all")[2]
    assert "s  test_one.test_one\n" in slowest
    assert "s  test_two.test_two\n" in slowest


@pytest.mark.parametrize("order", [("good", "bad"), ("bad", "good")])
def test_one_that_fails_is_everybodys_failure_and_is_shown(
    folder: Path, capfd: pytest.CaptureFixture[str], order: tuple[str, str]
) -> None:
    texts = {"good": "def test_good():\n    pass\n", "bad": BAD}
    assert not run(written(folder, **{name: texts[name] for name in order}))
    out = capfd.readouterr().out
    assert "AssertionError: as it must" in out
    assert "1 passed" in out


def test_an_interrupt_ends_all_of_them_in_order(folder: Path) -> None:
    suites = written(folder, **{name: ENGINE.format(own=name) for name in ("one", "two")})
    program = f"from tests.everything import run; print(run({suites}))"
    with subprocess.Popen(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
    ) as running:
        until(lambda: {Path("one.started"), Path("two.started")} <= set(Path().iterdir()), "both")
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate()
    assert out.endswith("False\n")
    assert out.count("KeyboardInterrupt") >= 2
    assert {Path("one.stopped"), Path("two.stopped")} <= set(Path().iterdir())


def test_every_test_is_in_exactly_one_suite() -> None:
    engines = [folder for folders in ENGINES.values() for folder in folders]
    assert [argument for argument in SUITES["others"] if argument.startswith("--ignore=")] == [
        f"--ignore={folder}" for folder in engines
    ]
    assert len(set(engines)) == len(engines)
    assert all((ROOT / folder).is_dir() for folder in engines)
