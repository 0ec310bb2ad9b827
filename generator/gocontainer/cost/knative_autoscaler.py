"""What Knative's autoscaler makes of arrivals: a replay, decision by decision, of how many pods there are.

The rules and defaults are those of knative/serving at knative-v1.23.0, read 2026-11-27: config-autoscaler,
pkg/autoscaler/scaling/autoscaler.go, pkg/reconciler/autoscaling/kpa/scaler.go, and pkg/queue/sharedmain for the
drain. Times are in seconds. All tasks take the same time, and wait in one queue in the order of their arrival.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

TICK = 2
"""Between two decisions."""
STABLE_WINDOW = 60
PANIC_WINDOW = 6
PANIC_THRESHOLD = 2
UTILISATION = 0.7
"""Of a pod's concurrency, what is aimed at."""
SCALE_UP_RATE, SCALE_DOWN_RATE = 1000, 2
BURST_CAPACITY = 211
"""With less than so many free places the activator, which holds requests back, is in their path."""
GRACE = 30
"""The last pod stays until the activator has been in the path for so long."""
REQUEUE = 3
"""It stays so long in any case, since the reconciler looks again only then."""
DRAIN = 30
"""What queue-proxy waits for late requests before a pod may end."""
ENOUGH = 100_000
"""Tasks that are replayed in all, for as many clocks as that allows."""


class Clock(NamedTuple):
    """Where the autoscaler's clocks stand, which is chance."""

    shift: float
    """Of decisions against the arrivals."""
    lag: float
    """How old the last measurement is when it is decided on."""
    edge: float
    """When after a measurement the next second begins, to which the next one is written."""

    @property
    def stale(self) -> int:
        """How many seconds of a window have no measurement when it is decided on; they do not count."""
        return int(self.lag >= self.edge)


CLOCKS = (Clock(0, 0.125, 0.625), Clock(0.5, 0.375, 0.125), Clock(1, 0.625, 0.875), Clock(1.5, 0.875, 0.375))


class Service(NamedTuple):
    """A revision under load: seconds of a task, tasks that a pod takes at a time, seconds until a new pod is ready."""

    seconds: float
    concurrency: int
    cold_start: float
    max_scale: int = 0
    """Most pods, 0 for any number."""


class Outcome(NamedTuple):
    """What the arrivals came to. A pod counts from its creation to its end, cold start and drain included."""

    pod_seconds: float
    peak: int
    """Most pods that were wanted at a time."""
    starts: float
    """How often there was no pod when a task came."""
    waits: Sequence[float]
    """How long each task waited before it was begun, by each clock that was tried."""


def replay(arrivals: Sequence[float], service: Service) -> Outcome:
    """Return the pods and the waiting that ``arrivals``, in order, cause on ``service``, from no pod to no pod.

    Whether a pod goes just before the next task, or a burst is a panic, may hang on the clocks: it is their mean.
    """
    clocks = CLOCKS[: max(1, ENOUGH // len(arrivals))]
    outcomes = [_replay([arrival + clock.shift for arrival in arrivals], service, clock) for clock in clocks]
    return Outcome(
        pod_seconds=fmean(outcome.pod_seconds for outcome in outcomes),
        peak=max(outcome.peak for outcome in outcomes),
        starts=fmean(outcome.starts for outcome in outcomes),
        waits=[wait for outcome in outcomes for wait in outcome.waits],
    )


def _replay(arrivals: Sequence[float], service: Service, clock: Clock) -> Outcome:
    revision = _Revision(arrivals, service, clock)
    while revision.busy:
        revision.step()
    return Outcome(revision.pod_seconds, revision.peak, revision.starts, revision.waits)


def held(arrivals: Sequence[float], service: Service, replicas: int) -> list[float]:
    """Return how long each of ``arrivals`` waits where ``replicas`` are always there."""
    places = replicas * service.concurrency
    begun: list[float] = []
    for number, arrival in enumerate(arrivals):
        begun.append(max(arrival, begun[number - places] + service.seconds) if number >= places else arrival)
    return [start - arrival for start, arrival in zip(begun, arrivals, strict=True)]


class _Revision:
    """A revision between two decisions."""

    def __init__(self, arrivals: Sequence[float], service: Service, clock: Clock) -> None:
        self.arrivals, self.service, self.clock = arrivals, service, clock
        self.target = UTILISATION * service.concurrency
        self.now = 0.0
        self.second = 0
        """The last one that was measured."""
        self.arrived = self.told = 0
        """How many tasks have come, and how many of these were measured; those from ``begun`` on wait."""
        self.begun = 0
        self.free = 0.0
        """When the last task was begun: none overtakes another."""
        self.running = deque[float]()
        """The ends of the tasks that run, in order."""
        self.pods: list[float] = []
        """When each is ready, the oldest first."""
        self.load = deque[float](maxlen=STABLE_WINDOW)
        """How many tasks were in the system, on average, in each second."""
        self.rest = 0.0
        """The same since the last one."""
        self.lately = 0
        """Seconds since there was no pod."""
        self.quiet = True
        """Whether the last second had no task."""
        self.panicked: float | None = None
        self.most = 0
        self.idle, self.proxied = 0, GRACE
        """Seconds in which no pod is wanted, and in which the activator is in the path."""
        self.pod_seconds, self.peak, self.starts = 0.0, 0, 0
        self.waits: list[float] = []

    @property
    def busy(self) -> bool:
        """Whether a task or a pod is left."""
        return self.begun < len(self.arrivals) or bool(self.pods)

    def step(self) -> None:
        """Go to the next decision, and take it."""
        if not self.pods:
            self._wake(self.arrivals[self.arrived])
        for _ in range(TICK - self.second % TICK):
            self.second += 1
            self._measure(self.rest + self._work(self.second))
            self.rest = 0
        self.rest = self._work(self.second + self.clock.lag)
        self._scale(self._wanted())

    def _wake(self, arrival: float) -> None:
        """Go on to the next task, for which pods are made at once."""
        silence = int(arrival) - self.second
        if silence >= STABLE_WINDOW:
            self.load.clear()
        self.load.extend([0.0] * min(silence, STABLE_WINDOW) if self.load else ())
        self.now, self.second = arrival, int(arrival)
        self.rest, self.lately, self.quiet, self.told = 0, 0, True, self.arrived
        if arrival % 1 < self.clock.edge:
            self.load.extend([] if self.load else [0.0])
            self.lately = 1
        self.starts += 1
        first = math.ceil(1 / self.target)
        self.panicked, self.most = (arrival, first) if first >= PANIC_THRESHOLD else (None, 0)
        self._scale(first)

    def _measure(self, load: float) -> None:
        """Note a second. After a quiet one the activator tells of the first task at once, as if it took a second."""
        first = self.arrivals[self.told] if self.quiet and self.proxied and self.told < self.arrived else None
        self.quiet, self.told = load == 0, self.arrived
        if first is not None and first % 1 < self.clock.edge:
            self.load[-1] += 1
            load = max(0, load - 1)
        elif first is not None:
            load = max(1, load)
        self.load.append(load)
        self.lately += 1

    def _work(self, until: float) -> float:
        """Serve until then; return the seconds that tasks were in the system, waiting or running."""
        load = (self.arrived - self.begun + len(self.running)) * (until - self.now)
        while self.arrived < len(self.arrivals) and self.arrivals[self.arrived] < until:
            load += until - self.arrivals[self.arrived]
            self.arrived += 1
        while self.begun < self.arrived:
            arrival = self.arrivals[self.begun]
            start = max(self.free, arrival)
            load -= self._end(start, until)
            ready = bisect_right(self.pods, start)
            if start < until and len(self.running) < ready * self.service.concurrency:
                self.running.append(start + self.service.seconds)
                self.waits.append(start - arrival)
                self.free = start
                self.begun += 1
                continue
            self.free = min(until, self._next(ready))
            if self.free == until:
                break
        self.now = until
        return load - self._end(until, until)

    def _end(self, now: float, until: float) -> float:
        """Take away the tasks that have ended; return the seconds that they did not need."""
        saved = 0.0
        while self.running and self.running[0] <= now:
            saved += until - self.running.popleft()
        return saved

    def _next(self, ready: int) -> float:
        """Return when a place may become free."""
        end = self.running[0] if self.running and ready else math.inf
        return min(end, self.pods[ready] if ready < len(self.pods) else math.inf)

    def _wanted(self) -> int:
        """Return the number of pods that the autoscaler decides on."""
        ready = bisect_right(self.pods, self.now)
        known = max(1, ready)
        load = list(self.load)[-(STABLE_WINDOW - self.clock.stale) :]
        lately = _mean(load[-min(PANIC_WINDOW - self.clock.stale, self.lately) :])
        stable, panic = self._pods(_mean(load), known), self._pods(lately, known)
        if panic / known >= PANIC_THRESHOLD:
            self.panicked = self.now
        elif self.panicked is not None and self.panicked + STABLE_WINDOW < self.now:
            self.panicked, self.most = None, 0
        if self.panicked is not None:
            stable = self.most = max(self.most, stable, panic)
        spare = ready * self.service.concurrency - BURST_CAPACITY - lately
        self.proxied = 0 if stable and spare >= 0 else self.proxied + TICK
        return stable

    def _pods(self, tasks: float, known: int) -> int:
        return min(max(math.ceil(tasks / self.target), known // SCALE_DOWN_RATE), known * SCALE_UP_RATE)

    def _scale(self, wanted: int) -> None:
        """Have so many pods from now on; the newest go first, and the last one later."""
        if self.running or self.begun < self.arrived:
            wanted = max(1, wanted)  # a task that came since the last measurement
        self.idle = 0 if wanted else self.idle + TICK
        if not wanted and (self.idle <= REQUEUE or self.proxied < GRACE):
            wanted = 1
        wanted = min(wanted, self.service.max_scale or wanted)
        self.peak = max(self.peak, wanted)
        while len(self.pods) < wanted:
            self.pods.append(self.now + self.service.cold_start)
        while len(self.pods) > wanted:
            ready = self.pods.pop()
            last = self.running[-1] if len(self.running) > len(self.pods) and ready <= self.now else self.now
            self.pod_seconds += max(self.now + DRAIN, last) - (ready - self.service.cold_start)


def _mean(load: Sequence[float]) -> float:
    """Return how many tasks were in the system, on average."""
    return round(sum(load) / len(load), 6)
