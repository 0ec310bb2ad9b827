"""Who may talk to whom: the answers, in the words of today and of before, and what is rendered of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from gocontainer import render
from gocontainer.answers import lockfile
from gocontainer.answers.model import Answers
from gocontainer.cli import flags
from gocontainer.errors import InvalidAnswer, NotApplicable
from gocontainer.options.schema import answers_schema
from gocontainer.options.table import BY_NAME
from gocontainer.repository import tree
from tests.helpers import crds
from tests.helpers.support import answers, committed, files_of, gocontainer, ok, replace
from tests.test_cookiecutter import cookiecutter

POLICY = "deploy/components/network-policy/networkpolicy.yaml"
CILIUM = "deploy/components/network-policy/ciliumnetworkpolicy.yaml"
PEERS = {"called_by": "shop,web/frontend", "calls": "shop/payments:8080,api.example.com:443,db.example.com:5432"}
OLD = pytest.mark.parametrize(("old", "new"), [("true", "kubernetes"), ("false", "none")])
"""What yes and no became."""


def policy(path: str, **given: Any) -> dict[str, Any]:
    spec: dict[str, Any] = yaml.safe_load(files_of(given)[path].content)["spec"]
    return spec


# What was yes or no


@OLD
@pytest.mark.parametrize("way", ["switch", "flag", "set", "variable", "yaml", "toml", "json", "words"])
def test_yes_and_no_are_taken_wherever_they_were(tmp_path: Path, way: str, old: str, new: str) -> None:
    texts = {
        "yaml": f"network_policy: {old}\n",
        "toml": f"network_policy = {old}\n",
        "json": f'{{"network_policy": {old}}}',
    }
    if way in texts:
        (tmp_path / f"a.{way}").write_text(texts[way])
    switch = "--network-policy" if old == "true" else "--no-network-policy"
    arguments: Mapping[str, Sequence[str]] = {
        "switch": (switch, "orders"),
        "flag": ("orders", f"--network-policy={old}"),
        "set": ("orders", f"--set=network_policy={old}"),
        "words": ("orders", "--network-policy", "Yes" if old == "true" else "off"),
        **{name: ("orders", f"--answers={tmp_path}/a.{name}") for name in texts},
    }
    variables = {"GOCONTAINER_NETWORK_POLICY": old} if way == "variable" else {}
    call = ("new", *arguments.get(way, ("orders",)), "--no-input", "--profile=hardened", f"--output={tmp_path}")
    ok(gocontainer(*call, env=variables), call)
    assert lockfile.read(tmp_path / "orders").answers["network_policy"] == new


@OLD
def test_a_lock_of_before_says_what_it_said(tmp_path: Path, old: str, new: str) -> None:
    """An update leaves each file but the lock as it is, and from then on the lock has the new word."""
    given = answers(network_policy=old)
    folder = committed(tmp_path / "orders", lockfile.with_lockfile(render(given), given))
    replace(folder / lockfile.LOCK, (f'"network_policy": "{new}"', f'"network_policy": {old}'))
    text = (folder / lockfile.LOCK).read_text()
    for name in ("called_by", "calls"):
        text = text.replace(f'    "{name}": "",\n', "").replace(f'    "{name}",\n', "")
    (folder / lockfile.LOCK).write_text(text)
    committed_again = tree.load(folder)
    ok(gocontainer("update", str(folder), "--set=drain_seconds=20"))
    after = tree.load(folder)
    assert {path for path in after if after[path] != committed_again.get(path)} <= {lockfile.LOCK, lockfile.PACK}
    assert render(answers(network_policy=lockfile.read(folder).answers["network_policy"])) == render(given)


@OLD
def test_an_update_sets_yes_and_no(tmp_path: Path, old: str, new: str) -> None:
    given = answers(network_policy="none" if new != "none" else "kubernetes")
    folder = committed(tmp_path / "orders", lockfile.with_lockfile(render(given), given))
    ok(gocontainer("update", str(folder), f"--set=network_policy={old}"))
    assert lockfile.read(folder).answers["network_policy"] == new


@OLD
def test_python_the_schema_and_cookiecutter_take_yes_and_no(tmp_path: Path, old: str, new: str) -> None:
    meant: bool = json.loads(old)
    assert Answers(service="orders", network_policy=meant)["network_policy"] == new
    schema = jsonschema.Draft202012Validator(json.loads(answers_schema()))
    assert all(schema.is_valid({"network_policy": each, "calls": ""}) is (new != "none") for each in (meant, old, new))
    done = cookiecutter(tmp_path, "service=orders", f"network_policy={old}")
    assert done.returncode == 0, done.stderr
    assert tree.load(tmp_path / "orders") == render(answers(network_policy=new))


@pytest.mark.parametrize("raw", ["calico", "2", "", "no policy"])
def test_another_word_is_refused_with_the_choices(raw: str) -> None:
    with pytest.raises(InvalidAnswer, match="Choose from none, kubernetes, cilium"):
        BY_NAME["network_policy"].parse(raw, "network_policy")


def test_a_word_behind_the_switch_is_its_value_only_where_it_is_one() -> None:
    assert flags.spelled(["new", "--network-policy", "cilium", "orders"]) == [
        "new",
        "--network-policy",
        "cilium",
        "orders",
    ]
    assert flags.spelled(["new", "--network-policy", "orders"]) == ["new", "--network-policy=kubernetes", "orders"]


# Who calls, and what is called


@pytest.mark.parametrize("raw", ["shop,web/frontend", ["shop", "web/frontend"]])
def test_a_list_is_a_line_with_commas(raw: object) -> None:
    assert BY_NAME["called_by"].parse(raw, "") == "shop,web/frontend"


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        *(
            ("called_by", each)
            for each in ("Shop", "shop/a/b", "shop,shop", "shop,", "*", "a" * 64, ["a,b"], [5], {"a": 1})
        ),
        *(("calls", each) for each in ("shop/pay", "shop/pay:0", "shop/pay:65536", "10.0.0.1:80", "pay.shop.svc:80")),
        *(
            ("calls", each)
            for each in ("pay.shop.svc.cluster.local:80", "shop:80", "https://a.example:443", "a.example:443:1")
        ),
        *(("calls", each) for each in ("*.example.com:443", ",".join(f"n{each}/n:1" for each in range(21)))),
    ],
)
def test_what_no_policy_could_name_is_refused_in_a_sentence(name: str, raw: object) -> None:
    with pytest.raises(InvalidAnswer) as refused:
        BY_NAME[name].parse(raw, name)
    assert "Write " in str(refused.value)


@pytest.mark.parametrize("given", [{"network_policy": "none"}, {"target": "kubeedge"}])
def test_peers_without_a_policy_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(NotApplicable):
        answers(calls="shop/payments:8080", **given)


def test_a_name_that_yaml_reads_otherwise_is_quoted() -> None:
    peers = policy(POLICY, called_by="1e3,on/123,shop/no")["ingress"][0]["from"]
    labels = [label for peer in peers for selector in peer.values() for label in selector["matchLabels"].values()]
    assert labels == ["1e3", "on", "123", "shop", "no"]


def test_without_peers_everything_is_as_it_was() -> None:
    spec = policy(POLICY)
    assert spec["ingress"] == [{"ports": [{"port": "http"}, {"port": "admin"}]}]
    assert [[port["port"] for port in rule["ports"]] for rule in spec["egress"]] == [[53, 53], [4318]]


def test_a_network_policy_has_a_rule_for_each_peer() -> None:
    spec = policy(POLICY, **PEERS)
    requests, metrics = spec["ingress"]
    assert [len(peer) for peer in requests["from"]] == [1, 2]
    assert requests["ports"] == [{"port": "http"}]
    assert metrics == {"ports": [{"port": "admin"}]}
    (payments, hosts) = spec["egress"][-2:]
    assert payments["ports"] == [{"port": 8080, "protocol": "TCP"}]
    assert [port["port"] for port in hosts["ports"]] == [443, 5432], "by port alone"
    assert "to" not in hosts


@pytest.mark.parametrize(
    ("given", "namespace"),
    [({"expose": "gateway", "expose_gateway": "edge/public"}, "edge"), ({"expose": "ingress"}, "ingress-nginx")],
)
def test_what_brings_requests_in_from_outside_is_among_the_callers(given: dict[str, Any], namespace: str) -> None:
    peers = policy(POLICY, **PEERS, **given)["ingress"][0]["from"]
    assert peers[-1] == {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    rules = policy(CILIUM, network_policy="cilium", **PEERS, **given)["ingress"]
    assert {"k8s:io.kubernetes.pod.namespace": namespace} in [each["matchLabels"] for each in rules[0]["fromEndpoints"]]
    assert rules[1]["fromEntities"] == ["ingress"]


def test_cilium_names_hosts_and_learns_their_addresses_from_the_answers_of_dns() -> None:
    spec = policy(CILIUM, network_policy="cilium", **PEERS)
    named = [rule["toFQDNs"] for rule in spec["egress"] if "toFQDNs" in rule]
    assert named == [[{"matchName": "api.example.com"}], [{"matchName": "db.example.com"}]]
    assert spec["egress"][0]["toPorts"][0]["rules"]["dns"] == [{"matchPattern": "*"}]
    assert all({"toEndpoints", "toEntities", "toFQDNs"} & rule.keys() for rule in spec["egress"]), (
        "no rule is by port alone"
    )


@pytest.mark.parametrize(
    "given", [{}, {"target": "knative"}, {"target": "knative", "eventing": "kafka", "scale_on": "lag"}]
)
def test_cilium_stands_alone(given: dict[str, Any]) -> None:
    """No NetworkPolicy beside it, which would refuse what it lets through."""
    found = [
        file.content.decode()
        for file in files_of({"network_policy": "cilium", "config_center": "none", **given}).values()
    ]
    assert not [text for text in found if "\nkind: NetworkPolicy\n" in text]


def test_a_field_that_cilium_does_not_know_is_found() -> None:
    text = files_of({"network_policy": "cilium", **PEERS})[CILIUM].content.decode()
    assert crds.objections(yaml.safe_load(text)) == []
    wrong = text.replace("matchName", "matchNames", 1)
    assert any("'matchNames' was unexpected" in each for each in crds.objections(yaml.safe_load(wrong)))


@pytest.mark.parametrize("kind", ["kubernetes", "cilium"])
@pytest.mark.parametrize(
    ("page", "given"),
    [
        ("docs/environments.md", {"config_center": "etcd"}),
        ("docs/network.md", {"target": "knative", "eventing": "kafka"}),
    ],
)
def test_the_page_lists_every_port_that_the_policies_open(kind: str, page: str, given: dict[str, Any]) -> None:
    peers = {"calls": PEERS["calls"]}
    files = files_of({"network_policy": kind, **peers, **given})
    rows = [line for line in files[page].content.decode().splitlines() if line.startswith("| the service |")]
    listed = {port.strip() for row in rows for port in row.split("|")[3].split(",")}
    assert listed == {str(port) for port in opened(files)}


def opened(files: Mapping[str, tree.File]) -> set[int]:
    """Return the ports that the policies let out."""
    specs = [
        yaml.safe_load(file.content)["spec"]
        for path, file in files.items()
        if "network" in path and b"NetworkPolicy\n" in file.content and path.endswith(".yaml")
    ] + [
        yaml.safe_load(file.content)["spec"]
        for path, file in files.items()
        if path.endswith("network-policy/config-center.yaml")
    ]
    rules = [rule for spec in specs for rule in spec["egress"]]
    plain = [port["port"] for rule in rules for port in rule.get("ports", ())]
    return {int(port) for port in plain} | {
        int(port["port"]) for rule in rules for group in rule.get("toPorts", ()) for port in group["ports"]
    }
