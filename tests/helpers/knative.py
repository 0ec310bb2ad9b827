"""A discrete-event simulation of Knative Serving: requests, queueing, metrics, decisions and pods, one event at a time.

Written from config-autoscaler and from what pkg/autoscaler, pkg/reconciler/autoscaling/kpa, pkg/activator and
pkg/queue/sharedmain of knative/serving do at knative-v1.23.0. It shares no code with what it judges.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

NEVER = -math.inf
INSTANT = 1e-6
"""What rounding may leave over of a period."""


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """config-autoscaler, and what is a constant in the code."""

    tick: float = 2
    stable_window: int = 60
    panic_window: int = 6
    panic_threshold: float = 2
    utilisation: float = 0.7
    scale_up: float = 1000
    scale_down: float = 2
    burst_capacity: float = 211
    grace: float = 30
    requeue: float = 3
    drain: float = 30


class Buckets:
    """One value a second, averaged over what of the window has been written."""

    def __init__(self, window: int) -> None:
        self.window = window
        self.values = deque[tuple[int, float]]()
        self.total = 0.0
        self.first = self.last = -(10**9)

    def record(self, now: float, value: float) -> None:
        second = math.floor(now)
        if second - self.last >= self.window:
            self.first = second
        self.last = second
        self.values.append((second, value))
        self.total += value
        self.forget(second)

    def forget(self, second: int) -> None:
        while self.values and self.values[0][0] <= second - self.window:
            self.total -= self.values.popleft()[1]

    def is_empty(self, now: float) -> bool:
        return math.floor(now) - self.last > self.window

    def average(self, now: float) -> float:
        second = math.floor(now)
        silent = second - self.last
        if silent >= self.window:
            return 0
        written = min(self.last - self.first + 1, self.window - max(0, silent))
        self.forget(second)
        return round(self.total / written, 6)


@dataclass(eq=False)
class Pod:
    created: float
    ready: bool = False
    ending: bool = False
    drained: bool = False
    tasks: int = 0
    gone: float = 0


@dataclass
class Revision:
    """One revision; ``run`` sends it requests."""

    concurrency: int
    cold_start: float
    max_scale: int = 0
    phase: tuple[float, float] = (0, 0)
    """When its metrics and its decisions are due, within their periods."""
    defaults: Defaults = Defaults()

    now: float = 0
    events: list[tuple[float, int, Callable[[Any], None], Any]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    pods: list[Pod] = field(default_factory=list)
    ended: list[Pod] = field(default_factory=list)
    queue: deque[float] = field(default_factory=deque)
    in_flight: int = 0
    coming: int = 0
    robin: int = 0
    ticking: bool = False

    area: float = 0
    since: float = 0
    known: bool = False
    ahead: float = 0

    desired: int = 0
    panicked: float = NEVER
    most: int = 0
    status: str = "inactive"
    changed: float = NEVER
    proxied: float = NEVER
    serving: bool = False

    def run(self, arrivals: Sequence[float], seconds: Sequence[float]) -> float:
        """The pod-seconds of ``arrivals``, each of which takes its ``seconds``."""
        self.stable, self.panic = Buckets(self.defaults.stable_window), Buckets(self.defaults.panic_window)
        self.coming = len(arrivals)
        for arrival, each in zip(arrivals, seconds, strict=True):
            self.at(arrival, self.arrive, each)
        while self.events:
            time, _, action, argument = heapq.heappop(self.events)
            self.area += self.in_flight * (time - self.since)
            self.now = self.since = time
            action(argument)
        assert not self.pods
        assert not self.queue
        return sum(pod.gone - pod.created for pod in self.ended)

    def at(self, time: float, action: Callable[[Any], None], argument: Any = None) -> None:
        heapq.heappush(self.events, (time, next(self.numbers), action, argument))

    # Requests

    def arrive(self, seconds: float) -> None:
        self.coming -= 1
        self.start_clocks()
        self.in_flight += 1
        self.queue.append(seconds)
        if not self.serving and not self.known:
            self.known, self.ahead = True, 1
            self.record(1)
            if self.desired == 0:
                self.decide()
        self.dispatch()

    def dispatch(self) -> None:
        while self.queue and (pod := self.choose()):
            pod.tasks += 1
            self.at(self.now + self.queue.popleft(), self.finish, pod)

    def choose(self) -> Pod | None:
        able = [pod for pod in self.pods if pod.ready and not pod.ending and pod.tasks < self.concurrency]
        if not able:
            return None
        if self.concurrency <= 3:
            return able[0]
        self.robin += 1
        return able[self.robin % len(able)]

    def finish(self, pod: Pod) -> None:
        self.in_flight -= 1
        pod.tasks -= 1
        self.leave(pod)
        self.dispatch()

    # Pods

    def create(self) -> None:
        pod = Pod(self.now)
        self.pods.append(pod)
        self.at(self.now + self.cold_start, self.become_ready, pod)

    def become_ready(self, pod: Pod) -> None:
        if not pod.ending:
            pod.ready = True
            self.dispatch()
            self.reconcile()

    def end(self, pod: Pod) -> None:
        pod.ending = True
        self.at(self.now + self.defaults.drain, self.drain, pod)

    def drain(self, pod: Pod) -> None:
        pod.drained = True
        self.leave(pod)

    def leave(self, pod: Pod) -> None:
        if pod.drained and pod.tasks == 0:
            pod.gone = self.now
            self.pods.remove(pod)
            self.ended.append(pod)

    def living(self) -> list[Pod]:
        return [pod for pod in self.pods if not pod.ending]

    def ready(self) -> int:
        return sum(pod.ready for pod in self.living())

    def apply(self, scale: int) -> None:
        """What a Deployment does: those that are not ready end first, then the newest."""
        living = sorted(self.living(), key=lambda pod: (pod.ready, -pod.created))
        for _ in range(scale - len(living)):
            self.create()
        for pod in living[: max(0, len(living) - scale)]:
            self.end(pod)

    # Metrics

    def start_clocks(self) -> None:
        if not self.ticking:
            self.ticking = True
            self.area = 0
            metrics, decisions = self.phase
            self.at(after(self.now, 1, metrics), self.report)
            self.at(after(self.now, self.defaults.tick, decisions), self.tick)

    def record(self, value: float) -> None:
        self.stable.record(self.now, value)
        self.panic.record(self.now, value)

    def report(self, _: None) -> None:
        average, self.area = self.area, 0
        if self.serving:
            self.record(average)
        elif self.known:
            self.record(max(0, average - self.ahead))
            self.ahead = 0
            self.known = average > 0
        elif self.ready():
            self.record(0)
        if self.ticking:
            self.at(self.now + 1, self.report)

    # Decisions

    def tick(self, _: None) -> None:
        self.decide()
        if self.living() or self.in_flight:
            self.at(self.now + self.defaults.tick, self.tick)
        else:
            self.ticking = False

    def decide(self) -> None:
        if self.stable.is_empty(self.now):
            return
        ready, rules = self.ready(), self.defaults
        known = max(1, ready)
        target = self.concurrency * rules.utilisation
        lowest, highest = math.floor(known / rules.scale_down), math.ceil(known * rules.scale_up)
        lately = self.panic.average(self.now)
        panic = math.ceil(lately / target)
        stable = min(max(math.ceil(self.stable.average(self.now) / target), lowest), highest)
        if panic / known >= rules.panic_threshold:
            self.panicked = self.now
        elif self.panicked + rules.stable_window < self.now:
            self.panicked, self.most = NEVER, 0
        self.desired = stable
        if self.panicked > NEVER:
            self.desired = self.most = max(self.most, stable, min(max(panic, lowest), highest))
        spare = ready * self.concurrency - rules.burst_capacity - lately
        self.reconcile(math.floor(spare) >= 0)

    def reconcile(self, spare: bool | None = None) -> None:  # noqa: FBT001
        wanted = min(self.desired, self.max_scale or self.desired)
        if wanted == 0:
            self.go_to_zero()
            return
        self.apply(wanted)
        status = "active" if self.ready() else "activating"
        if status != self.status:
            self.status, self.changed = status, self.now
        if spare is not None:
            self.route(serving=spare)

    def go_to_zero(self) -> None:
        if self.status == "active":
            left = self.changed + self.defaults.stable_window - self.now
            if left > INSTANT:
                self.apply(1)
                self.at(self.now + left, self.again)
                return
            self.status, self.changed = "inactive", self.now
            self.route(serving=False)
            self.at(self.now + self.defaults.requeue, self.again)
        elif self.status == "inactive" and self.now > self.changed:
            left = self.defaults.grace - (self.now - self.proxied)
            if left < INSTANT:
                self.apply(0)
            else:
                self.at(self.now + left, self.again)

    def again(self, _: None) -> None:
        if self.desired == 0 and self.living():
            self.reconcile()

    def route(self, *, serving: bool) -> None:
        """Take the activator out of the path, or put it in."""
        if self.serving and not serving:
            self.proxied = self.now
        self.serving = serving


def after(now: float, period: float, phase: float) -> float:
    """The next time that a clock strikes."""
    return (math.floor((now - phase) / period) + 1) * period + phase
