"""What Istio makes of a DestinationRule and a VirtualService: Envoy's configuration.

As istio.io/istio v0.0.0-20260827124520-eed52ebb66ad does it: pilot/pkg/networking/core/cluster_traffic_policy.go and
pilot/pkg/networking/core/route/retry/retry.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.checks.finding import Document, at
from tests.checks.mesh import seconds

TYPES = "type.googleapis.com/envoy.extensions"
UNLIMITED = 2**32 - 1
STAYS_AFTER = 2
"""Tries until another zone is taken: the update_frequency that Istio gives previous_priorities."""


def envoy(rule: Document, service: Document, zones: Sequence[Sequence[str]], port: int, admin: int) -> dict[str, Any]:
    """Return the configuration of a caller's proxy that listens on ``port``; its own zone is the first."""
    manager = {
        "@type": f"{TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "caller",
        "route_config": {
            "virtual_hosts": [
                {"name": "orders", "domains": ["*"], "routes": [*map(_route, service["spec"]["http"])]},
            ]
        },
        "http_filters": [_typed("envoy.filters.http.router", "filters.http.router.v3.Router")],
    }
    listener = {
        "address": _address(f"127.0.0.1:{port}"),
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    clusters = [_cluster(rule["spec"]["trafficPolicy"], zones)]
    return {
        "admin": {"address": _address(f"127.0.0.1:{admin}")},
        "static_resources": {"listeners": [listener], "clusters": clusters},
    }


def _typed(name: str, kind: str, **more: object) -> dict[str, Any]:
    return {"name": name, "typed_config": {"@type": f"{TYPES}.{kind}", **more}}


def _address(text: str) -> dict[str, Any]:
    host, _, port = text.rpartition(":")
    return {"socket_address": {"address": host, "port_value": int(port)}}


def _duration(text: object) -> str:
    return f"{seconds(text):g}s"


def _route(route: Document) -> dict[str, Any]:
    match: dict[str, Any] = {"prefix": "/"}
    for each in route.get("match", ()):
        match["headers"] = [{"name": ":method", "string_match": {"safe_regex": {"regex": each["method"]["regex"]}}}]
    ends = _duration(route.get("timeout"))  # never is 0s to Envoy, and nothing to Istio
    action = {"cluster": "orders", "timeout": ends, "retry_policy": _retries(route["retries"])}
    return {"match": match, "route": action}


def _retries(said: Document) -> dict[str, Any]:
    asked = [each.strip() for each in str(said["retryOn"]).split(",")]
    codes = [int(each) for each in asked if re.fullmatch(r"\d{3}", each)]
    words = [each for each in asked if each not in map(str, codes)] + ["retriable-status-codes"] * bool(codes)
    policy: dict[str, Any] = {
        "retry_on": ",".join(words),
        "num_retries": said["attempts"],
        "host_selection_retry_max_attempts": 5,
        "retry_host_predicate": [
            _typed("envoy.retry_host_predicates.previous_hosts", "retry.host.previous_hosts.v3.PreviousHostsPredicate")
        ],
    }
    if codes:
        policy["retriable_status_codes"] = codes
    if "perTryTimeout" in said:
        policy["per_try_timeout"] = _duration(said["perTryTimeout"])
    if said.get("retryRemoteLocalities"):
        policy["retry_priority"] = _typed(
            "envoy.retry_priorities.previous_priorities",
            "retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",
            update_frequency=STAYS_AFTER,
        )
    return policy


def _cluster(policy: Document, zones: Sequence[Sequence[str]]) -> dict[str, Any]:
    pool, outlier = policy["connectionPool"], at(policy, "outlierDetection")
    cluster: dict[str, Any] = {
        "name": "orders",
        "type": "STATIC",
        "lb_policy": policy["loadBalancer"]["simple"],
        "connect_timeout": _duration(pool["tcp"]["connectTimeout"]),
        "circuit_breakers": {"thresholds": [_limits(pool, policy["retryBudget"])]},
        "load_assignment": {"cluster_name": "orders", "endpoints": [*map(_zone, range(len(zones)), zones)]},
    }
    if outlier:
        cluster["outlier_detection"] = _outliers(outlier)
        # Envoy asks all again below 50 % where nothing is said, and Istio says 0.
        cluster["common_lb_config"] = {"healthy_panic_threshold": {"value": outlier.get("minHealthPercent", 0)}}
    return cluster


def _zone(priority: int, addresses: Sequence[str]) -> dict[str, Any]:
    endpoints = [{"endpoint": {"address": _address(each)}} for each in addresses]
    return {"locality": {"zone": f"zone-{priority}"}, "priority": priority, "lb_endpoints": endpoints}


def _limits(pool: Document, budget: Document) -> dict[str, Any]:
    return {
        "max_connections": pool["tcp"]["maxConnections"],
        "max_requests": pool["http"]["http2MaxRequests"],
        "max_pending_requests": pool["http"]["http1MaxPendingRequests"],
        "max_retries": UNLIMITED,
        "retry_budget": {
            "budget_percent": {"value": budget["percent"]},
            "min_retry_concurrency": budget["minRetryConcurrency"],
        },
    }


def _outliers(said: Document) -> Mapping[str, Any]:
    found: dict[str, Any] = {"enforcing_success_rate": 0}
    for name, ours in (
        ("consecutive_5xx", "consecutive5xxErrors"),
        ("consecutive_gateway_failure", "consecutiveGatewayErrors"),
    ):
        if ours in said:
            found |= {name: said[ours], f"enforcing_{name}": 100 if said[ours] else 0}
    for name, ours in (("interval", "interval"), ("base_ejection_time", "baseEjectionTime")):
        found[name] = _duration(said[ours])
    if "maxEjectionPercent" in said:
        found["max_ejection_percent"] = said["maxEjectionPercent"]
    return found
