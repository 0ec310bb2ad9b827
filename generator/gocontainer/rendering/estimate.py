"""Rough sizes for the answers: the image, the pods, how soon a dead one is noticed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gocontainer.options.config_centers import CONFIG_CENTERS
from gocontainer.options.targets import ON_SITES
from gocontainer.options.types import Value
from gocontainer.rendering.sizing import Sizes

KNATIVE_UNREADY = 31
"""Knative leaves the readiness probe without a period, and so to the kubelet's defaults: 3 failures, each after 10 s,
and 1 s for an answer."""


class Estimate(NamedTuple):
    """A rough size. Megabytes are what a node pulls, for one platform; seconds are worst cases."""

    image_mb: int
    pods: str
    unready: int
    """Until a pod that no longer answers is out of the Service."""
    restarted: int
    """Until it is restarted."""

    def __str__(self) -> str:
        hung = f"a hung pod out in {self.unready} s and restarted in {self.restarted} s"
        return f"Image about {self.image_mb} MB, {self.pods}, {hung}"


def replicas(answers: Mapping[str, Value]) -> str:
    """Return how many replicas there are in production, such as ``2 to 6``; of a site there is one."""
    if answers["target"] in ON_SITES:
        return "1"
    few = 0 if answers["target"] == "knative" and answers["scale_to_zero"] is True else answers["min_replicas"]
    return " to ".join(dict.fromkeys((str(few), str(answers["max_replicas"]))))


def estimate(answers: Mapping[str, Value], pins: Mapping[str, Mapping[str, str]]) -> Estimate:
    """Return the rough sizes for valid ``answers``."""
    base = float(pins["base_image_mb"][str(answers["base_image"])])
    center = CONFIG_CENTERS[str(answers["config_center"])]
    pods = replicas(answers)
    sizes = Sizes.of(answers)
    by_knative = answers["target"] == "knative" and answers["scaler"] == "knative"
    return Estimate(
        image_mb=round(base + (center.binary_mb if answers["tracing"] is True else center.binary_mb_without_tracing)),
        pods=f"{pods} {'pod' if pods == '1' else 'pods'}",
        unready=KNATIVE_UNREADY if by_knative else sizes.readiness.worst_case,
        restarted=sizes.liveness.worst_case + sizes.revision_timeout if by_knative else sizes.restarted,
    )
