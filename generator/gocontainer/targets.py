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
    ),
)
