"""What the answers come to in a cluster: the image's size, the pods, how soon a dead one is noticed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gocontainer.kinds import Value
from gocontainer.sizing import Sizes

BINARY_MB: Mapping[bool, Mapping[str, float]] = {
    True: {"none": 5.15, "nacos": 5.23, "apollo": 5.23, "etcd": 5.92},
    False: {"none": 4.09, "nacos": 4.23, "apollo": 4.23, "etcd": 5.24},
}
"""Megabytes of the compressed binary, with and without tracing, by config centre: ``make bench-config``, 2026-11-25."""


class Footprint(NamedTuple):
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
    """Return how many replicas there are in production, such as ``2 to 6``."""
    return " to ".join(dict.fromkeys(str(answers[name]) for name in ("min_replicas", "max_replicas")))


def footprint(answers: Mapping[str, Value], pins: Mapping[str, Mapping[str, str]]) -> Footprint:
    """Return what valid ``answers`` come to."""
    base = float(pins["base_image_mb"][str(answers["base_image"])])
    pods = replicas(answers)
    sizes = Sizes.of(answers)
    return Footprint(
        image_mb=round(base + BINARY_MB[answers["tracing"] is True][str(answers["config_center"])]),
        pods=f"{pods} {'pod' if pods == '1' else 'pods'}",
        unready=sizes.readiness.worst_case,
        restarted=sizes.restarted,
    )
