"""The questions of where the service runs, on how old a Kubernetes, and what is asked where there are replicas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gocontainer.options.patterns import LABEL
from gocontainer.options.types import LACKING, Choice, Integer, Select, Text, Toggle, Value, by_value


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
SCALE_ON = Select(
    name="scale_on",
    group="deployment",
    title="Scales on",
    question="By what is the number of replicas decided?",
    help="What the number of replicas is decided by.",
    why="CPU needs nothing else installed; requests show a service that waits, lag events that nobody has begun.",
    default="cpu",
    by_target={"knative": "requests"},
    choices=(
        Choice(value="cpu", label="CPU, by Kubernetes' own autoscaler"),
        Choice(value="requests", label="requests in flight, by Knative, elsewhere by KEDA"),
        Choice(value="lag", label="messages that wait in Kafka, by KEDA"),
    ),
    when={"target": IN_A_CLUSTER},
    dependencies=True,
    before=lambda answers: "requests" if answers["target"] == "knative" else "cpu",
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
)


class Known(NamedTuple):
    """From which Kubernetes on a cluster heeds something by default, and where that was read."""

    since: str
    source: str


_GATES = "kubernetes.io: Feature Gates, "
_SERVER = "kubernetes v1.37.2, pkg/features/kube_features.go: "
KNOWN: Mapping[str, Known] = {
    "apiVersion=autoscaling/v2": Known("1.23", "kubernetes.io: Deprecated API Migration Guide"),
    "labels.pod-security.kubernetes.io/enforce": Known("1.23", f"{_GATES}PodSecurity"),
    "livenessProbe.terminationGracePeriodSeconds": Known("1.25", f"{_GATES}ProbeTerminationGracePeriod"),
    "metrics.containerResource": Known("1.27", f"{_GATES}HPAContainerMetrics"),
    "spec.unhealthyPodEvictionPolicy": Known("1.27", f"{_GATES}PDBUnhealthyPodEvictionPolicy"),
    "topologySpreadConstraints.matchLabelKeys": Known("1.27", f"{_SERVER}MatchLabelKeysInPodTopologySpread"),
    "preStop.sleep": Known("1.30", f"{_GATES}PodLifecycleSleepAction"),
    "kind=ValidatingAdmissionPolicy": Known("1.30", f"{_GATES}ValidatingAdmissionPolicy"),
    "spec.trafficDistribution": Known("1.31", f"{_GATES}ServiceTrafficDistribution"),
    "spec.hostUsers": Known("1.33", f"{_SERVER}UserNamespacesSupport"),
    "spec.trafficDistribution=PreferSameZone": Known("1.34", f"{_SERVER}PreferSameTrafficDistribution"),
}
"""What manifests have by the end of its path, with its value behind ``=`` where that is what is new. On by default is
what counts: before that, a server drops the field in silence or refuses it."""


def knows(oldest: Value, what: str) -> bool:
    """Whether every Kubernetes from ``oldest`` on heeds a row of KNOWN."""
    return _minor(str(oldest)) >= _minor(KNOWN[what].since)


def _minor(version: str) -> int:
    return int(version.partition(".")[2])


class Oldest(Select):
    """A version of Kubernetes. The matrix takes some: between two of them little is new."""

    def samples(self) -> tuple[Value, ...]:
        return (self.default, "1.23", "1.27", "1.36")


KUBERNETES_MIN = Oldest(
    name="kubernetes_min",
    group="deployment",
    title="Oldest Kubernetes",
    question="Which Kubernetes is the oldest that the manifests must suit?",
    help="Oldest Kubernetes that the manifests must suit.",
    why="Nothing younger is written: for older ones something else has its place, or it is left out.",
    default="1.30",
    choices=tuple(Choice(value=f"1.{minor}", label=f"1.{minor} and newer") for minor in range(23, 37)),
)


def too_old(what: str) -> tuple[str, ...]:
    """Return the answers to ``kubernetes_min`` with which a row of KNOWN cannot be had."""
    return tuple(version for version in KUBERNETES_MIN.values if not knows(version, what))


USER_NAMESPACES = Toggle(
    name="user_namespaces",
    group="deployment",
    title="User namespaces",
    question="Does each pod get users of its own, who are nobody on the node?",
    help="Pods in user namespaces.",
    why="Who breaks out of a container is nobody on its node. Nodes need Linux 6.3 and containerd 2.0 or CRI-O 1.25.",
    default=False,
    when={"target": ("kubernetes",)},
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


class WayIn(Choice):
    """A way for requests from outside the cluster."""

    file: str = LACKING
    """Of the overlay: what brings them in; nothing where none come."""


WAYS_IN = by_value(
    WayIn(value="none", label="not at all: it is called within the cluster", file=""),
    WayIn(value="gateway", label="an HTTPRoute at a Gateway that is there (Gateway API 1.2)", file="httproute.yaml"),
    WayIn(value="ingress", label="an Ingress of the cluster's default class", file="ingress.yaml"),
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
        choices=tuple(WAYS_IN.values()),
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
