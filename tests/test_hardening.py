"""The table of hardening: each of its lines is in every row that has it, and each of its proofs is there."""

from __future__ import annotations

import ast
import datetime as dt
from collections import Counter
from typing import Any

import pytest

from gocontainer.dev import hardening
from gocontainer.dev.hardening import Measure, controls, measures, table
from gocontainer.repository.tree import File
from tests.helpers.support import ROOT, ROWS, answers, files_of, rows

each_measure = pytest.mark.parametrize("measure", measures().values(), ids=lambda measure: measure.name)


def lacking(row: dict[str, Any]) -> list[str]:
    """Return the measures that a repository should have and whose line it lacks."""
    given, files = answers(**row), files_of(row)
    held = [each for each in measures().values() if each.holds(given)]
    return [each.name for each in held if not (found := each.places(files)) or None in found.values()]


@pytest.mark.proof(
    "deploy/*", "docs/*", "Dockerfile", "Makefile", ".dockerignore", ".github/*", "go.sum", "renovate.json"
)
@rows()
def test_every_line_is_in_every_row_that_has_it(row: dict[str, Any]) -> None:
    assert lacking(row) == []


def test_each_measure_is_in_some_row_and_what_is_left_out_by_answers_is_not_there() -> None:
    held: Counter[str] = Counter()
    for row in ROWS:
        given = answers(**row)
        held.update(each.name for each in measures().values() if each.holds(given))
    assert set(held) == set(measures())
    assert lacking({"network_policy": "none"}) == []
    assert not measures()["network"].holds(answers(network_policy="none"))
    assert not measures()["network"].holds(answers(target="kubeedge"))
    assert not measures()["restricted"].holds(answers(target="kubeedge", edge_features="host-path"))


@each_measure
def test_a_line_that_is_gone_or_is_below_another_key_is_noticed(measure: Measure) -> None:
    files = hardening.example(measure)
    for path, number in measure.places(files).items():
        assert number is not None
        lines = files[path].content.decode().splitlines()
        line = lines[number - 1].lstrip()
        without = [each for each in lines if not each.lstrip().startswith(measure.line)]
        assert measure.number("\n".join(without)) is None
        if measure.under:
            moved = [line, *without] if path.startswith(("deploy/", ".github/")) else without
            assert measure.number("\n".join(moved)) is None


def test_a_line_that_moves_makes_the_page_of_the_docs_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    page = hardening.reference_page()
    assert (ROOT / "docs/reference/hardening.md").read_text() == page
    example = hardening.example

    def moved(measure: Measure) -> dict[str, File]:
        return {path: File(b"# one more\n" + file.content, file.executable) for path, file in example(measure).items()}

    monkeypatch.setattr(hardening, "example", moved)
    assert "`Dockerfile:30`" in hardening.reference_page()
    assert "`Dockerfile:30`" not in page


def test_every_proof_is_a_test_that_there_is() -> None:
    proofs = {proof for each in measures().values() for proof in each.proof}
    assert [proof for proof in sorted(proofs) if not is_test(proof)] == []
    assert not is_test("tests/test_hardening.py::test_that_nobody_wrote")
    assert not is_test("tests/test_that_nobody_wrote.py::test_a")


def is_test(proof: str) -> bool:
    path, _, name = proof.partition("::")
    file = ROOT / path
    tree = ast.parse(file.read_text() if file.is_file() else "")
    return name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}


def test_every_control_is_met_or_is_somebodys_and_every_measure_meets_one() -> None:
    for each in controls():
        assert bool(each.met) != bool(each.owner), each
        assert {*each.met} <= {*measures()}, each
        assert each.owner in {"", *table()["owner"]}, each
    assert {name for each in controls() for name in each.met} == {*measures()}
    assert {each.owner for each in controls() if each.owner} == {*table()["owner"]}
    assert {each.standard for each in controls()} == {*table()["standard"]}
    assert all(count == 1 for count in Counter((each.standard, each.number) for each in controls()).values())


def test_every_guide_says_where_and_when_it_was_read() -> None:
    for standard in table()["standard"].values():
        assert len(standard["source"]) > 10
        assert standard["read"] <= dt.datetime.now(tz=dt.UTC).date()


def test_a_hardened_repository_has_its_page_and_no_other_profile_has() -> None:
    page = files_of({"profile": "hardened"})[hardening.PAGE].content.decode()
    assert "\n| Open: `gocontainer update --set secrets=files` | | | CIS Kubernetes 5.4.1 |\n" in page
    assert (
        "\n| Open: anybody may call where `called_by` says nothing, and on Knative | | | CIS Kubernetes 5.3.2;" in page
    )
    assert page.count("| Open: ") == 2
    unsigned = files_of({"profile": "hardened", "signing": "none", "secrets": "files"})[hardening.PAGE]
    assert b"| Open: `gocontainer update --set signing=key` | | | CIS Docker 4.5 |" in unsigned.content
    assert unsigned.content.count(b"| Open: ") == 2
    for profile in ("minimal", "service", "serverless", "edge"):
        assert hardening.PAGE not in files_of({"profile": profile})


def test_the_page_of_a_repository_names_every_control() -> None:
    page = files_of({"profile": "hardened", "secrets": "files", "deps_bot": "renovate"})[hardening.PAGE]
    said = page.content.decode()
    for control in controls():
        short = table()["standard"][control.standard]["short"]
        assert any(f"{short} " in line and control.number in line for line in said.splitlines()), control
