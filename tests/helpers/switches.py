"""Every option switched on and off again: what an update is told, and how it is taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from gocontainer.options.table import OPTIONS
from gocontainer.options.types import Option, Value
from tests.helpers.support import answers

NAMES = frozenset(["service", "module", "description", "owner", "image", "license", "port", "platforms"])
"""What says who a service is, and nothing that is switched."""


class Switch(NamedTuple):
    """Answers of which the last is another one than the default, each after those that it needs."""

    to: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The option and its value, as the update is told of them."""
        return ",".join(told(self.to))

    def on(self) -> list[str]:
        """Return the arguments that switch it on."""
        return [word for each in told(self.to) for word in ("--set", each)]

    def off(self) -> list[str]:
        """Return the arguments that bring the defaults back."""
        defaults = {name: value for name, value in answers().applicable().items() if name in self.to}
        return [word for each in told(defaults) for word in ("--set", each)]


def told(given: Mapping[str, Any]) -> list[str]:
    """Return answers as the command line has them."""
    return [f"{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in given.items()]


def switches() -> Iterator[Switch]:
    """Yield one for each value that an option may have and has not by itself."""
    for option in OPTIONS:
        if option.name not in NAMES:
            for value in option.samples():
                if str(value) != str(option.default):
                    yield Switch(_with_what_it_needs(option, value))


_BESIDE: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("cgo", "True"): {"base_image": "debian-slim", "platforms": "linux/amd64"},
    ("ci", "gitea"): {"signing": "key", "deps_bot": "renovate"},
    ("ci", "gitlab"): {"deps_bot": "renovate"},
    ("ci", "jenkins"): {"signing": "key", "deps_bot": "renovate"},
    ("ci", "none"): {"signing": "none"},
    ("liveness_period", "2"): {"liveness_timeout": 1},
    ("liveness_timeout", "30"): {"liveness_period": 30},
    ("max_replicas", "1"): {"min_replicas": 1},
    ("min_replicas", "50"): {"max_replicas": 50},
    ("scale_on", "lag"): {"target": "knative", "eventing": "kafka"},
    ("scale_on", "requests"): {"monitoring": "operator"},
    ("user_namespaces", "True"): {"kubernetes_min": "1.36"},
}
"""What else has to be answered, by an option and its value."""


def _with_what_it_needs(option: Option, value: Value) -> dict[str, Any]:
    needed: dict[str, Any] = {}
    for other in OPTIONS:
        if other.name in option.when:
            needed |= _with_what_it_needs(other, option.when[other.name][0])
    return {**needed, option.name: value, **_BESIDE.get((option.name, str(value)), {})}
