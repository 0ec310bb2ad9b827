"""The Role of the waves on a real API server: what `gocontainer sites` asks for is all that it allows, and needed."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.checks.finding import pods
from tests.helpers.support import Run, clean_environment, ok, pip_tool, rendered
from tests.kube.engine import ControlPlane, Document, joined, timed
from tests.kube.manifests import documents, pod
from tests.sites.fleets import twelve
from tests.sites.program import FILE, sites, written

SERVICE = "guarded"
ACCOUNT = f"system:serviceaccount:{SERVICE}:{SERVICE}-waves"
IMAGE = f"registry.example.com/acme/{SERVICE}:v{{}}"
NAMES = {"name": f"{SERVICE}-waves", "namespace": SERVICE}
ROLE, BINDING = "Role", "RoleBinding"


class Waves(NamedTuple):
    """A repository of sites whose pods are all ready, and the objects of deploy/rbac."""

    plane: ControlPlane
    repository: Path
    rights: list[Document]

    @property
    def kubeconfig(self) -> Path:
        """The file by which whoever brings releases reaches the cluster."""
        return self.repository / "kubeconfig"

    def sites(self, *arguments: str) -> Run:
        """Run `gocontainer sites` with the rights of the account."""
        return sites(self.repository, *arguments, KUBECONFIG=str(self.kubeconfig))

    def allow(self, rights: list[Document]) -> None:
        """Apply rights in the place of what there is; nobody may edit which Role a binding is for."""
        for kind in (BINDING, ROLE):
            ok(self.plane.kubectl("delete", kind, NAMES["name"], f"--namespace={SERVICE}", "--ignore-not-found"))
        self.plane.create(joined(rights))

    def may_soon(self, *, be_allowed: bool) -> None:
        """Wait until the API server has heard of other rights."""
        self.plane.until(lambda: (self.sites("status").code == 0) == be_allowed, "other rights", 60)


@pytest.fixture(scope="module")
def waves(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Waves]:
    answers = {"profile": "edge", "target": "openyurt", "edge_features": "plain-deployments"}
    repository = rendered(tmp_path_factory.mktemp("rbac"), service=SERVICE, **answers)
    (repository / FILE).write_text(twelve(IMAGE.format("0.1.0")).text())
    ok(sites(repository, "render"), "render")
    objects = written(repository)
    rights = documents((repository / "deploy/rbac/waves.yaml").read_text())
    with timed("rights of the waves"):
        plane.create(joined([each for each in objects if each["kind"] == "Namespace"]))
        plane.create(joined([*(each for each in objects if each["kind"] == "ServiceAccount"), *rights]))
        running = Waves(plane, repository, rights)
        token = ok(plane.kubectl("create", "token", NAMES["name"], f"--namespace={SERVICE}")).strip()
        config = json.loads(plane.kubeconfig.read_text())
        config["users"][0]["user"] = {"token": token}
        running.kubeconfig.write_text(json.dumps(config))
        _bring(plane, objects)
        yield running
        ok(plane.kubectl("delete", "--wait=false", "namespace", SERVICE))


def _bring(plane: ControlPlane, objects: list[Document]) -> None:
    """Make the pod of each site, and say that it is ready, as controllers and kubelets would."""
    made = [pod(each) for each in pods(objects)]
    assert len(made) == 12
    plane.create(joined(made))
    status = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
    patch = ("--subresource=status", f"--patch={json.dumps(status)}")
    names = [each["metadata"]["name"] for each in made]
    ok(plane.kubectl("patch", "pods", *names, f"--namespace={SERVICE}", *patch))


def test_every_command_of_the_waves_passes_with_the_role_and_asks_for_exactly_what_it_allows(waves: Waves) -> None:
    waves.may_soon(be_allowed=True)
    ok(waves.sites("check"), "sites-check")
    ok(waves.sites("image", IMAGE.format("0.2.0")), "set-image")
    ok(waves.sites("wave", "1"), "wave 1")
    assert "Wave 1 is not done: 0 of 1 sites are ready" in waves.sites("wave", "--ok=yes", "2").err
    ok(waves.sites("rollback", "1"), "wave-rollback")
    status = ok(waves.sites("status"), "wave-status")
    assert [line.split()[:3] for line in status.splitlines()[1:]] == [
        [str(wave), f"{count}/{count}", "yes"] for wave, count in enumerate((1, 2, 4, 5), 1)
    ]
    assert asked(waves) == allowed(waves.rights)


def asked(waves: Waves) -> set[tuple[str, str, str]]:
    """Return what the account asked for, as a rule has it; which kinds there are everybody may ask."""
    found = [
        each["objectRef"] | {"verb": each["verb"]} for each in waves.plane.requests(ACCOUNT) if "objectRef" in each
    ]
    assert {each["namespace"] for each in found} == {SERVICE}
    return {(each.get("apiGroup", ""), each["resource"] + each.get("subresource", ""), each["verb"]) for each in found}


def allowed(rights: list[Document]) -> set[tuple[str, str, str]]:
    """Return what a Role allows, each verb for each resource."""
    rules = [rule for each in rights if each["kind"] == ROLE for rule in each["rules"]]
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def without(rights: list[Document]) -> dict[str, list[Document]]:
    """Return rights that lack one thing each, by what it is."""
    found = {}
    for number, part in enumerate(rights):
        for where, names in places(part):
            for at, name in enumerate(names):
                less = copy.deepcopy(rights)
                values = next(value for path, value in places(less[number]) if path == where)
                values[at] = "other" if isinstance(name, str) else {**name, "name": "other"}
                found[f"{part['kind']} {where} {name if isinstance(name, str) else name['name']}"] = less
    found["no binding"] = [each for each in rights if each["kind"] != BINDING]
    return found


def places(part: Document) -> Iterator[tuple[str, list[Any]]]:
    """Yield the lists of a Role's rules, or of a binding, each with its name."""
    for number, rule in enumerate(part.get("rules", ())):
        for field, values in rule.items():
            yield f"rules[{number}].{field}", values
    if "subjects" in part:
        yield "subjects", part["subjects"]


def test_each_verb_resource_group_and_account_that_is_taken_away_is_noticed(waves: Waves) -> None:
    lacking = without(waves.rights)
    assert len(lacking) >= 5
    for what, rights in lacking.items():
        waves.allow(rights)
        waves.may_soon(be_allowed=False)
        said = waves.sites("status").err
        assert re.search("kubectl get failed: .* is forbidden: ", said), what
        waves.allow(waves.rights)
        waves.may_soon(be_allowed=True)


def test_make_rbac_says_who_is_bound_and_what_the_account_may_do(waves: Waves) -> None:
    path = f"{Path(pip_tool('kubectl')).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**clean_environment(), "PATH": path, "KUBECONFIG": str(waves.plane.kubeconfig)}
    command = ["make", "--silent", "rbac"]
    done = subprocess.run(command, cwd=waves.repository, check=False, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.search(
        rf"^{SERVICE}-waves +Role/{SERVICE}-waves .* {SERVICE}/{SERVICE}-waves$", done.stdout, re.MULTILINE
    )
    assert re.search(r"^pods +\[\] +\[\] +\[list\]$", done.stdout, re.MULTILINE)


def test_the_services_own_account_may_do_nothing_there(waves: Waves) -> None:
    own = f"--as=system:serviceaccount:{SERVICE}:{SERVICE}"
    for verb in ("get", "list", "create"):
        assert waves.plane.kubectl("auth", "can-i", verb, "pods", f"--namespace={SERVICE}", own).out == "no\n"
