"""How long five times the load waits for its pods: the replay of the autoscaler's rules, and where it is said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from gocontainer.rendering.scale_out import CLOCKS, Service, every, five_fold, waits
from tests.helpers import crds
from tests.helpers.support import answers, files_of

SCALED = "deploy/components/autoscaling/scaledobject.yaml"
REQUESTS = {"scale_on": "requests", "monitoring": "operator"}
ROOMY = 15.4
"""What 100m of a request are when the limit is a core, in targets of 65 %."""


@pytest.mark.parametrize(("fewest", "most", "ready"), [(1, 2, 9), (2, 6, 35), (3, 10, 9), (10, 50, 35)])
@pytest.mark.parametrize("kind", [{"ceiling": ROOMY}, {"ceiling": 1.54}, {"by_cpu": False}], ids=str)
def test_the_clocks_that_are_tried_are_the_earliest_and_the_latest_of_all(
    fewest: int, most: int, ready: int, kind: dict[str, Any]
) -> None:
    service = Service(fewest, most, ready, **kind)
    assert waits(service) == waits(service, tuple(every(service)))
    assert len(CLOCKS[service.by_cpu]) < 10


@pytest.mark.parametrize(
    ("service", "seconds"),
    [
        # The first decision is 38 s late at worst: each clock strikes just before the one that it waits for.
        (Service(2, 6, 9, ROOMY), 38 + 9),
        # 3 to 7, then to 10: four more at once, and the next only after 15 s.
        (Service(3, 10, 9, ROOMY), 38 + 15 + 9),
        # No more than twice as many at once: 10, 20, 40, 50.
        (Service(10, 50, 35, by_cpu=False), 44 + 2 * 15 + 35),
        (Service(2, 6, 9, by_cpu=False), 44 + 9),
    ],
)
def test_the_longest_wait_is_what_the_rules_add_up_to(service: Service, seconds: int) -> None:
    assert waits(service).longest == seconds


def test_a_pod_at_its_limit_of_cpu_shows_less_than_it_needs() -> None:
    roomy, tight = (waits(Service(2, 10, 9, ceiling)) for ceiling in (ROOMY, 1.54))
    assert tight.longest > 2 * roomy.longest


@pytest.mark.parametrize(
    ("service", "measured"),
    [
        # The rendered autoscaler on a real node with metrics-server v0.8.0, 2026-11-29: 2 to 6, ready in 3.5 s.
        (Service(2, 6, 4, ROOMY, resolution=10), 28.5),
        # 1 to 4, ready in 2.2 s; then with shorter periods, ready in 1.6 s.
        (Service(1, 4, 3, ROOMY, resolution=10), 24.8),
        (Service(1, 4, 2, ROOMY, resolution=10, sync=2), 15.2),
    ],
)
def test_what_was_measured_on_a_real_node_lies_within_what_is_computed(service: Service, measured: float) -> None:
    shortest, longest = waits(service, tuple(every(service)))
    assert shortest <= measured <= 1.2 * longest
    assert longest < 300


@pytest.mark.parametrize(
    "given", [{}, {"cpu": "2"}, {"cpu": "2", "resources": "latency"}, {"startup_seconds": 120}, REQUESTS], ids=str
)
def test_the_page_of_decisions_says_the_seconds(given: Mapping[str, Any]) -> None:
    page = files_of(given)["docs/decisions.md"].content.decode()
    assert re.findall(r"its pods are ready after (\d+) s", page) == [str(five_fold(answers(**given)))]
    assert f"at most, {given.get('startup_seconds', 30)} s of it for the slowest start" in page
    assert five_fold(answers(**given)) > int(given.get("startup_seconds", 30))


@pytest.mark.parametrize(
    "given",
    [
        {"min_replicas": 3, "max_replicas": 3},
        {"target": "kubeedge"},
        {"target": "knative"},
        {"target": "knative", "eventing": "kafka", "scale_on": "lag"},
    ],
    ids=str,
)
def test_where_no_autoscaler_of_these_rules_is_nothing_is_said_of_it(given: Mapping[str, Any]) -> None:
    assert five_fold(answers(**given)) == 0
    assert not any(b"five times the load" in file.content for file in files_of(given).values())


def test_requests_in_flight_are_asked_of_prometheus_by_the_labels_of_the_pod_monitor() -> None:
    files = files_of({**REQUESTS, "concurrency": 20})
    (trigger,) = yaml.safe_load(files[SCALED].content)["spec"]["triggers"]
    monitor = yaml.safe_load(files["deploy/components/monitoring/podmonitor.yaml"].content)
    assert monitor["spec"]["jobLabel"] == "app.kubernetes.io/name"
    asked = re.fullmatch(r'sum\((\w+)\{namespace="orders", job="orders"\}\)', trigger["metadata"]["query"])
    assert asked
    assert f'"{asked[1]}"' in files["internal/telemetry/telemetry.go"].content.decode()
    assert trigger["metadata"]["threshold"] == "13", "65 % of 20"
    assert trigger["metadata"]["ignoreNullValues"] == "false"


def test_no_more_requests_are_waited_for_than_there_is_memory_for() -> None:
    files = files_of({**REQUESTS, "concurrency": 1000, "memory": "32Mi"})
    (trigger,) = yaml.safe_load(files[SCALED].content)["spec"]["triggers"]
    assert 1 <= int(trigger["metadata"]["threshold"]) < 65


def test_the_scaled_object_is_strictly_valid_and_a_field_that_there_is_not_is_refused() -> None:
    scaled = yaml.safe_load(files_of(REQUESTS)[SCALED].content)
    assert crds.objections(scaled) == []
    scaled["spec"]["triggers"][0]["metricName"] = "in-flight"
    assert any("'metricName' was unexpected" in said for said in crds.objections(scaled))


def test_each_way_has_the_object_that_it_needs() -> None:
    of = {"cpu": {}, "requests": REQUESTS, "lag": {"target": "knative", "eventing": "kafka", "scale_on": "lag"}}
    folder = "deploy/components/autoscaling/"
    named = {
        way: [path.removeprefix(folder) for path in files_of(given) if path.startswith(folder)]
        for way, given in of.items()
    }
    scaled = ["kustomization.yaml", "scaledobject.yaml"]
    assert named == {"cpu": ["horizontalpodautoscaler.yaml", "kustomization.yaml"], "requests": scaled, "lag": scaled}
