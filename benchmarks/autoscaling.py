"""How long five times the load waits for its pods on a real node, beside what the replay of the autoscaler says.

metrics-server and the autoscaler ask and decide as often as they are installed to. Two replicas are put near their
target, the load grows to five times that, and the time is taken until six are ready, ``ROUNDS`` times, each with a
service of its own, since the clocks of all that measure and decide stand otherwise each time. What the replay is told
of a pod's start is what was measured.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from report import Row, machine, save, show
from tests.helpers.support import rendered
from tests.images.engine import engine
from tests.kube.autoscaler import ANSWERS, FEWEST, MOST, Growth, grow, measured
from tests.kube.deployed import Deployed
from tests.kube.node import Node
from tests.kube.stock import IMAGE, stocked
from timing import verdict

from gocontainer.rendering.scale_out import RESOLUTION, SYNC, Service, every, waits

ROUNDS = int(os.environ.get("ROUNDS", "5"))
WITHIN = (0.83, 1.0)
"""Floor and target of what the replay says at most, as a part of what was measured: a fifth more is allowed."""
ENOUGH = 300
"""Seconds, however the clocks stand."""


def main() -> int:
    """Print the table and the verdict."""
    print(f"{machine()}, one node, {ROUNDS} times\n")
    with engine() as builder, tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        with stocked(builder, scratch / "images", SYNC) as node, measured(node, RESOLUTION):
            grown = [once(node, scratch, number) for number in range(ROUNDS)]
    start = max(each.start for each in grown)
    said = Service(FEWEST, MOST, start)
    shortest, longest = waits(said, tuple(every(said)))
    seconds, lost = [each.seconds for each in grown], sum(each.lost for each in grown)
    rows: dict[str, Row] = {
        "on the node": {
            "shortest, s": min(seconds),
            "median, s": statistics.median(seconds),
            "longest, s": max(seconds),
            "a pod's start, s": start,
            "requests": sum(each.answered for each in grown),
            "lost": lost,
        },
        "by the replay": {"shortest, s": shortest, "longest, s": longest},
    }
    print(show(rows) + "\n", flush=True)
    save("autoscaling", "make bench-autoscaling", rows, [], f"{ROUNDS} times.")
    figure = f"{max(seconds):.0f} s at most from {FEWEST} to {MOST} pods, {lost} lost"
    code = verdict("autoscaling", figure, {"as soon as the replay says": (longest / max(seconds), *WITHIN)})
    return code or int(bool(lost) or max(seconds) > ENOUGH)


def once(node: Node, scratch: Path, number: int) -> Growth:
    """Deploy a service of its own, have its load grow, and take it away."""
    name = f"scaled-{number}"
    service = Deployed(node, rendered(scratch / name, service=name, **ANSWERS), "prod")
    service.apply(IMAGE)
    service.rolled_out()
    grown = grow(service)
    service.remove()
    print(f"  {grown.seconds:5.1f} s, a pod within {grown.start} s", flush=True)
    return grown


if __name__ == "__main__":
    sys.exit(main())
