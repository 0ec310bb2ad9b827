"""The questions of who reads the metrics and traces, and of the objective that the alerts are held against."""

from __future__ import annotations

from gocontainer.options.types import LACKING, Choice, Select, Value, by_value

MONITORING = Select(
    name="monitoring",
    group="observability",
    title="Monitoring",
    question="How does Prometheus find the service?",
    help="How Prometheus finds the service.",
    why="The operator's objects bring alerts, a runbook and a dashboard as well; annotations are read by most others.",
    default="annotations",
    choices=(
        Choice(value="annotations", label="by annotations of the pod"),
        Choice(value="operator", label="by Prometheus Operator, with alerts and a dashboard"),
        Choice(value="none", label="not by these manifests"),
    ),
    before=lambda _: "none",
)


class Nines(Choice):
    """An objective in per cent."""

    budget: str = LACKING
    """The share of the requests that may fail, or be late."""


OBJECTIVES = by_value(
    Nines(value="99", label="7 hours of 30 days without it", budget="0.01"),
    Nines(value="99.5", label="3.6 hours", budget="0.005"),
    Nines(value="99.9", label="43 minutes", budget="0.001"),
    Nines(value="99.95", label="22 minutes", budget="0.0005"),
    Nines(value="99.99", label="4 minutes", budget="0.0001"),
)


class Objective(Select):
    """A share in per cent. The matrix takes the default: others differ in a number alone."""

    def samples(self) -> tuple[Value, ...]:
        return (self.default,)


SLO = Objective(
    name="slo",
    group="observability",
    title="Objective",
    question="How many per cent of the requests are to be answered well?",
    help="Objective: per cent of the requests that are to be answered without a failure, and in time.",
    why="What the alerts of failed and slow requests are held against; each nine costs a page more often.",
    default="99.9",
    choices=tuple(OBJECTIVES.values()),
    when={"monitoring": ("operator",)},
)

COLLECTOR = Select(
    name="collector",
    group="observability",
    title="Collector",
    question="Do these manifests bring a collector of traces?",
    help="Whether the manifests bring a collector of traces.",
    why="It keeps each trace that failed or was slow, and a share of the others, for Tempo, Loki and Prometheus.",
    default="none",
    choices=(
        Choice(value="none", label="no, the cluster has one, or none is needed"),
        Choice(value="deployment", label="yes, one replica in each namespace"),
    ),
    when={"tracing": (True,), "target": ("kubernetes",)},
    before=lambda _: "none",
)
