"""Every row and every golden is taken by a real API server, under Pod Security `restricted`, without a warning."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.helpers import crds
from tests.helpers.goldens import GOLDENS
from tests.helpers.support import PINS, ROWS, ok, row_id
from tests.judges.subject import NEWEST, Subject
from tests.kube import manifests
from tests.kube.build import MODULE, VERSION
from tests.kube.engine import ControlPlane, control_plane, timed
from tests.test_judges import ODD

EVERY = [*ROWS, ODD]
NAMES = [*(f"{number:02d}-{row_id(row)}" for number, row in enumerate(EVERY)), *(f"golden-{name}" for name in GOLDENS)]


@pytest.fixture(scope="session")
def subjects(tmp_path_factory: pytest.TempPathFactory) -> list[Subject]:
    folder = tmp_path_factory.mktemp("subjects")
    with timed("rendering of the rows and goldens"):
        rows = [manifests.of_row(folder, number, row) for number, row in enumerate(EVERY)]
        return [*rows, *(manifests.of_golden(folder, golden) for golden in GOLDENS)]


@pytest.fixture(scope="session")
def said(plane: ControlPlane, subjects: list[Subject]) -> Mapping[str, str]:
    able = [each for each in subjects if crds.are_there() or not is_custom(each)]
    with timed("admission of the rows and goldens"):
        manifests.prepare(plane, able)
        return manifests.verdicts(plane, able)


def is_custom(subject: Subject) -> bool:
    """Whether the server needs CRDs for it."""
    return any(crds.is_custom(each) for _, each in manifests.rendered([subject]))


@pytest.mark.parametrize("name", NAMES)
def test_it_is_admitted_without_a_warning(said: Mapping[str, str], name: str) -> None:
    if name not in said:
        crds.needed()
    assert not said[name], said[name]


NOT_DEPLOYED = ("kustomize", "kyverno", "gatekeeper")
"""What no overlay has: settings of a tool, and policies, which tests/policies puts before their engines."""


def test_all_rows_and_goldens_are_asked_for(said: Mapping[str, str], subjects: list[Subject]) -> None:
    crds.needed()
    assert sorted(said) == sorted(NAMES)
    kinds = {
        (each["apiVersion"], each["kind"])
        for subject in subjects
        for path in subject.manifests.iterdir()
        for each in manifests.documents(path.read_text())
    }
    apis = [pin["value"] for name, pin in PINS["api"].items() if name not in NOT_DEPLOYED]
    served = [group.split() for value in apis for group in value.split(";")]
    assert kinds == {(version, kind) for version, *named in served for kind in named}


def test_the_namespaces_enforce_pod_security(
    plane: ControlPlane, said: Mapping[str, str], subjects: list[Subject]
) -> None:
    able = [each for each in subjects if each.name in said]
    named = {
        each["metadata"]["name"]: bounded(subject)
        for subject in able
        for _, each in manifests.rendered([subject])
        if each["kind"] == manifests.NAMESPACE
    }
    enforced = {
        each["metadata"]["name"]: each["metadata"]["labels"].get("pod-security.kubernetes.io/enforce")
        for each in plane.get("namespaces")
        if each["metadata"]["name"] in named
    }
    assert len(named) > len(EVERY)
    assert enforced == {name: "privileged" if policy else "restricted" for name, policy in named.items()}


def bounded(subject: Subject) -> bool:
    """Whether a policy bounds what the pods may have of their node."""
    return any(each["kind"] == "ValidatingAdmissionPolicyBinding" for _, each in manifests.rendered([subject]))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("runAsNonRoot: true", "runAsNonRoot: false", "violates PodSecurity"),
        ("readinessProbe", "readynessProbe", "unknown field"),
    ],
)
def test_a_row_that_is_refused_is_named(
    plane: ControlPlane,
    subjects: list[Subject],
    said: Mapping[str, str],
    tmp_path: Path,
    old: str,
    new: str,
    words: str,
) -> None:
    assert said
    # A pod with users of its own may run as root inside: Pod Security allows that.
    prods = [(each, each.manifests / "prod.yaml") for each in subjects]
    one, bad, other, *_ = (each for each, prod in prods if prod.exists() and "hostUsers" not in prod.read_text())
    spoiled = bad._replace(manifests=shutil.copytree(bad.manifests, tmp_path / "spoiled"))
    path = spoiled.manifests / "prod.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    found = manifests.verdicts(plane, [one, spoiled, other])
    assert words in found.pop(spoiled.name)
    assert set(found.values()) == {""}


def test_a_field_that_a_crd_does_not_know_is_refused(
    plane: ControlPlane, subjects: list[Subject], said: Mapping[str, str]
) -> None:
    crds.needed()
    assert said
    found = [each for subject in subjects for _, each in manifests.rendered([subject])]
    service = next(each for each in found if each["apiVersion"] == "serving.knative.dev/v1")
    service["spec"]["template"]["spec"]["containerConcurency"] = 1
    assert 'unknown field "spec.template.spec.containerConcurency"' in plane.objections(json.dumps(service), 1)


def test_a_warning_alone_is_an_objection(plane: ControlPlane, subjects: list[Subject], said: Mapping[str, str]) -> None:
    assert said
    everything = manifests.documents((subjects[0].manifests / "prod.yaml").read_text())
    (deployment,) = (each for each in everything if each["kind"] == "Deployment")
    deployment["spec"]["template"]["spec"]["hostNetwork"] = True
    against = plane.objections(json.dumps(deployment), 1)
    assert "Warning: would violate PodSecurity" in against
    assert "Error from server" not in against


def test_the_server_is_of_the_version_that_is_pinned(plane: ControlPlane) -> None:
    served = json.loads(ok(plane.kubectl("get", "--raw=/version")))
    assert served["gitVersion"] == VERSION
    assert VERSION.startswith(f"v{NEWEST}.")
    required = re.findall(
        r"^(?:require )?\s*k8s.io/(\S+) (?:=> \S+ )?(v\S+)$", (MODULE / "go.mod").read_text(), re.MULTILINE
    )
    assert ("kubernetes", VERSION) in required
    staged = re.findall(r"=> k8s.io/\S+ (\S+)$", (MODULE / "go.mod").read_text(), re.MULTILINE)
    assert set(staged) == {VERSION.replace("v1.", "v0.")}


def test_no_beta_api_of_its_own_is_served(plane: ControlPlane) -> None:
    versions = ok(plane.kubectl("api-versions")).split()
    defined = {each["spec"]["group"] for each in plane.get("customresourcedefinitions")}
    own = [version for version in versions if version.partition("/")[0] not in defined]
    assert {"v1", "apps/v1", "policy/v1"} <= set(own)
    assert [version for version in own if re.search(r"alpha|beta", version)] == []


def test_the_end_of_a_daemon_is_everybodys_failure() -> None:
    with control_plane() as own:
        etcd, server = own.daemons
        assert own.kubectl("get", "namespaces").code == 0
        etcd.process.kill()
        etcd.process.wait()
        with pytest.raises(AssertionError, match="etcd has ended with -9"):
            own.kubectl("get", "namespaces")
        # Without its store it would take long to end by itself.
        server.process.kill()
