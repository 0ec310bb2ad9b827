"""What a pod has and nothing uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.checks.finding import Check, Document, Finding, PodTemplate, at, named, pods

TOKEN = "vault.hashicorp.com/agent-service-account-token-volume-name"
"""Names the volume that the containers mount which Vault's injector adds, and the service does not."""
GROUPED = ("secret", "projected", "persistentVolumeClaim", "csi", "ephemeral")
"""The volumes whose files get the group of the pod, and are not everybody's anyway."""


def volumes(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find volumes that no container mounts."""
    for pod in pods(documents):
        mounted = {mount["name"] for each in pod.containers for mount in each.get("volumeMounts", ())}
        injected = at(pod.template, "metadata.annotations").get(TOKEN)
        for volume in pod.spec.get("volumes", ()):
            if volume["name"] not in mounted | {injected}:
                message = f"no container mounts the volume {volume['name']}"
                yield Finding("unused-volume", message, named(pod.top), "Mount it, or leave it out.")


def ports(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find ports that neither a probe nor an object asks for; Knative takes the one that it is given."""
    asked = {value for each in documents for value in _leaves(each)}
    for pod in pods(documents):
        knative = pod.workload.get("kind") == "Service"
        for port in (port for each in pod.containers for port in each.get("ports", ()) if not knative):
            number = port.get("containerPort")
            if not asked & {port.get("name"), number, str(number)}:  # an annotation has it as text
                message = f"nothing asks for the port {port.get('name')}"
                yield Finding("unused-port", message, named(pod.top), "Name it in a probe or a Service.")


def fs_group(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find a group for files where no volume has files of its own."""
    for pod in pods(documents):
        if at(pod.spec, "securityContext.fsGroup") and not _grouped(pod):
            message = "nothing is mounted whose files would get the group of fsGroup"
            yield Finding("unused-fs-group", message, named(pod.top), "Leave fsGroup out until there is a Secret.")


def _grouped(pod: PodTemplate) -> bool:
    return any(kind in volume for volume in pod.spec.get("volumes", ()) for kind in GROUPED)


def _leaves(value: Any, key: str = "") -> Iterator[Any]:
    """Yield every value of an object but what names a port in the pod itself."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{key}.{name}" if name in ("name", "containerPort") else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, key)
    elif key not in ("ports.name", "ports.containerPort"):
        yield value


CHECKS: Mapping[str, Check] = {"unused-volume": volumes, "unused-port": ports, "unused-fs-group": fs_group}
