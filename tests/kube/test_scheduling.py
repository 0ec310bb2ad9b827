"""Where a real scheduler puts the pods of what we render, and where it would put them without our constraints."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.support import ok, rendered
from tests.judges.subject import NAMESPACES, kustomize
from tests.kube import manifests
from tests.kube.build import PROGRAMS, kubernetes
from tests.kube.engine import ControlPlane, Document, timed
from tests.kube.placement import HOST, LARGE, SMALL, ZONE, Placed, count, node, placed, scheduled

Change = Callable[[Document], object]
"""What a mutant does to a pod's spec."""
NUMBERS = itertools.count()
ZONES = [*(node(f"a{number}", "a", LARGE) for number in range(4)), node("b", "b", SMALL), node("c", "c", SMALL)]
HOSTS = [node("large", "a", LARGE), node("small", "a", SMALL), node("tiny", "a", SMALL)]
profiles = pytest.mark.parametrize(("profile", "replicas"), [("service", 2), ("hardened", 3)])
"""And the fewest replicas of each, to which its autoscaler brings it."""


@pytest.fixture(scope="module", name="cluster")
def running_cluster(plane: ControlPlane) -> Iterator[ControlPlane]:
    for program in PROGRAMS:
        kubernetes(program)
    with timed("scheduling"), scheduled(plane) as running:
        yield running


def prod(
    plane: ControlPlane, folder: Path, nodes: Sequence[Document], change: Change | None = None, **given: Any
) -> AbstractContextManager[Placed]:
    """Apply the overlay `prod`, as it is or with one change of the pod, where there are these nodes."""
    repository = rendered(folder, service=f"placed-{next(NUMBERS)}", **given)
    documents = manifests.documents(kustomize(repository / "deploy/overlays/prod"))
    if change:
        (deployment,) = (each for each in documents if each["kind"] == "Deployment")
        before = copy.deepcopy(deployment)
        change(deployment["spec"]["template"]["spec"])
        assert deployment != before
    return placed(plane, (repository / "deploy/namespace" / NAMESPACES).read_text(), documents, nodes)


def without(key: str) -> Change:
    """Take a constraint away."""

    def change(pod: Document) -> None:
        spread = pod["topologySpreadConstraints"]
        spread[:] = [each for each in spread if each["topologyKey"] != key]

    return change


@profiles
def test_the_replicas_stand_in_different_zones(
    cluster: ControlPlane, tmp_path: Path, profile: str, replicas: int
) -> None:
    with prod(cluster, tmp_path, ZONES, profile=profile) as running:
        assert set(count(running.until_bound(replicas), ZONE).values()) == {1}


@profiles
def test_without_the_zones_constraint_one_zone_gets_all(
    cluster: ControlPlane, tmp_path: Path, profile: str, replicas: int
) -> None:
    with prod(cluster, tmp_path, ZONES, without(ZONE), profile=profile) as running:
        assert count(running.until_bound(replicas), ZONE) == {"a": replicas}


@profiles
def test_the_replicas_stand_on_different_nodes(
    cluster: ControlPlane, tmp_path: Path, profile: str, replicas: int
) -> None:
    with prod(cluster, tmp_path, HOSTS, profile=profile) as running:
        assert set(count(running.until_bound(replicas), HOST).values()) == {1}


@profiles
def test_without_the_nodes_constraint_one_node_gets_all(
    cluster: ControlPlane, tmp_path: Path, profile: str, replicas: int
) -> None:
    with prod(cluster, tmp_path, HOSTS, without(HOST), profile=profile) as running:
        assert count(running.until_bound(replicas), HOST) == {"large": replicas}


def test_many_replicas_are_spread_over_zones_and_nodes_at_once(cluster: ControlPlane, tmp_path: Path) -> None:
    nodes = [node(f"{zone}{number}", zone, size) for zone in "abc" for number, size in enumerate((LARGE, SMALL))]
    with prod(cluster, tmp_path, nodes, min_replicas=6, max_replicas=6) as running:
        bound = running.until_bound(6)
        assert set(count(bound, HOST).values()) == {1}
        assert set(count(bound, ZONE).values()) == {2}


def rollout(running: Placed) -> dict[str, int]:
    """Change the pods once all are in zone a and there is a zone b; return where the new ones stand."""
    running.until_bound(8)
    running.add([node("b", "b", LARGE)])
    old = [each["metadata"]["name"] for each in running.pods()]
    command = ("set", "env", f"--namespace={running.namespace}", "deployments", "--all", "APP_LOG_LEVEL=debug")
    ok(running.plane.kubectl(*command))
    return dict(count(running.until_bound(2, but=old), ZONE))


def test_a_rollout_counts_its_own_pods(cluster: ControlPlane, tmp_path: Path) -> None:
    with prod(cluster, tmp_path, [node("a", "a", LARGE)], min_replicas=8, max_replicas=8) as running:
        assert rollout(running) == {"a": 1, "b": 1}


def test_without_its_keys_a_rollout_would_lean_to_where_the_old_pods_are_not(
    cluster: ControlPlane, tmp_path: Path
) -> None:
    def change(pod: Document) -> None:
        for each in pod["topologySpreadConstraints"]:
            del each["matchLabelKeys"]

    with prod(cluster, tmp_path, [node("a", "a", LARGE)], change, min_replicas=8, max_replicas=8) as running:
        assert rollout(running) == {"b": 2}


TAINTED = [node("a", "a", SMALL), node("b", "b", SMALL), node("c", "c", LARGE, taint="example.com/for-others")]


def test_a_tainted_node_is_left_alone(cluster: ControlPlane, tmp_path: Path) -> None:
    with prod(cluster, tmp_path, TAINTED, profile="hardened") as running:
        assert set(count(running.until_bound(3), HOST)) == {"a", "b"}


def test_with_a_toleration_a_tainted_node_is_used(cluster: ControlPlane, tmp_path: Path) -> None:
    def change(pod: Document) -> None:
        pod["tolerations"] = [{"operator": "Exists"}]

    with prod(cluster, tmp_path, TAINTED, change, profile="hardened") as running:
        assert set(count(running.until_bound(3), HOST)) == {"a", "b", "c"}


MIXED = [
    node("amd64", "a", SMALL),
    node("arm64", "b", SMALL, arch="arm64"),
    node("arm", "c", SMALL, arch="arm"),
    node("s390x", "d", LARGE, arch="s390x"),
    node("windows", "e", LARGE, system="windows"),
]


@pytest.mark.parametrize(
    "platforms", ["linux/amd64", "linux/arm64", "linux/amd64,linux/arm64", "linux/amd64,linux/arm/v7"]
)
def test_a_pod_is_placed_only_where_its_image_runs(cluster: ControlPlane, tmp_path: Path, platforms: str) -> None:
    with prod(cluster, tmp_path, MIXED, min_replicas=4, max_replicas=4, platforms=platforms) as running:
        used = set(count(running.until_bound(4), HOST))
        assert used == {platform.split("/")[1] for platform in platforms.split(",")}


def test_without_its_affinity_it_would_be_placed_anywhere(cluster: ControlPlane, tmp_path: Path) -> None:
    change = lambda pod: pod.pop("affinity")  # noqa: E731
    with prod(cluster, tmp_path, MIXED, change, min_replicas=5, max_replicas=5) as running:
        assert len(count(running.until_bound(5), HOST)) == 5
