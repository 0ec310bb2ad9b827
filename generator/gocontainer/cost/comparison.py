"""What a load costs on pods that are always there, and on pods that come and go with it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from gocontainer.console import padded
from gocontainer.cost.knative_autoscaler import Service, held, replay
from gocontainer.cost.load_pattern import DAY, LoadPattern, counted
from gocontainer.texts import mark, tr

HOUR = 3600
PROXY_CPU = 0.025
"""Cores that queue-proxy requests beside each container unless config-deployment says otherwise; no memory."""
REQUESTS = 'kube_pod_container_resource_requests{namespace="NAMESPACE",resource="cpu"'
PROMQL = {
    "cpu_hours": f"sum(sum_over_time({REQUESTS}}}[1d:1m])) / 60",
    "pod_seconds": f'sum(count_over_time({REQUESTS},container!="queue-proxy"}}[1d:1m])) * 60',
}
"""What pods really requested in the last day, of kube-state-metrics, a sample a minute."""
LEFT_OUT = (
    mark(
        "A saving is real only where nodes are released or billed by the pod: the cluster's autoscaler has to follow."
    ),
    mark("Left out: Knative's own pods, the broker, storage, traffic. A rollout counts as one more burst."),
)
ROWS = {
    "pods": (mark("pods, at most"), "{:,}"),
    "pod_seconds": (mark("pod-seconds a day"), "{:,.0f}"),
    "cpu_hours": (mark("CPU-hours a day"), "{:,.2f}"),
    "gib_hours": (mark("GiB-hours a day"), "{:,.2f}"),
    "cost": (mark("cost a day"), "{:,.2f}"),
    "median_wait": (mark("median wait, seconds"), "{:,.1f}"),
    "longest_wait": (mark("longest wait, seconds"), "{:,.1f}"),
}
"""What is compared: its name and how it is written."""


class Pod(NamedTuple):
    """What a pod requests, and what an hour of that costs; without prices only time is counted."""

    cpu: float
    memory: float
    cpu_price: float = 0
    memory_price: float = 0

    def compare(self, pods: int, seconds: float, waits: Sequence[float], beside: float = 0) -> dict[str, float | None]:
        """Return a column of the table; ``beside`` are cores that the platform adds to a pod."""
        cpu, memory = seconds / HOUR * (self.cpu + beside), seconds / HOUR * self.memory
        priced = self.cpu_price or self.memory_price
        return {
            "pods": pods,
            "pod_seconds": round(seconds, 1),
            "cpu_hours": round(cpu, 4),
            "gib_hours": round(memory, 4),
            "cost": round(cpu * self.cpu_price + memory * self.memory_price, 6) if priced else None,
            "median_wait": round(statistics.median(waits), 3),
            "longest_wait": round(max(waits), 3),
        }


class Comparison(NamedTuple):
    """Both columns, each for a day, and what they hold for."""

    arrivals: LoadPattern
    service: Service
    pod: Pod
    always_on: dict[str, float | None]
    serverless: dict[str, float | None]
    starts: float
    """Cold starts from no pod, a day."""

    @property
    def saving(self) -> dict[str, float | None]:
        """What serverless saves, as a part of one; below zero it costs more."""
        return {
            name: None if before is None else round(1 - (after or 0) / before, 4)
            for name, before, after in self._rows()
            if name in ("pod_seconds", "cpu_hours", "gib_hours", "cost")
        }

    def _rows(self) -> Iterator[tuple[str, float | None, float | None]]:
        return ((name, self.always_on[name], self.serverless[name]) for name in ROWS)

    def as_json(self) -> dict[str, Any]:
        """Return what a program reads."""
        return {
            "tasks_a_day": round(self.arrivals.a_day, 3),
            **self.service._asdict(),
            **self.pod._asdict(),
            "always_on": self.always_on,
            "serverless": {**self.serverless, "starts": round(self.starts, 3)},
            "saving": self.saving,
            "promql": PROMQL,
        }

    def table(self) -> Iterator[str]:
        """Yield the table."""
        yield f"{'':22}{padded(tr('always on'), -14)}{padded(tr('serverless'), -14)}"
        for name, before, after in self._rows():
            if before is not None:
                title, form = ROWS[name]
                change = self.saving.get(name)
                percent = "" if change is None else f"{-100 * change:+.0f} %"
                yield f"{padded(tr(title), 22)}{form.format(before):>14}{form.format(after):>14}{percent:>9}".rstrip()

    def conditions(self) -> Iterator[str]:
        """Yield what the table holds for."""
        service, pod = self.service, self.pod
        yield tr(
            "{load}, {seconds:g} s each; a pod takes {concurrency} at a time,"
            " requests {cpu:g} CPU and {memory:g} GiB and starts in {start:g} s.",
            load=self.arrivals.said,
            seconds=service.seconds,
            concurrency=service.concurrency,
            cpu=pod.cpu,
            memory=pod.memory,
            start=service.cold_start,
        )
        yield tr(
            "Serverless: {most}, the defaults of Knative's autoscaler, {cpu:g} CPU for queue-proxy in each;"
            " {starts} a day from no pod.",
            most=f"max-scale {service.max_scale}" if service.max_scale else tr("no max-scale"),
            cpu=PROXY_CPU,
            starts=counted(self.starts, mark("1 cold start"), mark("{count:,} cold starts")),
        )


def compare(arrivals: LoadPattern, service: Service, pod: Pod, replicas: int) -> Comparison:
    """Return what ``arrivals`` cost on so many ``replicas``, and on a Knative ``service``."""
    outcome = replay(arrivals.times, service)
    waits = held(arrivals.times, service, replicas)
    return Comparison(
        arrivals,
        service,
        pod,
        pod.compare(replicas, replicas * DAY, waits),
        pod.compare(outcome.peak, outcome.pod_seconds / arrivals.days, outcome.waits, PROXY_CPU),
        outcome.starts / arrivals.days,
    )
