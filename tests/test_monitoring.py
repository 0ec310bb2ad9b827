"""Prometheus finds the service, in each target, through its network policy; and only where that was asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from gocontainer.options.subjects.monitoring import OBJECTIVES
from tests.helpers import crds
from tests.helpers.support import answers, files_of, rendered
from tests.judges.subject import rendered_by

TARGETS: Mapping[str, dict[str, Any]] = {
    "kubernetes": {},
    "kubeedge": {"target": "kubeedge"},
    "openyurt": {"target": "openyurt"},
    "knative": {"target": "knative"},
    "function": {"target": "knative", "eventing": "kafka"},
    "keda": {"target": "knative", "eventing": "kafka", "scale_on": "lag"},
}
each_target = pytest.mark.parametrize("given", TARGETS.values(), ids=TARGETS)
SCRAPED = {"prometheus.io/scrape": "true", "prometheus.io/port": "8081", "prometheus.io/path": "/metrics"}
MONITORED = ("PodMonitor", "PrometheusRule")
NEW = {
    "deploy/components/monitoring/dashboard.json", "deploy/components/monitoring/kustomization.yaml",
    "deploy/components/monitoring/podmonitor.yaml", "deploy/components/monitoring/prometheusrule.yaml",
    "docs/runbook.md", "internal/telemetry/pools.go", "internal/telemetry/pools_test.go",
}  # fmt: skip


def objects(repository: Path) -> list[dict[str, Any]]:
    """Return what production, or each site, is given."""
    texts = [text for path, text in rendered_by(repository).items() if "dev" not in Path(path).parts]
    return [each for text in texts for each in yaml.safe_load_all(text) if each]


def pods(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the templates of the pods of workloads, of Knative's too."""
    return [each["spec"]["template"] for each in found if "template" in each.get("spec", {})]


def unseen(found: list[dict[str, Any]]) -> list[str]:
    """Say why Prometheus does not get the metrics: of the pods, the port or the policy."""
    monitors = [each["spec"] for each in found if each["kind"] == "PodMonitor"]
    said = [why for pod in pods(found) for monitor in monitors for why in astray(monitor, pod)]
    annotated = [SCRAPED.items() <= pod["metadata"].get("annotations", {}).items() for pod in pods(found)]
    if not monitors and not all(annotated):
        said.append("nothing names the pod")
    for policy in (each for each in found if each["kind"] == "NetworkPolicy" and "ingress" in each["spec"]):
        everybody = [each["port"] for rule in policy["spec"]["ingress"] if "from" not in rule for each in rule["ports"]]
        if not {"admin", 8081} & {*everybody}:
            said.append("the policy lets nobody in")
    return said


def astray(monitor: Mapping[str, Any], pod: Mapping[str, Any]) -> Iterator[str]:
    """Yield why a PodMonitor does not lead to the metrics of a pod. Knative calls the container's only port so."""
    labels, ports = pod["metadata"].get("labels", {}), pod["spec"]["containers"][0]["ports"]
    (endpoint,) = monitor["podMetricsEndpoints"]
    if not monitor["selector"]["matchLabels"].items() <= labels.items():
        yield "the PodMonitor selects other pods"
    if monitor["jobLabel"] not in labels:
        yield "there is no job"
    leads = [each["containerPort"] for each in ports if each["name"] == endpoint["port"]]
    moved = [each["replacement"] for each in endpoint.get("relabelings", ())]
    if leads != [8081] and (endpoint["port"], moved) != ("user-port", ["$1:8081"]):
        yield f"the port {endpoint['port']} is another"


@each_target
@pytest.mark.parametrize("monitoring", ["annotations", "operator"])
def test_prometheus_gets_the_metrics_of_every_target(tmp_path: Path, given: dict[str, Any], monitoring: str) -> None:
    found = objects(rendered(tmp_path, monitoring=monitoring, **given))
    assert pods(found)
    assert unseen(found) == []
    assert any(each["kind"] == "PodMonitor" for each in found) is (monitoring == "operator")


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ({"podMetricsEndpoints": [{"port": "http"}]}, "the port http is another"),
        ({"selector": {"matchLabels": {"app": "other"}}}, "the PodMonitor selects other pods"),
        ({"jobLabel": "team"}, "there is no job"),
    ],
)
def test_a_monitor_that_leads_elsewhere_is_found(tmp_path: Path, edit: dict[str, Any], says: str) -> None:
    found = objects(rendered(tmp_path, monitoring="operator"))
    for each in found:
        if each["kind"] == "PodMonitor":
            each["spec"].update(edit)
    assert unseen(found) == [says]


def test_a_policy_and_a_pod_that_say_nothing_are_found(tmp_path: Path) -> None:
    found = objects(rendered(tmp_path, monitoring="none"))
    for each in found:
        if each["kind"] == "NetworkPolicy":
            each["spec"]["ingress"] = [{"ports": [{"port": "http"}]}]
    assert unseen(found) == ["nothing names the pod", "the policy lets nobody in"]


@each_target
def test_annotations_are_three_lines_on_the_pod_and_no_file(given: dict[str, Any]) -> None:
    none, annotated = (files_of({**given, "monitoring": each}) for each in ("none", "annotations"))
    assert none.keys() == annotated.keys()
    changed = [path for path in none if none[path] != annotated[path] and not path.startswith(".gocontainer")]
    assert len(changed) == 1
    lines = {*annotated[changed[0]].content.splitlines()} - {*none[changed[0]].content.splitlines()}
    assert sum(b"prometheus.io/" in line for line in lines) == 3


@each_target
def test_the_operator_brings_what_it_reads_and_nothing_else_of_its_own(given: dict[str, Any]) -> None:
    none, operated = (files_of({**given, "monitoring": each}).keys() for each in ("none", "operator"))
    assert operated - none == NEW


def test_strict_schemas_accept_it_and_refuse_a_field_that_there_is_not(tmp_path: Path) -> None:
    custom = [each for each in objects(rendered(tmp_path, monitoring="operator")) if each["kind"] in MONITORED]
    assert [each["kind"] for each in custom] == [*MONITORED]
    assert [crds.objections(each) for each in custom] == [[], []]
    monitor, rule = custom
    monitor["spec"]["podMetricsEndpoint"] = monitor["spec"].pop("podMetricsEndpoints")
    rule["spec"]["groups"][0]["rules"][0]["expression"] = "up"
    for each, word in zip(custom, ("podMetricsEndpoint", "expression"), strict=True):
        assert any(f"'{word}' was unexpected" in said for said in crds.objections(each))


@pytest.mark.parametrize("slo", OBJECTIVES)
def test_an_objective_leaves_its_budget_and_every_burn_rate_can_be_reached(slo: str) -> None:
    budget = OBJECTIVES[slo].budget
    assert float(budget) == pytest.approx((100 - float(slo)) / 100)
    assert 14.4 * float(budget) < 1
    files = files_of({"monitoring": "operator", "slo": slo})
    rules = files["deploy/components/monitoring/prometheusrule.yaml"].content.decode()
    assert {*re.findall(r"> (?:[\d.]+ \* )?(0\.\d+)$", rules.partition("-causes")[0], re.MULTILINE)} == {budget}
    assert f"{slo} % of all requests" in files["docs/runbook.md"].content.decode()


@pytest.mark.parametrize(
    ("slo", "hours"), [("99", 7.2), ("99.5", 3.6), ("99.9", 0.72), ("99.95", 0.36), ("99.99", 0.072)]
)
def test_the_label_says_what_the_budget_of_30_days_is(slo: str, hours: float) -> None:
    amount, unit, *_ = OBJECTIVES[slo].label.split()
    assert float(amount) * {"hours": 1, "minutes": 1 / 60}[unit] == pytest.approx(hours, rel=0.08)


def test_severities_say_what_the_table_of_the_runbook_says() -> None:
    text = files_of({"monitoring": "operator"})["docs/runbook.md"].content.decode()
    rows = re.findall(r"\| (\w+) \| ([\d.]+) \| (\d+) (h|d) \| ([^|]+) \| (\d+) % \|", text)
    assert len(rows) == 3
    rules = files_of({"monitoring": "operator"})["deploy/components/monitoring/prometheusrule.yaml"].content.decode()
    for severity, rate, amount, unit, still, share in rows:
        hours = int(amount) * {"h": 1, "d": 24}[unit]
        assert float(rate) * hours / (30 * 24) * 100 == pytest.approx(int(share))
        above = r"\{[^}]*\} > " + (re.escape(f"{rate} * ") if rate != "1" else "") + r"0\.001\s+"
        short = still.replace(" min", "m").replace(" h", "h")
        pair = rf"ratio_rate{amount}{unit}{above}and job:http_server_\w+:ratio_rate{short}{above}"
        assert len(re.findall(rf"{pair}(?:or [^l]*?)?(?s:.{{0,400}}?)severity: {severity}", rules)) == 2


def test_half_a_second_is_a_bucket_of_the_histogram() -> None:
    files = files_of({"monitoring": "operator"})
    (buckets,) = re.findall(
        r"Buckets: \[\]float64\{([^}]*)\}", files["internal/telemetry/telemetry.go"].content.decode()
    )
    rules = files["deploy/components/monitoring/prometheusrule.yaml"].content.decode()
    assert {float(each) for each in re.findall(r'le="([^"]+)"', rules)} == {0.5}
    assert 0.5 in {float(each) for each in buckets.split(",")}


def test_an_objective_without_the_operator_has_no_meaning() -> None:
    chosen = answers(monitoring="annotations")
    assert "slo" not in chosen.applicable()
    assert "slo" in answers(monitoring="operator").applicable()


def test_the_panel_of_durations_shows_the_traces_that_the_histogram_names() -> None:
    text = files_of({"monitoring": "operator"})["deploy/components/monitoring/dashboard.json"].content
    panels = json.loads(text)["panels"]
    assert {each["title"] for each in panels for query in each.get("targets", ()) if query.get("exemplar")} == {
        "Duration"
    }
