"""What docs/failover.md computes is what a caller loses: a real Envoy, two zones of the rendered service, real faults.

Envoy's configuration is what Istio makes of the rendered objects: configuration.py. Counts are exact, since they depend
on no clock; `make bench-failover` has the seconds.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from gocontainer.rendering.failover import RATE, Failover
from tests.helpers.daemons import until
from tests.helpers.support import answers, go, ok, rendered
from tests.mesh import zones
from tests.mesh.zones import Answer, Caller, Replica
from tests.test_mesh import production

pytestmark = pytest.mark.slow
GIVEN = {"mesh": "istio", "min_replicas": 4}
EXPECTED = Failover.of(answers(**GIVEN))
Objects = dict[str, Any]
Start = Callable[[Objects], tuple[Caller, list[list[Replica]]]]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with a route that fails on demand, and its program."""
    made = rendered(tmp_path_factory.mktemp("service"), **GIVEN)
    shutil.copy(Path(__file__).with_name("stock.go"), made / "internal/httpapi")
    routes = made / "internal/httpapi/routes.go"
    text, before = routes.read_text(), "\tmux := http.NewServeMux()\n"
    assert before in text
    routes.write_text(text.replace(before, f"{before}\taddStock(mux)\n"))
    ok(go(made, "build", "-o", "bin/orders", "./cmd/server", CGO_ENABLED="0"))
    return made


@pytest.fixture(scope="module")
def objects(repository: Path) -> Objects:
    """Return what is rendered."""
    return production(repository)


@pytest.fixture
def start(repository: Path, tmp_path: Path) -> Iterator[Start]:
    """Start two zones and a caller's proxy by some objects."""
    with zones.replicas(repository / "bin/orders", tmp_path) as running, ExitStack() as stack:
        yield lambda objects: (stack.enter_context(zones.caller(objects, running, tmp_path)), running)


def fail(zone: list[Replica], fault: str) -> None:
    """Let each replica of a zone fail."""
    for each in zone:
        each.fail(fault)


def lost(got: list[Answer]) -> int:
    """Count the requests that were not answered well."""
    return sum(each.status != 200 for each in got)


def asks_nobody_again(caller: Caller) -> bool:
    """Say whether ten requests are answered by the first replica that they get to."""
    before = caller.counters()["upstream_rq_retry"]
    assert lost(caller.ask("GET", 10)) == 0
    return caller.counters()["upstream_rq_retry"] == before


def changed(objects: Objects, change: Callable[[Objects, Objects], object]) -> Objects:
    """Return the objects with a change of the rule or of the service."""
    mine = copy.deepcopy(objects)
    change(mine["DestinationRule"]["spec"]["trafficPolicy"], mine["VirtualService"]["spec"]["http"][0]["retries"])
    return mine


def test_requests_stay_in_the_caller_s_zone_while_it_is_well(start: Start, objects: Objects) -> None:
    caller, (_, east) = start(objects)
    fail(east, "503")
    assert lost(caller.ask("POST", 40)) == 0


@pytest.mark.parametrize("fault", ["503", "refuse", "hang", "slow"])
def test_no_idempotent_request_is_lost_whatever_a_zone_does(start: Start, objects: Objects, fault: str) -> None:
    caller, (north, _) = start(objects)
    assert lost(caller.ask("GET", 10)) == 0
    fail(north, fault)
    assert lost(caller.ask("GET", 60, at_once=30)) == 0
    assert caller.counters()["outlier_detection.ejections_active"] == EXPECTED.zone_replicas == len(north)
    until(lambda: asks_nobody_again(caller), "the other zone alone")


def test_of_others_no_more_are_lost_than_the_page_says_and_at_least_a_third(start: Start, objects: Objects) -> None:
    counts = []
    for _ in range(3):  # a busy machine lets the proxy be late, never early
        caller, (north, _) = start(objects)
        fail(north, "503")
        counts.append(lost(caller.ask("POST", 4 * RATE, rate=RATE)))
        fail(north, "")
    assert EXPECTED.lost / 3 <= min(counts) <= EXPECTED.lost, counts


@pytest.mark.parametrize("fault", ["refuse", "slow"])
def test_of_others_none_is_lost_that_no_replica_has_begun_or_that_one_ends(
    start: Start, objects: Objects, fault: str
) -> None:
    caller, (north, _) = start(objects)
    fail(north, fault)
    assert lost(caller.ask("POST", 20, at_once=10)) == 0


def test_half_of_a_zone_costs_half(start: Start, objects: Objects) -> None:
    caller, (north, _) = start(objects)
    north[0].fail("503")
    assert lost(caller.ask("POST", 30)) == EXPECTED.half_lost
    assert caller.counters()["outlier_detection.ejections_active"] == 1


def test_where_all_are_left_out_all_are_asked_again(start: Start, objects: Objects) -> None:
    caller, both = start(objects)
    for zone in both:
        fail(zone, "503")
    caller.ask("GET", 20)
    assert caller.counters()["outlier_detection.ejections_active"] == len([*both[0], *both[1]])
    for zone in both:
        fail(zone, "")
    assert lost(caller.ask("POST", 20)) == 0


def test_a_zone_that_is_well_again_is_asked_as_before_only_later(start: Start, objects: Objects) -> None:
    caller, (north, east) = start(objects)
    fail(north, "503")
    caller.ask("GET", 20)
    fail(north, "")
    fail(east, "503")
    assert lost(caller.ask("GET", 20)) == 0, "what was left out is asked again where nothing else is left"


COPIED = "connect-failure,refused-stream,unavailable,cancelled,reset-before-request,503"
MUTANTS: dict[str, tuple[str, str, Callable[[Objects, Objects], object]]] = {
    "the default of how many may be left out": (
        "POST",
        "503",
        lambda policy, _: policy["outlierDetection"].pop("maxEjectionPercent"),
    ),
    "nothing that notices": ("POST", "503", lambda policy, _: policy.pop("outlierDetection")),
    "503 in the place of gateway-error": (
        "GET",
        "hang",
        lambda _, retries: retries.update(retryOn=COPIED),
    ),
    "no retry in another zone": ("GET", "503", lambda _, retries: retries.pop("retryRemoteLocalities")),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_setting_that_articles_copy_loses_more(start: Start, objects: Objects, mutant: str) -> None:
    method, fault, change = MUTANTS[mutant]
    caller, (north, _) = start(changed(objects, change))
    fail(north, fault)
    got = caller.ask(method, 40, at_once=20) if method == "GET" else caller.ask(method, 4 * RATE, rate=RATE)
    assert lost(got) > (EXPECTED.lost if method == "POST" else 0)


def test_where_all_are_left_out_none_is_asked_without_a_least_share(start: Start, objects: Objects) -> None:
    def without(policy: Objects, _: Objects) -> None:
        del policy["outlierDetection"]["minHealthPercent"]
        policy["outlierDetection"]["baseEjectionTime"] = "300s"

    caller, both = start(changed(objects, without))
    for zone in both:
        fail(zone, "503")
    # Which of them a request gets to is chance, and the proxy gathers what it learns of them for a second.
    until(lambda: caller.ask("GET", 5) and caller.counters()["upstream_cx_none_healthy"], "all to be left out")
    for zone in both:
        fail(zone, "")
    assert lost(caller.ask("POST", 10, at_once=10)) == 10
