"""The questions about KubeEdge and OpenYurt: sites that go on while their link is down.

What else is answered otherwise for a site, such as its memory, the profile ``edge`` presets (``profiles``).
"""

from __future__ import annotations

from collections.abc import Mapping

from gocontainer.options.subjects.targets import EDGE_PLATFORMS, ON_SITES, EdgePlatform
from gocontainer.options.types import Choice, Select, Toggle, Value

EDGE_API = Select(
    name="edge_api",
    group="edge",
    title="Edge API",
    question="What places the service on the sites?",
    help="What places the service on the sites.",
    why="The platform's own objects know groups of nodes; plain Deployments run on K3s and on older versions, too.",
    default="platform",
    choices=(
        Choice(value="platform", label="the platform's EdgeApplication or YurtAppSet"),
        Choice(value="native", label="a plain Deployment for each site"),
    ),
    when={"target": ON_SITES},
)
EDGE_MODEL = Toggle(
    name="edge_model",
    group="edge",
    title="Edge model",
    question="Does the service carry a model that is released on its own?",
    help="The service carries a model, which is released on its own.",
    why="It comes as an image that each site checks before it switches; the one before stays on its disk.",
    default=False,
    when={"target": ON_SITES},
)
LOCAL_VOLUME = Select(
    name="local_volume",
    group="edge",
    title="Local volume",
    question="How does a pod keep its files on the disk of its node?",
    help="How a pod keeps its files on the disk of its node.",
    why="A claim passes Pod Security's strictest rules; a host path needs no volume, but a weaker namespace.",
    default="claim",
    choices=(
        Choice(value="claim", label="a claim on a static local volume"),
        Choice(value="host-path", label="a host path, held to one folder by an admission policy"),
    ),
    when={"target": ON_SITES},
)
HOLD_UPGRADE = Toggle(
    name="hold_upgrade",
    group="edge",
    title="Held upgrade",
    question="Does a new version wait until the site lets it in?",
    help="A new version waits until the site lets it in.",
    why="A line is upgraded at the change of shift, by who is there; on OpenYurt over the air, a pod on each node.",
    default=False,
    when={"target": tuple(EDGE_PLATFORMS), "edge_api": ("platform",)},
)
DEVICE_ROUTER = Toggle(
    name="device_router",
    group="edge",
    title="Device router",
    question="Is there an example of a device and of a route for its messages?",
    help="An example of a device and of a route for its messages.",
    why="Devices then speak MQTT with the site's own broker, and their alarms reach the cloud over KubeEdge's tunnel.",
    default=False,
    when={"target": ("kubeedge",), "edge_api": ("platform",)},
)
EDGE = (EDGE_API, EDGE_MODEL, LOCAL_VOLUME, HOLD_UPGRADE, DEVICE_ROUTER)
"""Those of one platform come last: the matrix of the tests takes the last one's word for the target of a pair."""
PLACEMENTS = {
    **EDGE_PLATFORMS,
    "native": EdgePlatform(
        value="native", label="the site that people named", node="topology.kubernetes.io/zone", same_zone=True
    ),
}
"""What places the service on the sites: the platform, or else the nodes' own label for the site."""


def platform(answers: Mapping[str, Value]) -> str:
    """Return what places the service on the sites; nothing where there are none."""
    if answers["target"] not in EDGE_PLATFORMS:
        return ""
    return str(answers["target"]) if answers["edge_api"] == "platform" else "native"


def sites_platform(answers: Mapping[str, Value]) -> str:
    """Return what `gocontainer sites` is told with --platform: one of SITES_PLATFORMS, or nothing without sites."""
    found = platform(answers)
    return f"{found}-daemonset" if found == "openyurt" and answers["hold_upgrade"] is True else found


SITES_PLATFORMS = (*PLACEMENTS, "openyurt-daemonset")
"""What places the service, where that is not all that decides what a site's objects are: with the workload."""
