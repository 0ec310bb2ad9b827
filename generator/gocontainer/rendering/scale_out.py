"""How long a load that grows to five times waits for its pods: a replay of the autoscaler's rules, second by second.

The rules are those of Kubernetes v1.37.2, read 2026-11-30: pkg/controller/podautoscaler (replica_calculator.go,
horizontal.go, config/v1alpha1/defaults.go), pkg/apis/autoscaling/v2/defaults.go for what upwards holds where a manifest
says nothing, and pkg/kubelet/cadvisor for how often CPU is read; of metrics-server v0.8.0 pkg/storage/pod.go and its
deployment. Times are in seconds; load is in pods at their target.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product, starmap
from typing import NamedTuple

from gocontainer.options.types import Value
from gocontainer.rendering.sizing import HPA_TARGET, Sizes

GROWTH = 5
SYNC = 15
"""Between two decisions (--horizontal-pod-autoscaler-sync-period)."""
TOLERANCE = 0.1
"""By how much a pod may be above its target before one is added (--horizontal-pod-autoscaler-tolerance)."""
UP_PODS, UP_FACTOR, UP_PERIOD = 4, 2, 15
"""Upwards at most so many pods more, or so many times as many, whichever is more, in so many seconds."""
READ = 10
"""Between two looks of the kubelet at a container's CPU (defaultHousekeepingInterval)."""
RESOLUTION = 15
"""Between two questions of metrics-server to a kubelet, as its deployment has it (--metric-resolution)."""
SCRAPE = 30
"""Between two questions of Prometheus, where nobody says otherwise (scrapeInterval of Prometheus Operator)."""
LONGEST = 3600
"""What takes longer has no end: a pod at its limit shows no need for another."""


class Service(NamedTuple):
    """A service at the target of its fewest pods when the load grows."""

    fewest: int
    most: int
    ready: int
    """Seconds until a new pod takes requests."""
    ceiling: float = math.inf
    """What a pod uses at most, in targets: its limit of CPU."""
    by_cpu: bool = True
    """By CPU through metrics-server; by requests in flight through Prometheus if not."""
    sync: int = SYNC
    resolution: int = RESOLUTION

    @property
    def enough(self) -> int:
        """With so many pods none is added any more."""
        return min(self.most, math.ceil(GROWTH * self.fewest / (1 + TOLERANCE)))


class Waits(NamedTuple):
    """Seconds until enough pods are ready."""

    shortest: int
    longest: int


class Clocks(NamedTuple):
    """The second after the growth in which each clock strikes first, which is chance."""

    read: int
    """The kubelet's."""
    asked: int
    """That of metrics-server, or of Prometheus."""
    decided: int
    """The autoscaler's."""


_BY_CPU = ((1, 1, 1), (1, 6, 6), (1, 1, 2), (1, 1, 7), (0, 9, 8), (0, 4, 3), (0, 0, 14))
CLOCKS = {True: tuple(starmap(Clocks, _BY_CPU)), False: (Clocks(0, 1, 1), Clocks(0, 0, 14))}
"""Those by which it takes least and longest, by CPU and not; a test tries all."""


def every(service: Service) -> Iterator[Clocks]:
    """Yield all that there can be."""
    read, asked = (READ, service.resolution) if service.by_cpu else (1, SCRAPE)
    yield from starmap(Clocks, product(range(read), range(asked), range(service.sync)))


@cache
def waits(service: Service, clocks: tuple[Clocks, ...] = ()) -> Waits:
    """Return how long the pods for five times the load are waited for."""
    found = [_Replay(service, each).run() for each in clocks or CLOCKS[service.by_cpu]]
    return Waits(min(found), max(found))


def five_fold(answers: Mapping[str, Value]) -> int:
    """Return the seconds that five times the load of a repository waits for its pods at most; 0 without autoscaler."""
    few, many, sizes = int(answers["min_replicas"]), int(answers["max_replicas"]), Sizes.of(answers)
    if answers["target"] != "kubernetes" or few >= many:
        return 0
    cores = sizes.cpu_limit if answers["resources"] == "strict" else sizes.gomaxprocs
    ready = sizes.startup_seconds + sizes.readiness.period
    ceiling = cores * 1000 / sizes.millicores / (HPA_TARGET / 100)
    return waits(Service(few, many, ready, ceiling, by_cpu=answers["scale_on"] == "cpu")).longest


class _Replay:
    """The pods of a service from the moment at which the load grows."""

    def __init__(self, service: Service, clocks: Clocks) -> None:
        self.service, self.clocks = service, clocks
        self.batches = {-LONGEST: service.fewest}
        """Pods by the second in which they are ready."""
        self.ready = service.fewest
        """How many are."""
        self.added: list[tuple[int, int]] = []
        """How many came by which decision."""
        self.used: list[float] = [0]
        """What a pod that is ready had used by each second."""
        self.points = (-RESOLUTION, 0)
        """When what metrics-server knows of last was read, twice."""

    def run(self) -> int:
        """Return the seconds until enough pods are ready."""
        now, enough, load = 0, self.service.enough, GROWTH * self.service.fewest
        interval = self.service.resolution if self.service.by_cpu else SCRAPE
        while self.ready < enough and now < LONGEST:
            if now % interval == self.clocks.asked:
                self._ask(now)
            if now % self.service.sync == self.clocks.decided:
                self._decide(now)
            self.used.append(self.used[-1] + min(load / self.ready, self.service.ceiling))
            now += 1
            self.ready += self.batches.get(now, 0)
        return now

    def _ask(self, now: int) -> None:
        """Take what was read last; the same once more tells nothing."""
        point = now - (now - self.clocks.read) % READ if self.service.by_cpu else now
        if point > self.points[1]:
            self.points = (self.points[1], point)

    def _decide(self, now: int) -> None:
        """Add pods as the autoscaler does, which counts those not measured yet as idle."""
        pods = sum(self.batches.values())
        wanted, lately = self._load(), sum(count for second, count in self.added if now - second < UP_PERIOD)
        if wanted / pods > 1 + TOLERANCE:
            limit = max(pods - lately + UP_PODS, UP_FACTOR * (pods - lately))
            more = min(math.ceil(wanted - 1e-9), limit, self.service.most) - pods
            if more > 0:
                self.batches[now + self.service.ready] = more
                self.added.append((now, more))

    def _load(self) -> float:
        """Return what the autoscaler is told of the load."""
        before, last = self.points
        if not self.service.by_cpu:
            return float(GROWTH * self.service.fewest) if last > 0 else self.service.fewest
        measured = sum(count for ready, count in self.batches.items() if ready <= before)
        return measured * (self._until(last) - self._until(before)) / (last - before)

    def _until(self, second: int) -> float:
        """Return what a pod had used by then: before the growth, its target."""
        return self.used[second] if second > 0 else second
