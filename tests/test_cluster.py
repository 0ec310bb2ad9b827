"""What `update` says of a cluster in which the manifests are applied already."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from gocontainer import render
from gocontainer.answers import lockfile
from gocontainer.answers.lockfile import with_lockfile
from gocontainer.follow_up import cluster_cleanup
from gocontainer.follow_up.cluster_cleanup import FollowUp, follow_up
from gocontainer.repository.tree import File
from tests.helpers.support import answers, committed, gocontainer, ok

FIXED = {"min_replicas": 3, "max_replicas": 3}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Three replicas, fixed."""
    chosen = answers(**FIXED)
    return committed(tmp_path / "orders", with_lockfile(render(chosen), chosen))


def test_nothing_is_said_where_the_objects_stay(repository: Path) -> None:
    report = ok(gocontainer("update", str(repository), "--set", "drain_seconds=30"))
    assert "kubectl" not in report


def test_the_number_of_replicas_is_left_to_a_new_autoscaler(repository: Path) -> None:
    report = ok(gocontainer("update", str(repository), "--set", "max_replicas=6"))
    *_, advice, command = report.splitlines()
    assert advice.endswith("leave it to it before you apply:")
    assert command.startswith("  kubectl -n orders apply view-last-applied deployment/orders")


def test_what_is_made_no_more_is_named_with_its_command(repository: Path) -> None:
    settings = ["--set=min_replicas=1", "--set=max_replicas=1", "--set=network_policy=false"]
    report = ok(gocontainer("update", str(repository), *settings))
    assert report.splitlines()[-2:] == [
        "  kubectl -n orders delete networkpolicy/orders",
        "  kubectl -n orders delete poddisruptionbudget/orders",
    ]


def test_a_program_reads_the_commands(repository: Path) -> None:
    report = json.loads(ok(gocontainer("update", str(repository), "--set=max_replicas=6", "--json")))
    assert report["delete"] == []
    assert len(report["hand_over"]) == 1


def test_an_object_that_moves_is_removed_where_it_was() -> None:
    hand_over, delete = follow_up(render(answers()), render(answers(service="prices")))
    assert set(delete) >= {
        "kubectl -n orders delete deployment/orders",
        "kubectl -n orders-dev delete deployment/orders",
        "kubectl -n orders delete horizontalpodautoscaler/orders",
    }
    assert hand_over == []


def test_a_repository_without_manifests_removes_nothing() -> None:
    assert follow_up({}, render(answers())) == FollowUp([], [])
    assert follow_up({lockfile.LOCK: render(answers())["go.mod"]}, {}) == FollowUp([], [])


def test_what_knative_takes_over_is_not_deleted_and_its_service_is_told_from_kubernetes_own() -> None:
    plain, knative = render(answers(ci="none")), render(answers(ci="none", target="knative"))
    delete = follow_up(plain, knative).delete
    assert {
        "kubectl -n orders delete deployment/orders",
        "kubectl -n orders delete service/orders",
        "kubectl -n orders-dev delete serviceaccount/orders",
    } <= set(delete)
    assert not {
        "kubectl -n orders delete serviceaccount/orders",
        "kubectl -n orders delete networkpolicy/orders",
    } & set(delete)
    assert follow_up(knative, plain).delete == ["kubectl -n orders delete service.serving.knative.dev/orders"]


def test_the_number_of_replicas_is_left_to_keda_too() -> None:
    fixed = render(answers(**FIXED))
    scaled = render(answers(target="knative", eventing="kafka", scale_on="lag", **FIXED))
    (command,) = follow_up(fixed, scaled).hand_over
    assert command.startswith("kubectl -n orders apply view-last-applied deployment/orders")


def test_numbers_are_no_reason_to_read_yaml_and_names_are() -> None:
    """Whoever makes the same by the lines that tell makes the same by YAML."""
    trees = [render(answers(**each)) for each in ({}, {"drain_seconds": 60}, {"cpu": "300m"}, FIXED, {"ci": "none"})]
    told = [(cluster_cleanup.telling_lines(tree), cluster_cleanup.objects(tree)) for tree in trees]
    for (lines, made), (other_lines, other_made) in itertools.combinations(told, 2):
        assert lines != other_lines or made == other_made
    assert told[0] == told[1] == told[2]
    path = "deploy/base/deployment.yaml"
    text = trees[0][path].content
    renamed = {**trees[0], path: File(text.replace(b"\n  name: ", b"\n  name: x", 1))}
    assert cluster_cleanup.telling_lines(renamed) != told[0][0]
