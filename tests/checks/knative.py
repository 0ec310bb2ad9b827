"""Knative: what its webhooks refuse, what it changes in silence, and what then never ends."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.checks.finding import Check, Document, Finding, PodTemplate, at, group, named, pods

_SCALING = "autoscaling.knative.dev/"
LARGEST_ANSWER = 299
"""Up to which a status code says that the event is done with."""


@cache
def data() -> Mapping[str, Any]:
    """Return knative.toml."""
    return tomllib.loads(Path(__file__).with_name("knative.toml").read_text("utf-8"))


class Field(NamedTuple):
    """A field that Knative does not simply admit."""

    path: str
    flag: str
    """What admits it; nothing where it is never admitted."""


def masked(pod: PodTemplate) -> Iterator[Field]:
    """Yield the fields of a pod that Knative refuses, or refuses unless a flag is set."""
    yield from _of(pod.spec, "pod", "")
    if pod.spec.get("automountServiceAccountToken") is True:
        yield Field("automountServiceAccountToken: true", "")
    for volume in pod.spec.get("volumes", ()):
        yield from _of(volume, "volume", f"volumes[{volume.get('name')}]")
    for container in pod.spec.get("containers", ()):
        yield from _of_container(container, f"containers[{container.get('name', '')}]")


def _of_container(container: Document, where: str) -> Iterator[Field]:
    yield from _of(container, "container", where)
    security = container.get("securityContext", {})
    yield from _of(security, "container_security", f"{where}.securityContext")
    yield from _of(security.get("capabilities", {}), "capabilities", f"{where}.securityContext.capabilities")
    if security.get("privileged"):
        yield Field(f"{where}.securityContext.privileged: true", "")
    for part, mask in (("ports", "port"), ("volumeMounts", "volume_mount")):
        for each in container.get(part, ()):
            yield from _of(each, mask, f"{where}.{part}")
    for variable in container.get("env", ()):
        yield from _of(variable.get("valueFrom", {}), "env_source", f"{where}.env[{variable.get('name')}].valueFrom")


def _of(part: Document, mask: str, where: str) -> Iterator[Field]:
    row = data()["mask"][mask]
    for name in part:
        if name not in row["always"]:
            yield Field(f"{where}.{name}".lstrip("."), row.get("flags", {}).get(name, ""))


def field(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find fields that Knative never admits."""
    for pod in _services(documents):
        for path, flag in masked(pod):
            if not flag:
                message = f"{path} is refused by Knative"
                hint = "Leave it out: Knative sets it, or a container's own field says the same."
                yield Finding("knative-field", message, named(pod.top), hint)


def flag(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find fields that Knative admits only where its operator allows them."""
    for pod in _services(documents):
        for path, key in masked(pod):
            if key:
                message = f"{path} is refused unless config-features has {key}"
                hint = f"Leave it out, or ask the operator for {key}: enabled in knative-serving."
                yield Finding("knative-flag", message, named(pod.top), hint)


def liveness_port(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find liveness probes of another port, which Knative turns into probes of the service's own."""
    for pod in _services(documents):
        for container in pod.spec.get("containers", ()):
            serving = [port.get("containerPort") for port in container.get("ports", ())] or [8080]
            for handler in ("httpGet", "tcpSocket"):
                asked = at(container, f"livenessProbe.{handler}.port") or serving[0]
                if isinstance(asked, int) and asked not in serving:
                    message = f"Knative sends the liveness probe to port {serving[0]}, not to {asked}"
                    hint = "Probe by a command, or answer the probe on the service's port."
                    yield Finding("knative-liveness-port", message, named(pod.top), hint)


def max_scale(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find services without an upper bound of their replicas."""
    for pod in _services(documents):
        annotations = at(pod.template, "metadata.annotations")
        if str(annotations.get(f"{_SCALING}max-scale", "0")) == "0":
            message = "without max-scale a flood of requests is a flood of pods"
            hint = f"Set {_SCALING}max-scale at the template."
            yield Finding("knative-max-scale", message, named(pod.top), hint)


def scale(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find bounds of the replicas that Knative refuses."""
    for pod in _services(documents):
        annotations = at(pod.template, "metadata.annotations")
        low, high, active = (_number(annotations, f"{name}-scale") for name in ("min", "max", "activation"))
        wrong = {
            "activation-scale below 2 is refused": active is not None and active < 2,
            "min-scale is above activation-scale": active is not None and (low or 0) > active,
            "max-scale is below min-scale or activation-scale": bool(high) and max(low or 0, active or 0) > (high or 0),
            "at the Service it has no effect": any(str(each).startswith(_SCALING) for each in _own(pod.top)),
        }
        for message in (message for message, broken in wrong.items() if broken):
            hint = "Write min-scale <= activation-scale <= max-scale at the template, activation-scale from 2 on."
            yield Finding("knative-scale", message, named(pod.top), hint)


def dead_letters(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find deliveries after whose last retry the event is gone."""
    for document in documents:
        delivers = document.get("kind") in ("Broker", "KafkaSource") and group(document).endswith("knative.dev")
        if delivers and not at(document, "spec.delivery.deadLetterSink"):
            message = "an event that fails for good is dropped"
            hint = "Name a deadLetterSink: a KafkaSink keeps it until somebody replays it."
            yield Finding("knative-dead-letters", message, named(document), hint)


def retried(status: int | None) -> bool:
    """Whether an event is delivered again after this answer; None is no answer."""
    row = data()["retried"]
    return status is None or status >= row["from"] or status in row["codes"]


def status_codes(permanent: Sequence[int], transient: Sequence[int]) -> Iterator[Finding]:
    """Find answers of a function that the platform understands otherwise than they are meant.

    ``permanent`` says that the event will never be good, ``transient`` that it may be later.
    """
    for status in permanent:
        if retried(status) or status <= LARGEST_ANSWER:
            what = "delivered again and again" if retried(status) else "taken for done"
            message = f"an event that is answered with {status} is {what}, and no dead letter"
            yield Finding("knative-status", message, f"status {status}", "Answer 400 or 422.")
    for status in transient:
        if not retried(status):
            message = f"an event that is answered with {status} is not delivered again"
            yield Finding("knative-status", message, f"status {status}", "Answer 503.")


def _services(documents: Sequence[Document]) -> Iterator[PodTemplate]:
    return (pod for pod in pods(documents) if group(pod.top) == "serving.knative.dev")


def _own(document: Document) -> Mapping[str, Any]:
    annotations: Mapping[str, Any] = at(document, "metadata.annotations")
    return annotations


def _number(annotations: Mapping[str, Any], name: str) -> int | None:
    text = str(annotations.get(_SCALING + name, ""))
    return int(text) if text.isdigit() else None


CHECKS: Mapping[str, Check] = {
    "knative-field": field,
    "knative-flag": flag,
    "knative-liveness-port": liveness_port,
    "knative-max-scale": max_scale,
    "knative-scale": scale,
    "knative-dead-letters": dead_letters,
}
