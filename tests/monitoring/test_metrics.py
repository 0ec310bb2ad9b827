"""What rules, dashboards and runbooks ask for is there: the service exposes it as it runs, or a table says who does."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers import reads
from tests.helpers.service import running
from tests.helpers.support import ROWS, files_of, go, ok, rendered, replace, row_id
from tests.monitoring import promtool
from tests.monitoring.test_alerts import FILE

DASHBOARD, RUNBOOK = "deploy/components/monitoring/dashboard.json", "docs/runbook.md"
SERVICE = {"monitoring": "operator"}
SITE = {"monitoring": "operator", "target": "kubeedge", "edge_features": "model", "config_center": "nacos"}
OPERATED = [row for row in ROWS if row.get("monitoring") == "operator"]
Labels = frozenset[str]
Exposed = Mapping[str, Labels]
TARGET = Labels(["namespace", "job", "pod"])
"""What the operator gives each series of a PodMonitor (prometheus-operator: pkg/prometheus/promcfg.go)."""
_POD = Labels(["namespace", "pod", "container"])
ELSEWHERE: Exposed = {
    # Prometheus itself: prometheus.io, Jobs and instances.
    "up": TARGET,
    # kube-state-metrics: docs/metrics/workload/pod-metrics.md
    "kube_pod_container_resource_limits": _POD | {"resource", "unit", "node"},
    "kube_pod_container_status_last_terminated_reason": _POD | {"reason"},
    "kube_pod_container_status_restarts_total": _POD,
    # cAdvisor in the kubelet: docs/storage/prometheus.md
    "container_cpu_cfs_periods_total": _POD,
    "container_cpu_cfs_throttled_periods_total": _POD,
    "container_cpu_cfs_throttled_seconds_total": _POD,
    "container_cpu_usage_seconds_total": _POD,
    "container_memory_working_set_bytes": _POD,
    # danielqsj/kafka_exporter: README.md, Metrics
    "kafka_consumergroup_lag": Labels(["consumergroup", "topic", "partition"]),
}
"""Who exposes what the service does not."""
POOL = """package deps

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

type away struct{}

func (away) Connect(context.Context) (driver.Conn, error) { return nil, errors.New("nobody answers") }
func (away) Driver() driver.Driver                        { return nil }

func open(core Core) *sql.DB {
	db := sql.OpenDB(away{})
	core.WatchPool("orders", db.Stats)
	return db
}
"""
"""A pool of an owner's."""


@reads.cache
def exposed() -> Exposed:
    """Start a service with a pool, and a site with a model and a config centre; return their metrics and labels."""
    service = rendered(Path(tempfile.mkdtemp(prefix="metrics-")), **SERVICE)
    (service / "internal/deps/pool.go").write_text(POOL)
    replace(
        service / "internal/deps/deps.go", ("{ return &Deps{core}, nil }", "{ open(core); return &Deps{core}, nil }")
    )
    with running(built(service, "server")) as process:
        found = read(process.url, process.admin)
    site = rendered(Path(tempfile.mkdtemp(prefix="metrics-")), **SITE)
    with running(built(site, "server"), *of_a_site(site)) as process:
        return {**found, **read(process.url, process.admin)}


def built(repository: Path, name: str) -> Path:
    ok(go(repository, "build", "-o", f"bin/{name}", f"./cmd/{name}", CGO_ENABLED="0"), name)
    return repository / "bin" / name


def of_a_site(site: Path) -> list[str]:
    """Install a model, and return the flags of a service that has it and all else of a site."""
    sign, scratch = built(site, "model"), site / "scratch"
    scratch.mkdir()
    keys = subprocess.check_output([sign, "key", scratch / "key.pem"], text=True).strip()
    subprocess.run([sign, "sign", scratch / "key.pem", "v1", site / "model"], check=True, capture_output=True)
    model = ["-model-dir", str(scratch / "models"), "-model-keys", keys]
    subprocess.run([site / "bin/server", *model, "-install-model", site / "model"], check=True, capture_output=True)
    away = "http://127.0.0.1:1"
    return [*model, "-queue-dir", str(scratch / "queue"), "-upstream", away, "-center-address", away]


def read(service: str, admin: str) -> dict[str, Labels]:
    """Send a request, and return the labels of each metric."""
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{service}/v1/quotes", data=b"?")
    with urllib.request.urlopen(f"{admin}/metrics") as answer:
        text = answer.read().decode()
    found: dict[str, Labels] = {}
    for name, labels in re.findall(r"(?m)^(\w+)(?:\{(.*)\})? ", text):
        found[name] = found.get(name, Labels()) | Labels(re.findall(r'(\w+)="', labels))
    return found


def expressions(files: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every expression of the rules and the dashboard, with the text in which its labels are shown."""
    for group in yaml.safe_load(files[FILE].content)["spec"]["groups"]:
        for rule in group["rules"]:
            yield rule["expr"], rule.get("annotations", {}).get("summary", "")
    for panel in json.loads(files[DASHBOARD].content)["panels"]:
        for target in panel.get("targets", ()):
            expression = target["expr"].replace("$ns", "orders").replace("$job", "orders")
            yield expression, target["legendFormat"]


def unknown(files: Mapping[str, Any], known: Exposed) -> Iterator[str]:
    """Yield each metric that nobody exposes, and each label that it has not."""
    recorded = re.findall(r"record: (\S+)", files[FILE].content.decode())
    every = {**known, **ELSEWHERE, **dict.fromkeys(recorded, TARGET)}
    for expression, shown in expressions(files):
        labels = Labels()
        for name, selector in re.findall(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}", expression):
            has = every.get(name, Labels())
            ours = TARGET if name not in ELSEWHERE else Labels()
            if name not in every:
                yield f"nobody exposes {name}"
            asked = Labels(re.findall(r"(\w+)(?:=~|!~|!=|=)", selector))
            yield from (f"{name} has no {label}" for label in sorted(asked - has - ours) if name in every)
            labels |= has | ours
        grouped = re.findall(r"\b(?:by|on) \(([^)]*)\)", expression)
        wanted = {label.strip() for each in grouped for label in each.split(",")}
        wanted |= {*re.findall(r"\$labels\.(\w+)", shown), *re.findall(r"\{\{(\w+)\}\}", shown)}
        yield from (f"no metric of {expression} has {label}" for label in sorted(wanted - labels))
    words = re.findall(r"\b\w+_(?:total|seconds|bytes|records|fallback|info|count|max)\b", text_of(files, RUNBOOK))
    yield from (f"nobody exposes {name}, of the runbook" for name in words if name not in every)


def text_of(files: Mapping[str, Any], path: str) -> str:
    text: str = files[path].content.decode()
    return text


@pytest.mark.slow
@pytest.mark.parametrize("row", OPERATED, ids=row_id)
def test_every_metric_and_label_is_exposed_as_the_service_runs(row: dict[str, Any]) -> None:
    assert [*unknown(files_of(row), exposed())] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("http_server_panics_total", "http_server_panic_total", "nobody exposes http_server_panic_total"),
        ('code=~\\"5..\\"', 'status=~\\"5..\\"', "http_server_request_duration_seconds_count has no status"),
        ("{{route}}", "{{path}}", "no metric of"),
    ],
)
def test_a_metric_or_label_that_nobody_exposes_is_found(old: str, new: str, says: str) -> None:
    files = dict(files_of(SERVICE))
    text = text_of(files, DASHBOARD)
    assert old in text
    files[DASHBOARD] = files[DASHBOARD]._replace(content=text.replace(old, new).encode())
    found = [*unknown(files, exposed())]
    assert found
    assert all(each.startswith(says) for each in found), found


@pytest.mark.parametrize("row", OPERATED, ids=row_id)
def test_every_query_of_a_dashboard_is_promql_on_a_data_source_that_is_chosen(
    tmp_path: Path, row: dict[str, Any]
) -> None:
    files = files_of(row)
    dashboard = json.loads(files[DASHBOARD].content)
    rules = [{"record": f"q{n}", "expr": expression} for n, (expression, _) in enumerate(expressions(files))]
    (tmp_path / "queries.yaml").write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
    ok(promtool.run("check", "rules", "--lint=none", tmp_path / "queries.yaml"))
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert {panel["datasource"]["uid"] for panel in panels} == {"$datasource"}
    assert [each["name"] for each in dashboard["templating"]["list"]] == ["datasource", "job", "ns"]
    assert all(panel["targets"] for panel in panels)


def test_a_query_that_is_none_is_refused(tmp_path: Path) -> None:
    rules = {"groups": [{"name": "queries", "rules": [{"record": "q", "expr": "sum(rate(x[5m])"}]}]}
    (tmp_path / "queries.yaml").write_text(json.dumps(rules))
    assert promtool.run("check", "rules", "--lint=none", tmp_path / "queries.yaml").code != 0
