"""Every row's manifests for Knative, as kubectl renders them, against its answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gocontainer.rendering.sizing import Sizes
from tests.checks import knative
from tests.helpers.support import TEMPLATE, answers, is_knative, rendered, rows
from tests.judges.subject import kustomize
from tests.test_environments import make

SCALING = "autoscaling.knative.dev/"
KNATIVE = {"target": "knative"}
FUNCTION = {**KNATIVE, "eventing": "kafka"}


def objects(repository: Path) -> dict[str, dict[str, Any]]:
    """The objects by kind and name."""
    documents = list(yaml.safe_load_all(kustomize(repository / "deploy/knative")))
    found = {f"{each['kind']} {each['metadata']['name']}": each for each in documents}
    assert len(found) == len(documents)
    return found


def service(repository: Path) -> dict[str, Any]:
    return objects(repository)["Service orders"]


@pytest.mark.proof("deploy/*")
@rows(where=is_knative)
def test_the_service_fits_the_answers(tmp_path: Path, row: dict[str, Any]) -> None:
    repository = rendered(tmp_path, **row)
    found = objects(repository)
    (namespace,) = yaml.safe_load_all((repository / "deploy/namespace/namespace.yaml").read_text())
    assert {each["metadata"]["namespace"] for each in found.values()} == {namespace["metadata"]["name"]}
    assert not (repository / "deploy/overlays").exists()
    template = found["Service orders"]["spec"]["template"]
    is_scaled(row, template["metadata"]["annotations"])
    is_sized(row, template["spec"])
    assert ("NetworkPolicy orders" in found) == (row["network_policy"] == "kubernetes")
    assert ("CiliumNetworkPolicy orders" in found) == (row["network_policy"] == "cilium")
    assert ("Broker orders" in found) == (row["eventing"] == "kafka")
    labels = found["Service orders"]["metadata"]["labels"]
    assert ("networking.knative.dev/visibility" in labels) == (row["eventing"] == "kafka")
    center_is_known(row, found)


def is_scaled(row: dict[str, Any], annotations: dict[str, str]) -> None:
    few, many = row["min_replicas"], row["max_replicas"]
    assert annotations[f"{SCALING}min-scale"] == str(0 if row["scale_to_zero"] else few)
    assert annotations[f"{SCALING}max-scale"] == str(many)
    active = str(few) if row["scale_to_zero"] and few > 1 else None
    assert annotations.get(f"{SCALING}activation-scale") == active


def is_sized(row: dict[str, Any], spec: dict[str, Any]) -> None:
    sizes = Sizes.of(answers(**row))
    (container,) = spec["containers"]
    assert spec["containerConcurrency"] == row["concurrency"]
    assert spec["timeoutSeconds"] == sizes.revision_timeout >= spec["responseStartTimeoutSeconds"]
    assert spec["responseStartTimeoutSeconds"] > sizes.request_timeout
    limits, requests = container["resources"]["limits"], container["resources"]["requests"]
    assert limits["memory"] == requests["memory"] == row["memory"]
    assert ("cpu" in limits) == (row["resources"] == "strict")
    told = {each["name"]: each["value"] for each in container.get("env", ())}
    assert told == ({"APP_CPU_REQUEST": str(sizes.millicores)} if row["resources"] == "latency" else {})
    assert [port["containerPort"] for port in container["ports"]] == [row["port"]]
    assert {each["name"] for each in container["volumeMounts"]} == {each["name"] for each in spec["volumes"]}


def center_is_known(row: dict[str, Any], found: dict[str, Any]) -> None:
    (settings,) = (each["data"]["config.yaml"] for each in found.values() if "config.yaml" in each.get("data", {}))
    spec = found["Service orders"]["spec"]["template"]["spec"]
    secrets = {each["secret"]["secretName"]: each["name"] for each in spec["volumes"] if "secret" in each}
    known = row["config_center"] != "none"
    assert ("center-address" in yaml.safe_load(settings)) == ("orders-config-center" in secrets) == known
    assert ("NetworkPolicy orders-config-center" in found) == (known and row["network_policy"] == "kubernetes")
    if known:
        (mount,) = (each for each in spec["containers"][0]["volumeMounts"] if each["name"] == "config-center")
        assert yaml.safe_load(settings)["center-credentials"] == mount["mountPath"]


def test_the_container_alone_is_as_strict_as_pod_security_wants_a_pod(tmp_path: Path) -> None:
    spec = service(rendered(tmp_path, **KNATIVE))["spec"]["template"]["spec"]
    assert "securityContext" not in spec
    security = spec["containers"][0]["securityContext"]
    assert security["runAsNonRoot"] is security["readOnlyRootFilesystem"] is True
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}


def test_probes_reach_the_admin_port_the_way_that_knative_leaves_open(tmp_path: Path) -> None:
    (container,) = service(rendered(tmp_path, **KNATIVE))["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"] == {"httpGet": {"path": "/readyz", "port": 8081}}, "a period would slow starts"
    assert container["startupProbe"]["httpGet"] == {"path": "/startupz", "port": 8081}
    assert container["livenessProbe"]["exec"]["command"] == [
        "/usr/local/bin/orders",
        "-healthcheck",
        "-config=/etc/orders/config.yaml",
    ]


def test_a_change_of_the_settings_is_a_new_revision(tmp_path: Path) -> None:
    repository = rendered(tmp_path, **KNATIVE)
    before = service(repository)
    settings = repository / "deploy/knative/config.yaml"
    settings.write_text(settings.read_text() + "max-in-flight: 10\n")
    after = service(repository)
    (name,) = (
        each["configMap"]["name"] for each in after["spec"]["template"]["spec"]["volumes"] if "configMap" in each
    )
    assert after != before
    assert f"ConfigMap {name}" in objects(repository)


def test_set_image_names_the_image_here_too(tmp_path: Path) -> None:
    repository = rendered(tmp_path, **KNATIVE)
    image = f"ghcr.io/acme/orders:v2@sha256:{'0a' * 32}"
    assert make(repository, "set-image", f"IMAGE={image}").code == 0
    assert service(repository)["spec"]["template"]["spec"]["containers"][0]["image"] == image


def test_events_go_from_topic_to_topic_and_every_receiver_is_there(tmp_path: Path) -> None:
    found = objects(rendered(tmp_path, **FUNCTION))
    source, broker, sink = (found[f"{kind} orders"] for kind in ("KafkaSource", "Broker", "Trigger"))
    letters = found["KafkaSink orders-dead-letters"]
    assert source["spec"]["sink"]["ref"]["name"] == broker["metadata"]["name"] == sink["spec"]["broker"]
    assert broker["metadata"]["annotations"] == {"eventing.knative.dev/broker.class": "Kafka"}
    assert sink["spec"]["subscriber"]["ref"]["name"] == "orders"
    for each in (source, broker):
        assert each["spec"]["delivery"]["deadLetterSink"]["ref"]["name"] == letters["metadata"]["name"]
    assert letters["spec"]["bootstrapServers"] == source["spec"]["bootstrapServers"], "named once"
    types = [each["spec"]["filters"][0]["exact"]["type"] for name, each in found.items() if name.startswith("Trigger")]
    assert types == ["upload.created", "upload.processed"]
    sinks = [each for name, each in found.items() if name.startswith("KafkaSink")]
    assert [each["spec"]["topic"] for each in sinks] == ["orders-dead-letters", "orders-results"]
    assert list(absent_receivers(found)) == []
    found["Trigger orders-notifier"]["spec"]["subscriber"]["ref"] = {"kind": "Service", "name": "notifier"}
    assert list(absent_receivers(found)) == ["Service notifier"]


def absent_receivers(found: dict[str, Any]) -> Iterator[str]:
    """Yield whatever events are sent to and is not there."""
    for each in found.values():
        spec = each.get("spec", {})
        letters = spec.get("delivery", {}).get("deadLetterSink", {})
        for place in (spec.get("subscriber", {}), spec.get("sink", {}), letters):
            name = f"{place['ref']['kind']} {place['ref']['name']}" if "ref" in place else ""
            if name and name not in found:
                yield name


def test_the_function_s_own_deadline_comes_before_the_platform_s(tmp_path: Path) -> None:
    for given in ({"drain_seconds": 60}, {"task_seconds": 590}, {"task_seconds": 1, "drain_seconds": 5}):
        found = objects(rendered(tmp_path / str(given), **given, **FUNCTION))
        seconds = re.fullmatch(r"PT(\d+)S", found["Broker orders"]["spec"]["delivery"]["timeout"])
        assert seconds
        sizes = Sizes.of(answers(**given, **FUNCTION))
        assert sizes.request_timeout == given.get("task_seconds", 10)
        assert sizes.request_timeout < sizes.stalled < int(seconds[1]) == sizes.revision_timeout <= 600


def test_the_function_tries_more_often_than_the_platform_does(tmp_path: Path) -> None:
    """Its own cap is for what the platform forgets."""
    repository = rendered(tmp_path, **FUNCTION)
    retries = objects(repository)["Broker orders"]["spec"]["delivery"]["retry"]
    own = re.search(r'"max-attempts", (\d+),', (repository / "internal/config/settings.go").read_text())
    assert own
    assert int(own[1]) > retries + 1


@pytest.mark.parametrize("where", ["internal/httpapi/events.go"])
def test_the_platform_understands_the_function_s_answers(where: str) -> None:
    """Each status that it answers with is either final and told so, or tried again."""
    names = set(re.findall(r"http\.Status(\w+)", (TEMPLATE / where).read_text()))
    codes = {"BadRequest": 400, "UnsupportedMediaType": 415, "RequestEntityTooLarge": 413, "UnprocessableEntity": 422}
    transient = {"ServiceUnavailable": 503, "InternalServerError": 500, "GatewayTimeout": 504, "TooManyRequests": 429}
    fine = {"OK", "Accepted", "NoContent", "MethodNotAllowed"}
    assert names <= {*codes, *transient, *fine}, names
    assert names & {*codes}
    assert names & {*transient}
    permanent = [code for name, code in codes.items() if name in names]
    assert list(knative.status_codes(permanent, [code for name, code in transient.items() if name in names])) == []


def test_the_page_on_flags_names_only_those_that_there_are(tmp_path: Path) -> None:
    text = (rendered(tmp_path, **KNATIVE) / "deploy/knative/FEATURE-FLAGS.md").read_text()
    mask = knative.data()["mask"]
    flags = {flag for part in mask.values() if isinstance(part, dict) for flag in part.get("flags", {}).values()}
    named = set(re.findall(r"`(kubernetes\.[\w.-]+)`", text))
    assert len(named) > 5
    assert named - flags == {"kubernetes.podspec-persistent-volume-write"}
