"""The question of where the service runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gocontainer.options.types import Choice, Select

TARGET = Select(
    name="target",
    group="deployment",
    help="Where the service runs.",
    why="It decides which manifests are written.",
    default="kubernetes",
    choices=(
        Choice(value="kubernetes", label="any conformant Kubernetes, through Kustomize"),
        Choice(value="knative", label="Knative: replicas follow the requests, down to none"),
        Choice(value="kubeedge", label="sites on KubeEdge, which go on without their link"),
        Choice(value="openyurt", label="sites on OpenYurt, which go on without their link"),
    ),
)
IN_A_CLUSTER = ("kubernetes", "knative")
"""The targets with many replicas in one place. A site has one box, one replica on it, and seldom a network plugin that
knows policies."""


class Manifests(NamedTuple):
    """What the README says of a target's manifests."""

    folders: str
    are: str
    components: str
    decisions: str = "docs/decisions.md"
    applied: str = ""
    settings: str = ""
    center: str = "deploy/components/config-center"


_SITES = Manifests(
    folders="`deploy/sites.yaml`, `deploy/edge`",
    are="the sites and their releases, and what runs at each of them",
    components="what is added to `deploy/edge`",
)
MANIFESTS: Mapping[str, Manifests] = {
    "kubernetes": Manifests(
        folders="`deploy/base`, `deploy/overlays`",
        are="Kubernetes manifests with Kustomize: what is common, and each environment",
        components="the image, and what else an environment adds",
        applied="deploy/overlays/prod",
        settings="`deploy/overlays/dev` is one replica that logs more, in a namespace of its own. "
        "Settings are in `deploy/base/config.yaml`; a change rolls the pods.",
    ),
    "knative": Manifests(
        folders="`deploy/knative`",
        are="manifests for Knative, with Kustomize",
        components="the image, which `make set-image` names",
        decisions="docs/knative.md",
        applied="deploy/knative",
        settings="`deploy/knative/FEATURE-FLAGS.md` says what Knative leaves out. "
        "Settings are in `deploy/knative/config.yaml`; a change is a new revision.",
        center="deploy/knative/config.yaml",
    ),
    "kubeedge": _SITES,
    "openyurt": _SITES,
}
