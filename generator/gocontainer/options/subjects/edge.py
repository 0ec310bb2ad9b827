"""The questions about KubeEdge and OpenYurt: sites that go on while their link is down.

What else is answered otherwise for a site, such as its memory, the profile ``edge`` presets (``profiles``).
"""

from __future__ import annotations

from collections.abc import Mapping

from gocontainer.options.sets import SelectAny, members
from gocontainer.options.subjects.targets import EDGE_PLATFORMS, ON_SITES, EdgePlatform
from gocontainer.options.types import Choice, Value

EDGE_FEATURES = SelectAny(
    name="edge_features",
    group="edge",
    title="Edge features",
    question="What do the sites have beyond the usual?",
    help="What the sites have beyond the usual.",
    why="A host path weakens the namespace, a held upgrade waits for people, and plain Deployments know no groups.",
    default="",
    choices=(
        Choice(value="plain-deployments", label="a Deployment for each site, which K3s runs, too"),
        Choice(value="host-path", label="a host path within a policy instead of a claim"),
        Choice(value="model", label="a model, which is released on its own"),
        Choice(value="held-upgrade", label="a version waits for the site; OTA on OpenYurt"),
        Choice(value="device-router", label="an example of a device and a route on KubeEdge"),
    ),
    when={"target": ON_SITES},
)
EDGE = (EDGE_FEATURES,)
PLACEMENTS = {
    **EDGE_PLATFORMS,
    "native": EdgePlatform(
        value="native", label="the site that people named", node="topology.kubernetes.io/zone", same_zone=True
    ),
}
"""What places the service on the sites: the platform, or else the nodes' own label for the site."""


def has(answers: Mapping[str, Value], feature: str) -> bool:
    """Whether the sites have a feature."""
    return feature in members(answers["edge_features"])


def platform(answers: Mapping[str, Value]) -> str:
    """Return what places the service on the sites; nothing where there are none."""
    if answers["target"] not in EDGE_PLATFORMS:
        return ""
    return "native" if has(answers, "plain-deployments") else str(answers["target"])


def sites_platform(answers: Mapping[str, Value]) -> str:
    """Return what `gocontainer sites` is told with --platform: one of SITES_PLATFORMS, or nothing without sites."""
    found = platform(answers)
    return f"{found}-daemonset" if found == "openyurt" and has(answers, "held-upgrade") else found


SITES_PLATFORMS = (*PLACEMENTS, "openyurt-daemonset")
"""What places the service, where that is not all that decides what a site's objects are: with the workload."""
