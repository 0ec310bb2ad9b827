"""Cilium's own library takes every policy of ours, and refuses mistakes that its schema lets through."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.helpers import crds
from tests.helpers.support import ROOT, ROWS, files_of, rendered, wrapped
from tests.judges.subject import rendered_by

pytestmark = [pytest.mark.slow, pytest.mark.proof("deploy/*")]
KIND = "CiliumNetworkPolicy"
FILE = "deploy/components/network-policy/ciliumnetworkpolicy.yaml"
ANSWERS = {
    "network_policy": "cilium",
    "called_by": "shop,web/frontend",
    "calls": "shop/payments:8080,api.example.com:443",
}
EXTREMES = (
    {"called_by": "1e3,on/123,shop/no", "calls": "1e3/0x1:1,3.example.com:65535"},
    {"calls": ",".join(f"n{each}.example.com:{each + 1}" for each in range(20))},
    {"called_by": ",".join(f"n{each}/n" for each in range(20)), "expose": "gateway", "expose_gateway": "edge/public"},
    {"called_by": "shop", "expose": "ingress", "collector": "deployment"},
    {"target": "knative", "eventing": "kafka", "calls": "shop/payments:8080,api.example.com:443"},
)
"""Names that YAML reads otherwise, the longest lists, and each way in."""


class Mistake(NamedTuple):
    """A text of a policy that is replaced, and what the library says then."""

    old: str
    new: str
    said: str


MISTAKES: Mapping[str, Mistake] = {
    "names and entities in one rule": Mistake(
        "    - toFQDNs:\n",
        "    - toEntities: [cluster]\n      toFQDNs:\n",
        "is not supported yet",
    ),
    "routes of HTTP on UDP": Mistake(
        'port: "8081"\n              protocol: TCP',
        'port: "8081"\n              protocol: UDP',
        "L7 rules can only apply to TCP (not UDP) except for DNS rules",
    ),
    "a path that is no expression": Mistake("path: /metrics", "path: /metrics(", "missing closing )"),
    "no port of that number": Mistake('port: "4318"', 'port: "431800"', "value out of range"),
    "nodes instead of pods": Mistake("  endpointSelector:", "  nodeSelector:", "not supported on host ingress"),
    "a network that is none": Mistake(
        "    - toEntities:\n        - cluster\n", "    - toCIDR: [10.0.0.0/40]\n", "unable to parse CIDR"
    ),
    "ports beside ICMP": Mistake(
        "    - toEntities:\n        - cluster\n",
        "    - icmps: [{fields: [{type: 8}]}]\n      toEntities: [cluster]\n",
        "the ICMPs block may only be present without ToPorts",
    ),
}


def judged(folder: Path, policies: Sequence[str]) -> list[dict[str, str | int]]:
    """Return what the library says of each policy."""
    program = wrapped(ROOT / "tests/networks/cilium", "example.com/gocontainer/cilium")
    paths = [folder / f"{number}.yaml" for number in range(len(policies))]
    for path, text in zip(paths, policies, strict=True):
        path.write_text(text)
    done = subprocess.run([program, *paths], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def applied(folder: Path, given: Mapping[str, object]) -> list[str]:
    """Return the policies of Cilium's as a cluster gets them."""
    found = "---\n".join(rendered_by(rendered(folder, **given)).values())
    return [each for each in found.split("---\n") if f"\nkind: {KIND}\n" in each]


def test_the_library_takes_every_policy(tmp_path: Path) -> None:
    variants = [row for row in ROWS if row.get("network_policy") == "cilium"] + [
        {"network_policy": "cilium", **each} for each in (ANSWERS, *EXTREMES)
    ]
    found: dict[str, None] = {}
    for number, given in enumerate(variants):
        policies = applied(tmp_path / str(number), given)
        assert policies, given
        found |= dict.fromkeys(policies)
    said = judged(tmp_path, list(found))
    assert [each["refused"] for each in said if each["refused"]] == []
    assert {each["rules"] for each in said} == {1}


@pytest.fixture(scope="module")
def mistaken() -> dict[str, str]:
    text = files_of(ANSWERS)[FILE].content.decode().replace("\n  labels:", "\n  namespace: orders\n  labels:", 1)
    for name, each in MISTAKES.items():
        assert each.old in text, name
    return {name: text.replace(each.old, each.new, 1) for name, each in MISTAKES.items()}


def test_the_library_refuses_what_is_a_mistake(tmp_path: Path, mistaken: Mapping[str, str]) -> None:
    said = judged(tmp_path, list(mistaken.values()))
    for (name, mistake), answer in zip(MISTAKES.items(), said, strict=True):
        assert mistake.said in str(answer["refused"]), f"{name}: {answer}"


def test_its_schema_lets_each_of_them_through(mistaken: Mapping[str, str]) -> None:
    assert {name: found for name, text in mistaken.items() if (found := crds.objections(yaml.safe_load(text)))} == {}
