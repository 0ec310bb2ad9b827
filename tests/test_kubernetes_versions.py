"""No manifest has what a Kubernetes does not know yet that it must suit, and each suits that one strictly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from gocontainer import render
from gocontainer.answers.lockfile import with_lockfile
from gocontainer.follow_up.service_changes import unheeded
from gocontainer.inspection import explain
from gocontainer.options.conflicts import CONFLICTS
from gocontainer.options.subjects.targets import KNOWN, KUBERNETES_MIN, knows
from gocontainer.options.table import BY_NAME
from gocontainer.repository.tree import File
from tests.helpers import crds
from tests.helpers.support import ROOT, answers, committed, gocontainer, ok, rendered, rows
from tests.judges.kubernetes import wrong
from tests.judges.subject import NAMESPACES, NEWEST, rendered_by

TARGETS: tuple[dict[str, Any], ...] = (
    {},
    {"target": "knative"},
    {"target": "kubeedge"},
    {"target": "openyurt", "edge_features": "held-upgrade"},
    {"target": "openyurt", "edge_features": "plain-deployments"},
)
EVERYTHING = """
kind: ValidatingAdmissionPolicy
---
kind: HorizontalPodAutoscaler
apiVersion: autoscaling/v2
spec: {metrics: [{type: ContainerResource, containerResource: {name: cpu}}]}
---
kind: PodDisruptionBudget
spec: {unhealthyPodEvictionPolicy: AlwaysAllow}
---
kind: Namespace
metadata: {labels: {pod-security.kubernetes.io/enforce: restricted}}
---
kind: Service
spec: {trafficDistribution: PreferSameZone}
---
kind: EdgeApplication
spec: {workloadTemplate: {manifests: [{kind: Deployment, spec: {template: {spec: {
  hostUsers: false, topologySpreadConstraints: [{matchLabelKeys: [pod-template-hash]}], containers: [
    {lifecycle: {preStop: {sleep: {seconds: 5}}}, livenessProbe: {terminationGracePeriodSeconds: 10}}]}}}}]}}
"""
"""All that the table has, where it may stand."""


def paths(value: object, path: str = "") -> Iterator[str]:
    """Yield the path of everything in a document, with what stands at its end."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield f"{path}.{key}"
            yield from paths(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, path)
    else:
        yield f"{path}={value}"


def used(document: object) -> set[str]:
    """Return the rows of the table that a document has."""
    return {row for row in KNOWN for path in paths(document) if path.endswith(f".{row}")}


def too_young(documents: list[Any], oldest: str) -> set[str]:
    """Return what documents have that ``oldest`` does not know."""
    return {row for document in documents for row in used(document) if not knows(oldest, row)}


def documents(repository: Path) -> list[Any]:
    """Return all that a cluster gets, the namespaces too."""
    texts = [
        *rendered_by(repository).values(),
        *(each.read_text() for each in repository.glob(f"deploy/*/{NAMESPACES}")),
    ]
    return [each for text in texts for each in yaml.safe_load_all(text)]


@pytest.mark.proof("deploy/*", "Makefile")
@rows()
def test_no_row_has_what_its_oldest_kubernetes_does_not_know(tmp_path: Path, row: dict[str, Any]) -> None:
    assert too_young(documents(rendered(tmp_path, **row)), row["kubernetes_min"]) == set()


def test_each_row_of_the_table_is_noticed_in_a_manifest_for_an_older_one() -> None:
    everything = list(yaml.safe_load_all(EVERYTHING))
    assert too_young(everything, "1.36") == set()
    assert too_young(everything, "1.0") == set(KNOWN)
    for version in KUBERNETES_MIN.values:
        assert too_young(everything, version) == {row for row in KNOWN if not knows(version, row)}


@pytest.mark.parametrize("given", [TARGETS[0], TARGETS[-1]], ids=str)
def test_what_a_version_knows_is_taken_from_it_on_and_never_before(tmp_path: Path, given: dict[str, Any]) -> None:
    """The versions between those of the matrix as well."""
    newest = {
        row for each in documents(rendered(tmp_path / "newest", kubernetes_min="1.36", **given)) for row in used(each)
    }
    for version in KUBERNETES_MIN.values:
        found = documents(rendered(tmp_path / version, kubernetes_min=version, **given))
        assert {row for each in found for row in used(each)} == {row for row in newest if knows(version, row)}


@pytest.mark.parametrize("oldest", ["1.23", "1.27", "1.30", "1.36"])
def test_the_manifests_are_strictly_valid_for_their_version_and_the_newest(tmp_path: Path, oldest: str) -> None:
    for number, given in enumerate(TARGETS):
        every = documents(rendered(tmp_path / str(number), kubernetes_min=oldest, **given))
        plain = [each for each in every if not crds.is_custom(each)]
        assert plain
        assert [said for each in plain for version in (oldest, NEWEST) if (said := wrong(each, version))] == []


SITES = {"target": "openyurt", "edge_features": "plain-deployments"}
SAME_ZONE = "  trafficDistribution: PreferSameZone\n  ports:"


def test_an_update_names_what_is_written_no_more_with_the_answer_that_keeps_it(tmp_path: Path) -> None:
    """A repository of a time when it was written for each Kubernetes."""
    chosen = answers(kubernetes_min="1.30", **SITES)
    files = {**render(chosen)}
    service = files["deploy/edge/service.yaml"].content.decode()
    files["deploy/edge/service.yaml"] = File(service.replace("  ports:", SAME_ZONE).encode())
    repository = committed(tmp_path / "orders", with_lockfile(files, chosen))
    report = json.loads(ok(gocontainer("update", str(repository), "--json", "--commit")))
    (told,) = [each for each in report["changed_limits"] if "heeds" in each]
    assert "'trafficDistribution: PreferSameZone' from 1.34 on" in told
    assert "PreferSameZone\n" not in (repository / "deploy/edge/service.yaml").read_text()
    (keeps,) = re.findall("'gocontainer update ([^']+)'", told)
    ok(gocontainer("update", str(repository), *keeps.split(), "--commit"))
    assert SAME_ZONE in (repository / "deploy/edge/service.yaml").read_text()
    ok(gocontainer("update", str(repository), "--set=kubernetes_min=1.36", "--commit"))
    asked_for = ok(gocontainer("update", str(repository), "--set=kubernetes_min=1.30"))
    assert "heeds" not in asked_for, "who asks for an older one is not told how not to"


def test_each_line_that_an_older_kubernetes_does_not_heed_is_told() -> None:
    everything = {"deploy/all.yaml": File(yaml.safe_dump_all(yaml.safe_load_all(EVERYTHING)).encode())}
    for oldest in ("1.23", "1.27", "1.36"):
        told = "\n".join(unheeded(everything, {}, oldest))
        lost = {row for row in KNOWN if not knows(oldest, row)}
        named = {row for row in lost if f"'{row.rpartition('.')[2].replace('=', ': ')}'" in told}
        assert named == lost - {"spec.trafficDistribution"}, "its value says more"
        assert [*unheeded(everything, everything, oldest)] == []
    assert [*unheeded({"docs/all.yaml": everything["deploy/all.yaml"]}, {}, "1.23")] == []


def test_the_schemas_of_the_oldest_refuse_what_came_later_and_what_was_never_there() -> None:
    later = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow"},
    }
    assert "unhealthyPodEvictionPolicy" in wrong(later, "1.23")
    assert wrong(later, NEWEST) == ""
    unknown = {"apiVersion": "v1", "kind": "ConfigMap", "dada": {}}
    assert "dada" in wrong(unknown, "1.23")
    policy = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy"}
    assert wrong(policy, "1.23") == "no schema of admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy"


def test_the_oldest_that_may_be_answered_is_the_first_that_knows_what_is_always_written() -> None:
    least = min(KNOWN.values(), key=lambda each: int(each.since.partition(".")[2])).since
    assert KUBERNETES_MIN.values[0] == least
    assert all(len(each.source) > len("kubernetes.io: ") for each in KNOWN.values())


@pytest.mark.parametrize(
    ("name", "row"), [("user_namespaces", "spec.hostUsers"), ("edge_features", "kind=ValidatingAdmissionPolicy")]
)
def test_an_answer_that_needs_a_younger_kubernetes_is_refused_with_the_first_that_does(name: str, row: str) -> None:
    (conflict,) = [each for each in CONFLICTS if {name, "kubernetes_min"} == set(each.names)]
    assert set(conflict.when["kubernetes_min"]) == {each for each in KUBERNETES_MIN.values if not knows(each, row)}
    assert conflict.hint.endswith(f"kubernetes_min {KNOWN[row].since}.")
    assert BY_NAME[name].fits(conflict.when[name][0])


def test_the_page_lists_each_version_from_which_something_is_known() -> None:
    page = (ROOT / "docs/how-to/clusters.md").read_text()
    listed = re.findall(r"(?m)^\| (1\.\d+) \|", page)
    assert sorted(set(listed)) == sorted({each.since for each in KNOWN.values()})


@pytest.mark.parametrize(
    ("given", "said"), [({}, []), ({"user_namespaces": True, "kubernetes_min": "1.33"}, [("false", "false")])], ids=str
)
def test_a_pod_has_users_of_its_own_where_that_is_answered_and_explain_names_what_its_node_needs(
    tmp_path: Path, given: dict[str, Any], said: list[tuple[str, str]]
) -> None:
    chosen = answers(**given)
    repository = committed(tmp_path / "orders", with_lockfile(render(chosen), chosen))
    pods = [each["spec"]["template"]["spec"] for each in documents(repository) if each["kind"] == "Deployment"]
    assert [pod.get("hostUsers") for pod in pods] == [False if given else None] * 2
    told = [each for each in explain.explain(repository) if each.name == "host_users"]
    assert [(each.rendered, each.now) for each in told] == said
    assert all("Linux 6.3, containerd 2.0" in each.buys for each in told)
