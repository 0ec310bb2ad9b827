"""The numbers of a mesh: when a replica is left out, what is tried again, and what a fault costs until then.

Each is a formula of the answers; ``numbers.toml`` has the same ones, and docs/failover.md of a rendered repository the
reasons.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from gocontainer.options.types import Value
from gocontainer.rendering.sizing import Sizes

EJECT_AFTER = 3
"""Failures in a row: one may be a connection that broke, two a coincidence."""
TRY_SECONDS = 1
"""Twice what the alerts call slow."""
CONNECT_MS = 500
ATTEMPTS = 2
"""After the first try: one for another replica, one for another zone."""
RETRY_PERCENT = 20
RETRIES_AT_LEAST = 100
"""At once: as many as a caller with RATE has in flight while a zone hangs, for both of their further tries."""
KEPT = 60
"""Seconds without a request until the proxy closes a connection: half of what the service waits."""
MERGE_MS = 1000
"""How long Envoy gathers what it learns of replicas, once the first of them is left out: its update_merge_window."""
OVERPROVISIONED = 1.4
"""Of how many times its healthy share of a zone gets the requests: Envoy's overprovisioning factor."""
RATE = 50
"""Requests a second of one caller, for which docs/failover.md computes."""
SPAN = 10
"""Seconds of which docs/failover.md counts the share that is lost."""


class Failover(NamedTuple):
    """What a fault costs one caller: everything that follows from the answers."""

    sizes: Sizes
    min_replicas: int
    max_replicas: int

    @classmethod
    def of(cls, answers: Mapping[str, Value]) -> Failover:
        """Return it for valid ``answers``, whose numbers may be strings, as cookiecutter has them."""
        return cls(Sizes.of(answers), int(answers["min_replicas"]), int(answers["max_replicas"]))

    @property
    def zone_replicas(self) -> int:
        """How many are in one of two zones."""
        return math.ceil(self.min_replicas / 2)

    @property
    def failures(self) -> int:
        """Requests that meet the fault until every replica of a zone is left out."""
        return EJECT_AFTER * self.zone_replicas

    @property
    def ejected_ms(self) -> int:
        """Milliseconds in which one caller makes as many."""
        return 1000 * self.failures // RATE

    @property
    def over_ms(self) -> int:
        """Milliseconds until none of them is asked: the first is left out at once, the others together."""
        return self.ejected_ms + (MERGE_MS if self.zone_replicas > 1 else 0)

    @property
    def lost(self) -> int:
        """Requests that fail where none is tried again and the whole zone fails."""
        return self._lost(self.zone_replicas)

    @property
    def half_lost(self) -> int:
        """The same where only half of the zone fails."""
        return self._lost(math.ceil(self.zone_replicas / 2))

    def _lost(self, failing: int) -> int:
        """Return how many fail by so many replicas: until all are noticed, and while only the first is left out."""
        others = self.zone_replicas - 1
        share = min(1, OVERPROVISIONED * others / self.zone_replicas) * (failing - 1) / max(1, others)
        return EJECT_AFTER * failing + math.floor(RATE * MERGE_MS / 1000 * share)

    @property
    def connections(self) -> int:
        """What all replicas together hold, which one caller may use up."""
        return self.sizes.requests * self.max_replicas

    @property
    def waits_ms(self) -> int:
        """The longest that a request which is tried again takes on its way to a replica that answers."""
        return 1000 * TRY_SECONDS * ATTEMPTS

    def values(self) -> dict[str, int | str]:
        """Return every number by the name that templates know it by, without the leading ``__``."""
        names = (
            "connections", "ejected_ms", "half_lost", "lost", "over_ms", "waits_ms", "zone_replicas",
        )  # fmt: skip
        return {
            **{name: getattr(self, name) for name in names},
            "attempts": ATTEMPTS,
            "connect_ms": CONNECT_MS,
            "eject_after": EJECT_AFTER,
            "half_lost_percent": f"{100 * self.half_lost / (RATE * SPAN):g}",
            "hung_ms": 1000 * TRY_SECONDS + self.ejected_ms,
            "hung_over_ms": 1000 * TRY_SECONDS + self.over_ms,
            "kept": KEPT,
            "lost_percent": f"{100 * self.lost / (RATE * SPAN):g}",
            "merge_ms": MERGE_MS,
            "met_hang": RATE * TRY_SECONDS + self.lost,
            "rate": RATE,
            "retries_at_least": RETRIES_AT_LEAST,
            "retry_percent": RETRY_PERCENT,
            "span": SPAN,
            "try_seconds": TRY_SECONDS,
        }
