"""The policies let through what the repository's own page says, and nothing else, by what cyclonus makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers.support import ROWS, rendered
from tests.judges.subject import rendered_by
from tests.networks.cyclonus import verdicts
from tests.networks.table import HERE, PAGES, Peer, Table, Talk
from tests.networks.weaker import Policy, mistakes

pytestmark = [pytest.mark.slow, pytest.mark.proof("deploy/*", *PAGES)]
INSTANCE = "app.kubernetes.io/instance"
BOUND = {
    "kubernetes": {
        "called_by": "shop,web/frontend",
        "calls": "shop/payments:8080,api.example.com:9443,db.example.com:5433",
        "config_center": "etcd",
        "expose": "gateway",
        "expose_gateway": "edge/public",
        "collector": "deployment",
        "mesh": "istio",
        "secrets": "vault",
        "policy": "none",
    },
    "knative": {"target": "knative", "calls": "shop/payments:8080,api.example.com:9443", "config_center": "nacos"},
    "events": {"target": "knative", "eventing": "kafka"},
    "lag": {"target": "knative", "eventing": "kafka", "scale_on": "lag", "calls": "shop/payments:8080"},
}
"""For each target what the policies have rules for; no two of them open the same."""


class Case:
    """A repository in production: its policies, its table, and the pods and ports that they are about."""

    def __init__(self, folder: Path, given: Mapping[str, Any]) -> None:
        repository = rendered(folder, **given)
        environments = rendered_by(repository)
        text = environments.get("prod") or environments["knative"]
        objects = [each for each in yaml.safe_load_all(text) if each]
        self.policies: list[Policy] = [each for each in objects if each["kind"] == "NetworkPolicy"]
        self.ports = {port["containerPort"]: port["name"] for each in objects for port in _ports(each)}
        self.table = Table.of(repository, int(str(given.get("port", 8080))))
        self.pods = {Peer(HERE, each["spec"]["podSelector"]["matchLabels"][INSTANCE]) for each in self.policies}

    def wrong(self, folder: Path, policies: Sequence[Policy]) -> list[Talk]:
        """Return the connections of which policies say something else than the table."""
        talks = self.table.questions(self.pods, {*self.ports, *_opened(policies)})
        said = verdicts(folder, policies, talks, self.ports)
        return [talk for talk, may in zip(talks, said, strict=True) if may != self.table.allows(talk)]


def _opened(policies: Sequence[Policy]) -> Iterator[int]:
    """Yield the ports that policies let through by number; those by name are the pods' own."""
    for policy in policies:
        for rule in [*policy["spec"].get("ingress", ()), *policy["spec"].get("egress", ())]:
            yield from (each["port"] for each in rule.get("ports", ()) if isinstance(each["port"], int))


def _ports(each: Mapping[str, Any]) -> list[dict[str, Any]]:
    if each["kind"] != "Deployment":
        return []
    return [port for container in each["spec"]["template"]["spec"]["containers"] for port in container.get("ports", ())]


def test_each_row_lets_through_what_its_page_says_and_nothing_else(tmp_path: Path) -> None:
    seen: set[str] = set()
    rows = [row for row in ROWS if row.get("network_policy") == "kubernetes"]
    for number, given in enumerate([*rows, *BOUND.values()]):
        case = Case(tmp_path / str(number), given)
        asked = repr((case.policies, case.table))
        if asked not in seen:
            assert case.wrong(tmp_path / f"{number}-asked", case.policies) == [], given
            seen.add(asked)
    assert len(seen) > len(BOUND)


@pytest.mark.parametrize("target", BOUND)
def test_a_policy_with_a_mistake_is_noticed(tmp_path: Path, target: str) -> None:
    case = Case(tmp_path, BOUND[target])
    found = dict(mistakes(case.policies))
    assert len(found) > 20
    unseen = [
        name
        for number, (name, policies) in enumerate(found.items())
        if not case.wrong(tmp_path / f"asked-{number}", policies)
    ]
    assert unseen == []
