"""Every row's manifests, as kubectl renders them, against the schemas of the API."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from gocontainer import sizing
from tests.support import rendered, rows

OLDEST, NEWEST = "1.30", "1.37"
KUBECTL = str(Path(sys.executable).with_name("kubectl"))


def kustomize(folder: Path) -> dict[str, dict[str, Any]]:
    done = subprocess.run([KUBECTL, "kustomize", str(folder)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "kustomize warns of what is deprecated"
    documents = list(yaml.safe_load_all(done.stdout))
    kinds = {document["kind"]: document for document in documents}
    assert len(kinds) == len(documents)
    return kinds


@rows()
def test_overlays_render_and_are_strictly_valid(tmp_path: Path, row: dict[str, Any]) -> None:
    repository = rendered(tmp_path, **row)
    overlays = {name: kustomize(repository / "deploy/overlays" / name) for name in ("dev", "prod")}
    namespaces = list(yaml.safe_load_all((repository / "deploy/namespace/namespace.yaml").read_text()))
    used = {document["metadata"]["namespace"] for overlay in overlays.values() for document in overlay.values()}
    assert used == {namespace["metadata"]["name"] for namespace in namespaces}
    for document in (*namespaces, *overlays["dev"].values(), *overlays["prod"].values()):
        for version in (OLDEST, NEWEST):
            kubernetes_validate.validate(document, version, strict=True)
    fits_the_answers(row, overlays["dev"], overlays["prod"])


def fits_the_answers(row: dict[str, Any], dev: dict[str, Any], prod: dict[str, Any]) -> None:
    few, many = row["min_replicas"], row["max_replicas"]
    assert ("HorizontalPodAutoscaler" in prod) == (many > few)
    assert ("PodDisruptionBudget" in prod) == (few > 1)
    assert ("NetworkPolicy" in prod) == row["network_policy"]
    assert not {"HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy"} & set(dev)
    assert dev["Deployment"]["spec"]["replicas"] == 1
    assert prod["Deployment"]["spec"].get("replicas") == (None if many > few else few)
    if many > few:
        autoscaler = prod["HorizontalPodAutoscaler"]["spec"]
        assert (autoscaler["minReplicas"], autoscaler["maxReplicas"]) == (few, many)
    for overlay in (dev, prod):
        selectors_match(overlay)
        pod_is_sized(row, overlay["Deployment"]["spec"]["template"]["spec"])


def selectors_match(overlay: dict[str, Any]) -> None:
    labels = overlay["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    assert overlay["Service"]["spec"]["selector"].items() <= labels
    for kind, key in (("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")):
        if kind in overlay:
            assert overlay[kind]["spec"][key]["matchLabels"].items() <= labels


def pod_is_sized(row: dict[str, Any], pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    limits, requests = container["resources"]["limits"], container["resources"]["requests"]
    assert limits["memory"] == requests["memory"] == row["memory"]
    assert ("cpu" in limits) == (row["resources"] == "strict")
    names = {variable["name"] for variable in container.get("env", [])} - {"APP_LOG_LEVEL"}
    assert names == ({"GOMAXPROCS"} if row["resources"] == "latency" else set())
    sleep = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] >= sleep + row["drain_seconds"] + sizing.FLUSH + sizing.MARGIN
    startup = container["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] >= row["startup_seconds"]
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": row["port"], "admin": 8081}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda pod: pod.update(terminationGracePeriod=30),
        lambda pod: pod["containers"][0].update(readynessProbe={}),
        lambda pod: pod.update(securityContext={"runAsUser": "nobody"}),
    ],
)
def test_a_wrong_manifest_would_be_noticed(tmp_path: Path, spoil: Any) -> None:
    deployment = kustomize(rendered(tmp_path) / "deploy/overlays/prod")["Deployment"]
    spoil(deployment["spec"]["template"]["spec"])
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, NEWEST, strict=True)


def test_a_change_of_the_settings_changes_the_pods(tmp_path: Path) -> None:
    repository = rendered(tmp_path)
    before = kustomize(repository / "deploy/overlays/prod")["Deployment"]
    settings = repository / "deploy/base/config.yaml"
    settings.write_text(settings.read_text() + "max-in-flight: 10\n")
    assert kustomize(repository / "deploy/overlays/prod")["Deployment"] != before
