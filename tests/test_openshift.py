"""What OpenShift lets a pod be by default admits what is rendered, with the component of the page."""

from __future__ import annotations

import copy
import re
import subprocess
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers import crds
from tests.helpers.support import ROOT, rendered, replace
from tests.judges.subject import rendered_by
from tests.test_expose import production

PAGE = (ROOT / "docs/how-to/clusters.md").read_text()
KNATIVE = "deploy/knative/kustomization.yaml"
VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
}  # fmt: skip
CAPABILITIES = {"NET_BIND_SERVICE"}
"""Those of restricted-v2 (openshift/cluster-kube-apiserver-operator: bindata/bootkube/scc-manifests)."""


def refused(pod: Mapping[str, Any]) -> Iterator[str]:
    """Yield what restricted-v2 refuses of a pod: its users and its group are those of the namespace."""
    yield from (each for each in ("hostIPC", "hostNetwork", "hostPID") if pod.get(each))
    for volume in pod.get("volumes", []):
        yield from (kind for kind in volume if kind not in {"name", *VOLUMES})
    yield from _refused_of(pod.get("securityContext", {}))
    for container in (*pod.get("initContainers", []), *pod["containers"]):
        yield from ("hostPort" for port in container.get("ports", []) if "hostPort" in port)
        yield from _refused_of(container.get("securityContext", {}))


def _refused_of(context: Mapping[str, Any]) -> Iterator[str]:
    yield from (each for each in ("runAsUser", "fsGroup", "seLinuxOptions") if each in context)
    yield from (each for each in ("privileged", "allowPrivilegeEscalation") if context.get(each))
    if context.get("seccompProfile", {"type": "RuntimeDefault"}) != {"type": "RuntimeDefault"}:
        yield "seccompProfile"
    yield from {*context.get("capabilities", {}).get("add", [])} - CAPABILITIES


def with_component(repository: Path) -> None:
    """Do what the page says."""
    knative = (repository / KNATIVE).exists()
    for path, text in re.findall(r"(?s)% file: (deploy/components/[\w-]+/kustomization.yaml)\n```yaml\n(.*?)```", PAGE):
        (repository / path).parent.mkdir()
        (repository / path).write_text(text)
    if knative:
        assert f"it is\n`../components/openshift` in `{KNATIVE}`" in PAGE
        replace(repository / KNATIVE, ("configurations:", "  - ../components/openshift\nconfigurations:"))
        return
    for command in re.findall(r"(?m)^\$ ((?:sed|echo) .*)$", PAGE):
        subprocess.run(["/bin/sh", "-c", command], cwd=repository, check=True)


def pods(repository: Path) -> list[dict[str, Any]]:
    """The pods that the manifests make."""
    documents = [each for text in rendered_by(repository).values() for each in yaml.safe_load_all(text)]
    return [each["spec"]["template"]["spec"] for each in documents if "template" in (each.get("spec") or {})]


FUNCTION = {"target": "knative", "eventing": "kafka"}


@pytest.mark.parametrize(
    ("given", "policies"),
    [
        ({}, 1),
        ({"config_center": "nacos", "user_namespaces": True, "kubernetes_min": "1.33"}, 1),
        ({"secrets": "files", "pull_secret": "harbor"}, 1),
        ({"collector": "deployment"}, 3),
        ({"secrets": "vault", "config_center": "apollo"}, 1),
        ({"target": "knative"}, 1),
        ({"target": "knative", "config_center": "nacos"}, 1),
        ({**FUNCTION}, 1),
        ({**FUNCTION, "scale_on": "lag"}, 1),
    ],
    ids=str,
)
def test_the_component_of_the_page_leaves_openshift_its_users_and_its_dns(
    tmp_path: Path, given: dict[str, Any], policies: int
) -> None:
    repository = rendered(tmp_path, **given)
    before = pods(repository)
    assert before
    assert all("runAsUser" in [*refused(pod)] for pod in before), "nothing would have to be done"
    with_component(repository)
    after = pods(repository)
    assert [[*refused(pod)] for pod in after] == [[]] * len(before)
    text = "".join(rendered_by(repository).values())
    assert "runAsGroup" not in text
    assert text.count("runAsNonRoot: true") == len(before)
    assert text.count("port: 5353") == 2 * policies


def test_with_cilium_it_asks_openshifts_dns_too(tmp_path: Path) -> None:
    repository = rendered(tmp_path, network_policy="cilium")
    with_component(repository)
    prod = repository / "deploy/overlays/prod/kustomization.yaml"
    named = [line for line in prod.read_text().splitlines(keepends=True) if "openshift" in line]
    replace(prod, *((line, "") for line in named), ("patches:\n", f"{''.join(named)}patches:\n"))
    policy = production(repository)["CiliumNetworkPolicy"]
    assert crds.objections(policy) == []
    asked = [
        (endpoint["matchLabels"]["k8s:io.kubernetes.pod.namespace"], port["port"])
        for rule in policy["spec"]["egress"]
        for endpoint in rule.get("toEndpoints", [])
        for port in rule["toPorts"][0]["ports"]
        if "dns" in rule["toPorts"][0].get("rules", {})
    ]
    assert {*asked} == {("kube-system", "53"), ("openshift-dns", "5353")}


def certificate(ingress: Mapping[str, Any], secrets: Collection[str] = ()) -> str:
    """Whose certificate the route of an Ingress shows, as openshift/route-controller-manager decides it.

    pkg/route/ingress/ingress.go: no route is made where the host of a rule has no Secret that is there.
    """
    ((host,),) = [[rule["host"]] for rule in ingress["spec"]["rules"]]
    for tls in ingress["spec"]["tls"]:
        if host in tls.get("hosts", []):
            return tls["secretName"] if tls.get("secretName") in secrets else "no route"
    return "the router's" if {} in ingress["spec"]["tls"] else "no TLS"


def test_its_router_makes_a_route_and_is_let_in(tmp_path: Path) -> None:
    repository = rendered(tmp_path, expose="ingress", called_by="shop")
    assert certificate(production(repository)["Ingress"]) == "no route", "nothing would have to be done"
    with_component(repository)
    objects = production(repository)
    assert certificate(objects["Ingress"]) == "the router's"
    callers = [
        each["namespaceSelector"]["matchLabels"]
        for rule in objects["NetworkPolicy"]["spec"]["ingress"]
        if {"port": "http"} in rule["ports"]
        for each in rule["from"]
    ]
    assert callers[-1] == {"policy-group.network.openshift.io/ingress": ""}
    issued = production(rendered(tmp_path / "issued", expose="ingress", expose_issuer="own"))
    assert certificate(issued["Ingress"], {issued["Certificate"]["spec"]["secretName"]}) == "orders-tls"


def test_a_pod_that_is_more_than_openshift_lets_it_be_is_found() -> None:
    good = {
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"ports": [{"containerPort": 80}], "securityContext": {"capabilities": {"drop": ["ALL"]}}}],
    }
    assert [*refused(good)] == []
    for path, value, said in (
        (("hostNetwork",), True, "hostNetwork"),
        (("volumes", 0, "hostPath"), {}, "hostPath"),
        (("securityContext", "fsGroup"), 65532, "fsGroup"),
        (("securityContext", "seccompProfile"), {"type": "Unconfined"}, "seccompProfile"),
        (("securityContext", "seLinuxOptions"), {"level": "s0"}, "seLinuxOptions"),
        (("containers", 0, "ports", 0, "hostPort"), 80, "hostPort"),
        (("containers", 0, "securityContext", "runAsUser"), 65532, "runAsUser"),
        (("containers", 0, "securityContext", "privileged"), True, "privileged"),
        (("containers", 0, "securityContext", "capabilities", "add"), ["NET_ADMIN"], "NET_ADMIN"),
    ):
        bad: Any = copy.deepcopy(good)
        place = bad
        for each in path[:-1]:
            place = place[each]
        place[path[-1]] = value
        assert [*refused(bad)] == [said]
