"""A real metrics-server on the node, and a service whose load grows to five times."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from gocontainer.rendering.scale_out import GROWTH
from gocontainer.rendering.sizing import HPA_TARGET
from tests.kube.build import metrics_server
from tests.kube.deployed import Deployed, ready
from tests.kube.engine import Document, joined
from tests.kube.load import Load, load
from tests.kube.machine import ADDRESS
from tests.kube.node import Node

PORT, NAME, SYSTEM = 4443, "metrics-server", "kube-system"
FEWEST, MOST = 2, 6
ANSWERS = {"cpu": "10m", "min_replicas": FEWEST, "max_replicas": MOST}
"""The least request there is: two processors that others use, too, are enough for five times its target."""
FIRST = 15
"""Requests a second by which it is found how many put two pods near their target."""
NEAR = 0.75
"""Of the target: nearer to it, a pod would be added by chance before the load grows."""
SETTLED = 45
"""Seconds after which all that metrics-server tells was measured under the load of that moment."""
SERVED: list[Document] = [
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME, "namespace": SYSTEM},
        "spec": {"ports": [{"name": "https", "port": 443, "targetPort": PORT}]},
    },
    {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": NAME, "namespace": SYSTEM, "labels": {"kubernetes.io/service-name": NAME}},
        "addressType": "IPv4",
        "ports": [{"name": "https", "port": PORT, "protocol": "TCP"}],
        "endpoints": [{"addresses": [ADDRESS], "conditions": {"ready": True}}],
    },
    {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1beta1.metrics.k8s.io"},
        "spec": {
            "service": {"name": NAME, "namespace": SYSTEM},
            "group": "metrics.k8s.io",
            "version": "v1beta1",
            "insecureSkipTLSVerify": True,
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
        },
    },
]


@contextmanager
def measured(node: Node, resolution: int) -> Iterator[None]:
    """Run metrics-server, which asks the kubelet every ``resolution`` seconds, until the end of the context."""
    config = node.plane.kubeconfig
    asks = ("--kubelet-insecure-tls", "--kubelet-preferred-address-types=InternalIP", "--kubelet-request-timeout=5s")
    known = (f"--kubeconfig={config}", f"--authentication-kubeconfig={config}", f"--authorization-kubeconfig={config}")
    listens = (f"--bind-address={ADDRESS}", f"--secure-port={PORT}", f"--cert-dir={node.plane.scratch}/metrics")
    with node.plane.daemon(NAME, metrics_server(), *known, *listens, *asks, f"--metric-resolution={resolution}s"):
        node.plane.create(joined(SERVED))
        served = "--raw=/apis/metrics.k8s.io/v1beta1/pods"
        node.plane.until(lambda: node.plane.kubectl("get", served).code == 0, NAME)
        yield


class Growth(NamedTuple):
    """What came of a load that grew."""

    seconds: float
    """From the growth until all pods were ready."""
    start: int
    """Seconds from a pod's creation until it was ready, the longest."""
    lost: int
    answered: int


def autoscaler(service: Deployed) -> dict[str, Any]:
    """Return the state of the service's autoscaler."""
    (found,) = service.node.plane.get("horizontalpodautoscalers", f"--namespace={service.namespace}")
    return dict(found["status"])


def utilization(service: Deployed) -> int:
    """Return the CPU that the autoscaler was told of, in percent of the request; 0 where it knows nothing yet."""
    told = autoscaler(service).get("currentMetrics", [{}])
    return int(told[0].get("containerResource", {}).get("current", {}).get("averageUtilization", 0))


def grow(service: Deployed) -> Growth:
    """Put two pods near their target, have the load grow to five times that, and wait for the pods."""
    there, address = service.node.there, service.address
    with load(there, address, rate=FIRST) as first:
        time.sleep(SETTLED)
        service.until(lambda: utilization(service), "what the autoscaler is told")
        rate = FIRST * NEAR * HPA_TARGET / utilization(service)
    with load(there, address, rate=rate) as before:
        time.sleep(SETTLED)
        assert len(service.pods()) == FEWEST, f"{utilization(service)} % at {rate:.0f} a second"
        rate *= HPA_TARGET / utilization(service)
    with load(there, address, rate=GROWTH * rate) as after:
        began = time.monotonic()
        service.until(lambda: sum(map(ready, service.pods())) == MOST, f"{MOST} pods", 300)
        seconds = time.monotonic() - began
    every: list[Load] = [first, before, after]
    lost, answered = sum(each.lost for each in every), sum(each.answered for each in every)
    return Growth(seconds, max(map(start, service.pods())), lost, answered)


def start(pod: Document) -> int:
    """Return the seconds from a pod's creation until it was ready."""
    (condition,) = (each for each in pod["status"]["conditions"] if each["type"] == "Ready")
    began, ended = pod["metadata"]["creationTimestamp"], condition["lastTransitionTime"]
    return math.ceil((datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds())
