"""Kubernetes' own policy on a real API server: it admits what each row runs, and what it must refuse it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from gocontainer.errors import UsageError
from tests.helpers import crds
from tests.helpers.support import ROWS, answers, ok, rendered, replace
from tests.judges.subject import IMAGES, Subject, kustomize, write
from tests.kube import manifests
from tests.kube.engine import ControlPlane, Document, joined, timed
from tests.policies.cases import ADMITTED, BAD, GOOD, REFUSED, WORKLOADS, Pod, changed, rendered_pod, workload
from tests.policies.mutants import CASE, EXCEPTIONS, RULES, SELECTORS, mutated, with_exception

POLICY = Path("deploy/policies/validatingadmissionpolicy.yaml")
MUTANTS = {**RULES, **SELECTORS}


UNSEEN = ("other namespaces", "told, and not refused", "only what was there")
"""Those that refuse nothing that is made, so that nobody can ask whether they are in force: the others are, by then."""
WORST: Pod = {"containers": [{"name": "worst", "image": "worst"}]}
"""What any rule refuses."""
DENIED = re.compile(
    r'^Error from server .*?: \S+ "([^"]+)" is forbidden: ValidatingAdmissionPolicy .*? denied request: (.*)$',
    re.MULTILINE,
)


WITH_PODS = ("as rendered", "no pods")
"""The policies in whose namespaces pods are made, which need their service account."""


def _object(kind: str, name: str, namespace: str = "") -> Document:
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata}


class Policies:
    """Policies in force, each in a namespace of its own."""

    def __init__(self, plane: ControlPlane, policies: Mapping[str, str]) -> None:
        self.plane = plane
        self.spaces = {name: f"policy-{number:02d}" for number, name in enumerate(policies)}
        plane.create(joined([_object("Namespace", each) for each in self.spaces.values()]))
        plane.create(joined([_object("ServiceAccount", "orders", self.spaces[each]) for each in WITH_PODS]))
        plane.create("\n---\n".join(moved(text, self.spaces[name]) for name, text in policies.items()))
        plane.until(self._in_force, "the policies", 60)

    def _in_force(self) -> bool:
        kinds = {name: "Deployment" if name == "no Jobs" else "Job" for name in self.spaces if name not in UNSEEN}
        asked = [workload(WORST, self.spaces[name], self.spaces[name], kind) for name, kind in kinds.items()]
        return len(refusals(self.plane, asked)) == len(asked)


def moved(policy: str, space: str) -> str:
    """Return a policy for another namespace, and called like it."""
    elsewhere = policy.replace("orders-dev]", "other]").replace("[orders,", f"[{space},")
    return re.sub(r"(?m)^(  name|  policyName): orders$", rf"\1: {space}", elsewhere)


def refusals(plane: ControlPlane, asked: Sequence[Document]) -> dict[str, str]:
    """Return what policies say against objects, by their names; none is created."""
    done = plane.kubectl("create", "--dry-run=server", "-f", "-", given=joined(asked))
    found = dict(DENIED.findall(done.err))
    created = re.findall(r" created \(server dry run\)$", done.out, re.MULTILINE)
    assert len(created) + len(found) == len(asked), done.err
    return found


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendered(tmp_path_factory.mktemp("policies"), policy="native", image="ghcr.io/acme/orders")


@pytest.fixture(scope="module")
def policies(plane: ControlPlane, repository: Path) -> Policies:
    policy = (repository / POLICY).read_text()
    variants = {"as rendered": policy}
    variants |= {name: with_exception(policy, name) for name in EXCEPTIONS}
    variants |= {name: mutated(policy, mutant) for name, mutant in MUTANTS.items()}
    with timed("policies in force"):
        return Policies(plane, variants)


@pytest.fixture(scope="module")
def pod(repository: Path) -> Pod:
    return rendered_pod(repository)


def test_a_bad_pod_is_refused_by_its_rule(plane: ControlPlane, policies: Policies, pod: Pod) -> None:
    space = policies.spaces["as rendered"]
    said = refusals(plane, [workload(changed(pod, change), name, space) for name, (_, change) in REFUSED.items()])
    assert {name: text.partition(": ")[0] for name, text in said.items()} == {
        name: rule for name, (rule, _) in REFUSED.items()
    }


def test_a_good_pod_is_admitted(plane: ControlPlane, policies: Policies, pod: Pod) -> None:
    space = policies.spaces["as rendered"]
    assert refusals(plane, [workload(changed(pod, change), name, space) for name, change in ADMITTED.items()]) == {}


def test_whatever_makes_pods_is_judged_like_them(plane: ControlPlane, policies: Policies, pod: Pod) -> None:
    space, (rule, change) = policies.spaces["as rendered"], REFUSED["tag"]
    assert refusals(plane, [workload(pod, kind.lower(), space, kind) for kind in WORKLOADS]) == {}
    bad = changed(pod, change)
    said = refusals(plane, [workload(bad, kind.lower(), space, kind) for kind in WORKLOADS])
    assert {*said} == {kind.lower() for kind in WORKLOADS}
    assert all(text.startswith(f"{rule}: ") for text in said.values())


def test_an_exception_holds_for_its_rule_and_account_until_its_day(
    plane: ControlPlane, policies: Policies, pod: Pod
) -> None:
    bad = changed(pod, REFUSED[CASE][1])
    asked = {name: workload(bad, name, policies.spaces[name]) for name in EXCEPTIONS}
    said = refusals(plane, list(asked.values()))
    assert {*asked} - {*said} == {name for name, each in EXCEPTIONS.items() if each.admitted}


def test_a_policy_that_is_too_weak_is_noticed(plane: ControlPlane, policies: Policies, pod: Pod) -> None:
    assert len(MUTANTS) >= 30
    cases = {}
    for name, mutant in MUTANTS.items():
        space = policies.spaces[name]
        cases[name] = workload(changed(pod, REFUSED[mutant.case][1]), space, space, mutant.kind)
    said = refusals(plane, list(cases.values()))
    assert [name for name in MUTANTS if policies.spaces[name] in said] == []


def test_what_is_there_may_be_labelled_and_not_be_made_worse(plane: ControlPlane, policies: Policies, pod: Pod) -> None:
    space = policies.spaces["only what was there"]
    bad = workload({**changed(pod, REFUSED["tag"][1])}, "old", space)
    ok(plane.kubectl("create", "-f", "-", given=json.dumps(bad)))
    assert plane.kubectl("-n", space, "label", "deployment", "old", "team=orders").code == 0
    worse = plane.kubectl("-n", space, "set", "image", "deployment/old", "orders=ghcr.io/acme/orders:v0.2.0")
    assert "digest: each image has its digest" in worse.err


def test_a_container_for_debugging_is_judged_too(plane: ControlPlane, policies: Policies, pod: Pod) -> None:
    space = policies.spaces["as rendered"]
    plane.create(json.dumps(workload(pod, "debugged", space, "Pod")))
    (running,) = (each for each in plane.get("--namespace", space, "pods") if each["metadata"]["name"] == "debugged")
    place = f"/api/v1/namespaces/{space}/pods/debugged/ephemeralcontainers"

    def add(image: str) -> str:
        container = {"name": "shell", "image": image, "securityContext": {"readOnlyRootFilesystem": True}}
        spec = {**running["spec"], "ephemeralContainers": [container]}
        done = plane.kubectl("replace", "--raw", place, "-f", "-", given=json.dumps({**running, "spec": spec}))
        return done.err if done.code else ""

    assert "registry: " in add(f"docker.io/library/busybox@sha256:{'0' * 64}")
    assert add(f"ghcr.io/acme/tools@sha256:{'0' * 64}") == ""


def test_the_repositorys_own_examples_are_judged_as_they_say(
    plane: ControlPlane, policies: Policies, repository: Path
) -> None:
    def deployment(example: Path, name: str) -> Document:
        found = next(
            each for each in manifests.documents(kustomize(repository / example)) if each["kind"] == "Deployment"
        )
        return {**found, "metadata": {"name": name, "namespace": policies.spaces["as rendered"]}}

    rules = sorted(each.name for each in (repository / BAD).iterdir())
    said = refusals(plane, [deployment(GOOD, "good"), *(deployment(BAD / rule, rule) for rule in rules)])
    assert {name: text.partition(": ")[0] for name, text in said.items()} == {rule: rule for rule in rules}
    assert {rule for rule, _ in REFUSED.values()} == set(rules)


def with_digests(repository: Path) -> Path:
    """Name the image of each environment by a digest, as its owner does."""
    for each in repository.glob("deploy/overlays/*/image/kustomization.yaml"):
        replace(each, ('newTag: "v0.1.0"', f"digest: sha256:{'0' * 64}"))
    return repository


def of_row(folder: Path, number: int, row: Mapping[str, Any]) -> Subject:
    """Write a row with the policy of a cluster that is young enough for it."""
    oldest = max(row["kubernetes_min"], "1.30")
    given = {**row, "service": f"bound-{number:02d}", "policy": "native", "kubernetes_min": oldest}
    repository = with_digests(rendered(folder, image=IMAGES[number % len(IMAGES)], **given))
    return Subject(given["service"], repository, write(repository, folder / f"{number:02d}"))


def may_be_bound(row: Mapping[str, Any]) -> bool:
    """Whether nothing of a row brings the image of somebody else, which a policy refuses."""
    try:
        answers(**{**row, "policy": "native", "kubernetes_min": max(row["kubernetes_min"], "1.30")})
    except UsageError:
        return False
    return True


def test_each_row_runs_under_its_policy_and_a_tag_does_not(plane: ControlPlane, tmp_path: Path) -> None:
    crds.needed()
    wanted = [row for row in ROWS if row["target"] == "kubernetes" and may_be_bound(row)]
    assert len(wanted) > 10
    subjects = [of_row(tmp_path, number, row) for number, row in enumerate(wanted)]
    manifests.prepare(plane, subjects)
    plane.create("\n---\n".join((each.folder / POLICY).read_text() for each in subjects))
    tagged = [untagged(each) for each in subjects]

    def in_force() -> bool:
        said = refusals(plane, tagged)
        assert all(text.startswith("digest: ") for text in said.values())
        return len(said) == len(tagged)

    plane.until(in_force, "the policies of the rows", 60)
    assert {name: said for name, said in manifests.verdicts(plane, subjects).items() if said} == {}


def untagged(subject: Subject) -> Document:
    """Return the Deployment of production with the tag that it was rendered with."""
    found = next(each for _, each in manifests.rendered([subject]) if is_production(subject, each))
    template = found["spec"]["template"]["spec"]
    template["containers"][0]["image"] = template["containers"][0]["image"].replace(f"@sha256:{'0' * 64}", ":v0.1.0")
    return found


def is_production(subject: Subject, document: Document) -> bool:
    """Whether an object is the Deployment of production."""
    return (document["kind"], document["metadata"].get("namespace")) == ("Deployment", subject.name)
