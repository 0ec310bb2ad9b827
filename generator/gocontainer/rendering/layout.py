"""Table 2: which template files exist for which answers. A path that is not listed always does.

A path that ends in a slash stands for the whole folder. Conditions may name an option or a derived
answer (``__name``).
"""

from __future__ import annotations

from collections.abc import Mapping

from gocontainer.options.patterns import either
from gocontainer.options.subjects.targets import IN_A_CLUSTER, ON_SITES, TARGETS
from gocontainer.options.types import Value, When, holds

FILES: Mapping[str, When] = {
    ".gitea/workflows/": {"ci": ("gitea",)},
    ".gitea/workflows/scan.yml": {"scan": ("trivy", "grype")},
    ".gitea/workflows/template.yml": {"__update_bot": ("true",)},
    ".github/dependabot.yml": {"deps_bot": ("dependabot",)},
    ".github/workflows/": {"ci": ("github",)},
    ".github/workflows/scan.yml": {"scan": ("trivy", "grype")},
    ".github/workflows/template.yml": {"__update_bot": ("true",)},
    ".gitlab-ci.yml": {"ci": ("gitlab",)},
    ".gitlab/": {"ci": ("gitlab",), "__update_bot": ("true",)},
    ".gocontainer/propose.sh": {"__update_bot": ("true",)},
    ".gocontainer/requirements.txt": {"__update_bot": ("true",)},
    "Dockerfile.model": {"__edge": ("true",), "edge_model": (True,)},
    "Dockerfile.model.dockerignore": {"__edge": ("true",), "edge_model": (True,)},
    "Jenkinsfile": {"ci": ("jenkins",)},
    "Jenkinsfile.scan": {"ci": ("jenkins",), "scan": ("trivy", "grype")},
    "Jenkinsfile.template": {"ci": ("jenkins",), "__update_bot": ("true",)},
    "LICENSE": {"license": ("apache-2.0", "mit")},
    "cmd/flow/": {"eventing": ("kafka",)},
    "cmd/function/": {"eventing": ("kafka",)},
    "cmd/model/": {"__edge": ("true",), "edge_model": (True,)},
    "cmd/replay/": {"eventing": ("kafka",)},
    "cmd/server/": {"eventing": ("none",)},
    "deploy/base/": {"__overlays": ("true",)},
    "deploy/components/autoscaling/": {"__overlays": ("true",), "__autoscaling": ("true",)},
    "deploy/components/autoscaling/horizontalpodautoscaler.yaml": {"scale_on": ("cpu",)},
    "deploy/components/autoscaling/scaledobject.yaml": {"scale_on": ("requests", "lag")},
    "deploy/components/config-center/": {"__deployment": ("true",), "__center": ("true",)},
    "deploy/components/disruption-budget/": {"__overlays": ("true",), "__disruption_budget": ("true",)},
    "deploy/components/events/": {"scale_on": ("lag",), "secret_files": (False,)},
    "deploy/components/host-path/": {"__edge": ("true",), "local_volume": ("host-path",)},
    "deploy/components/image/": {"__knative": ("true",)},
    "deploy/components/local-volume/": {"__edge": ("true",), "local_volume": ("claim",)},
    "deploy/components/model/": {"__edge": ("true",), "edge_model": (True,)},
    "deploy/components/monitoring/": {"monitoring": ("operator",)},
    "deploy/components/network-policy/": {"__overlays": ("true",), "network_policy": (True,)},
    "deploy/components/network-policy/config-center.yaml": {"__center": ("true",)},
    "deploy/components/network-policy/events.yaml": {"scale_on": ("lag",)},
    "deploy/devices/": {"__node_groups": ("true",), "device_router": (True,)},
    "deploy/edge/": {"__edge": ("true",)},
    "deploy/knative/": {"__knative": ("true",)},
    "deploy/knative/config-center/": {"__center": ("true",)},
    "deploy/knative/config-center/networkpolicy.yaml": {"network_policy": (True,)},
    "deploy/knative/events/": {"eventing": ("kafka",)},
    "deploy/knative/events/networkpolicy.yaml": {"network_policy": (True,)},
    "deploy/knative/networkpolicy.yaml": {"network_policy": (True,)},
    "deploy/namespace/": {"target": IN_A_CLUSTER},
    "deploy/overlays/": {"__overlays": ("true",)},
    "deploy/overlays/dev/config-center/": {"__separate_settings": ("true",)},
    "deploy/overlays/prod/config-center/": {"__separate_settings": ("true",)},
    "deploy/overlays/prod/certificate.yaml": {"__certificate": ("true",)},
    "deploy/overlays/prod/httproute.yaml": {"expose": ("gateway",)},
    "deploy/overlays/prod/ingress.yaml": {"expose": ("ingress",)},
    "deploy/overlays/prod/referencegrant.yaml": {"__certificate_elsewhere": ("true",)},
    "deploy/policies/": {"policy": ("native", "kyverno", "gatekeeper")},
    "deploy/policies/constraint.yaml": {"policy": ("gatekeeper",)},
    "deploy/policies/constrainttemplate.yaml": {"policy": ("gatekeeper",)},
    "deploy/policies/validatingadmissionpolicy.yaml": {"policy": ("native",)},
    "deploy/policies/validatingpolicy.yaml": {"policy": ("kyverno",)},
    "deploy/sites.yaml": {"__edge": ("true",)},
    "docs/decisions.md": {"__deployment": ("true",)},
    "docs/edge.md": {"__edge": ("true",)},
    "docs/environments.md": {"__overlays": ("true",)},
    "docs/function.md": {"eventing": ("kafka",)},
    "docs/knative.md": {"__knative": ("true",)},
    "docs/policies.md": {"policy": ("native", "kyverno", "gatekeeper")},
    "docs/runbook.md": {"monitoring": ("operator",)},
    "hack/ota.sh": {"__node_pools": ("true",), "hold_upgrade": (True,)},
    "hack/policy-test.sh": {"policy": ("native", "kyverno", "gatekeeper")},
    "hack/scan.sh": {"scan": ("trivy", "grype")},
    "hack/verify.sh": {"signing": ("keyless", "key")},
    "internal/app/center.go": {"__center": ("true",)},
    "internal/app/center_test.go": {"__center": ("true",)},
    "internal/app/models.go": {"__edge": ("true",), "edge_model": (True,)},
    "internal/app/models_faults_test.go": {"__edge": ("true",), "edge_model": (True,)},
    "internal/app/models_test.go": {"__edge": ("true",), "edge_model": (True,)},
    "internal/app/site.go": {"__edge": ("true",)},
    "internal/app/site_test.go": {"__edge": ("true",)},
    "internal/center/": {"__center": ("true",)},
    "internal/center/apollo.go": {"config_center": ("apollo",)},
    "internal/center/apollo_test.go": {"config_center": ("apollo",)},
    "internal/center/etcd.go": {"config_center": ("etcd",)},
    "internal/center/etcd_test.go": {"config_center": ("etcd",)},
    "internal/center/http.go": {"config_center": ("nacos", "apollo")},
    "internal/center/http_test.go": {"config_center": ("nacos", "apollo")},
    "internal/center/nacos.go": {"config_center": ("nacos",)},
    "internal/center/nacos_test.go": {"config_center": ("nacos",)},
    "internal/config/buckets_test.go": {"eventing": ("kafka",)},
    "internal/config/config.go": {"eventing": ("none",)},
    "internal/config/edge.go": {"__edge": ("true",)},
    "internal/config/edge_test.go": {"__edge": ("true",)},
    "internal/config/live.go": {"__center": ("true",)},
    "internal/config/live_faults_test.go": {"__center": ("true",)},
    "internal/config/live_test.go": {"__center": ("true",)},
    "internal/config/model.go": {"__edge": ("true",), "edge_model": (True,)},
    "internal/config/model_test.go": {"__edge": ("true",), "edge_model": (True,)},
    "internal/config/secrets.go": {"secret_files": (True,)},
    "internal/config/secrets_test.go": {"secret_files": (True,)},
    "internal/config/settings.go": {"eventing": ("kafka",)},
    "internal/config/storage_keys_test.go": {"eventing": ("kafka",), "secret_files": (True,)},
    "internal/consumer/": {"scale_on": ("lag",)},
    "internal/function/": {"eventing": ("kafka",)},
    "internal/httpapi/discount.go": {"__edge": ("true",), "edge_model": (True,)},
    "internal/httpapi/discount_test.go": {"__edge": ("true",), "edge_model": (True,)},
    "internal/httpapi/events.go": {"eventing": ("kafka",)},
    "internal/httpapi/events_faults_test.go": {"eventing": ("kafka",)},
    "internal/httpapi/events_test.go": {"eventing": ("kafka",)},
    "internal/httpapi/quotes.go": {"eventing": ("none",)},
    "internal/httpapi/quotes_test.go": {"eventing": ("none",)},
    "internal/httpapi/record.go": {"__edge": ("true",)},
    "internal/httpapi/record_test.go": {"__edge": ("true",)},
    "internal/httpapi/stream.go": {"streams": (True,)},
    "internal/httpapi/stream_test.go": {"streams": (True,)},
    "internal/model/": {"__edge": ("true",), "edge_model": (True,)},
    "internal/offline/": {"__edge": ("true",)},
    "internal/secret/": {"secret_files": (True,)},
    "internal/summary/": {"eventing": ("kafka",)},
    "internal/telemetry/center.go": {"__center": ("true",)},
    "internal/telemetry/center_test.go": {"__center": ("true",)},
    "internal/telemetry/collector.go": {"eventing": ("kafka",), "tracing": (True,)},
    "internal/telemetry/collector_test.go": {"eventing": ("kafka",), "tracing": (True,)},
    "internal/telemetry/events.go": {"eventing": ("kafka",), "tracing": (True,)},
    "internal/telemetry/events_test.go": {"eventing": ("kafka",), "tracing": (True,)},
    "internal/telemetry/model.go": {"__edge": ("true",), "edge_model": (True,)},
    "internal/telemetry/model_test.go": {"__edge": ("true",), "edge_model": (True,)},
    "internal/telemetry/offline.go": {"__edge": ("true",)},
    "internal/telemetry/offline_test.go": {"__edge": ("true",)},
    "internal/telemetry/pools.go": {"monitoring": ("operator",)},
    "internal/telemetry/pools_test.go": {"monitoring": ("operator",)},
    "internal/telemetry/tracing.go": {"tracing": (True,)},
    "internal/telemetry/tracing_test.go": {"tracing": (True,)},
    "model/": {"__edge": ("true",), "edge_model": (True,)},
    "renovate.json": {"deps_bot": ("renovate",)},
}

FLAGS: Mapping[str, str] = {
    "__autoscaling": "max_replicas above min_replicas, or scale_on lag",
    "__center": "a config centre",
    "__certificate": "expose_issuer",
    "__certificate_elsewhere": "expose_issuer and expose gateway",
    "__deployment": f"target {either([name for name in TARGETS if TARGETS[name].deployment])}, or scale_on lag",
    "__disruption_budget": "max_replicas above 1, or scale_on lag",
    "__edge": f"target {either(ON_SITES)}",
    "__knative": "target knative and scale_on requests",
    "__node_groups": "target kubeedge and edge_api platform",
    "__node_pools": "target openyurt and edge_api platform",
    "__separate_settings": "a config centre and target kubernetes",
    "__overlays": "target kubernetes, or scale_on lag",
    "__update_bot": "an answer to update_wheel",
}
"""What the derived flags among the conditions mean, in words."""

EXECUTABLE: frozenset[str] = frozenset(
    [".gocontainer/propose.sh", "hack/ota.sh", "hack/policy-test.sh", "hack/scan.sh", "hack/verify.sh"]
)
"""Paths with the executable bit. Modes come from here, never from the disk of whoever renders."""


def included(path: str, context: Mapping[str, Value]) -> bool:
    """Whether the file at ``path`` exists for these answers."""
    parts = path.split("/")
    rows = (path, *("/".join(parts[:end]) + "/" for end in range(1, len(parts))))
    return all(holds(FILES[row], context) for row in rows if row in FILES)


def covers(listed: str, path: str) -> bool:
    """Whether the row ``listed`` is about ``path``."""
    return path.startswith(listed) if listed.endswith("/") else path == listed
