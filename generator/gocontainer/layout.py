"""Table 2: which template files exist for which answers. A path that is not listed always does.

A path that ends in a slash stands for the whole folder. Conditions may name an option or a derived
answer (``__name``).
"""

from __future__ import annotations

from collections.abc import Mapping

from gocontainer.kinds import Value, When, holds

FILES: Mapping[str, When] = {
    ".github/workflows/": {"ci": ("github",)},
    ".github/workflows/template.yml": {"deps_bot": ("dependabot", "renovate")},
    ".github/dependabot.yml": {"deps_bot": ("dependabot",)},
    ".gocontainer/requirements.txt": {"deps_bot": ("dependabot", "renovate")},
    "LICENSE": {"license": ("apache-2.0", "mit")},
    "cmd/function/": {"eventing": ("kafka",)},
    "cmd/replay/": {"eventing": ("kafka",)},
    "cmd/server/": {"eventing": ("none",)},
    "deploy/base/": {"__overlays": ("true",)},
    "deploy/components/autoscaling/": {"__overlays": ("true",), "__autoscaling": ("true",)},
    "deploy/components/autoscaling/horizontalpodautoscaler.yaml": {"scaler": ("knative",)},
    "deploy/components/autoscaling/scaledobject.yaml": {"scaler": ("keda",)},
    "deploy/components/config-center/": {"__overlays": ("true",), "__center": ("true",)},
    "deploy/components/disruption-budget/": {"__overlays": ("true",), "__disruption_budget": ("true",)},
    "deploy/components/events/": {"scaler": ("keda",)},
    "deploy/components/network-policy/": {"__overlays": ("true",), "network_policy": (True,)},
    "deploy/components/network-policy/config-center.yaml": {"__center": ("true",)},
    "deploy/components/network-policy/events.yaml": {"scaler": ("keda",)},
    "deploy/knative/": {"__knative": ("true",)},
    "deploy/knative/config-center/": {"__center": ("true",)},
    "deploy/knative/config-center/networkpolicy.yaml": {"network_policy": (True,)},
    "deploy/knative/events/": {"eventing": ("kafka",)},
    "deploy/knative/networkpolicy.yaml": {"network_policy": (True,)},
    "deploy/overlays/": {"__overlays": ("true",)},
    "internal/app/center.go": {"__center": ("true",)},
    "internal/app/center_test.go": {"__center": ("true",)},
    "internal/center/": {"__center": ("true",)},
    "internal/center/apollo.go": {"config_center": ("apollo",)},
    "internal/center/apollo_test.go": {"config_center": ("apollo",)},
    "internal/center/etcd.go": {"config_center": ("etcd",)},
    "internal/center/etcd_test.go": {"config_center": ("etcd",)},
    "internal/center/http.go": {"config_center": ("nacos", "apollo")},
    "internal/center/nacos.go": {"config_center": ("nacos",)},
    "internal/center/nacos_test.go": {"config_center": ("nacos",)},
    "internal/config/config.go": {"eventing": ("none",)},
    "internal/config/live.go": {"__center": ("true",)},
    "internal/config/live_test.go": {"__center": ("true",)},
    "internal/config/settings.go": {"eventing": ("kafka",)},
    "internal/consumer/": {"scaler": ("keda",)},
    "internal/function/": {"eventing": ("kafka",)},
    "internal/httpapi/events.go": {"eventing": ("kafka",)},
    "internal/httpapi/events_test.go": {"eventing": ("kafka",)},
    "internal/httpapi/httpapi_test.go": {"eventing": ("none",)},
    "internal/httpapi/quotes.go": {"eventing": ("none",)},
    "internal/telemetry/center.go": {"__center": ("true",)},
    "internal/telemetry/events.go": {"eventing": ("kafka",), "tracing": (True,)},
    "internal/telemetry/tracing.go": {"tracing": (True,)},
    "internal/telemetry/tracing_test.go": {"tracing": (True,)},
    "renovate.json": {"deps_bot": ("renovate",)},
}

FLAGS: Mapping[str, str] = {
    "__center": "a config centre",
    "__autoscaling": "max_replicas above min_replicas, or scaler keda",
    "__disruption_budget": "max_replicas above 1",
    "__knative": "target knative and scaler knative",
    "__overlays": "target kubernetes, or scaler keda",
}
"""What the derived flags among the conditions mean, in words."""

EXECUTABLE: frozenset[str] = frozenset()
"""Paths with the executable bit. Modes come from here, never from the disk of whoever renders."""


def included(path: str, context: Mapping[str, Value]) -> bool:
    """Whether the file at ``path`` exists for these answers."""
    return all(holds(when, context) for listed, when in FILES.items() if covers(listed, path))


def covers(listed: str, path: str) -> bool:
    """Whether the row ``listed`` is about ``path``."""
    return path.startswith(listed) if listed.endswith("/") else path == listed
