"""The test matrix grows by what is new, and is dealt afresh only where somebody asks for it."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from gocontainer.dev import pairwise
from gocontainer.dev.interactions import conditional_options, factors, interacting
from gocontainer.options.sets import SelectAny, members
from gocontainer.options.table import BY_NAME, OPTIONS
from tests.helpers.scratch_checkout import ScratchCheckout
from tests.helpers.support import ROOT, ROWS, answers, ok

MOST_ROWS = 90
NONE = '    CiProvider(value="none", '
NEW_CHOICE = '    CiProvider(value="other", label="another", registry="", runners=""),\n'


@pytest.fixture
def checkout(tmp_path: Path) -> ScratchCheckout:
    return ScratchCheckout(tmp_path / "checkout")


def test_every_two_levels_of_every_two_options_meet() -> None:
    assert pairwise.missing(ROWS) == []
    assert len(pairwise.missing(ROWS[:5])) > 100, "the check cannot fail"
    assert len(ROWS) <= MOST_ROWS
    for row in ROWS:
        answers(**row)  # none is in conflict


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("base_image", "eventing"),  # the tags that Go builds with
        ("drain_seconds", "scale_on"),  # the grace period of a Deployment
        ("edge_features=model", "edge_features=host-path"),  # files of deploy/, which kustomize joins
        ("edge_features=plain-deployments", "kubernetes_min"),  # how a site finds its pods
        ("base_image", "cgo"),
    ],
)
def test_options_interact_where_something_follows_from_both(one: str, other: str) -> None:
    assert {one, other} in interacting()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("deps_bot", "cpu"),  # no file follows from both
        ("edge_features=model", "liveness_period"),  # in one file, with a statement for each
        ("edge_features=held-upgrade", "scale_on"),  # on different targets
    ],
)
def test_options_from_which_nothing_follows_together_stand_apart(one: str, other: str) -> None:
    assert {one, other} <= factors().keys()
    assert {one, other} not in interacting()


APART = {("plain-deployments", "held-upgrade"), ("plain-deployments", "device-router")}


def test_any_two_choices_of_one_question_are_taken_together_and_alone_in_some_row() -> None:
    option = BY_NAME["edge_features"]
    assert isinstance(option, SelectAny)
    taken = [members(row["edge_features"]) for row in ROWS if "edge_features" in row]
    for pair in itertools.combinations(option.values, 2):
        met = {tuple(choice in some for choice in pair) for some in taken}
        together = set() if pair in APART else {(True, True)}
        assert met == {(False, False), (True, False), (False, True)} | together, pair


def test_what_only_some_are_asked_is_known_by_its_conditions() -> None:
    groups = {option.group for option in OPTIONS if option.name in conditional_options()}
    assert groups == {"serverless", "edge"}


def test_rows_that_lack_nothing_stay_byte_for_byte() -> None:
    before = (ROOT / "tests/rows.json").read_text()
    assert pairwise.rows_json(before) == before


def test_a_lost_row_is_noticed_and_its_pairs_meet_again_in_a_few_others() -> None:
    left = ROWS[:20] + ROWS[21:]
    grown = json.loads(pairwise.rows_json(json.dumps(left)))
    assert pairwise.missing(left) != []
    assert pairwise.missing(grown) == []
    assert grown[: len(left)] == left
    assert len(grown) - len(left) <= 3


def test_rows_are_dealt_afresh_where_asked() -> None:
    fresh = json.loads(pairwise.rows_json())
    assert fresh[0] == ROWS[0], "the defaults"
    assert pairwise.missing(fresh) == []
    assert len(fresh) <= len(ROWS) + 5
    assert fresh == json.loads(pairwise.rows_json("[]")), "of no rows before"


def test_a_new_choice_adds_a_few_rows_and_changes_none(checkout: ScratchCheckout) -> None:
    checkout.edit("options/subjects/delivery.py", (NONE, NEW_CHOICE + NONE))
    (checkout.partials / "release/other.md").write_text("Push it.\n")
    checkout.derive()
    rows = checkout.rows()
    assert rows[: len(ROWS)] == ROWS
    assert all(row["ci"] == "other" for row in rows[len(ROWS) :])
    assert 0 < len(rows) - len(ROWS) <= 10
    checkout.derive("--matrix")
    assert sum(row in ROWS for row in checkout.rows()) < len(ROWS) / 2
    assert any(row["ci"] == "other" for row in checkout.rows())


def test_a_new_option_takes_its_default_in_the_rows_and_meets_the_others_in_new_ones(checkout: ScratchCheckout) -> None:
    fields = {
        "name": "extra",
        "group": "runtime",
        "title": "Extra",
        "question": "Extra?",
        "help": "Extra.",
        "why": "No.",
    }
    option = "Toggle(\n" + "".join(f'        {name}="{value}",\n' for name, value in fields.items())
    checkout.edit(
        "options/table.py", ("    PLATFORMS,\n", f"    {option}        default=False,\n    ),\n    PLATFORMS,\n")
    )
    checkout.derive()
    assert [{**row, "extra": False} for row in ROWS] == checkout.rows()[: len(ROWS)]
    assert [row["extra"] for row in checkout.rows()[len(ROWS) :]] == [True], "no file follows from it yet"

    makefile = checkout.template / "Makefile"
    makefile.write_text(makefile.read_text() + "<% if cookiecutter.extra %>\n# extra\n<% endif %>\n")
    checkout.derive()
    rows = checkout.rows()
    assert [{**row, "extra": False} for row in ROWS] == rows[: len(ROWS)]
    assert all(row["extra"] for row in rows[len(ROWS) :])
    assert 0 < len(rows) - len(ROWS) <= 15


def test_an_answer_that_is_no_longer_valid_or_in_conflict_gives_way_in_its_row_alone() -> None:
    place = next(number for number, row in enumerate(ROWS) if row["cgo"] and row["base_image"] == "distroless-base")
    rows = [*ROWS]
    rows[place] = {**ROWS[place], "base_image": "busybox", "gone": True}
    replicas = next(
        number for number, row in enumerate(ROWS) if number not in (0, place) and row["target"] == "kubernetes"
    )
    rows[replicas] = {**ROWS[replicas], "min_replicas": 50, "max_replicas": 6}
    grown = json.loads(pairwise.rows_json(json.dumps(rows)))
    assert grown[place] == {**ROWS[place], "base_image": "distroless-base"}, "the next that goes with cgo"
    assert (grown[replicas]["min_replicas"], grown[replicas]["max_replicas"]) == (50, 50)
    others = [number for number in range(len(ROWS)) if number not in (place, replicas)]
    assert [grown[number] for number in others] == [ROWS[number] for number in others]
    assert pairwise.missing(grown) == []
    for row in grown:
        answers(**row)


def test_rows_that_cannot_be_read_are_refused_with_a_way_out(checkout: ScratchCheckout) -> None:
    rows = checkout.folder / "tests/rows.json"
    rows.write_text("<<<<<<< ours\n" + rows.read_text())
    run = checkout.run("dev", "derive")
    assert (run.code, run.err.count("\n")) == (2, 1)
    assert "gocontainer dev derive --matrix" in run.err
    ok(checkout.run("dev", "derive", "--matrix"))
    assert json.loads(rows.read_text())
