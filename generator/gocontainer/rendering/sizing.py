"""The numbers in the manifests: each a formula of the answers.

Times are in seconds, CPU in millicores, storage in MiB. What is asked, such as the memory or the replicas, has its
default in ``options/table.py``, and another by a profile in ``options/profiles.py``. ``numbers.toml`` has for each
number where it stands, its formula, what it buys and its source; a test holds that both say the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from gocontainer.options.subjects.targets import knows
from gocontainer.options.types import Value

MEBIBYTE = 1024 * 1024
PRE_STOP = 5
FLUSH = 3
MARGIN = 5
"""Also covers the second that clients get to leave their connections, internal/config's shutdown-delay."""
STARTUP_PERIOD = 2
LONGEST_REQUEST = 10
ANSWER = 5
"""What a request gets beyond its deadline, to say that it took too long."""
LONGEST_QUESTION = 5
PULL = 300
"""What a slow registry takes for the image, by experience."""
PROGRESS_DEFAULT = 600
MEMORY_RESERVE = 16
"""MiB of a limit that Go leaves alone at least: by how much a heap overshoots depends on how fast it grows."""
MEMORY_BASE, MEMORY_PARTS = 12, 16
"""MiB of Go's share that the service needs before the first request, and what the rest is dealt out in."""
HEADER_KIB, MOST_SPANS, MOST_CALLS = 16, 2048, 32
TMP_SIZE = 32
LOG_FILE, LOG_FILES = 10, 5
STORAGE_STEP = 32
HPA_TARGET = 65
SCALE_DOWN_PERCENT = 10
ROLLOUT = 120
"""In which a new revision takes the traffic over; whole seconds."""
CONSUMERS = 3
"""Of the Kafka source: no more than the topic has partitions."""
RETRIES = 5
"""Of an event after the first try, each wait twice as long: 2, 4, 8, 16 and 32 seconds."""
POLLING = 10
"""What a first message waits until KEDA sees it."""
COOLDOWN = 120
SCALE_DOWN_DEFAULT = 300
BATCH_DEFAULT = 60
LONGEST_BATCH = 1800
"""More the API server refuses of an autoscaler."""
MAX_SURGE = "25%"
MAX_DISRUPTED = 1


class Probe(NamedTuple):
    """A probe: seconds between two, seconds for an answer, failures until it acts."""

    period: int
    timeout: int
    failures: int

    @property
    def worst_case(self) -> int:
        """Seconds until it acts, at most: the last failure is known when its timeout is over."""
        return self.period * self.failures + self.timeout


class Sizes(NamedTuple):
    """Every number that follows from the answers."""

    cpu: str
    memory: str
    startup_seconds: int
    drain_seconds: int
    liveness: Probe
    cgo: bool
    tracing: bool
    task_seconds: int
    """Of an event; none where there are no events."""
    knative: bool
    """Whether Knative scales it."""
    probe_grace: bool
    """Whether a probe may have a grace period of its own."""
    concurrency: int

    @classmethod
    def of(cls, answers: Mapping[str, Value]) -> Sizes:
        """Return the sizes for valid ``answers``, whose numbers may be strings, as cookiecutter has them."""
        period, timeout, failures = (int(answers[f"liveness_{field}"]) for field in Probe._fields)
        return cls(
            cpu=str(answers["cpu"]),
            memory=str(answers["memory"]),
            startup_seconds=int(answers["startup_seconds"]),
            drain_seconds=int(answers["drain_seconds"]),
            liveness=Probe(period, timeout, failures),
            cgo=answers["cgo"] is True,
            tracing=answers["tracing"] is True,
            task_seconds=int(answers["task_seconds"]) if answers["eventing"] == "kafka" else 0,
            knative=answers["target"] == "knative" and answers["scale_on"] != "lag",
            concurrency=int(answers["concurrency"]),
            probe_grace=knows(answers["kubernetes_min"], "livenessProbe.terminationGracePeriodSeconds"),
        )

    @property
    def millicores(self) -> int:
        """The CPU request."""
        return int(self.cpu[:-1]) if self.cpu.endswith("m") else int(self.cpu) * 1000

    @property
    def cpu_limit(self) -> int:
        """Whole cores, at least one: a smaller limit throttles the process for the rest of each 100 ms."""
        return max(1, math.ceil(self.millicores / 1000))

    @property
    def gomaxprocs(self) -> int:
        """For a service without a CPU limit; internal/app computes the same at start."""
        return max(2, math.ceil(2 * self.millicores / 1000))

    @property
    def memory_percent(self) -> int:
        """Share of the memory limit that Go may use: its collector does not see what C code allocates."""
        return 70 if self.cgo else 90

    @property
    def memory_bytes(self) -> int:
        """The memory limit."""
        return int(self.memory[:-2]) * (MEBIBYTE if self.memory.endswith("Mi") else 1024 * MEBIBYTE)

    @property
    def go_bytes(self) -> int:
        """What Go may use of it; internal/app computes the same at start, and whenever the limit changes."""
        limit = self.memory_bytes
        return limit - max(limit // 100 * (100 - self.memory_percent), min(MEMORY_RESERVE * MEBIBYTE, limit // 4))

    def part(self, parts: int) -> int:
        """So many bytes may be held of one kind; internal/memory computes the same."""
        base = MEMORY_BASE * MEBIBYTE
        return max(self.go_bytes - base, base // 4) // MEMORY_PARTS * parts

    @property
    def requests(self) -> int:
        """How many there is memory for in flight, each with a second connection that waits or sends its header."""
        return self.part(8) // ((64 + 8 * HEADER_KIB) * 1024)

    @property
    def bodies_kib(self) -> int:
        """How much of all bodies is held, each byte of which becomes up to eight."""
        return self.part(4) // 8 // 1024

    @property
    def calls_at_once(self) -> int:
        """How many may be made of one other service at once."""
        return min(MOST_CALLS, self.part(1) // (96 * 1024))

    @property
    def spans(self) -> int:
        """How many wait for the collector."""
        return min(MOST_SPANS, self.part(1) // 2048)

    @property
    def max_in_flight(self) -> int:
        """How many events a function works on at once: never more than there is memory for."""
        return min(self.concurrency, self.requests)

    @property
    def storage_request(self) -> int:
        """Ephemeral storage that is kept free: /tmp may fill up."""
        return TMP_SIZE

    @property
    def storage_limit(self) -> int:
        """Ephemeral storage above which the pod is evicted: /tmp and all of its logs fit in."""
        return STORAGE_STEP * math.ceil((TMP_SIZE + LOG_FILE * LOG_FILES) / STORAGE_STEP)

    @property
    def startup(self) -> Probe:
        """Asked often, so that a pod serves soon; as many failures as the slowest start needs."""
        return Probe(STARTUP_PERIOD, STARTUP_PERIOD, math.ceil(self.startup_seconds / STARTUP_PERIOD))

    @property
    def readiness(self) -> Probe:
        """At least twice as fast as liveness: it costs nothing to come back from it."""
        period, timeout, failures = self.liveness
        return Probe(period // 2, min(max(1, timeout - 1), period // 2), failures - 1)

    @property
    def flush(self) -> int:
        """For the last spans; nothing else leaves the service on its own."""
        return FLUSH if self.tracing else 0

    @property
    def drain(self) -> int:
        """For what is in flight at shutdown: the longest event ends as well."""
        return max(self.drain_seconds, self.task_seconds)

    @property
    def grace_period(self) -> int:
        """It counts from before preStop to after the flush."""
        return PRE_STOP + self.drain + self.flush + MARGIN

    @property
    def revision_timeout(self) -> int:
        """Knative takes it as the grace period as well; its proxy has drained before the service is told to stop."""
        return self.drain + self.flush + MARGIN

    @property
    def liveness_grace(self) -> int:
        """The same for a process that hangs: it finishes nothing. Only preStop has to pass, if a probe can say so."""
        return PRE_STOP + MARGIN if self.probe_grace else self.grace_period

    @property
    def restarted(self) -> int:
        """Seconds until a process that hangs is killed and started anew, at most."""
        return self.liveness.worst_case + self.liveness_grace

    @property
    def center_timeout(self) -> int:
        """What a config centre that is silent holds the start up for: the startup probe must not act."""
        return max(1, min(LONGEST_QUESTION, self.startup_seconds // 2))

    @property
    def request_timeout(self) -> int:
        """The deadline of a request, or of an event, never outlasts the drain."""
        return self.task_seconds or min(LONGEST_REQUEST, self.drain_seconds)

    @property
    def stalled(self) -> int:
        """After it every request has ended, unless its handler hangs."""
        return self.request_timeout + ANSWER

    @property
    def route_timeout(self) -> int:
        """What brings requests in from outside waits longer than the service does, which says what took too long."""
        return self.stalled + MARGIN

    @property
    def min_ready(self) -> int:
        """A new pod counts only after readiness has had the time to fail."""
        return self.readiness.worst_case

    @property
    def progress_deadline(self) -> int:
        """No rollout is called stuck that still pulls or starts."""
        return max(PROGRESS_DEFAULT, PULL + self.startup_seconds + self.min_ready)

    @property
    def scale_down_window(self) -> int:
        """What took long to start is not given up at the first lull."""
        return max(SCALE_DOWN_DEFAULT, 2 * self.startup_seconds)

    @property
    def scale_down_period(self) -> int:
        """One batch has left before the next one goes."""
        return min(LONGEST_BATCH, max(BATCH_DEFAULT, self.grace_period))

    def values(self) -> dict[str, int | str]:
        """Return every number by the name that templates know it by, without the leading ``__``."""
        probes = {"startup": self.startup, "readiness": self.readiness, "liveness": self.liveness}
        own = (
            "bodies_kib", "calls_at_once", "center_timeout", "cpu_limit", "drain", "flush", "grace_period", "go_bytes",
            "gomaxprocs", "liveness_grace", "max_in_flight", "memory_percent", "millicores", "min_ready",
            "progress_deadline", "request_timeout", "requests", "restarted", "revision_timeout", "route_timeout",
            "spans", "stalled",
            "scale_down_period", "scale_down_window", "storage_limit", "storage_request",
        )  # fmt: skip
        return {
            **{name: getattr(self, name) for name in own},
            "center_kib": self.part(1) // 96 // 1024,
            "consumers": CONSUMERS,
            "cooldown": COOLDOWN,
            "events_kib": self.part(1) // 2 // 1024,
            "fetch_kib": min(16 * MEBIBYTE, self.part(1) // 64) // 1024,
            "header_kib": HEADER_KIB,
            "hpa_target": HPA_TARGET,
            "in_flight_target": max(1, self.max_in_flight * HPA_TARGET // 100),
            "margin": MARGIN,
            "max_disrupted": MAX_DISRUPTED,
            "max_surge": MAX_SURGE,
            "memory_base": MEMORY_BASE,
            "memory_part": self.part(1),
            "memory_reserve": MEMORY_RESERVE,
            "model_kib": self.part(1) // 8 // 1024,
            "polling": POLLING,
            "pre_stop": PRE_STOP,
            "retries": RETRIES,
            "rollout": ROLLOUT,
            "scale_down_percent": SCALE_DOWN_PERCENT,
            "tmp_size": TMP_SIZE,
            **{f"{name}_{field}": value for name, probe in probes.items() for field, value in probe._asdict().items()},
            **{f"{name}_worst_case": probe.worst_case for name, probe in probes.items()},
        }
