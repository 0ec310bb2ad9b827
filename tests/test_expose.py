"""A route from outside leads to the service through its network policy, with limits that agree with its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from gocontainer.errors import UsageError
from gocontainer.rendering.engine import render
from gocontainer.repository.tree import Tree
from tests.helpers.support import answers, rendered
from tests.judges.subject import rendered_by

BY_GATEWAY = {"expose": "gateway", "expose_gateway": "infra/shared", "expose_issuer": "letsencrypt"}
BY_INGRESS = {"expose": "ingress", "expose_issuer": "letsencrypt"}
READ, BODY = (f"nginx.ingress.kubernetes.io/proxy-{what}" for what in ("read-timeout", "body-size"))
each_way = pytest.mark.parametrize("given", [BY_GATEWAY, BY_INGRESS], ids=lambda given: given["expose"])


def production(repository: Path) -> dict[str, dict[str, Any]]:
    """Return the objects of production by kind."""
    texts = [text for path, text in rendered_by(repository).items() if "prod" in str(path)]
    assert texts
    return {each["kind"]: each for text in texts for each in yaml.safe_load_all(text) if each}


def unreachable(objects: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield why a request from outside does not get to the pods."""
    service, policy = objects["Service"], objects.get("NetworkPolicy")
    (port,) = service["spec"]["ports"]
    if "HTTPRoute" in objects:
        ((backend,),) = [rule["backendRefs"] for rule in objects["HTTPRoute"]["spec"]["rules"]]
        asked = (backend["name"], backend["port"])
    else:
        ((path,),) = [rule["http"]["paths"] for rule in objects["Ingress"]["spec"]["rules"]]
        named = path["backend"]["service"]
        asked = (named["name"], {port["name"]: port["port"]}.get(named["port"]["name"]))
    if asked != (service["metadata"]["name"], port["port"]):
        yield f"the Service is not {asked}"
    rules = policy["spec"]["ingress"] if policy else []
    everybody = [each["port"] for rule in rules if "from" not in rule for each in rule["ports"]]
    if policy and port["targetPort"] not in everybody:
        yield f"the policy lets only {everybody} in"


@each_way
@pytest.mark.parametrize("network_policy", [True, False])
def test_requests_from_outside_get_to_the_pods(tmp_path: Path, given: dict[str, Any], *, network_policy: bool) -> None:
    objects = production(rendered(tmp_path, network_policy=network_policy, **given))
    assert ("NetworkPolicy" in objects) is network_policy
    assert [*unreachable(objects)] == []


@each_way
def test_a_policy_or_a_service_of_another_port_is_found(tmp_path: Path, given: dict[str, Any]) -> None:
    objects = production(rendered(tmp_path, **given))
    objects["NetworkPolicy"]["spec"]["ingress"] = [{"from": [{"podSelector": {}}], "ports": [{"port": "http"}]}]
    assert [*unreachable(objects)] == ["the policy lets only [] in"]
    objects["Service"]["spec"]["ports"][0].update(name="other", port=81)
    assert len([*unreachable(objects)]) == 2


@each_way
def test_host_and_certificate_are_the_same_everywhere(tmp_path: Path, given: dict[str, Any]) -> None:
    objects = production(rendered(tmp_path, expose_host="shop.acme.example", **given))
    certificate = objects["Certificate"]["spec"]
    assert certificate["issuerRef"] == {"kind": "ClusterIssuer", "name": "letsencrypt"}
    assert certificate["dnsNames"] == ["shop.acme.example"]
    if given["expose"] == "gateway":
        route, grant = objects["HTTPRoute"]["spec"], objects["ReferenceGrant"]["spec"]
        assert route["hostnames"] == certificate["dnsNames"]
        assert route["parentRefs"] == [{"name": "shared", "namespace": "infra", "sectionName": "https"}]
        assert grant["to"] == [{"group": "", "kind": "Secret", "name": certificate["secretName"]}]
        assert [each["namespace"] for each in grant["from"]] == ["infra"]
    else:
        (tls,) = objects["Ingress"]["spec"]["tls"]
        assert tls == {"hosts": certificate["dnsNames"], "secretName": certificate["secretName"]}
        assert [rule["host"] for rule in objects["Ingress"]["spec"]["rules"]] == tls["hosts"]


@pytest.mark.parametrize("expose", ["gateway", "ingress"])
def test_without_an_issuer_there_is_tls_by_a_certificate_of_somebody_else(tmp_path: Path, expose: str) -> None:
    objects = production(rendered(tmp_path, expose=expose))
    assert not {"Certificate", "ReferenceGrant"} & objects.keys()
    if expose == "ingress":
        assert objects["Ingress"]["spec"]["tls"] == [{"hosts": ["orders.example.com"]}]


def limits(files: Tree) -> tuple[int, int, int, int]:
    """Return the longest wait and the largest body: of the way there, and of the service."""
    texts = {path: file.content.decode() for path, file in files.items()}
    (ingress,) = yaml.safe_load_all(texts["deploy/overlays/prod/ingress.yaml"])
    said = ingress["metadata"]["annotations"]
    (timeout,) = re.findall(r'"request-timeout", (\d+)\*', texts["internal/config/config.go"])
    (more,) = re.findall(r"RequestTimeout \+ (\d+)\*", texts["internal/app/app.go"])
    (left, right) = re.findall(r'"max-body-bytes", (\d+)\*(\d+)', texts["internal/config/config.go"])[0]
    return int(said[READ]), int(timeout) + int(more), int(said[BODY]), int(left) * int(right)


@pytest.mark.parametrize("drain", [5, 20, 300])
def test_the_way_waits_longer_than_the_service_and_lets_as_large_a_body_through(drain: int) -> None:
    waits, longest, passes, largest = limits(render(answers(expose="ingress", drain_seconds=drain)))
    assert waits > longest
    assert passes == largest
    (route,) = yaml.safe_load_all(
        render(answers(expose="gateway", drain_seconds=drain))["deploy/overlays/prod/httproute.yaml"].content
    )
    assert [rule["timeouts"] for rule in route["spec"]["rules"]] == [{"request": f"{waits}s"}]


def test_routes_that_last_are_not_ended_on_the_way() -> None:
    (route,) = yaml.safe_load_all(
        render(answers(expose="gateway", streams=True))["deploy/overlays/prod/httproute.yaml"].content
    )
    assert [rule["timeouts"] for rule in route["spec"]["rules"]] == [{"request": "0s"}]
    assert limits(render(answers(expose="ingress", streams=True)))[0] == 3600


def test_nothing_of_it_is_there_unless_it_is_asked_for() -> None:
    files = render(answers())
    assert [path for path in files if re.search("deploy/.*(route|ingress|certificate|grant)", path)] == []
    assert [path for path, file in files.items() if b"example.com" in file.content and path.startswith("deploy")] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("expose_host", value) for value in ("orders", "Orders.example.com", "*.example.com", "10.0.0.1", "a..b")),
        *(("expose_host", value) for value in ("https://a.example.com", "a.example.com/x", f"{'a' * 64}.example.com")),
        *(("expose_gateway", value) for value in ("public", "a/b/c", "/b", "a/", "A/b", f"{'a' * 64}/b")),
        *(("expose_issuer", value) for value in ("Let's", "a/b", "-a")),
    ],
)
def test_what_names_no_host_no_gateway_and_no_issuer_is_refused(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=name):
        answers(expose="gateway", **{name: value})


def test_only_where_there_are_overlays_is_it_asked() -> None:
    with pytest.raises(UsageError, match="expose"):
        answers(target="knative", expose="gateway")
