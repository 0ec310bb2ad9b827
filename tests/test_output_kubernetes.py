"""Every row's manifests, as kubectl renders them, against its answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from gocontainer.options.subjects.config_centers import CONFIG_CENTERS
from gocontainer.options.subjects.targets import knows
from gocontainer.rendering.sizing import Sizes
from tests.helpers.support import answers, has_overlays, rendered, rows
from tests.judges import subject

CENTER, EVENTS = "config-center", "events"
OTHERS = (CENTER, EVENTS, "dashboard", "vault", "mesh", "collector", "stores")
"""Parts of the names of what the service has besides."""


def kustomize(overlay: Path) -> dict[str, dict[str, Any]]:
    """The objects by their kind; those of the config centre, of events and the like with that before it."""
    documents = list(yaml.safe_load_all(subject.kustomize(overlay)))
    kinds = {
        " ".join([part for part in OTHERS if part in document["metadata"]["name"]] + [document["kind"]]): document
        for document in documents
    }
    assert len(kinds) == len(documents)
    return kinds


@pytest.mark.proof("deploy/*")
@rows(where=has_overlays)
def test_overlays_render_and_fit_the_answers(tmp_path: Path, row: dict[str, Any]) -> None:
    repository = rendered(tmp_path, **row)
    overlays = {name: kustomize(repository / "deploy/overlays" / name) for name in ("dev", "prod")}
    namespaces = list(yaml.safe_load_all((repository / "deploy/namespace/namespace.yaml").read_text()))
    used = {document["metadata"]["namespace"] for overlay in overlays.values() for document in overlay.values()}
    assert used == {namespace["metadata"]["name"] for namespace in namespaces}
    fits_the_answers(row, overlays["dev"], overlays["prod"])


def fits_the_answers(row: dict[str, Any], dev: dict[str, Any], prod: dict[str, Any]) -> None:
    few, many = row["min_replicas"], row["max_replicas"]
    lag, requests = (row.get("scale_on") == each for each in ("lag", "requests"))
    keda = lag or (requests and many > few)
    assert ("ScaledObject" in prod) == keda
    assert ("HorizontalPodAutoscaler" in prod) == (many > few and not keda)
    assert ("PodDisruptionBudget" in prod) == (many > 1 or lag)
    policies = {"kubernetes": "NetworkPolicy", "cilium": "CiliumNetworkPolicy"}
    assert {*policies.values()} & set(prod) == {policies[each] for each in (row["network_policy"],) if each != "none"}
    assert not {"HorizontalPodAutoscaler", "PodDisruptionBudget", *policies.values()} & set(dev)
    assert dev["Deployment"]["spec"]["replicas"] == 1
    assert prod["Deployment"]["spec"].get("replicas") == (None if many > few or keda else few)
    if keda:
        is_scaled_by_keda(row, prod)
    if lag:
        is_scaled_by_lag(row, prod)
    elif many > few and not keda:
        autoscaler = prod["HorizontalPodAutoscaler"]["spec"]
        assert (autoscaler["minReplicas"], autoscaler["maxReplicas"]) == (few, many)
    for overlay in (dev, prod):
        selectors_match(overlay)
        pod_is_sized(row, overlay["Deployment"]["spec"]["template"]["spec"])
        center_is_known(row, overlay)
    if row["config_center"] != "none":
        places = [separated(overlay[f"{CENTER} ConfigMap"]["data"]) for overlay in (dev, prod)]
        assert places[0] != places[1]
    assert (f"{CENTER} NetworkPolicy" in prod) == (
        row["network_policy"] == "kubernetes" and row["config_center"] != "none"
    )


def separated(settings: dict[str, str]) -> list[str | None]:
    """Return what may tell the place of one overlay from that of another."""
    return [settings.get(f"APP_CENTER_{name}") for name in ("ADDRESS", "NAMESPACE", "PREFIX")]


def is_scaled_by_keda(row: dict[str, Any], prod: dict[str, Any]) -> None:
    scaled = prod["ScaledObject"]["spec"]
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"]) == (row["min_replicas"], row["max_replicas"])
    assert scaled["scaleTargetRef"]["name"] == prod["Deployment"]["metadata"]["name"]
    assert [trigger["type"] for trigger in scaled["triggers"]] == [{"lag": "kafka"}.get(row["scale_on"], "prometheus")]


def is_scaled_by_lag(row: dict[str, Any], prod: dict[str, Any]) -> None:
    scaled = prod["ScaledObject"]["spec"]
    assert scaled.get("idleReplicaCount") == (0 if row["scale_to_zero"] else None)
    assert ("pollingInterval" in scaled) == ("cooldownPeriod" in scaled) == row["scale_to_zero"], "else KEDA warns"
    (trigger,) = scaled["triggers"]
    settings = yaml.safe_load(prod["ConfigMap"]["data"]["config.yaml"])
    assert trigger["metadata"]["bootstrapServers"] == settings["kafka-brokers"]
    assert trigger["metadata"]["topic"] == settings["kafka-topic"]
    assert trigger["metadata"]["consumerGroup"] == settings["kafka-group"]
    assert trigger["metadata"]["lagThreshold"] == str(row["concurrency"])
    assert ("excludePersistentLag" in trigger["metadata"]) == (row["task_seconds"] <= 10)
    assert (f"{EVENTS} NetworkPolicy" in prod) == (row["network_policy"] == "kubernetes")


def selectors_match(overlay: dict[str, Any]) -> None:
    labels = overlay["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    assert overlay["Service"]["spec"]["selector"].items() <= labels
    for kind, key in (
        ("PodDisruptionBudget", "selector"),
        ("NetworkPolicy", "podSelector"),
        ("CiliumNetworkPolicy", "endpointSelector"),
        (f"{CENTER} NetworkPolicy", "podSelector"),
    ):
        if kind in overlay:
            assert overlay[kind]["spec"][key]["matchLabels"].items() <= labels


def center_is_known(row: dict[str, Any], overlay: dict[str, Any]) -> None:
    """Its address comes from a ConfigMap, its credentials from a Secret, and its port is open where others are not."""
    pod = overlay["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert (f"{CENTER} ConfigMap" in overlay) == ("envFrom" in container) == (row["config_center"] != "none")
    if row["config_center"] == "none":
        return
    settings = overlay[f"{CENTER} ConfigMap"]
    assert container["envFrom"] == [{"configMapRef": {"name": settings["metadata"]["name"]}}]
    port = CONFIG_CENTERS[row["config_center"]].port
    assert settings["data"]["APP_CENTER_ADDRESS"].endswith(f":{port}")
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert volumes[mounts[settings["data"]["APP_CENTER_CREDENTIALS"]]]["secret"]["optional"] is True
    last_good = Path(settings["data"]["APP_CENTER_CACHE"])
    assert volumes[mounts[str(last_good.parent)]]["emptyDir"]["sizeLimit"]
    policy = overlay.get(f"{CENTER} NetworkPolicy")
    if policy:
        assert policy["spec"]["egress"] == [{"ports": [{"port": int(port), "protocol": "TCP"}]}]


def pod_is_sized(row: dict[str, Any], pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    sizes = Sizes.of(answers(**row))
    limits, requests = container["resources"]["limits"], container["resources"]["requests"]
    assert limits["memory"] == requests["memory"] == row["memory"]
    assert ("cpu" in limits) == (row["resources"] == "strict")
    names = {variable["name"] for variable in container.get("env", [])} - {"APP_LOG_LEVEL"}
    as_variables = row.get("scale_on") == "lag" and row["secrets"] == "environment"
    keys = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), as_variables)
    wanted = {
        "APP_CPU_REQUEST": row["resources"] == "latency",
        "APP_CENTER_IP": row["config_center"] == "apollo",
        "OTEL_EXPORTER_OTLP_ENDPOINT": row.get("collector") == "deployment",
    }
    assert names == {name for name, here in (wanted | keys).items() if here}
    assert pre_stop(row, container) == 5
    assert pod["terminationGracePeriodSeconds"] == sizes.grace_period
    for probe in ("startup", "readiness", "liveness"):
        fields = [container[f"{probe}Probe"][key] for key in ("periodSeconds", "timeoutSeconds", "failureThreshold")]
        assert fields == list(getattr(sizes, probe))
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    mounted |= {"vault-token"} if row["secrets"] == "vault" else set()  # by the agent that is injected
    assert mounted == {volume["name"] for volume in pod["volumes"]}
    assert architectures(pod) == {platform.split("/")[1] for platform in row["platforms"].split(",")}
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": row["port"], "admin": 8081}


def architectures(pod: dict[str, Any]) -> set[str]:
    """Return the architectures of the nodes that the pod may be placed on."""
    required = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    (term,) = required["nodeSelectorTerms"]
    values = {each["key"]: each["values"] for each in term["matchExpressions"]}
    assert values.pop("kubernetes.io/os") == ["linux"]
    return set(values.pop("kubernetes.io/arch"))


def pre_stop(row: dict[str, Any], container: dict[str, Any]) -> int:
    """Seconds that Kubernetes itself sleeps, or before 1.30 the binary."""
    hook: dict[str, Any] = container["lifecycle"]["preStop"]
    if knows(row["kubernetes_min"], "preStop.sleep"):
        return int(hook["sleep"]["seconds"])
    program, flag = hook["exec"]["command"]
    assert program == f"/usr/local/bin/{container['name']}"
    return int(flag.removeprefix("-sleep=").removesuffix("s"))


def test_a_change_of_the_settings_changes_the_pods(tmp_path: Path) -> None:
    repository = rendered(tmp_path)
    before = kustomize(repository / "deploy/overlays/prod")["Deployment"]
    settings = repository / "deploy/base/config.yaml"
    settings.write_text(settings.read_text() + "max-in-flight: 10\n")
    assert kustomize(repository / "deploy/overlays/prod")["Deployment"] != before


RESOURCES = "{spec: {template: {spec: {containers: [{name: orders, resources: %s}]}}}}"
PATCHES: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "memory": (
        {},
        {"memory": "1555Mi"},
        "Deployment",
        RESOURCES % "{requests: {memory: 1555Mi}, limits: {memory: 1555Mi}}",
    ),
    "cpu under a limit": (
        {},
        {"cpu": "1555m"},
        "Deployment",
        RESOURCES % "{requests: {cpu: 1555m}, limits: {cpu: '2'}}",
    ),
    "cpu without a limit": (
        {"resources": "latency"},
        {"cpu": "1555m"},
        "Deployment",
        RESOURCES % "{requests: {cpu: 1555m}}",
    ),
    "fixed replicas": (
        {"min_replicas": 3, "max_replicas": 3},
        {"min_replicas": 7, "max_replicas": 7},
        "Deployment",
        "{spec: {replicas: 7}}",
    ),
    "scaled replicas": (
        {},
        {"min_replicas": 3, "max_replicas": 9},
        "HorizontalPodAutoscaler",
        "{spec: {minReplicas: 3, maxReplicas: 9}}",
    ),
}


@pytest.mark.parametrize("name", PATCHES)
def test_a_patch_in_an_overlay_leaves_no_stale_number(tmp_path: Path, name: str) -> None:
    """It gives the very manifests that the same answer would have given."""
    before, after, kind, patch = PATCHES[name]
    repository = rendered(tmp_path, **before)
    patched = kustomize(overlay(repository, kind, patch))
    assert patched != kustomize(repository / "deploy/overlays/prod")
    assert patched == kustomize(rendered(tmp_path / "answered", **{**before, **after}) / "deploy/overlays/prod")


def test_a_stale_number_would_be_noticed(tmp_path: Path) -> None:
    repository = rendered(tmp_path)
    deployment = repository / "deploy/base/deployment.yaml"
    limit = "          env: [{name: GOMEMLIMIT, value: 115MiB}]\n          resources:\n"
    deployment.write_text(deployment.read_text().replace("          resources:\n", limit))
    _, after, kind, patch = PATCHES["memory"]
    patched = kustomize(overlay(repository, kind, patch))
    assert patched != kustomize(rendered(tmp_path / "answered", **after) / "deploy/overlays/prod")


def overlay(repository: Path, kind: str, patch: str) -> Path:
    """Write an overlay over `prod` with one patch."""
    folder = repository / "deploy/overlays/own"
    folder.mkdir()
    versions = {"Deployment": "apps/v1", "HorizontalPodAutoscaler": "autoscaling/v2"}
    whole = {"apiVersion": versions[kind], "kind": kind, "metadata": {"name": "orders"}, **yaml.safe_load(patch)}
    document = {"kind": "Kustomization", "resources": ["../prod"], "patches": [{"patch": json.dumps(whole)}]}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(document))
    return folder
