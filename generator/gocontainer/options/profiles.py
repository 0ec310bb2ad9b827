"""The first question: what kind of service this is, and what that answers in advance."""

from __future__ import annotations

from collections.abc import Mapping

from gocontainer.options.types import Choice, Record, Select, Value


class Preset(Record):
    """What a profile answers in advance."""

    label: str
    answers: Mapping[str, Value]


PRESETS: Mapping[str, Preset] = {
    "minimal": Preset(
        label="Kubernetes, 1 replica; no policy, traces, CI or bot",
        answers={
            "tracing": False,
            "min_replicas": 1,
            "max_replicas": 1,
            "network_policy": "none",
            "ci": "none",
            "signing": "none",
            "deps_bot": "none",
        },
    ),
    "service": Preset(label="Kubernetes, 2 to 6 replicas, network policy", answers={}),
    "serverless": Preset(
        label="Knative, called by Kafka, 0 to 20 replicas, secret files",
        answers={
            "target": "knative",
            "eventing": "kafka",
            "min_replicas": 1,
            "max_replicas": 20,
            "secrets": "files",
        },
    ),
    "edge": Preset(
        label="KubeEdge, 25m and 48Mi a site, no CPU limit, 32-bit ARM",
        answers={
            "platforms": "linux/amd64,linux/arm64,linux/arm/v7",
            "target": "kubeedge",
            "cpu": "25m",
            "memory": "48Mi",
            "resources": "latency",
        },
    ),
    "hardened": Preset(
        label="3 to 10 replicas, FROM scratch, digests, policy, scan",
        answers={
            "base_image": "scratch",
            "resources": "strict",
            "min_replicas": 3,
            "max_replicas": 10,
            "network_policy": "kubernetes",
            "policy": "native",
            "digests": "required",
            # The scanner whose findings the tests see.
            "scan": "grype",
        },
    ),
}

PROFILE = Select(
    name="profile",
    group="basics",
    title="Profile",
    question="What kind of service is it?",
    help="What kind of service this is.",
    why="It only presets other answers, each of which can still be changed.",
    default="service",
    choices=tuple(Choice(value=name, label=preset.label) for name, preset in PRESETS.items()),
)
