"""The real scheduler and controllers, on nodes that are only objects: pods are bound, and never run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from tests.helpers.support import ok
from tests.kube.build import kubernetes
from tests.kube.engine import ControlPlane, Document, joined

CONTROLLERS = ("deployment-controller", "replicaset-controller", "horizontal-pod-autoscaler-controller")
"""What makes pods of a Deployment. Without the others, of which one would miss the kubelets' heartbeats."""
ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
OS, ARCH = "kubernetes.io/os", "kubernetes.io/arch"
LARGE, SMALL = {"cpu": "32", "memory": "128Gi"}, {"cpu": "2", "memory": "2Gi"}
"""Of two nodes that are free alike the scheduler prefers the larger one: nothing but a constraint spreads."""


@contextmanager
def scheduled(plane: ControlPlane, *more: str) -> Iterator[ControlPlane]:
    """Start the scheduler and the controllers, some ``more`` where they are named, beside the API server."""
    quiet = ("--leader-elect=false", "--secure-port=0")
    settings = plane.scratch / "scheduler.json"
    settings.write_text(json.dumps(_scheduler(plane)))
    with (
        plane.daemon("kube-scheduler", kubernetes("kube-scheduler"), f"--config={settings}", "--secure-port=0"),
        plane.daemon(
            "kube-controller-manager",
            kubernetes("kube-controller-manager"),
            *quiet,
            f"--kubeconfig={plane.kubeconfig}",
            f"--controllers={','.join((*CONTROLLERS, *more))}",
            "--horizontal-pod-autoscaler-sync-period=1s",
        ),
    ):
        yield plane


def _scheduler(plane: ControlPlane) -> Document:
    version = "kubescheduler.config.k8s.io/v1"
    # Pods without constraints of their own would get the scheduler's, which differ from cluster to cluster.
    none = {"apiVersion": version, "kind": "PodTopologySpreadArgs", "defaultingType": "List", "defaultConstraints": []}
    return {
        "apiVersion": version,
        "kind": "KubeSchedulerConfiguration",
        "clientConnection": {"kubeconfig": str(plane.kubeconfig)},
        "leaderElection": {"leaderElect": False},
        "profiles": [
            {"schedulerName": "default-scheduler", "pluginConfig": [{"name": "PodTopologySpread", "args": none}]}
        ],
    }


def node(
    name: str, zone: str, size: Mapping[str, str], *, system: str = "linux", arch: str = "amd64", taint: str = ""
) -> Document:
    """Return a node as a kubelet would have registered it, ready."""
    room = {**size, "ephemeral-storage": "100Gi", "pods": "110"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {ZONE: zone, HOST: name, ARCH: arch, OS: system},
        },
        "spec": {"taints": [{"key": taint, "effect": "NoSchedule"}]} if taint else {},
        "status": {
            "capacity": room,
            "allocatable": room,
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        },
    }


class Placed:
    """A Deployment whose pods are being placed, and the nodes that there are for it."""

    def __init__(self, plane: ControlPlane, namespace: str) -> None:
        self.plane, self.namespace = plane, namespace
        self.nodes: dict[str, Document] = {}

    def add(self, nodes: Sequence[Document]) -> None:
        """Register nodes."""
        self.plane.create(joined(list(nodes)))
        self.nodes |= {each["metadata"]["name"]: each for each in nodes}

    def pods(self, *, but: Sequence[str] = ()) -> list[Document]:
        """Return the pods, without those that are named."""
        return [
            each
            for each in self.plane.get("pods", f"--namespace={self.namespace}")
            if each["metadata"]["name"] not in but
        ]

    def until_bound(self, count: int, *, but: Sequence[str] = ()) -> list[Document]:
        """Wait until there are so many pods and each has its node; return their nodes."""
        found: list[Document] = []

        def bound() -> bool:
            found[:] = self.pods(but=but)
            return len(found) == count and all("nodeName" in each["spec"] for each in found)

        self.plane.until(bound, f"{count} bound pods in {self.namespace}", 60)
        return [self.nodes[each["spec"]["nodeName"]] for each in found]

    def clear(self) -> None:
        """Take away what would make pods, the pods, and the nodes: nobody else would."""
        kinds = "horizontalpodautoscalers,deployments,replicasets,pods"
        at_once = ("--all", "--force", "--grace-period=0")
        ok(self.plane.kubectl("delete", kinds, f"--namespace={self.namespace}", *at_once))
        ok(self.plane.kubectl("delete", "nodes", *self.nodes))


@contextmanager
def placed(
    plane: ControlPlane, namespaces: str, manifests: Sequence[Document], nodes: Sequence[Document]
) -> Iterator[Placed]:
    """Register nodes and apply manifests; take both away at the end."""
    with ExitStack() as stack:
        running = Placed(plane, manifests[0]["metadata"]["namespace"])
        plane.create(namespaces)
        stack.callback(running.clear)
        running.add(nodes)
        plane.create(joined(list(manifests)))
        yield running


def count(nodes: Sequence[Document], label: str) -> Counter[str]:
    """Return how many pods there are by a label of their nodes."""
    return Counter(each["metadata"]["labels"][label] for each in nodes)
