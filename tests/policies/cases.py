"""Pods that a policy judges: each is the rendered one with one change, and the rule that refuses it, if any does."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.judges.subject import kustomize
from tests.kube.engine import Document
from tests.kube.manifests import documents

Pod = dict[str, Any]
Change = Callable[[Pod], object]
IMAGE = f"ghcr.io/acme/orders@sha256:{'0' * 64}"
GOOD = Path("deploy/policies/tests/good")
BAD = Path("deploy/policies/tests/bad")
WORKLOADS = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
}


def container(pod: Pod) -> Pod:
    """Return the first container of a pod."""
    first: Pod = pod["containers"][0]
    return first


def _security(**given: object) -> Change:
    return lambda pod: container(pod)["securityContext"].update(given)


def _beside(kind: str, **changes: object) -> Change:
    """Add a container that is as the first one, but for some of its fields."""

    def add(pod: Pod) -> None:
        other = copy.deepcopy(container(pod)) | {"name": "other", "ports": []} | changes
        if kind == "initContainers":
            other = {name: value for name, value in other.items() if not name.endswith("Probe") and name != "lifecycle"}
        pod.setdefault(kind, []).append(other)

    return add


def _without(*path: str) -> Change:
    def drop(pod: Pod) -> None:
        inner = container(pod)
        for name in path[:-1]:
            inner = inner[name]
        del inner[path[-1]]

    return drop


_PRIVILEGED = {"privileged": True, "readOnlyRootFilesystem": True, "runAsNonRoot": True}
REFUSED: Mapping[str, tuple[str, Change]] = {
    "privileged": ("privileged", lambda pod: container(pod).update(securityContext=dict(_PRIVILEGED))),
    "privileged-init": ("privileged", _beside("initContainers", securityContext=dict(_PRIVILEGED))),
    "host-network": ("host-namespaces", lambda pod: pod.update(hostNetwork=True)),
    "host-pid": ("host-namespaces", lambda pod: pod.update(hostPID=True)),
    "host-ipc": ("host-namespaces", lambda pod: pod.update(hostIPC=True)),
    "host-port": (
        "host-namespaces",
        lambda pod: container(pod)["ports"][0].update(hostPort=container(pod)["ports"][0]["containerPort"]),
    ),
    "says-nothing-of-root": ("non-root", lambda pod: pod["securityContext"].pop("runAsNonRoot")),
    "may-be-root": ("non-root", _security(runAsNonRoot=False)),
    "root-by-number": ("non-root", _security(runAsUser=0)),
    "root-of-the-pod": ("non-root", lambda pod: pod["securityContext"].update(runAsUser=0)),
    "writable": ("read-only", _security(readOnlyRootFilesystem=False)),
    "says-nothing-of-writing": ("read-only", _without("securityContext", "readOnlyRootFilesystem")),
    "writable-beside": ("read-only", _beside("containers", securityContext={})),
    "tag": ("digest", lambda pod: container(pod).update(image="ghcr.io/acme/orders:v0.1.0")),
    "short-digest": ("digest", lambda pod: container(pod).update(image="ghcr.io/acme/orders@sha256:00")),
    "tag-of-init": ("digest", _beside("initContainers", image="ghcr.io/acme/orders:v0.1.0")),
    "elsewhere": ("registry", lambda pod: container(pod).update(image=IMAGE.replace("ghcr.io", "docker.io"))),
    "longer-name": ("registry", lambda pod: container(pod).update(image=IMAGE.replace("acme", "acme-2"))),
    "beside-elsewhere": ("registry", _beside("containers", image=IMAGE.replace("ghcr.io", "docker.io"))),
    "no-memory-limit": ("limits", _without("resources", "limits", "memory")),
    "no-cpu-limit": ("limits", _without("resources", "limits", "cpu")),
    "no-limits": ("limits", _without("resources")),
    "no-limits-of-init": ("limits", _beside("initContainers", resources={})),
    "default-token": (
        "token",
        lambda pod: pod.update(serviceAccountName="default", automountServiceAccountToken=True),
    ),
    "no-account": ("token", lambda pod: (pod.pop("serviceAccountName"), pod.pop("automountServiceAccountToken"))),
}
ADMITTED: Mapping[str, Change] = {
    "as-rendered": lambda pod: pod,
    "tag-and-digest": lambda pod: container(pod).update(image=IMAGE.replace("@", ":v0.1.0@")),
    "own-account-with-a-token": lambda pod: pod.update(automountServiceAccountToken=True),
    "default-account-without-a-token": lambda pod: pod.update(serviceAccountName="default"),
    "non-root-by-each-container": lambda pod: (
        pod["securityContext"].pop("runAsNonRoot"),
        _security(runAsNonRoot=True)(pod),
    ),
    "a-good-init-container": _beside("initContainers"),
    "another-image-of-ours": lambda pod: container(pod).update(image=IMAGE.replace("orders", "tools/importer")),
}


def rendered_pod(repository: Path) -> Pod:
    """Return the pod of the good example."""
    (deployment,) = (each for each in documents(kustomize(repository / GOOD)) if each["kind"] == "Deployment")
    pod: Pod = deployment["spec"]["template"]["spec"]
    return pod


def changed(pod: Pod, change: Change) -> Pod:
    """Return another pod with a change."""
    other = copy.deepcopy(pod)
    change(other)
    return other


def workload(pod: Pod, name: str, namespace: str, kind: str = "Deployment") -> Document:
    """Return what makes a pod, of any kind, or the pod alone."""
    metadata: Document = {"name": name, "namespace": namespace}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": pod}
    labels = {"app": name}
    template: Document = {"metadata": {"labels": labels}, "spec": pod}
    if kind.endswith("Job"):
        template["spec"] = {**pod, "restartPolicy": "Never"}
    spec: Document = {"template": template}
    if WORKLOADS[kind] == "apps/v1":
        spec["selector"] = {"matchLabels": labels}
    if kind == "StatefulSet":
        spec["serviceName"] = name
    if kind == "CronJob":
        spec = {"schedule": "@daily", "jobTemplate": {"spec": spec}}
    return {"apiVersion": WORKLOADS[kind], "kind": kind, "metadata": metadata, "spec": spec}
