"""The questions about Knative and what replaces it."""

from __future__ import annotations

from gocontainer.options.subjects.targets import SCALE_ON
from gocontainer.options.types import Choice, Integer, Select, Toggle

EVENTING = Select(
    name="eventing",
    group="serverless",
    title="Events",
    question="What brings events to the service?",
    help="What brings events to the service.",
    why="An upload then becomes a message, the message a call, and the result an event of its own.",
    default="none",
    choices=(
        Choice(value="none", label="nothing: it answers requests"),
        Choice(value="kafka", label="a Kafka topic, with retries, a dead-letter topic and a reply"),
    ),
    when={"target": ("knative",)},
    dependencies=True,
)
CONCURRENCY = Integer(
    name="concurrency",
    group="serverless",
    title="Concurrency",
    question="How many requests or messages does a replica work on at once?",
    help="Requests or messages that a replica works on at once.",
    why="More share a replica's memory and CPU; fewer mean more replicas, and more cold starts.",
    default=10,
    minimum=1,
    maximum=1000,
    when={"scale_on": ("requests", "lag")},
)
TASK_SECONDS = Integer(
    name="task_seconds",
    group="serverless",
    title="Work of an event",
    question="How many seconds does the work of one event take at most?",
    help="Longest time that the work of one event takes, in seconds.",
    why="A stop, a rebalance and Knative wait for as long, so that a report of ten minutes survives a rollout.",
    default=10,
    minimum=1,
    maximum=3600,
    when={"target": ("knative",), "eventing": ("kafka",)},
    before=lambda answers: min(10, int(answers["drain_seconds"])),
)
SCALE_TO_ZERO = Toggle(
    name="scale_to_zero",
    group="serverless",
    title="Scale to zero",
    question="May there be no replica while there is nothing to do?",
    help="Keep no replica while there is nothing to do.",
    why="Idle hours cost nothing; the first request after them waits for a cold start.",
    default=True,
    when={"target": ("knative",)},
)
KNATIVE_PORTS = (8008, 8012, 8013, 8022, 8112, 9090, 9091)
"""Where Knative's proxy listens in each pod (knative/serving at 98e5ef90aa70: pkg/networking/constants.go)."""
SERVERLESS = (EVENTING, SCALE_ON, CONCURRENCY, TASK_SECONDS, SCALE_TO_ZERO)
