"""The question of where the service runs."""

from __future__ import annotations

from gocontainer.kinds import Choice, Select

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
