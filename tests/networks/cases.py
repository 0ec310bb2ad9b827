"""Repositories in production whose network policies are tried, with what their pages say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.helpers.support import rendered
from tests.judges.subject import rendered_by
from tests.networks.cyclonus import verdicts
from tests.networks.table import HERE, Peer, Table, Talk
from tests.networks.weaker import Policy

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
"""What the policies have rules for, by target, and by what else makes others of them; no two rules open the same."""


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

    def questions(self, policies: Sequence[Policy]) -> list[Talk]:
        """Return the connections to try, those that policies open among them."""
        return self.table.questions(self.pods, {*self.ports, *_opened(policies)})

    def wrong(self, folder: Path, policies: Sequence[Policy]) -> list[Talk]:
        """Return the connections of which policies say something else than the table."""
        talks = self.questions(policies)
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
