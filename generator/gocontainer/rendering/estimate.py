"""Rough sizes for the answers: the image, the pods, how soon a dead one is noticed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gocontainer.options.subjects.config_centers import CONFIG_CENTERS
from gocontainer.options.subjects.targets import ON_SITES
from gocontainer.options.types import Value
from gocontainer.rendering.sizing import Sizes
from gocontainer.texts import tr

KNATIVE_UNREADY = 31
"""Knative leaves the readiness probe without a period, and so to the kubelet's defaults: 3 failures, each after 10 s,
and 1 s for an answer."""


class Estimate(NamedTuple):
    """A rough size. Megabytes are what a node pulls, for one platform; seconds are worst cases."""

    image_mb: int
    pods: str
    """How many replicas there are."""
    unready: int
    """Until a pod that no longer answers is out of the Service."""
    restarted: int
    """Until it is restarted."""

    def __str__(self) -> str:
        return tr(
            "Image about {size} MB, {pods}, a hung pod gets no traffic after {unready} s, restarts after {restarted} s",
            size=self.image_mb,
            pods=tr("{count} pod", count=self.pods) if self.pods == "1" else tr("{count} pods", count=self.pods),
            unready=self.unready,
            restarted=self.restarted,
        )


def replicas(answers: Mapping[str, Value]) -> str:
    """Return how many replicas there are in production, such as ``2 to 6``; of a site there is one."""
    if answers["target"] in ON_SITES:
        return "1"
    few = 0 if answers["target"] == "knative" and answers["scale_to_zero"] is True else answers["min_replicas"]
    many = answers["max_replicas"]
    return str(few) if few == many else tr("{few} to {many}", few=few, many=many)


def estimate(answers: Mapping[str, Value], pins: Mapping[str, Mapping[str, str]]) -> Estimate:
    """Return the rough sizes for valid ``answers``."""
    base = float(pins["base_image_mb"][str(answers["base_image"])])
    center = CONFIG_CENTERS[str(answers["config_center"])]
    sizes = Sizes.of(answers)
    by_knative = sizes.knative
    return Estimate(
        image_mb=round(base + (center.binary_mb if answers["tracing"] is True else center.binary_mb_without_tracing)),
        pods=replicas(answers),
        unready=KNATIVE_UNREADY if by_knative else sizes.readiness.worst_case,
        restarted=sizes.liveness.worst_case + sizes.revision_timeout if by_knative else sizes.restarted,
    )
