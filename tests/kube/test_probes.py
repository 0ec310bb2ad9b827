"""What a real kubelet does with a service that hangs, stalls, waits or eats memory, and with what was changed by hand.

All of them go wrong at once, each in a namespace of its own, since every one takes most of a minute.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from typing import Any, NamedTuple

import pytest

from gocontainer.rendering.sizing import ANSWER, LONGEST_REQUEST
from tests.kube.conftest import Deploy
from tests.kube.deployed import CONTAINER, Deployed, ready, variable
from tests.kube.engine import SAID
from tests.kube.load import burden, once
from tests.kube.node import FORGIVING
from tests.kube.stock import FAULTY

STALLED = LONGEST_REQUEST + ANSWER
"""Seconds, once all requests have ended, unless they hang."""
OVER = 256
"""MiB, twice what the container may have."""


class Faults(NamedTuple):
    """Every service that went wrong, and when."""

    services: Mapping[str, Deployed]
    began: Mapping[str, float]

    def until_restarted(self, name: str) -> Mapping[str, Any]:
        """Wait until a service's container was started anew; return how it ended."""
        service = self.services[name]
        service.until(lambda: service.status()["restartCount"] > 0, "the restart", 300)
        return dict(service.status()["lastState"]["terminated"])

    def passed(self, name: str, at: str) -> float:
        """Return the seconds since it went wrong."""
        return datetime.fromisoformat(at).timestamp() - self.began[name]


def removed(path: str) -> Mapping[str, Any]:
    return {"op": "remove", "path": f"{CONTAINER}/{path}"}


def worst(service: Deployed) -> int:
    """Return the seconds until the service is killed where it no longer answers: what its repository's docs say."""
    (container,) = service.pod()["spec"]["containers"]
    probe = container["livenessProbe"]
    noticed = probe["periodSeconds"] * probe["failureThreshold"] + probe["timeoutSeconds"]
    return int(noticed + probe["terminationGracePeriodSeconds"])


MUTANTS: Mapping[str, list[Mapping[str, Any]]] = {
    "hung-unwatched": [removed("livenessProbe")],
    "slow-watched": [
        {"op": "replace", "path": f"{CONTAINER}/livenessProbe/httpGet", "value": {"path": "/v1/slow", "port": "http"}}
    ],
    "eating-unbounded": [removed("resources/limits/memory")],
}
"""What is changed of the manifests; the others are as they were rendered."""


@pytest.fixture(scope="module")
def faults(deploy: Deploy) -> Iterator[Faults]:
    names = ("hung", "stalled", "slow", "eating", "bystander", *MUTANTS)
    services = {name: deploy(name, FAULTY) for name in names}
    for name, service in services.items():
        service.patch(variable("HOLD_MIB", str(OVER)), *MUTANTS.get(name, ()))
    for service in services.values():
        service.rolled_out()
    began = {}
    with ExitStack() as loads:
        for name, service in services.items():
            kind = name.partition("-")[0]
            began[name] = time.time()
            if kind == "hung":
                service.signal("STOP")
            elif kind == "eating":
                service.signal("USR1")
            elif kind in ("stalled", "slow"):
                path = {"stalled": "/v1/hang", "slow": "/v1/slow"}[kind]
                loads.enter_context(burden(service.node.there, service.address, path))
        yield Faults(services, began)


def test_memory_over_the_limit_ends_that_container_alone(faults: Faults) -> None:
    assert faults.until_restarted("eating")["reason"] == "OOMKilled"
    service = faults.services["eating"]
    service.until(lambda: ready(service.pod()), "the next container")
    assert once(service.node.there, service.address).answered == 1


def test_without_a_limit_memory_is_not_contained(faults: Faults) -> None:
    service = faults.services["eating-unbounded"]
    pid = service.node.process(service.status()["containerID"])
    lines = service.node.there.run("cat", f"/proc/{pid}/status").splitlines()
    (resident,) = (int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    assert resident > OVER * 1024
    assert service.status()["restartCount"] == 0


def test_a_hung_process_is_restarted_within_the_printed_time(faults: Faults) -> None:
    ended = faults.until_restarted("hung")
    took = faults.passed("hung", ended["finishedAt"])
    most = worst(faults.services["hung"])
    SAID.append(f"a hung process was killed after {took:.0f} s, of {most} s at most")
    assert ended["exitCode"] == 137
    assert took <= most + FORGIVING


def test_a_stalled_service_is_restarted_within_the_printed_time(faults: Faults) -> None:
    ended = faults.until_restarted("stalled")
    took = faults.passed("stalled", ended["finishedAt"])
    most = STALLED + worst(faults.services["stalled"])
    SAID.append(f"a stalled service was killed after {took:.0f} s, of {most} s at most")
    assert took <= most + FORGIVING
    service = faults.services["stalled"]
    log = service.kubectl("logs", "--previous", service.pod()["metadata"]["name"]).out
    assert '"msg":"stalled"' in log
    assert "httpapi.addFaults" in log


def test_a_liveness_probe_that_asks_a_dependency_restarts_it(faults: Faults) -> None:
    ended = faults.until_restarted("slow-watched")
    # In order, or killed with requests in flight: their deadline is as long as the grace period of a liveness probe.
    assert (ended["reason"], ended["exitCode"]) in {("Completed", 0), ("Error", 137)}
    service = faults.services["slow-watched"]
    events = service.node.plane.get("events", f"--namespace={service.namespace}", "--field-selector=reason=Killing")
    assert any("failed liveness probe, will be restarted" in event["message"] for event in events)


def test_a_slow_dependency_restarts_nothing(faults: Faults) -> None:
    service = faults.services["slow"]
    most = worst(service) + FORGIVING
    service.until(lambda: time.time() > faults.began["slow"] + most, "the worst case", 2 * most)
    assert service.status()["restartCount"] == 0
    assert ready(service.pod())


def test_without_a_liveness_probe_a_hung_process_stays(faults: Faults) -> None:
    service = faults.services["hung-unwatched"]
    most = worst(faults.services["hung"]) + FORGIVING
    service.until(lambda: time.time() > faults.began["hung-unwatched"] + most, "the worst case", 2 * most)
    assert service.status()["restartCount"] == 0
    assert not ready(service.pod())


def test_all_of_that_leaves_others_alone(faults: Faults) -> None:
    service = faults.services["bystander"]
    assert service.status()["restartCount"] == 0
    assert ready(service.pod())
    assert once(service.node.there, service.address).answered == 1
