"""A pod that has to go finishes what it has begun; and of a service's pods only so many may go at once."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest

from tests.helpers.daemons import until
from tests.helpers.support import Run, ok
from tests.kube.conftest import Deploy
from tests.kube.deployed import Deployed, ready
from tests.kube.engine import Document
from tests.kube.load import Load, once
from tests.kube.stock import FAULTY

SHORT = 6
"""Seconds of grace, one more than preStop takes."""


class Asked(threading.Thread):
    """One request that takes until its deadline, asked of a pod itself."""

    def __init__(self, service: Deployed) -> None:
        super().__init__(daemon=True)
        self.service, self.address = service, service.pod()["status"]["podIP"]
        self.answer = Load()

    def run(self) -> None:
        self.answer = once(self.service.node.there, f"{self.address}:8080", "/v1/slow")


def probed(service: Deployed, address: str, path: str) -> bool:
    """Say whether a probe's path of a pod answers with 200."""
    return service.node.there.succeeds("busybox", "wget", "-q", "-O-", f"http://{address}:8081{path}")


def endpoints(service: Deployed) -> Mapping[str, bool]:
    """Return the addresses that the Service knows, and whether it sends requests there."""
    slices = service.node.plane.get("endpointslices", f"--namespace={service.namespace}")
    return {
        address: bool(each["conditions"]["ready"])
        for found in slices
        for each in found["endpoints"] or ()
        for address in each["addresses"]
    }


def test_a_request_in_flight_is_finished_and_readiness_is_off_before_the_end(deploy: Deploy) -> None:
    service = deploy("leaving", FAULTY)
    service.rolled_out()
    asked = Asked(service)
    assert probed(service, asked.address, "/readyz")
    asked.start()
    ok(service.kubectl("delete", "pod", service.pod()["metadata"]["name"], "--wait=false"))
    until(lambda: not endpoints(service).get(asked.address, False), "the Service to leave it out")
    assert probed(service, asked.address, "/readyz"), "it still serves while it is being left out"
    until(lambda: not probed(service, asked.address, "/readyz"), "readiness to be off")
    assert probed(service, asked.address, "/livez"), "and the process is still there"
    assert asked.is_alive(), "with the request in flight"
    asked.join()
    assert asked.answer.failed == {"504": 1}, "the handler's own answer"


def test_with_too_short_a_grace_period_it_is_cut_off(deploy: Deploy) -> None:
    service = deploy("hasty", FAULTY)
    service.patch({"op": "replace", "path": "/terminationGracePeriodSeconds", "value": SHORT})
    service.rolled_out()
    asked = Asked(service)
    asked.start()
    ok(service.kubectl("delete", "pod", service.pod()["metadata"]["name"], "--wait=false"))
    asked.join()
    assert "504" not in asked.answer.failed
    assert asked.answer.lost == 1


def evict(service: Deployed, pod: Document) -> Run:
    """Ask for a pod's eviction, as the drain of a node does."""
    name, namespace = pod["metadata"]["name"], service.namespace
    eviction = f'{{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {{"name": "{name}"}}}}'
    path = f"/api/v1/namespaces/{namespace}/pods/{name}/eviction"
    return service.kubectl("create", f"--raw={path}", "--filename=-", given=eviction)


@pytest.fixture(scope="module")
def guarded(deploy: Deploy) -> Deployed:
    """What runs in production, two pods of it."""
    service = deploy("guarded", overlay="prod")
    until_two(service)
    return service


def until_two(service: Deployed) -> list[Document]:
    """Wait until two pods are ready, and no other is there."""

    def two() -> bool:
        pods = service.pods()
        return [ready(pod) and "deletionTimestamp" not in pod["metadata"] for pod in pods] == [True, True]

    service.until(two, "two pods")
    return service.pods()


def test_the_budget_refuses_the_second_eviction_and_without_it_both_go(guarded: Deployed) -> None:
    first, second = until_two(guarded)
    ok(evict(guarded, first))
    refused = evict(guarded, second)
    assert refused.code != 0
    assert "violate the pod's disruption budget" in refused.err
    first, second = until_two(guarded)
    ok(guarded.kubectl("delete", "poddisruptionbudget", guarded.name))
    ok(evict(guarded, first))
    ok(evict(guarded, second))
