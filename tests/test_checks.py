"""Each check finds its bad example and passes its good one; none finds anything in any row."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import checks
from tests.checks import apis, knative
from tests.helpers import crds
from tests.helpers.support import PINS, ROOT, rendered, rows
from tests.judges.subject import rendered_by

FOLDER = ROOT / "tests/checks"
each_check = pytest.mark.parametrize("name", checks.CHECKS)


def example(kind: str, name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((FOLDER / kind / f"{name}.yaml").read_text()))


@each_check
def test_a_check_finds_its_bad_example_and_nothing_else_does(name: str) -> None:
    found = list(checks.findings(example("bad", name)))
    assert {each.id for each in found} == {name}
    for each in found:
        assert each.object.count(" ") == 1
        assert each.message[0].islower() or each.message[0] in "EK"
        assert each.hint.endswith(".")


@each_check
def test_no_check_finds_anything_in_a_good_example(name: str) -> None:
    assert list(checks.findings(example("good", name))) == []


def test_every_check_has_its_examples_and_no_other_is_there() -> None:
    for kind in ("good", "bad"):
        assert {path.stem for path in (FOLDER / kind).iterdir()} == set(checks.CHECKS)


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.yaml")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_examples_are_what_a_server_takes_but_for_what_the_check_is_about(path: Path) -> None:
    """Else the CRD alone would do. A field that Knative always refuses is no part of its CRD, however."""
    custom = [each for each in yaml.safe_load_all(path.read_text()) if crds.is_custom(each)]
    refused = [said for each in custom for said in crds.objections(each)]
    assert bool(refused) == ((path.parent.name, path.stem) == ("bad", "knative-field")), refused


def test_a_volume_that_an_injected_agent_mounts_is_used() -> None:
    documents = example("bad", "unused-volume")
    template = documents[1]["spec"]["template"]
    template["metadata"]["annotations"] = {"vault.hashicorp.com/agent-service-account-token-volume-name": "tmp"}
    assert list(checks.findings(documents)) == []


def test_a_port_that_an_annotation_names_is_used() -> None:
    documents = example("bad", "unused-port")
    (found,) = checks.findings(documents)
    template = documents[-1]["spec"]["template"]
    (port,) = (each for each in template["spec"]["containers"][0]["ports"] if each["name"] == found.message.split()[-1])
    template["metadata"]["annotations"] = {"prometheus.io/port": str(port["containerPort"])}
    assert list(checks.findings(documents)) == []


def test_the_taints_of_a_lost_node_have_to_be_tolerated_at_all() -> None:
    (application,) = example("good", "edge-eviction")
    spec = application["spec"]["workloadTemplate"]["manifests"][0]["spec"]["template"]["spec"]
    spec["tolerations"].pop()
    (found,) = checks.findings([application])
    assert found.message == "the pod is tolerated 300 s, the default, where the node is node.kubernetes.io/unreachable"


def test_a_plain_deployment_is_at_the_edge_where_it_tolerates_the_edge() -> None:
    pod: dict[str, Any] = {"containers": [], "tolerations": [{"key": "node-role.kubernetes.io/edge"}]}
    deployment = {"kind": "Deployment", "metadata": {"name": "orders"}, "spec": {"template": {"spec": pod}}}
    assert [each.id for each in checks.findings([deployment])] == ["edge-eviction"]
    del pod["tolerations"]
    assert list(checks.findings([deployment])) == []


def test_labels_take_the_place_of_affinity_as_groups_do_of_the_selector() -> None:
    (application,) = example("good", "edge-node-selector")
    groups = application["spec"]["workloadScope"].pop("targetNodeGroups")
    application["spec"]["workloadScope"]["targetNodeLabels"] = [
        {"labelSelector": {"matchLabels": {"site": "a"}}, "overriders": groups[0]["overriders"]}
    ]
    (found,) = checks.findings([application])
    assert found == ("edge-node-selector", found.message, "EdgeApplication orders", "Say it in nodeSelector.")


def test_every_field_that_is_refused_or_needs_a_flag_is_named() -> None:
    found = Counter(each.message for each in checks.findings(example("bad", "knative-field")))
    assert list(found) == [
        "terminationGracePeriodSeconds is refused by Knative",
        "containers[orders].lifecycle is refused by Knative",
    ]
    flagged = {each.hint for each in checks.findings(example("bad", "knative-flag"))}
    assert len(flagged) == 2
    assert all("kubernetes.podspec-" in each for each in flagged)


def test_replicas_that_are_left_out_without_another_zone_for_their_requests_are_found() -> None:
    (rule,) = example("good", "mesh-failover")
    del rule["spec"]["trafficPolicy"]["loadBalancer"]
    assert [each.id for each in checks.findings([rule])] == ["mesh-failover"]


def test_a_retry_of_a_post_is_fine_where_no_connection_was_made() -> None:
    (service,) = example("bad", "mesh-idempotent")
    (route,) = service["spec"]["http"]
    route["retries"] = {"attempts": 2, "retryOn": "connect-failure,refused-stream", "retryRemoteLocalities": True}
    assert list(checks.findings([service])) == []


@pytest.mark.parametrize(
    "container",
    [{"args": ["-request-timeout=1m30s"]}, {"env": [{"name": "APP_REQUEST_TIMEOUT", "value": "41s"}]}],
    ids=["flag", "variable"],
)
def test_the_deadline_of_the_service_is_known_by_flag_and_variable(container: dict[str, Any]) -> None:
    service, _ = example("good", "mesh-timeout")
    pod = {"kind": "Pod", "metadata": {"name": "orders"}, "spec": {"containers": [container]}}
    assert [each.id for each in checks.findings([service, pod])] == ["mesh-timeout"]


@pytest.mark.parametrize("status", [None, 404, 408, 409, 429, 500, 502, 503, 504])
def test_these_answers_are_tried_again(status: int | None) -> None:
    assert knative.retried(status)


@pytest.mark.parametrize("status", [200, 202, 204, 301, 400, 401, 403, 410, 413, 415, 422, 499])
def test_these_answers_are_final(status: int) -> None:
    assert not knative.retried(status)


def test_a_function_that_answers_with_the_wrong_code_is_found() -> None:
    assert list(knative.status_codes(permanent=[400, 422], transient=[503, 429])) == []
    found = list(knative.status_codes(permanent=[404, 409, 200], transient=[400]))
    assert [each.object for each in found] == ["status 404", "status 409", "status 200", "status 400"]
    assert "again and again" in found[0].message
    assert "taken for done" in found[2].message


@pytest.mark.proof("deploy/*", "Makefile")
@rows()
def test_no_check_finds_anything_in_a_row(tmp_path: Path, row: dict[str, Any]) -> None:
    assert list(checks.findings(manifests(rendered(tmp_path, **row)))) == []


@pytest.mark.proof("deploy/*", "Makefile")
@rows(where=lambda row: row["target"] != "kubernetes" and "plain-deployments" not in row.get("edge_features", ""))
def test_every_custom_resource_of_a_row_fits_its_crd(tmp_path: Path, row: dict[str, Any]) -> None:
    custom = [each for each in manifests(rendered(tmp_path, **row)) if crds.is_custom(each)]
    assert custom
    assert [said for each in custom for said in crds.objections(each)] == []


def manifests(repository: Path) -> list[dict[str, Any]]:
    return [each for text in rendered_by(repository).values() for each in yaml.safe_load_all(text)]


def sources() -> list[dict[str, Any]]:
    return [*apis.retired().values(), knative.data()["mask"], knative.data()["retried"]]


def test_the_lists_say_where_and_when_they_were_read() -> None:
    today = dt.datetime.now(tz=dt.UTC).date()
    for row in sources():
        assert len(row["source"]) > 10
        assert row["read"] <= today
    for key, each in apis.retired().items():
        assert {"state", "since", "hint", "source", "read"} == set(each), key
        assert each["hint"].endswith("."), key


def test_no_kind_is_both_written_and_retired() -> None:
    written = {group for pin in PINS["api"].values() for group in pin["value"].split("; ")}
    pairs = {(api, kind) for group in written for api, *kinds in [group.split()] for kind in kinds}
    retired = {(api, kind) for key in apis.retired() for api, *kinds in [key.split()] for kind in kinds}
    assert not pairs & retired
