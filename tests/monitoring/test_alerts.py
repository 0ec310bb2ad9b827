"""Every alert fires on its series and stays still on others; a change of its expression is noticed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers.support import ROWS, files_of, row_id
from tests.monitoring import promtool, vmalert
from tests.monitoring.cases import CASES, Case, Scenario, requests

FILE = "deploy/components/monitoring/prometheusrule.yaml"
each_alert = pytest.mark.parametrize("alert", CASES)
Fails = Callable[[Path, Sequence[promtool.Question]], list[int]]
each_judge = pytest.mark.parametrize(
    "fails", [promtool.fails, pytest.param(vmalert.fails, marks=pytest.mark.slow)], ids=["promtool", "vmalert"]
)
"""Prometheus, and VictoriaMetrics, which many have in its place."""
Rules = dict[str, Any]


def rules_of(**given: object) -> Rules:
    """Return the rules that are rendered, as Prometheus itself reads them."""
    text = files_of({"monitoring": "operator", **given})[FILE].content
    rules: Rules = yaml.safe_load(text)["spec"]
    return rules


def alerts_of(rules: Rules) -> Mapping[str, Mapping[str, Any]]:
    """Return the alerts by name."""
    return {rule["alert"]: rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule}


def query(rules: Rules, alert: str) -> str:
    """Ask whether an alert fires, with each label that its summary names."""
    named = re.findall(r"\$labels\.(\w+)", alerts_of(rules)[alert]["annotations"]["summary"])
    labels = "".join(f',{label}!=""' for label in named)
    return f'count(ALERTS{{alertname="{alert}",alertstate="firing"{labels}}}) > bool 0'


def questions(folder: Path, name: str, rules: Rules, alert: str) -> list[promtool.Question]:
    """Ask about each scenario of an alert whether it fires, as it must or must not."""
    path = folder / f"{name}.rules.yaml"
    path.write_text(json.dumps(rules))

    def question(scenario: Scenario, *, fires: bool) -> promtool.Question:
        return promtool.Question(path, scenario.series, scenario.minutes, {query(rules, alert): fires})

    case: Case = CASES[alert]
    return [*(question(each, fires=True) for each in case.fires), *(question(each, fires=False) for each in case.still)]


def only(rules: Rules, alert: str, expression: str | None = None) -> Rules:
    """Return an alert alone, also with another expression."""
    rule = dict(alerts_of(rules)[alert])
    rule["expr"] = expression or rule["expr"]
    return {"groups": [{"name": "alert", "rules": [rule]}]}


def mutants(expression: str) -> Iterator[str]:
    """Yield the expression with one operator or factor turned."""
    turned = {" > ": " < ", " >= ": " <= ", " == ": " != ", " and ": " or ", " unless ": " and "}
    turned |= {"14.4 * ": "2 * ", "6 * ": "2 * "}
    for old, new in turned.items():
        for found in re.finditer(rf"(?<![\d.]){re.escape(old.strip())}(?= )", expression):
            yield expression[: found.start()] + new.strip() + expression[found.end() :]


@each_judge
@each_alert
def test_alert_fires_on_its_series_and_stays_still_on_others(tmp_path: Path, alert: str, fails: Fails) -> None:
    rules = rules_of(**CASES[alert].answers)
    assert fails(tmp_path, questions(tmp_path, "all", only(rules, alert), alert)) == []


@each_judge
def test_a_changed_rule_has_other_answers(tmp_path: Path, fails: Fails) -> None:
    rules, alert = rules_of(), "RequestsShed"
    changed = only(rules, alert, alerts_of(rules)[alert]["expr"].replace("> 0", "> 1000"))
    assert fails(tmp_path, questions(tmp_path, "all", changed, alert)) == [0], "it alone must fire"


@each_alert
def test_a_change_of_an_expression_is_noticed(tmp_path: Path, alert: str) -> None:
    rules = rules_of(**CASES[alert].answers)
    changed = [*mutants(alerts_of(rules)[alert]["expr"])]
    assert changed
    asked = [questions(tmp_path, str(n), only(rules, alert, each), alert) for n, each in enumerate(changed)]
    wrong = set(promtool.fails(tmp_path, [each for some in asked for each in some]))
    places = [n for n, some in enumerate(asked) for _ in some]
    assert [changed[n] for n in range(len(changed)) if n not in {places[place] for place in wrong}] == []


@pytest.mark.parametrize(("failed", "late"), [(0, 40), (20, 0)])
def test_shares_are_recorded_and_alerts_go_by_them(tmp_path: Path, failed: float, late: float) -> None:
    rules, scenario = rules_of(), requests(failed, late)
    (tmp_path / "rules.yaml").write_text(json.dumps(rules))
    finds = {query(rules, "ErrorBudgetBurnsFast"): failed > 0, query(rules, "LatencyBudgetBurnsFast"): late > 0}
    for rule in (each for group in rules["groups"] for each in group["rules"] if "record" in each):
        window = rule["record"].partition("ratio_rate")[2]
        assert set(re.findall(r"\[(\w+)\]", rule["expr"])) == {window}
        expected = (failed if ":http_server_failed:" in rule["record"] else late) / 100
        finds[f"count(abs({rule['record']} - {expected}) < 0.000001)"] = True
    assert len(finds) == 12
    asked = promtool.Question(tmp_path / "rules.yaml", scenario.series, scenario.minutes, finds)
    assert promtool.fails(tmp_path, [asked]) == []


OPERATED = [row for row in ROWS if row.get("monitoring") == "operator"]


@pytest.mark.parametrize("row", OPERATED, ids=row_id)
def test_rules_are_valid_tested_and_each_in_the_runbook(tmp_path: Path, row: dict[str, Any]) -> None:
    files = files_of(row)
    rules = yaml.safe_load(files[FILE].content)["spec"]
    (tmp_path / "rules.yaml").write_text(json.dumps(rules))
    said = promtool.run("check", "rules", tmp_path / "rules.yaml")
    assert said.code == 0, said
    assert alerts_of(rules).keys() <= CASES.keys()
    runbook = re.findall(r"(?m)^## (\w+)$", files["docs/runbook.md"].content.decode())
    assert runbook == [*alerts_of(rules)], "in this order"
    for name, alert in alerts_of(rules).items():
        assert alert["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"


def test_every_case_is_of_an_alert_that_some_row_has() -> None:
    assert {name for row in OPERATED for name in alerts_of(rules_of(**row))} == CASES.keys()
