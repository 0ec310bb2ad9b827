"""KubeEdge and OpenYurt: pods that must live through hours without a link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.checks.finding import Check, Document, Finding, PodTemplate, at, named, objects, pods

EDGE_TAINT = "node-role.kubernetes.io/edge"
LOST = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
"""The taints of a node whose link is down, which evict after 300 s where nothing is said."""
UPDATE_STRATEGY = "apps.openyurt.io/update-strategy"
REFERENCES: Mapping[str, Sequence[str]] = {
    "fieldRef": ("fieldPath", "apiVersion"),
    "resourceFieldRef": ("resource", "containerName", "divisor"),
    "configMapKeyRef": ("name", "key"),
    "secretKeyRef": ("name", "key"),
}
"""The fields without which an override of KubeEdge forgets where a variable comes from, and all that it keeps.

By kubeedge/kubeedge 16cd8548eedb, cloud/pkg/controllermanager/edgeapplication/overridemanager/envoverrider.go.
"""


def node_selector(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find constraints on nodes that the controller of KubeEdge replaces (kubeedge/kubeedge#7197)."""
    for pod in _in_edge_application(documents):
        scope = at(pod.top, "spec.workloadScope")
        by_group, by_label = scope.get("targetNodeGroups"), scope.get("targetNodeLabels")
        if by_group and pod.spec.get("nodeSelector"):
            message = "targetNodeGroups replaces the whole nodeSelector, and what it says is lost"
            hint = "Say it in affinity.nodeAffinity, required."
            yield Finding("edge-node-selector", message, named(pod.top), hint)
        if by_label and at(pod.spec, "affinity.nodeAffinity"):
            message = "targetNodeLabels replaces the whole nodeAffinity, and what it says is lost"
            yield Finding("edge-node-selector", message, named(pod.top), "Say it in nodeSelector.")


def eviction(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find pods that are evicted while their node has no link, and started a second time when it is back."""
    for pod in pods(documents):
        if not _on_the_edge(pod):
            continue
        tolerated = {taint: _tolerations(pod, taint) for taint in LOST}
        bounded = [taint for taint, found in tolerated.items() if any("tolerationSeconds" in each for each in found)]
        # A DaemonSet's own controller adds them without an end.
        absent = [taint for taint, found in tolerated.items() if not found and pod.workload.get("kind") != "DaemonSet"]
        if bounded or absent:
            seconds = "no longer than its tolerationSeconds" if bounded else "300 s, the default,"
            message = f"the pod is tolerated {seconds} where the node is {' or '.join(bounded or absent)}"
            hint = "Tolerate both taints with effect NoExecute and without tolerationSeconds."
            yield Finding("edge-eviction", message, named(pod.top), hint)


def digest_and_tag(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find a Tag override of an image that has a digest: KubeEdge has no component for one."""
    for pod in _in_edge_application(documents):
        overrides = [component for each in _overriders(pod.top) for component in each.get("imageOverriders", ())]
        tags = any(each.get("component") == "Tag" for each in overrides)
        if tags and any("@" in str(container.get("image")) for container in pod.containers):
            message = "the override of the tag leaves the digest, which names the old image"
            hint = "Write the digest without an override, in an EdgeApplication for each wave, or tags only."
            yield Finding("edge-digest-and-tag", message, named(pod.top), hint)


def variable(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find references that KubeEdge loses, since an override of one variable writes all of a container's anew."""
    for pod in _in_edge_application(documents):
        overrides = [each for overriders in _overriders(pod.top) for each in overriders.get("envOverriders", ())]
        overridden = {each.get("containerName") for each in overrides}
        for container in pod.containers:
            if container.get("name") in overridden:
                yield from _lost(container, named(pod.top))


def _lost(container: Document, owner: str) -> Iterator[Finding]:
    for each in container.get("env", ()):
        for kind, reference in each.get("valueFrom", {}).items():
            kept = REFERENCES.get(kind, ())
            if set(reference) != set(kept):
                message = f"the override of another variable loses the {kind} of {each['name']}, or a part of it"
                hint = f"Give it {', '.join(kept)} and nothing else." if kept else "Write its value."
                yield Finding("edge-variable", message, owner, hint)


def image_volume(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find volumes of images, which the kubelet in EdgeCore does not know."""
    for pod in _in_edge_application(documents):
        if any("image" in volume for volume in pod.spec.get("volumes", ())):
            message = "EdgeCore's kubelet is of 1.32, where volumes of images are off"
            hint = "Copy what the image holds by an init container."
            yield Finding("edge-image-volume", message, named(pod.top), hint)


def on_delete(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find an update strategy of OpenYurt that nothing follows."""
    sets = (each for _, each in objects(documents) if each.get("kind") == "DaemonSet")
    for each in sets:
        updated_by_the_site = UPDATE_STRATEGY in at(each, "metadata.annotations")
        if updated_by_the_site and at(each, "spec.updateStrategy.type") != "OnDelete":
            message = f"with another updateStrategy than OnDelete {UPDATE_STRATEGY} is not looked at"
            yield Finding("edge-on-delete", message, named(each), "Set spec.updateStrategy.type to OnDelete.")


def _in_edge_application(documents: Sequence[Document]) -> Iterator[PodTemplate]:
    return (pod for pod in pods(documents) if pod.top.get("kind") == "EdgeApplication")


def _on_the_edge(pod: PodTemplate) -> bool:
    platform = pod.top.get("kind") in ("EdgeApplication", "YurtAppSet")
    annotated = UPDATE_STRATEGY in at(pod.top, "metadata.annotations")
    return platform or annotated or bool(_tolerations(pod, EDGE_TAINT))


def _tolerations(pod: PodTemplate, taint: str) -> list[Mapping[str, Any]]:
    return [each for each in pod.spec.get("tolerations", ()) if each.get("key") == taint]


def _overriders(application: Document) -> list[Mapping[str, Any]]:
    scope = at(application, "spec.workloadScope")
    targets = [*scope.get("targetNodeGroups", ()), *scope.get("targetNodeLabels", ())]
    return [target.get("overriders", {}) for target in targets]


CHECKS: Mapping[str, Check] = {
    "edge-node-selector": node_selector,
    "edge-eviction": eviction,
    "edge-digest-and-tag": digest_and_tag,
    "edge-variable": variable,
    "edge-image-volume": image_volume,
    "edge-on-delete": on_delete,
}
