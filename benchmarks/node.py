"""Rollouts under load and hung processes on a real node: as rendered, and as articles write it.

200 requests a second, each on a connection of its own, are sent to the Service's address while a Deployment of one
replica is rolled out, ``ROUNDS`` times for each way in turn. Then the processes of as many pods are stopped (SIGSTOP),
and the time is taken until the kubelet has killed each. ``WRITE=1`` writes the tables of the docs.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from report import Row, machine, save, show
from tests.helpers.daemons import until
from tests.helpers.support import ok, rendered
from tests.images.engine import engine
from tests.kube.deployed import CONTAINER, WITHOUT_PRE_STOP, Deployed
from tests.kube.load import RATE, load
from tests.kube.node import Node
from tests.kube.stock import IMAGE, stocked
from timing import verdict

ROUNDS = int(os.environ.get("ROUNDS", "5"))
OURS, NO_PRE_STOP, ARTICLE = "gocontainer", "without preStop", "as articles write it"
OWN_GRACE = "with the pod's grace period"
_NO_GRACE = {"op": "remove", "path": f"{CONTAINER}/livenessProbe/terminationGracePeriodSeconds"}
Change = Callable[[Deployed], None]
ROLLED: Mapping[str, Change | None] = {
    OURS: None,
    NO_PRE_STOP: lambda service: service.patch(WITHOUT_PRE_STOP),
    ARTICLE: Deployed.as_articles_write_it,
}
HUNG: Mapping[str, Change | None] = {OURS: None, OWN_GRACE: lambda service: service.patch(_NO_GRACE)}
"""What is changed of the rendered Deployment for each way."""
ANSWERED, LOST, LONGEST = "answered", "lost", "seconds a rollout"
KILLED, LATEST = "seconds until killed, median", "seconds until killed, latest"
SOONER = (1.4, 1.5)
"""Floor and target of how much sooner a hung process is killed than after the pod's own grace period."""


def main() -> int:
    """Print the tables and the verdict."""
    with engine() as builder, tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        with stocked(builder, scratch / "images") as node:
            print(f"{machine()}, one node, {RATE} requests a second, {ROUNDS} rollouts each in turn\n")
            rolled = rollouts({name: deployed(node, scratch, name, changes) for name, changes in ROLLED.items()})
            print(show(rolled) + "\n", flush=True)
            hung = hangs({name: deployed(node, scratch, f"hung {name}", changes) for name, changes in HUNG.items()})
            print(f"{ROUNDS} hung processes each\n\n{show(hung)}\n", flush=True)
    target = "make bench-node"
    save("rollouts", target, rolled, [], f"{ROUNDS} rollouts each in turn, {RATE} requests a second.")
    save("hangs", target, hung, [], f"{ROUNDS} processes each.")
    sooner = (hung[OWN_GRACE][KILLED] or 0) / (hung[OURS][KILLED] or 1)
    lost, answered = rolled[OURS][LOST], rolled[OURS][ANSWERED]
    killed = f"{hung[OURS][KILLED]:.0f} s until a hung process is killed"
    figure = f"{lost:.0f} lost and {answered:.0f} answered in {ROUNDS} rollouts, {killed}"
    return verdict("node", figure, {OWN_GRACE: (sooner, *SOONER)}) or int(bool(lost))


def deployed(node: Node, scratch: Path, name: str, change: Change | None) -> Deployed:
    """Apply the overlay ``dev`` of a service of its own, with the change of this way."""
    words = name.lower().replace("'", "").replace(" ", "-")
    service = Deployed(node, rendered(scratch / words, service=words))
    service.apply(IMAGE)
    if change:
        change(service)
    service.rolled_out()
    return service


def rollouts(services: Mapping[str, Deployed]) -> dict[str, Row]:
    """Roll each service out in turn, under load."""
    took: dict[str, list[float]] = {name: [] for name in services}
    counts: dict[str, list[int]] = {name: [0, 0] for name in services}
    for _ in range(ROUNDS):
        for name, service in services.items():
            with load(service.node.there, service.address) as counted:
                began = time.monotonic()
                service.restart()
                service.rolled_out()
                took[name].append(time.monotonic() - began)
            counts[name][0] += counted.answered
            counts[name][1] += counted.lost
    return {
        name: {ANSWERED: counts[name][0], LOST: counts[name][1], LONGEST: statistics.median(took[name])}
        for name in services
    }


def hangs(services: Mapping[str, Deployed]) -> dict[str, Row]:
    """Stop the processes of all pods, and wait until each was killed."""
    began = {}
    for service in services.values():
        ok(service.kubectl("scale", f"deployment/{service.name}", f"--replicas={ROUNDS}"))
    for name, service in services.items():
        service.rolled_out()
        began[name] = time.time()
        service.signal("STOP")
    found: dict[str, Row] = {}
    for name, service in services.items():
        until(partial(all_ended, service), name, 300)
        seconds = [end - began[name] for end in ends(service)]
        found[name] = {KILLED: statistics.median(seconds), LATEST: max(seconds)}
    return found


def all_ended(service: Deployed) -> bool:
    """Say whether every pod's first container has ended."""
    return len(ends(service)) == ROUNDS


def ends(service: Deployed) -> list[float]:
    """Return when the first container of each pod had ended, in seconds since the epoch."""
    states = [status["lastState"] for pod in service.pods() for status in pod["status"]["containerStatuses"]]
    return [datetime.fromisoformat(state["terminated"]["finishedAt"]).timestamp() for state in states if state]


if __name__ == "__main__":
    sys.exit(main())
