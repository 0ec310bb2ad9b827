"""The questions of who may talk to whom: what enforces it, who calls the service, and what the service calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gocontainer.options.patterns import LABEL, numbers
from gocontainer.options.subjects.targets import IN_A_CLUSTER
from gocontainer.options.text_kinds import FormerToggle, TextMany
from gocontainer.options.types import Choice

NETWORK_POLICY = FormerToggle(
    name="network_policy",
    group="deployment",
    title="Network policy",
    question="What refuses network traffic that is not named?",
    help="What refuses network traffic that is not named.",
    why="A stolen pod reaches nothing; a new dependency needs one more rule.",
    default="kubernetes",
    choices=(
        Choice(value="none", label="nothing: the cluster's owner decides"),
        Choice(value="kubernetes", label="Kubernetes' own: ports and pods"),
        Choice(value="cilium", label="Cilium's: names outside, and routes of HTTP"),
    ),
    yes="kubernetes",
    no="none",
    when={"target": IN_A_CLUSTER},
)
_NAME = rf"(?![a-z0-9-]{{64}}){LABEL}"
_HOST = rf"(?=[a-z0-9.-]{{1,253}}:)(?:{_NAME}\.)+(?!(?:local|svc):|[0-9]+:){_NAME}"
_PEERS: Mapping[str, Any] = {"group": "deployment", "before": lambda _: ""}
CALLED_BY = TextMany(
    name="called_by",
    title="Called by",
    question="Which namespaces, or which services in them, call this one?",
    help="Namespaces, or services in them as namespace/name, that call the service; empty, anybody does.",
    why="Nobody else reaches its port. Metrics stay open to whoever scrapes.",
    entry=rf"{_NAME}(?:/{_NAME})?",
    expected="a list of namespaces, or of namespace/name",
    hint="Write shop,web/frontend: the name is the pods' label app.kubernetes.io/name.",
    example="shop,web/frontend",
    when={"target": ("kubernetes",), "network_policy": ("cilium", "kubernetes")},
    **_PEERS,
)
CALLS = TextMany(
    name="calls",
    title="Calls",
    question="What does the service call?",
    help="What the service calls: namespace/name:port in the cluster, host:port outside.",
    why="Each gets its rule. A NetworkPolicy opens a host's port to any address; Cilium's names the host.",
    entry=rf"(?:{_NAME}/{_NAME}|{_HOST}):(?:{numbers(1, 65535)})",
    expected="a list of namespace/name:port, or of host:port",
    hint="Write shop/payments:8080,api.example.com:443: inside, the port that its pods listen on; outside, no address.",
    example="shop/payments:8080,api.example.com:443",
    when={"target": IN_A_CLUSTER, "network_policy": ("cilium", "kubernetes")},
    **_PEERS,
)
NETWORK = (NETWORK_POLICY, CALLED_BY, CALLS)


def within(calls: str) -> str:
    """Return what of an answer to ``calls`` is in the cluster."""
    return ",".join(each for each in calls.split(",") if "/" in each)


def outside(calls: str) -> str:
    """Return what of an answer to ``calls`` is a host outside of it."""
    return ",".join(each for each in calls.split(",") if each and "/" not in each)


def ports(peers: str) -> list[str]:
    """Return the ports of what is called, each once."""
    return list(dict.fromkeys(each.rpartition(":")[2] for each in peers.split(",")))
