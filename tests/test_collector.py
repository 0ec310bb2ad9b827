"""A collector of traces beside the service: what is rendered fits together, and is as little as it needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from gocontainer.errors import ConflictingAnswers
from tests.helpers.support import answers, files_of, rendered
from tests.judges.subject import rendered_by

FOLDER = "deploy/components/collector"
STORES = ("TEMPO_ENDPOINT", "LOKI_ENDPOINT", "PROMETHEUS_ENDPOINT")
Objects = list[dict[str, Any]]


def overlays(folder: Path, **given: Any) -> dict[str, Objects]:
    """Return what each environment of a repository with a collector is given."""
    texts = rendered_by(rendered(folder, collector="deployment", **given))
    return {Path(name).stem: [each for each in yaml.safe_load_all(text) if each] for name, text in texts.items()}


def named(found: Objects, kind: str, name: str) -> dict[str, Any]:
    (only,) = [
        each for each in found if each["kind"] == kind and re.sub(r"-\w{10}$", "", each["metadata"]["name"]) == name
    ]
    return only


def configured() -> dict[str, Any]:
    """Return the collector's configuration."""
    config: dict[str, Any] = yaml.safe_load(files_of({"collector": "deployment"})[f"{FOLDER}/config.yaml"].content)
    return config


def astray(found: Objects) -> list[str]:
    """Say where a span gets lost between the service and the collector's receiver, or what the collector lacks."""
    said = []
    service = named(found, "Deployment", "orders")["spec"]["template"]["spec"]["containers"][0]
    sent = {each["name"]: each.get("value") for each in service["env"]}.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    target, deployment = named(found, "Service", "orders-collector"), named(found, "Deployment", "orders-collector")
    pod = deployment["spec"]["template"]
    if sent != f"http://orders-collector:{target['spec']['ports'][0]['port']}":
        said.append("the service sends elsewhere")
    if not target["spec"]["selector"].items() <= pod["metadata"]["labels"].items():
        said.append("the Service selects other pods")
    container = pod["spec"]["containers"][0]
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    config = yaml.safe_load(named(found, "ConfigMap", "orders-collector")["data"]["config.yaml"])
    if config["receivers"]["otlp"]["protocols"]["http"]["endpoint"] != f":{ports['otlp-http']}":
        said.append("it listens elsewhere")
    if config["extensions"]["health_check"]["endpoint"] != f":{ports['health']}":
        said.append("its probes ask elsewhere")
    wanted = {*re.findall(r"\$\{env:(\w+)\}", yaml.safe_dump(config))}
    has = {each["name"] for each in container["env"]} | named(found, "ConfigMap", "orders-collector-stores")[
        "data"
    ].keys()
    said += [f"{name} is not set" for name in sorted(wanted - has)]
    said += [f"{name} begins with {first}" for name, first in began(config) if first != "memory_limiter"]
    return said


def began(config: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, each["processors"][0]) for name, each in config["service"]["pipelines"].items()]


@pytest.mark.parametrize("given", [{}, {"network_policy": False, "monitoring": "operator"}, {"config_center": "nacos"}])
def test_spans_reach_the_collector_of_each_environment(tmp_path: Path, given: dict[str, Any]) -> None:
    found = overlays(tmp_path, **given)
    assert found.keys() == {"dev", "prod"}
    assert {name: astray(each) for name, each in found.items()} == {"dev": [], "prod": []}


def service_elsewhere(found: Objects) -> None:
    named(found, "Service", "orders-collector")["spec"]["ports"][0]["port"] = 4317


def other_pods(found: Objects) -> None:
    named(found, "Service", "orders-collector")["spec"]["selector"] = {"app": "other"}


def other_port(found: Objects) -> None:
    pod = named(found, "Deployment", "orders-collector")["spec"]["template"]["spec"]
    pod["containers"][0]["ports"][0]["containerPort"] = 4317


def without_stores(found: Objects) -> None:
    del named(found, "ConfigMap", "orders-collector-stores")["data"]["LOKI_ENDPOINT"]


def unlimited(found: Objects) -> None:
    data = named(found, "ConfigMap", "orders-collector")["data"]
    data["config.yaml"] = data["config.yaml"].replace("[memory_limiter, k8s_attributes, tail", "[k8s_attributes, tail")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (service_elsewhere, "the service sends elsewhere"),
        (other_pods, "the Service selects other pods"),
        (other_port, "it listens elsewhere"),
        (without_stores, "LOKI_ENDPOINT is not set"),
        (unlimited, "traces begins with k8s_attributes"),
    ],
)
def test_a_span_that_gets_lost_is_found(tmp_path: Path, spoil: Callable[[Objects], None], says: str) -> None:
    found = overlays(tmp_path)["prod"]
    spoil(found)
    assert astray(found) == [says]


def test_each_environment_names_its_stores_in_one_place(tmp_path: Path) -> None:
    repository = rendered(tmp_path, collector="deployment")
    place = repository / "deploy/overlays/dev/collector/kustomization.yaml"
    place.write_text(place.read_text().replace("tempo.monitoring", "tempo.elsewhere"))
    found = {Path(name).stem: text for name, text in rendered_by(repository).items()}
    assert "http://tempo.elsewhere:4318" in found["dev"]
    assert "tempo.elsewhere" not in found["prod"]
    for text in found.values():
        (stores,) = [each["data"] for each in yaml.safe_load_all(text) if "TEMPO_ENDPOINT" in each.get("data", {})]
        assert stores.keys() == {*STORES}


def test_what_dev_and_an_owner_change_of_the_service_leaves_the_collector_alone(tmp_path: Path) -> None:
    dev = overlays(tmp_path)["dev"]
    pod = named(dev, "Deployment", "orders-collector")["spec"]["template"]["spec"]
    assert [each["name"] for each in pod["containers"]] == ["collector"]


def test_it_may_read_the_pods_of_its_namespace_and_nothing_else(tmp_path: Path) -> None:
    found = overlays(tmp_path)["prod"]
    (rule,) = named(found, "Role", "orders-collector")["rules"]
    assert (rule["apiGroups"], rule["resources"], {*rule["verbs"]}) == ([""], ["pods"], {"get", "list", "watch"})
    assert not [each for each in found if each["kind"].startswith("Cluster")]
    assert configured()["processors"]["k8s_attributes"]["filter"] == {"namespace": "${env:NAMESPACE}"}
    tokens = [named(found, "Deployment", name)["spec"]["template"]["spec"]["automountServiceAccountToken"]
              for name in ("orders", "orders-collector")]  # fmt: skip
    assert tokens == [False, True]


def test_the_policy_lets_it_reach_the_stores_that_the_overlays_name(tmp_path: Path) -> None:
    found = overlays(tmp_path)["prod"]
    policy = named(found, "NetworkPolicy", "orders-collector")["spec"]
    assert policy["ingress"][0] == {"from": [{"podSelector": {}}], "ports": [{"port": "otlp-http"}]}
    open_ports = {each["port"] for rule in policy["egress"] for each in rule["ports"]}
    stores = named(found, "ConfigMap", "orders-collector-stores")["data"]
    assert {int(re.findall(r":(\d+)", address)[0]) for address in stores.values()} <= open_ports


def test_its_reasons_have_the_numbers_of_its_configuration(tmp_path: Path) -> None:
    config, text = configured(), files_of({"collector": "deployment"})["docs/decisions.md"].content.decode()
    sampling, limiter = config["processors"]["tail_sampling"], config["processors"]["memory_limiter"]
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", text.partition("## The collector")[2], re.MULTILINE))
    failed, slow, share = sampling["policies"]
    assert failed["status_code"] == {"status_codes": ["ERROR"]}
    assert rows["waits for a trace"] == f"{sampling['decision_wait'].removesuffix('s')} s"
    assert rows["slow"] == f"{slow['latency']['threshold_ms']} ms"
    assert rows["share of the others"] == f"{share['probabilistic']['sampling_percentage']} %"
    assert rows["traces at once"] == str(sampling["num_traces"])
    assert {*map(str, sampling["decision_cache"].values())} == {rows["decisions kept"].partition(" ")[0]}
    assert f"above {limiter['limit_mib'] - limiter['spike_limit_mib']} MiB" in text
    batch = config["processors"]["batch"]
    assert rows["batch"].startswith(
        f"{batch['send_batch_size']} spans, {batch['send_batch_max_size']} at most, after 1 s"
    )
    queues = {each["sending_queue"]["queue_size"] for each in config["exporters"].values()}
    assert {f"{queue} batches" for queue in queues} == {rows["queue of a store"]}
    pod = named(overlays(tmp_path)["prod"], "Deployment", "orders-collector")["spec"]["template"]["spec"]
    assert rows["memory"] == f"{pod['containers'][0]['resources']['limits']['memory']}, of which spans may have 400 MiB"
    assert limiter["limit_mib"] == 400


def test_a_trace_is_judged_when_its_request_must_have_ended() -> None:
    text = files_of({"collector": "deployment"})["docs/decisions.md"].content.decode()
    ends, leaves = map(
        int, re.findall(r"a request ends within (\d+) s, and its spans leave the service at most (\d+) s", text)[0]
    )
    wait = int(configured()["processors"]["tail_sampling"]["decision_wait"].removesuffix("s"))
    assert wait >= ends + leaves


@pytest.mark.parametrize("given", [{"target": "knative"}, {"target": "kubeedge"}, {"tracing": False}])
def test_elsewhere_and_without_traces_there_is_none(given: dict[str, Any]) -> None:
    assert "collector" not in answers(**given).applicable()
    assert not [path for path in files_of(given) if "collector/" in path]


@pytest.mark.parametrize("policy", ["native", "kyverno", "gatekeeper"])
def test_a_policy_that_would_refuse_its_image_is_refused_beside_it(policy: str) -> None:
    with pytest.raises(ConflictingAnswers, match="collector's image"):
        answers(collector="deployment", policy=policy)


def test_its_image_comes_from_the_mirror(tmp_path: Path) -> None:
    found = overlays(tmp_path, registry_mirrors="docker.io=harbor.example.com/hub")["prod"]
    image = named(found, "Deployment", "orders-collector")["spec"]["template"]["spec"]["containers"][0]["image"]
    assert re.fullmatch(r"harbor\.example\.com/hub/otel/opentelemetry-collector-contrib:[\d.]+", image)


@pytest.mark.parametrize("beside", [{"mesh": "istio"}, {"config_center": "nacos"}, {"secrets": "vault"}], ids=str)
def test_what_the_service_is_given_beside_it_the_collector_is_not(tmp_path: Path, beside: dict[str, Any]) -> None:
    alone, found = overlays(tmp_path / "alone"), overlays(tmp_path / "beside", **beside)
    collectors = [named(each, "Deployment", "orders-collector") for each in (alone["prod"], found["prod"])]
    assert collectors[0] == collectors[1]
    services = [named(each, "Deployment", "orders") for each in (alone["prod"], found["prod"])]
    assert services[0] != services[1]
