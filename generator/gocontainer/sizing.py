"""The numbers in the manifests: each a formula of the answers, with its reason.

Times are in seconds, CPU in millicores. What Kubernetes does is from its documentation, pages "Pod
Lifecycle" and "Configure Liveness, Readiness and Startup Probes".
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Probe(NamedTuple):
    """A probe: seconds between two, seconds for an answer, failures until it acts."""

    period: int
    timeout: int
    failures: int

    @property
    def worst_case(self) -> int:
        """Seconds until it acts, at most: the last failure is known when its timeout is over."""
        return self.period * self.failures + self.timeout


READINESS = Probe(period=5, timeout=2, failures=2)
"""Takes a pod out of the Service; it may be quick, since it costs nothing to come back."""
LIVENESS = Probe(period=10, timeout=3, failures=3)
"""Restarts the container: slower than readiness, since it costs more."""
PRE_STOP = 5
"""Sleep before SIGTERM, while the endpoint is taken away everywhere: deletion starts both at once, and
a process that stops accepting first refuses what is still sent to it."""
FLUSH = 3
"""Longest time for the last spans; internal/app has the same number."""
MARGIN = 5
"""What is left of the grace period when all else has taken its longest."""
STARTUP_PERIOD = 2
"""Seconds between two startup probes."""
REQUEST_TIMEOUT = 10
"""Deadline of a request, unless the drain is shorter: a shutdown must not cut a request off."""
MEMORY_PERCENT = 90
"""Share of the cgroup's memory limit that Go may use. At the limit itself the kernel kills before the
collector has run."""
MEMORY_PERCENT_CGO = 70
"""The collector does not see what C code allocates."""


def millicores(cpu: str) -> int:
    """Return a CPU quantity such as ``100m`` or ``2`` in millicores."""
    return int(cpu[:-1]) if cpu.endswith("m") else int(cpu) * 1000


def cpu_limit(cpu: str) -> int:
    """Return the CPU limit in whole cores: one, or as many as the request needs.

    A limit below one core throttles the process for the rest of each 100 ms period.
    """
    return max(1, math.ceil(millicores(cpu) / 1000))


def gomaxprocs(cpu: str) -> int:
    """Return GOMAXPROCS for a service without a CPU limit: twice the request, at least 2.

    Without a limit the runtime would take the node's cores (Go 1.25 release notes: it looks at the
    limit, not at the request).
    """
    return max(2, math.ceil(2 * millicores(cpu) / 1000))


def startup_failures(startup: int) -> int:
    """Return how many startup probes may fail within the budget of ``startup`` seconds."""
    return math.ceil(startup / STARTUP_PERIOD)


def grace_period(drain: int) -> int:
    """Return terminationGracePeriodSeconds: it counts from before preStop to after the flush."""
    return PRE_STOP + drain + FLUSH + MARGIN


def request_timeout(drain: int) -> int:
    """Return the deadline of a request, which never outlasts the drain."""
    return min(REQUEST_TIMEOUT, drain)


def memory_percent(*, cgo: bool) -> int:
    """Return the share of the memory limit that the service gives to Go, in per cent."""
    return MEMORY_PERCENT_CGO if cgo else MEMORY_PERCENT
