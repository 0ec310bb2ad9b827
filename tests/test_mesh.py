"""What is rendered for a mesh: it agrees with the service's own limits, and with what else is rendered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gocontainer.errors import ConflictingAnswers
from gocontainer.rendering.engine import render
from gocontainer.rendering.failover import Failover
from gocontainer.rendering.sizing import Sizes
from tests.checks.mesh import seconds
from tests.helpers import crds
from tests.helpers.support import answers, rendered
from tests.judges.subject import rendered_by

MESH = "deploy/components/mesh"


def production(repository: Path) -> dict[str, dict[str, Any]]:
    """Return the objects of production by kind; of several NetworkPolicies the last."""
    return {each["kind"]: each for each in yaml.safe_load_all(rendered_by(repository)["prod"]) if each}


@pytest.mark.parametrize("given", [{}, {"expose": "gateway"}, {"streams": True}], ids=["alone", "gateway", "streams"])
def test_every_object_fits_the_crds_of_istio(tmp_path: Path, given: dict[str, Any]) -> None:
    objects = production(rendered(tmp_path, mesh="istio", **given))
    kinds = {"AuthorizationPolicy", "DestinationRule", "PeerAuthentication", "VirtualService"}
    assert kinds < set(objects)
    assert [said for kind in kinds for said in crds.objections(objects[kind])] == []


def test_only_production_is_in_the_mesh(tmp_path: Path) -> None:
    by_name = rendered_by(rendered(tmp_path, mesh="istio"))
    assert "istio.io" in by_name["prod"]
    assert "istio.io" not in by_name["dev"]


@pytest.mark.parametrize("drain", [5, 20, 300])
def test_a_request_may_take_longer_in_the_mesh_than_the_service_s_own_deadline(tmp_path: Path, drain: int) -> None:
    given = answers(mesh="istio", drain_seconds=drain)
    objects = production(rendered(tmp_path, mesh="istio", drain_seconds=drain))
    for route in objects["VirtualService"]["spec"]["http"]:
        assert seconds(route["timeout"]) > Sizes.of(given).stalled


def test_streams_have_no_end_in_the_mesh(tmp_path: Path) -> None:
    routes = production(rendered(tmp_path, mesh="istio", streams=True))["VirtualService"]["spec"]["http"]
    assert [route.get("timeout") for route in routes] == [None, None]  # the CRD refuses 0s


def test_the_proxy_closes_idle_connections_before_the_service_does(tmp_path: Path) -> None:
    repository = rendered(tmp_path, mesh="istio")
    pool = production(repository)["DestinationRule"]["spec"]["trafficPolicy"]["connectionPool"]
    assert "IdleTimeout:       120 * time.Second" in (repository / "internal/app/app.go").read_text()
    assert seconds(pool["http"]["idleTimeout"]) == 120 / 2


def test_probes_and_prometheus_do_not_meet_the_proxy(tmp_path: Path) -> None:
    pod = production(rendered(tmp_path, mesh="istio"))["Deployment"]["spec"]["template"]
    told = pod["metadata"]["annotations"]
    (container,) = pod["spec"]["containers"]
    (admin,) = [str(each["containerPort"]) for each in container["ports"] if each["name"] == "admin"]
    assert told["traffic.sidecar.istio.io/excludeInboundPorts"] == admin
    assert {container[f"{name}Probe"]["httpGet"]["port"] for name in ("startup", "readiness", "liveness")} == {"admin"}
    assert told["prometheus.io/port"] == admin
    assert yaml.safe_load(told["proxy.istio.io/config"])["holdApplicationUntilProxyStarts"] is True


@pytest.mark.parametrize(
    ("given", "namespaces"),
    [
        ({}, ["orders"]),
        ({"expose": "gateway", "expose_gateway": "infra/shared"}, ["orders", "infra"]),
        ({"called_by": "web,shop/till,shop/kiosk"}, ["orders", "web", "shop"]),
    ],
)
def test_the_own_namespace_the_gateway_s_and_those_of_callers_may_call(
    tmp_path: Path, given: dict[str, Any], namespaces: list[str]
) -> None:
    policy = production(rendered(tmp_path, mesh="istio", **given))["AuthorizationPolicy"]["spec"]
    assert policy["action"] == "ALLOW"
    assert [each["source"]["namespaces"] for rule in policy["rules"] for each in rule["from"]] == [namespaces]


def test_the_network_policies_let_the_proxy_reach_istiod() -> None:
    texts = render(answers(mesh="istio"))
    policy = yaml.safe_load(texts["deploy/components/network-policy/mesh.yaml"].content)
    assert policy["spec"]["egress"] == [{"ports": [{"port": 15012, "protocol": "TCP"}]}]
    assert "mesh.yaml" in texts["deploy/components/network-policy/kustomization.yaml"].content.decode()


@pytest.mark.parametrize("given", [{"policy": "kyverno"}, {"expose": "ingress"}, {"network_policy": "cilium"}], ids=str)
def test_what_a_mesh_cannot_be_with_is_refused_with_the_way_out(given: dict[str, Any]) -> None:
    with pytest.raises(ConflictingAnswers) as refused:
        answers(mesh="istio", **given)
    assert refused.value.hint.endswith("or mesh none.")


def test_without_a_mesh_nothing_names_it() -> None:
    texts = render(answers())
    assert [path for path, file in texts.items() if "mesh" in path or b"istio" in file.content] == []


@pytest.mark.parametrize(
    ("fewest", "zone", "noticed", "over", "lost", "half"),
    [
        (1, 1, 60, 60, 3, 3),
        (2, 1, 60, 60, 3, 3),
        (4, 2, 120, 1120, 41, 3),
        (8, 4, 240, 1240, 62, 22),
        (50, 25, 1500, 2500, 125, 64),
    ],
)
def test_what_a_fault_costs_follows_from_the_replicas(
    fewest: int, zone: int, noticed: int, over: int, lost: int, half: int
) -> None:
    cost = Failover.of(answers(mesh="istio", min_replicas=fewest, max_replicas=50))
    assert (cost.zone_replicas, cost.ejected_ms, cost.over_ms) == (zone, noticed, over)
    assert (cost.lost, cost.half_lost) == (lost, half)
