"""What OpenShift lets a pod be by default admits what is rendered, with the component of the page."""

from __future__ import annotations

import copy
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers.support import ROOT, rendered, replace
from tests.judges.subject import rendered_by

PAGE = (ROOT / "docs/how-to/clusters.md").read_text()
COMPONENT = "deploy/components/openshift/kustomization.yaml"
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
    (component,) = re.findall(rf"(?s)% file: {COMPONENT}\n```yaml\n(.*?)```", PAGE)
    (repository / COMPONENT).parent.mkdir()
    (repository / COMPONENT).write_text(component)
    if (repository / KNATIVE).exists():
        assert f"it is `../components/openshift` in `{KNATIVE}`" in PAGE
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
