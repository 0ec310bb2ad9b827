"""The question of where the service runs, what is known of each place, and what is asked where there are replicas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gocontainer.options.patterns import LABEL
from gocontainer.options.types import LACKING, Choice, Integer, Select, Text, Toggle, by_value


class Target(Choice):
    """A place where the service runs."""

    many_replicas: bool = LACKING
    """Whether one place has many of them. A site has one box, one replica on it, and seldom a network plugin that knows
    policies."""
    deployment: bool = LACKING
    """Whether the manifests have a Deployment."""


class EdgePlatform(Target):
    """A platform of sites that go on while their link is down."""

    node: str = LACKING
    """The label that every node at the edge has: the platform's own, or the pool that it joined."""
    same_zone: bool = LACKING
    """Whether kube-proxy at a site keeps requests within its zone."""
    many_replicas: bool = False
    deployment: bool = True


TARGETS = by_value(
    Target(
        value="kubernetes",
        label="any conformant Kubernetes, through Kustomize",
        many_replicas=True,
        deployment=True,
    ),
    Target(
        value="knative",
        label="Knative: replicas follow the requests, down to none",
        many_replicas=True,
        deployment=False,
    ),
    EdgePlatform(
        value="kubeedge",
        label="sites on KubeEdge, which go on without their link",
        node="node-role.kubernetes.io/edge",
        same_zone=False,
    ),
    EdgePlatform(
        value="openyurt",
        label="sites on OpenYurt, which go on without their link",
        node="apps.openyurt.io/nodepool",
        same_zone=True,
    ),
)
EDGE_PLATFORMS = {name: target for name, target in TARGETS.items() if isinstance(target, EdgePlatform)}
IN_A_CLUSTER = tuple(name for name, target in TARGETS.items() if target.many_replicas)
ON_SITES = tuple(EDGE_PLATFORMS)
TARGET = Select(
    name="target",
    group="deployment",
    title="Target",
    question="Where does the service run?",
    help="Where the service runs.",
    why="It decides which manifests are written.",
    default="kubernetes",
    choices=tuple(TARGETS.values()),
)
REPLICAS = (
    Integer(
        name="min_replicas",
        group="deployment",
        title="Fewest replicas",
        question="How many replicas are there at least in production?",
        help="Fewest replicas in production.",
        why="Two survive the loss of a node, three also during a rollout.",
        default=2,
        minimum=1,
        maximum=50,
        when={"target": IN_A_CLUSTER},
    ),
    Integer(
        name="max_replicas",
        group="deployment",
        title="Most replicas",
        question="How many replicas are there at most in production?",
        help="Most replicas in production.",
        why="Above the fewest an autoscaler is written; equal, the number is fixed.",
        default=6,
        minimum=1,
        maximum=50,
        when={"target": IN_A_CLUSTER},
    ),
    Toggle(
        name="network_policy",
        group="deployment",
        title="Network policy",
        question="Is network traffic refused that is not named?",
        help="Refuse network traffic that is not named.",
        why="A stolen pod reaches nothing; a new dependency needs one more rule.",
        default=True,
        when={"target": IN_A_CLUSTER},
    ),
)
_NAME = rf"(?:{LABEL}(?:\.{LABEL})*)?"
PULL_SECRET = Text(
    name="pull_secret",
    group="deployment",
    title="Pull secret",
    question="By which Secret are images pulled?",
    help="Name of the Secret that images are pulled with.",
    why="A registry that asks who pulls needs one, in each namespace.",
    default="",
    pattern=_NAME,
    longest=253,
    expected="the name of a Secret, or nothing",
    hint="Give lower-case letters, digits, inner hyphens and dots.",
    example="harbor",
)
_EXPOSED: Mapping[str, Any] = {"group": "deployment", "when": {"expose": ("gateway", "ingress")}}
EXPOSE = (
    Select(
        name="expose",
        group="deployment",
        title="From outside",
        question="How do requests come in from outside the cluster?",
        help="How requests come in from outside the cluster.",
        why="Production gets a route at its host, with TLS, and limits that agree with the service's own.",
        default="none",
        choices=(
            Choice(value="none", label="not at all: it is called within the cluster"),
            Choice(value="gateway", label="an HTTPRoute at a Gateway that is there (Gateway API 1.2)"),
            Choice(value="ingress", label="an Ingress of the cluster's default class"),
        ),
        when={"target": ("kubernetes",)},
    ),
    Text(
        name="expose_host",
        title="Host",
        question="Under which host is production reached?",
        help="Host that production is reached under.",
        why="Names in DNS and the certificate are for it; another environment has another.",
        default="{service}.example.com",
        pattern=rf"(?!.*[^.]{{64}})(?!.*\.[0-9]+$){LABEL}(?:\.{LABEL})+",
        longest=253,
        expected="a host with a domain",
        hint="Give small letters, digits, inner hyphens and dots, such as orders.example.com.",
        **_EXPOSED,
    ),
    Text(
        name="expose_gateway",
        title="Gateway",
        question="Which Gateway takes the requests, as namespace/name?",
        help="Gateway that takes the requests, as namespace/name; its listener for TLS is `https`.",
        why="One Gateway serves many services; who runs the cluster owns it.",
        default="gateway/public",
        pattern=rf"(?!.*[^/.]{{64}}){LABEL}/{LABEL}(?:\.{LABEL})*",
        longest=253,
        expected="a namespace and a name with a slash between",
        hint="Write gateway/public: `kubectl get gateways -A` lists both.",
        group="deployment",
        when={"expose": ("gateway",)},
    ),
    Text(
        name="expose_issuer",
        title="Certificate",
        question="Which ClusterIssuer of cert-manager issues the certificate?",
        help="ClusterIssuer of cert-manager that issues the certificate of the host.",
        why="Without one the certificate is that of the Gateway or of the Ingress controller.",
        default="",
        pattern=_NAME,
        longest=253,
        expected="the name of a ClusterIssuer, or nothing",
        hint="Give lower-case letters, digits, inner hyphens and dots.",
        example="letsencrypt",
        **_EXPOSED,
    ),
)
