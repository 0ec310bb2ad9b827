"""Table 1: every question gocontainer can ask, in order. Those of one subject stand in a module of `subjects/`.

A row gives a flag, an environment variable, a key in the answers file, a question of the wizard, a
property of the schema, a line in the docs and a dimension of the test matrix.
"""

from __future__ import annotations

from collections.abc import Mapping

from gocontainer.options.patterns import DEVICES, LABEL, LINE, REPOSITORY, YAML_WORDS
from gocontainer.options.profiles import PROFILE
from gocontainer.options.subjects.base_images import BASE_IMAGE
from gocontainer.options.subjects.config_centers import CONFIG_CENTER
from gocontainer.options.subjects.delivery import DELIVERY
from gocontainer.options.subjects.edge import EDGE
from gocontainer.options.subjects.mesh import MESH
from gocontainer.options.subjects.monitoring import COLLECTOR, MONITORING, SLO
from gocontainer.options.subjects.network import NETWORK
from gocontainer.options.subjects.policies import POLICY
from gocontainer.options.subjects.secrets import SECRETS
from gocontainer.options.subjects.serverless import SERVERLESS
from gocontainer.options.subjects.targets import (
    EXPOSE,
    KUBERNETES_MIN,
    PULL_SECRET,
    REPLICAS,
    TARGET,
    USER_NAMESPACES,
)
from gocontainer.options.text_kinds import Name
from gocontainer.options.types import Choice, Integer, Option, Quantity, Select, SelectMany, Text, Toggle

PLATFORMS = SelectMany(
    name="platforms",
    group="runtime",
    title="Platforms",
    question="For which platforms is the image built?",
    help="Platforms that the image is built for.",
    why="Go cross-compiles, so that a further platform costs one more compile and no emulation.",
    default="linux/amd64,linux/arm64",
    choices=(
        Choice(value="linux/amd64", label="servers, most clouds"),
        Choice(value="linux/arm64", label="Graviton, Ampere, Apple silicon, newer edge boxes"),
        Choice(value="linux/arm/v7", label="32-bit edge boxes"),
    ),
)

OPTIONS: tuple[Option, ...] = (
    Name(
        name="service",
        group="basics",
        title="Name",
        question="What is the service called?",
        help="Name of the service, its folder and its Kubernetes objects.",
        why="It is part of every object's name, so a later change means new objects.",
        default="",
        required=True,
        pattern=r"[a-z](?:[-a-z0-9]{0,38}[a-z0-9])?",
        longest=40,
        expected="a DNS label of at most 40 characters",
        hint="Start with a letter from a to z; go on with such letters, digits and inner hyphens.",
        reserved=(*DEVICES, *YAML_WORDS),
    ),
    Text(
        name="module",
        group="basics",
        title="Go module",
        question="Under which path do others import it?",
        help="Go module path.",
        why="Imports start with it; the repository's address lets others fetch it.",
        default="example.com/{service}",
        pattern=rf"(?!gopkg\.in/)(?!.*/v[0-9.]*[.][0-9.]*$)(?!.*/v(?:[01]|0[0-9]+)$)(?!.*\.git$)"
        rf"{LABEL}(?:\.{LABEL})+(?:/~?[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?)*",
        longest=200,
        expected="a Go module path",
        hint="Start with a host name, such as github.com/acme/orders.",
        reserved=(*DEVICES, "vendor"),
    ),
    Text(
        name="description",
        group="basics",
        title="Description",
        question="What does the service do, in one line?",
        help="What the service does, in one line.",
        why="The README and the image's labels carry it.",
        default="An HTTP service in Go.",
        pattern=LINE,
        longest=200,
        expected="one line of visible text without template tags",
        hint="Use at most 200 characters, with no line break, control character or <<, <% or <#.",
    ),
    Text(
        name="owner",
        group="basics",
        title="Owner",
        question="Who owns the service: a person, a team or an organisation?",
        help="Who owns the service: a person, a team or an organisation.",
        why="It stands in the licence, the README and the image's labels.",
        default="the {service} authors",
        pattern=LINE,
        longest=80,
        expected="one line of visible text without template tags",
        hint="Use at most 80 characters, with no line break, control character or <<, <% or <#.",
    ),
    Select(
        name="license",
        group="basics",
        title="Licence",
        question="Under which licence is the code?",
        help="Licence of the repository.",
        why="Without one nobody else may use the code, which is right for a private service.",
        default="none",
        choices=(
            Choice(value="apache-2.0", label="Apache License 2.0"),
            Choice(value="mit", label="MIT License"),
            Choice(value="none", label="no licence"),
        ),
    ),
    Text(
        name="image",
        group="basics",
        title="Image",
        question="Where does CI push the image?",
        help="Where will CI push the image?",
        why="The manifests pull from there. A repository without a tag.",
        default="localhost/{service}",
        pattern=rf"{LABEL}(?:\.{LABEL})*(?::[1-9][0-9]{{0,4}})?{REPOSITORY}",
        longest=200,
        expected="an image repository without a tag",
        hint="Give registry and path in lower case, such as ghcr.io/acme/orders.",
    ),
    Integer(
        name="port",
        group="runtime",
        title="Port",
        question="On which port does the service listen?",
        help="Port of the service; probes and metrics are on 8081.",
        why="Below 1024 a process needs a privilege that this one does not have.",
        default=8080,
        minimum=1024,
        maximum=65535,
    ),
    BASE_IMAGE,
    Toggle(
        name="cgo",
        group="runtime",
        title="CGO",
        question="Does the binary link C code?",
        help="Link C code.",
        why="Needed by some databases' drivers. It costs the static binary and cross-compilation.",
        default=False,
    ),
    PLATFORMS,
    CONFIG_CENTER,
    Toggle(
        name="streams",
        group="runtime",
        title="Streams",
        question="Are there routes that last, such as events, WebSockets or exports?",
        help="Routes that last: server-sent events, WebSockets, exports.",
        why="One word at such a route lifts its deadline; requests that end in seconds have no use for it.",
        default=False,
    ),
    Toggle(
        name="tracing",
        group="observability",
        title="Tracing",
        question="Does the service send OpenTelemetry traces?",
        help="OpenTelemetry traces.",
        why="Costs a larger binary, and nothing at run time until an endpoint is set.",
        default=True,
        dependencies=True,
    ),
    MONITORING,
    SLO,
    TARGET,
    COLLECTOR,
    *SERVERLESS,
    *EDGE,
    KUBERNETES_MIN,
    USER_NAMESPACES,
    Quantity(
        name="cpu",
        group="deployment",
        title="CPU",
        question="How much CPU does a replica request?",
        help="CPU request of a replica.",
        why="What the scheduler keeps free for it, and what the autoscaler's percentage is of.",
        default="100m",
        minimum="10m",
        maximum="64",
        suffixes={"m": 1, "": 1000},
        hint="Give millicores or whole cores, such as 500m or 2.",
    ),
    Quantity(
        name="memory",
        group="deployment",
        title="Memory",
        question="How much memory does a replica get, as request and as limit?",
        help="Memory request and limit of a replica.",
        why="Equal, so that a replica never lives on memory that the node may take back.",
        default="128Mi",
        minimum="32Mi",
        maximum="64Gi",
        suffixes={"Mi": 1, "Gi": 1024},
        hint="Give Mi or Gi, such as 256Mi.",
    ),
    Select(
        name="resources",
        group="deployment",
        title="CPU limit",
        question="Is the CPU limited?",
        help="Whether the CPU is limited.",
        why="A limit protects the neighbours; none lets a burst be answered faster.",
        default="strict",
        choices=(
            Choice(value="strict", label="a CPU limit of at least one core"),
            Choice(value="latency", label="no CPU limit, and GOMAXPROCS from the request"),
        ),
    ),
    Integer(
        name="startup_seconds",
        group="deployment",
        title="Startup",
        question="How many seconds may pass from start to the first request?",
        help="Longest time from start to the first request, in seconds.",
        why="The startup probe waits for as long; a boot that takes longer is restarted.",
        default=30,
        minimum=2,
        maximum=600,
    ),
    Integer(
        name="liveness_period",
        group="deployment",
        title="Liveness period",
        question="How many seconds lie between two liveness probes?",
        help="Seconds between two liveness probes.",
        why="Readiness asks twice as often. Less finds a hung pod sooner and costs more probes.",
        default=10,
        minimum=2,
        maximum=60,
    ),
    Integer(
        name="liveness_timeout",
        group="deployment",
        title="Liveness timeout",
        question="How many seconds does a liveness probe wait for its answer?",
        help="Seconds that a liveness probe waits for its answer.",
        why="Readiness waits a second less. Too short a wait fails a pod that is only slow.",
        default=3,
        minimum=1,
        maximum=30,
    ),
    Integer(
        name="liveness_failures",
        group="deployment",
        title="Liveness failures",
        question="After how many failed liveness probes is the pod restarted?",
        help="Failed liveness probes in a row until the pod is restarted.",
        why="Readiness takes the pod out one failure sooner. More forgives more, and later.",
        default=3,
        minimum=2,
        maximum=10,
    ),
    Integer(
        name="drain_seconds",
        group="deployment",
        title="Drain",
        question="How many seconds do requests in flight get at shutdown?",
        help="Longest time for requests in flight at shutdown, in seconds.",
        why="A rollout waits for as long as the slowest request, at most this.",
        default=20,
        minimum=5,
        maximum=300,
    ),
    *REPLICAS,
    *NETWORK,
    POLICY,
    *EXPOSE,
    MESH,
    PULL_SECRET,
    SECRETS,
    *DELIVERY,
)

GROUPS: Mapping[str, str] = {
    "basics": "Basics",
    "runtime": "Runtime",
    "observability": "Observability",
    "deployment": "Deployment",
    "serverless": "Serverless",
    "edge": "Edge",
    "delivery": "Delivery",
}

BY_NAME: Mapping[str, Option] = {option.name: option for option in (PROFILE, *OPTIONS)}
