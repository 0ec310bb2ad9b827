"""The pytest plugin that keeps proofs, takes kept ones for proved, and says at the end what a run left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.everything import ENGINES
from tests.helpers import proofs, reads, selection
from tests.helpers.sources import ROWS_FILE, Sources
from tests.helpers.support import ROOT

ENGINE_READS = ("*", "!*.md", "!.github/*")
"""No engine reads prose or workflows."""
_PROOF = pytest.StashKey[proofs.Proof]()
_READS = pytest.StashKey[set[reads.Read]]()
_PASSED = pytest.StashKey[bool]()
_BY_FIXTURE: dict[pytest.FixtureDef[Any], set[reads.Read]] = {}
KEPT, LEFT = "kept", "left"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if needs_engine(item):
            item.add_marker(pytest.mark.slow)
            if item.get_closest_marker("proof") is None:
                item.add_marker(pytest.mark.proof(*ENGINE_READS))


def needs_engine(item: pytest.Item) -> bool:
    """Whether a test is one of a suite that needs an engine."""
    return not {ROOT / folder for folders in ENGINES.values() for folder in folders}.isdisjoint(item.path.parents)


def proof_of(item: pytest.Item) -> proofs.Proof | None:
    """Return what a test proves, if it is kept."""
    mark = item.get_closest_marker("proof")
    if mark is None:
        return None
    row = item.callspec.params.get("row") if hasattr(item, "callspec") else None
    made_of = Sources.of(item.path).and_all_in(mark.kwargs.get("runs", ()))
    if row is None and "ROWS" in item.path.read_text():  # it is of all rows
        made_of = made_of._replace(files=made_of.files | {ROWS_FILE})
    return proofs.Proof(item.nodeid, made_of, row, mark.args or reads.ALL)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    proof = proof_of(item)
    reads.only(proof.patterns if proof else reads.ALL)
    if proof is None:
        return
    item.stash[_PROOF], item.stash[_READS], item.stash[_PASSED] = proof, set(), True
    if proofs.everything():
        return
    if is_kept(item, proof):
        skip(item, KEPT, "proved before, with the same content")
    if not proof.is_due():
        skip(item, LEFT, "left to another run")


def is_kept(item: pytest.Item, proof: proofs.Proof) -> bool:
    """Whether a test counts as proved; those of one file with an engine are steps of a story, and do together."""
    return story_is_kept(item.session, item.path) if needs_engine(item) else proof.is_kept()


@cache
def story_is_kept(session: pytest.Session, path: Path) -> bool:
    """Whether all tests of a file are kept, as far as this run was to have them."""
    found = [proof_of(each) for each in session.items if each.path == path]
    return all(proof.is_kept() for proof in found if proof)


def skip(item: pytest.Item, how: str, reason: str) -> None:
    """Skip a test, and tell the summary why; a worker of xdist has no other way to."""
    item.user_properties.append((how, item.nodeid))
    pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    with reads.noted(_BY_FIXTURE.setdefault(fixturedef, set())):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    with reads.noted(item.stash.get(_READS, set())):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if _PROOF in item.stash:
        item.stash[_PASSED] &= report.passed
        if report.when == "teardown" and item.stash[_PASSED]:
            item.stash[_PROOF].keep(item.stash[_READS].union(*fixtures_read(item)))
    return report


def fixtures_read(item: pytest.Item) -> list[set[reads.Read]]:
    """Return what each fixture of a test read, whichever test set it up."""
    names: list[str] = getattr(item, "fixturenames", [])
    return [
        read
        for definition, read in _BY_FIXTURE.items()
        if definition.argname in names and item.nodeid.startswith(definition.baseid)
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = [dict(report.user_properties) for report in terminalreporter.stats.get("skipped", ())]
    kept, left = ([each[how] for each in told if how in each] for how in (KEPT, LEFT))
    if not (kept or left):
        return
    terminalreporter.section("Proofs")
    terminalreporter.write_line(f"{len(kept)} are kept of runs before; ALL=1 proves them again")
    for (test, day), count in sorted(Counter((name.partition("[")[0], proofs.when(name)) for name in left).items()):
        terminalreporter.write_line(f"left out: {test}, {count} rows, proved last: {day}")
    if left and selection.base() is None:
        terminalreporter.write_line("what main renders is not known here, so that rows were chosen by their turn alone")
