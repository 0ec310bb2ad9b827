"""The template of Grafana's dashboard, made from a table: ``gocontainer dev derive`` writes it."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

SERVICE = "<< cookiecutter.service >>"
OURS = 'namespace="$ns", job="$job"'
CONTAINER = 'namespace="$ns", container="$job"'
"""Short, so that no line is too long for those who read the ConfigMap."""
RATE = "[5m]"
COUNT = "http_server_request_duration_seconds_count"
WIDTH, HEIGHT, MOST = 24, 8, 2
"""Of Grafana's grid in columns, of a panel in lines, and how many stand beside one another."""


class Panel(NamedTuple):
    """A graph. Each query is its PromQL and what the legend calls its lines."""

    title: str
    unit: str
    queries: Sequence[tuple[str, str]]


class Section(NamedTuple):
    """Panels below a headline. ``when`` is the test of the template language by which they are there."""

    title: str
    panels: Sequence[Panel]
    when: str = ""


def _quantile(share: float) -> str:
    inner = f"sum by (le, route) (rate(http_server_request_duration_seconds_bucket{{{OURS}}}{RATE}))"
    return f"histogram_quantile({share}, {inner})"


def _limit(resource: str) -> str:
    return f'kube_pod_container_resource_limits{{{CONTAINER}, resource="{resource}"}}'


SECTIONS = (
    Section("Requests", (
        Panel("Rate", "reqps", [(f"sum by (route) (rate({COUNT}{{{OURS}}}{RATE}))", "{{route}}")]),
        Panel("Failures", "reqps", [
            (f'sum by (route, code) (rate({COUNT}{{{OURS}, code=~"5.."}}{RATE}))', "{{code}} {{route}}"),
        ]),
        Panel("Duration", "s", [(_quantile(0.5), "half of {{route}}"), (_quantile(0.99), "99 % of {{route}}")]),
        Panel("In flight", "none", [
            (f"sum by (pod) (http_server_active_requests{{{OURS}}})", "{{pod}}"),
            (f"sum(rate(http_server_shed_requests_total{{{OURS}}}{RATE}))", "refused a second"),
            (f"sum(rate(http_server_panics_total{{{OURS}}}{RATE}))", "panics a second"),
        ]),
    )),
    Section("Events", (
        Panel("Outcomes", "reqps", [(f"sum by (code) (rate({COUNT}{{{OURS}}}{RATE}))", "{{code}}")]),
        Panel("Waiting", "none", [
            (f'sum by (topic) (kafka_consumergroup_lag{{consumergroup="{SERVICE}"}})', "{{topic}}"),
        ]),
    ), 'cookiecutter.eventing == "kafka"'),
    Section("Queue of a site", (
        Panel("Age of the oldest record", "s", [(f"offline_queue_oldest_seconds{{{OURS}}}", "{{pod}}")]),
        Panel("Records", "none", [
            (f"offline_queue_records{{{OURS}}}", "waiting in {{pod}}"),
            (f"increase(offline_queue_dropped_total{{{OURS}}}{RATE})", "dropped by {{pod}}"),
            (f"increase(offline_forwarder_refused_total{{{OURS}}}{RATE})", "refused of {{pod}}"),
        ]),
    ), "cookiecutter.__edge"),
    Section("Model", (
        Panel("Pods by version", "none", [(f"count by (version) (model_info{{{OURS}}})", "{{version}}")]),
        Panel("On a fallback", "none", [(f"model_fallback{{{OURS}}}", "{{pod}}")]),
    ), "cookiecutter.__model"),
    Section("Config centre", (
        Panel("Since it answered", "s", [(f"config_center_staleness_seconds{{{OURS}}}", "{{pod}}")]),
        Panel("Sets of values", "none", [
            (f"increase(config_center_applied_total{{{OURS}}}{RATE})", "taken by {{pod}}"),
            (f"increase(config_center_refused_total{{{OURS}}}{RATE})", "refused by {{pod}}"),
        ]),
    ), "cookiecutter.__center"),
    Section("Pools of connections", (
        Panel("Connections", "none", [
            (f"sum by (pool, state) (db_client_connection_count{{{OURS}}})", "{{pool}} {{state}}"),
            (f"sum by (pool) (db_client_connection_max{{{OURS}}})", "{{pool}} at most"),
        ]),
        Panel("Callers that wait", "none", [
            (f"sum by (pool) (rate(db_client_connection_wait_time_seconds_sum{{{OURS}}}{RATE}))", "{{pool}}"),
        ]),
    )),
    Section("Limits", (
        Panel("CPU", "none", [
            (f"rate(container_cpu_usage_seconds_total{{{CONTAINER}}}{RATE})", "cores of {{pod}}"),
            (_limit("cpu"), "limit of {{pod}}"),
        ]),
        Panel("Held back at its limit", "s", [
            (f"rate(container_cpu_cfs_throttled_seconds_total{{{CONTAINER}}}{RATE})", "in a second, {{pod}}"),
        ]),
    ), 'cookiecutter.resources == "strict"'),
    Section("Container", (
        Panel("Memory", "bytes", [
            (f"container_memory_working_set_bytes{{{CONTAINER}}}", "{{pod}}"),
            (_limit("memory"), "limit of {{pod}}"),
        ]),
        Panel("Restarts", "none", [
            (f"increase(kube_pod_container_status_restarts_total{{{CONTAINER}}}{RATE})", "{{pod}}"),
        ]),
    )),
    Section("Go", (
        Panel("Goroutines", "none", [(f"go_goroutines{{{OURS}}}", "{{pod}}")]),
        Panel("Memory of the runtime", "bytes", [
            (f"go_memstats_heap_inuse_bytes{{{OURS}}}", "heap of {{pod}}"),
            (f"go_gc_gomemlimit_bytes{{{OURS}}}", "limit of {{pod}}"),
        ]),
    )),
)  # fmt: skip
"""What it shows, from what users see down to the runtime."""


def template() -> str:
    """Return the dashboard's JSON as a template."""
    head, tail = json.dumps(_dashboard(), indent=2).split('"PANELS"')
    sections = "\n".join(_section(number, section) for number, section in enumerate(SECTIONS))
    return f"{head.rstrip()}\n{sections.removesuffix(',')}\n  {tail.lstrip()}\n"


def _section(number: int, section: Section) -> str:
    """Return its panels, each with a comma behind it: the last section is always there, and does without."""
    panels = "".join(f"{json.dumps(panel, indent=2)},\n" for panel in _panels(number, section))
    text = textwrap.indent(panels, "    ")
    return f"<% if {section.when} %>\n{text}<% endif %>" if section.when else text.rstrip()


def _panels(number: int, section: Section) -> Iterator[dict[str, Any]]:
    """Yield the headline and the graphs. Grafana closes the gap that a section leaves that is not there."""
    top = number * (1 + 2 * HEIGHT)
    yield {"type": "row", "title": section.title, "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1}, "panels": []}
    width = WIDTH // min(MOST, len(section.panels))
    for place, panel in enumerate(section.panels):
        line, column = divmod(place, MOST)
        yield {
            "type": "timeseries",
            "title": panel.title,
            "datasource": {"type": "prometheus", "uid": "$datasource"},
            "gridPos": {"x": column * width, "y": top + 1 + line * HEIGHT, "w": width, "h": HEIGHT},
            "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
            "targets": [
                {
                    "refId": chr(ord("A") + place),
                    "expr": expr,
                    "legendFormat": legend,
                    # The traces that a histogram names.
                    **({"exemplar": True} if "_bucket" in expr else {}),
                }
                for place, (expr, legend) in enumerate(panel.queries)
            ],
        }


def _dashboard() -> dict[str, Any]:
    return {
        "uid": SERVICE,
        "title": SERVICE,
        "schemaVersion": 39,
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "1m",
        "templating": {
            "list": [
                {"name": "datasource", "type": "datasource", "query": "prometheus"},
                {"name": "job", "type": "constant", "query": SERVICE, "hide": 2},
                {
                    "name": "ns",
                    "label": "namespace",
                    "type": "query",
                    "datasource": {"type": "prometheus", "uid": "$datasource"},
                    "query": 'label_values(up{job="$job"}, namespace)',
                    "refresh": 2,
                },
            ]
        },
        "panels": ["PANELS"],
    }
