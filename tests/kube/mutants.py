"""One change each of the default manifests, which a real API server must refuse, and the words that it refuses with."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tests.checks.finding import pods
from tests.kube.engine import Document
from tests.kube.manifests import pod

GONE = object()
"""Instead of a value: what is there is taken away."""
Path = tuple[str | int, ...]
TEMPLATE: Path = ("spec", "template")
SPEC: Path = (*TEMPLATE, "spec")
CONTAINER: Path = (*SPEC, "containers", 0)
SECURITY: Path = (*CONTAINER, "securityContext")
SPREAD: Path = (*SPEC, "topologySpreadConstraints", 0)
NODES: Path = (
    *(*SPEC, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"),
    *("nodeSelectorTerms", 0),
)
INSTANCE = "app.kubernetes.io/instance"
POD_SECURITY = r"Error from server \(Forbidden\).*violates PodSecurity \"restricted.*"


class Mutant(NamedTuple):
    """A document's kind, the place in it that is changed, its new value, and what the server says."""

    kind: str
    place: Path
    value: Any
    said: str


def _deployment(place: Path, value: Any, said: str) -> Mutant:
    return Mutant("Deployment", place, value, said)


def _insecure(place: Path, value: Any, said: str) -> Mutant:
    return Mutant("Deployment", place, value, POD_SECURITY + said)


MUTANTS = {
    # What of the Deployment contradicts itself.
    "selector mismatch": _deployment(
        ("spec", "selector", "matchLabels", INSTANCE), "other", "`selector` does not match template `labels`"
    ),
    "memory request over limit": _deployment(
        (*CONTAINER, "resources", "requests", "memory"), "256Mi", "must be less than or equal to memory limit"
    ),
    "cpu request over limit": _deployment(
        (*CONTAINER, "resources", "requests", "cpu"), "2", "must be less than or equal to cpu limit"
    ),
    "storage request over limit": _deployment(
        (*CONTAINER, "resources", "requests", "ephemeral-storage"),
        "1Gi",
        "must be less than or equal to ephemeral-storage limit",
    ),
    "preStop longer than grace": _deployment(
        (*CONTAINER, "lifecycle", "preStop", "sleep", "seconds"), 60, "less than terminationGracePeriodSeconds"
    ),
    "maxSurge and maxUnavailable 0": _deployment(
        ("spec", "strategy", "rollingUpdate", "maxSurge"), 0, "maxUnavailable.*may not be 0 when `maxSurge` is 0"
    ),
    "volumeMount without volume": _deployment(
        (*CONTAINER, "volumeMounts", 1, "name"), "other", "volumeMounts.*Not found"
    ),
    "two volumes at one path": _deployment(
        (*CONTAINER, "volumeMounts", 1, "mountPath"), "/etc/orders", "must be unique"
    ),
    "progress deadline before minReadySeconds": _deployment(
        ("spec", "progressDeadlineSeconds"), 5, "must be greater than minReadySeconds"
    ),
    "successThreshold 2 on liveness": _deployment((*CONTAINER, "livenessProbe", "successThreshold"), 2, "must be 1"),
    "spread twice over one key": _deployment(
        (*SPEC, "topologySpreadConstraints", 1, "topologyKey"), "kubernetes.io/hostname", "Duplicate value"
    ),
    "spread by a key of its selector": _deployment(
        (*SPREAD, "matchLabelKeys"), [INSTANCE], "exists in both matchLabelKeys and labelSelector"
    ),
    # What is no value of its field.
    "unknown field": _deployment((*CONTAINER, "readynessProbe"), {}, 'unknown field "spec.*readynessProbe"'),
    "beta API version of a Deployment": _deployment(
        ("apiVersion",), "apps/v1beta1", 'no matches for kind "Deployment"'
    ),
    "port name too long": _deployment(
        (*CONTAINER, "ports", 0, "name"), "http-of-the-shop", "no more than 15 (characters|bytes)"
    ),
    "two ports of one name": _deployment((*CONTAINER, "ports", 1, "name"), "http", "Duplicate value"),
    "wrong quantity": _deployment((*CONTAINER, "resources", "limits", "memory"), "128MB", "quantities must match"),
    "label too long": _deployment(
        (*TEMPLATE, "metadata", "labels", "team"), "a" * 64, "no more than 63 (characters|bytes)"
    ),
    "negative storage": _deployment(
        (*SPEC, "volumes", 1, "emptyDir", "sizeLimit"), "-1Mi", "SizeLimit field must be a valid resource quantity"
    ),
    "a job's restart policy": _deployment((*SPEC, "restartPolicy"), "Never", 'Unsupported value: "Never"'),
    "no image": _deployment((*CONTAINER, "image"), "", "image: Required value"),
    "unknown pull policy": _deployment((*CONTAINER, "imagePullPolicy"), "Daily", 'Unsupported value: "Daily"'),
    "unknown answer to a skew": _deployment((*SPREAD, "whenUnsatisfiable"), "Hope", 'Unsupported value: "Hope"'),
    "unknown operator": _deployment(
        (*NODES, "matchExpressions", 0, "operator"), "Like", "not a valid selector operator"
    ),
    "skew 0": _deployment((*SPREAD, "maxSkew"), 0, "must be greater than zero"),
    "negative period": _deployment((*CONTAINER, "livenessProbe", "periodSeconds"), -1, "greater than or equal to 0"),
    # What Pod Security `restricted` forbids.
    "root": _insecure((*SPEC, "securityContext", "runAsUser"), 0, "runAsUser=0"),
    "root not excluded": _insecure((*SPEC, "securityContext", "runAsNonRoot"), False, "runAsNonRoot"),
    "privilege escalation": _insecure((*SECURITY, "allowPrivilegeEscalation"), True, "allowPrivilegeEscalation"),
    "privileged": _insecure((*SECURITY,), {"privileged": True}, "privileged"),
    "missing seccomp": _insecure((*SPEC, "securityContext", "seccompProfile"), GONE, "seccompProfile"),
    "unconfined": _insecure((*SPEC, "securityContext", "seccompProfile", "type"), "Unconfined", "seccompProfile"),
    "added capability": _insecure((*SECURITY, "capabilities", "add"), ["NET_ADMIN"], "capabilities"),
    "capabilities kept": _insecure((*SECURITY, "capabilities", "drop"), GONE, "capabilities"),
    "hostNetwork": _insecure((*SPEC, "hostNetwork"), True, "host namespaces"),
    "hostPID": _insecure((*SPEC, "hostPID"), True, "host namespaces"),
    "hostPort": _insecure((*CONTAINER, "ports", 0, "hostPort"), 8080, "hostPort"),
    "hostPath": _insecure((*SPEC, "volumes", 1), {"name": "tmp", "hostPath": {"path": "/tmp"}}, "hostPath|volume type"),
    "unsafe sysctl": _insecure(
        (*SPEC, "securityContext", "sysctls"), [{"name": "kernel.msgmax", "value": "65536"}], "sysctl"
    ),
    # What stands around it.
    "duplicate service ports": Mutant(
        "Service", ("spec", "ports", 1), {"name": "http", "port": 80, "targetPort": "http"}, "Duplicate value"
    ),
    "service port out of range": Mutant("Service", ("spec", "ports", 0, "port"), 70000, "between 1 and 65535"),
    "unknown type of Service": Mutant("Service", ("spec", "type"), "Public", 'Unsupported value: "Public"'),
    "HPA max below min": Mutant(
        "HorizontalPodAutoscaler", ("spec", "maxReplicas"), 1, "must be greater than or equal to `?minReplicas"
    ),
    "HPA for nothing": Mutant(
        "HorizontalPodAutoscaler",
        ("spec", "metrics", 0, "containerResource", "target", "averageUtilization"),
        0,
        "must be greater than 0",
    ),
    "HPA with too long a window": Mutant(
        "HorizontalPodAutoscaler",
        ("spec", "behavior", "scaleDown", "stabilizationWindowSeconds"),
        7200,
        "must be less than or equal to 3600",
    ),
    "beta API version of an HPA": Mutant(
        "HorizontalPodAutoscaler",
        ("apiVersion",),
        "autoscaling/v2beta2",
        'no matches for kind "HorizontalPodAutoscaler"',
    ),
    "PDB with both min and max": Mutant(
        "PodDisruptionBudget", ("spec", "minAvailable"), 1, "minAvailable and maxUnavailable cannot be both set"
    ),
    "PDB with an unknown policy": Mutant(
        "PodDisruptionBudget", ("spec", "unhealthyPodEvictionPolicy"), "Never", 'Unsupported value: "Never"'
    ),
    "CIDR /33": Mutant(
        "NetworkPolicy", ("spec", "egress", 0, "to"), [{"ipBlock": {"cidr": "10.0.0.0/33"}}], "must be a valid CIDR"
    ),
    "unknown protocol": Mutant(
        "NetworkPolicy", ("spec", "egress", 0, "ports", 0, "protocol"), "HTTP", 'Unsupported value: "HTTP"'
    ),
    "unknown type of policy": Mutant(
        "NetworkPolicy", ("spec", "policyTypes", 0), "Inbound", 'Unsupported value: "Inbound"'
    ),
    "settings under a path": Mutant(
        "ConfigMap", ("data", "orders/config.yaml"), "", "a valid config key must consist of"
    ),
    "name in upper case": Mutant("ServiceAccount", ("metadata", "name"), "Orders", "a lowercase RFC 1123 subdomain"),
    "unknown level of Pod Security": Mutant(
        "Namespace", ("metadata", "labels", "pod-security.kubernetes.io/enforce"), "strict", "must be one of privileged"
    ),
}


def changed(document: Document, mutant: Mutant) -> Document:
    """Return a copy with the change."""
    whole = copy.deepcopy(document)
    *above, last = mutant.place
    within: Any = whole
    for step in above:
        within = within[step]
    if mutant.value is GONE:
        del within[last]
    elif isinstance(within, list) and last == len(within):
        within.append(mutant.value)
    else:
        within[last] = mutant.value
    return whole


def with_pod(document: Document) -> list[Document]:
    """Return what is asked of the server: a document, and the pod of a Deployment whose template is admitted as one."""
    return [document, *map(pod, pods([document]))]


def differences(before: Any, after: Any, place: Path = ()) -> Iterator[Path]:
    """Yield every place at which two documents differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from differences(before.get(key, GONE), after.get(key, GONE), (*place, key))
    elif isinstance(before, list) and isinstance(after, list):
        for number in range(max(len(before), len(after))):
            yield from differences(_at(before, number), _at(after, number), (*place, number))
    elif before != after:
        yield place


def _at(values: Sequence[Any], number: int) -> Any:
    return values[number] if number < len(values) else GONE
