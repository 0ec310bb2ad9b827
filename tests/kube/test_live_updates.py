"""A cluster that runs what an earlier release wrote takes what this version writes, and nothing is left behind."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from gocontainer import render
from gocontainer.answers.lockfile import with_lockfile
from tests.helpers.release import FOLDER, frozen
from tests.helpers.support import answers, committed, git, gocontainer, ok, pip_tool
from tests.images.engine import Engine
from tests.judges.subject import kustomize
from tests.kube.deployed import Deployed, ready
from tests.kube.engine import Document, timed
from tests.kube.manifests import documents
from tests.kube.node import Node

PREVIOUS = max(FOLDER.iterdir(), key=lambda path: [int(part) for part in path.name.split(".")])
"""The release before this version."""
IMAGE = f"localhost/orders:v{PREVIOUS.name}-previous"
KINDS = "serviceaccount,service,deployment,horizontalpodautoscaler,poddisruptionbudget,networkpolicy"
NUMBERS = itertools.count()
OVERLAY = "deploy/overlays/prod/kustomization.yaml"
PROFILES = [folder.name for folder in sorted(PREVIOUS.iterdir()) if OVERLAY in frozen(folder)]
"""Those of that release that a plain node can run."""
every_profile = pytest.mark.parametrize("profile", PROFILES)
Objects = Mapping[tuple[str, str], Document]
"""By kind and name."""


class Updated(NamedTuple):
    """A service that runs, and its objects before it was updated."""

    service: Deployed
    before: Objects


def moved(repository: Path, namespace: str) -> None:
    """Take the environment `prod` to another namespace, as an owner would."""
    for name in ("overlays/prod/kustomization.yaml", "namespace/namespace.yaml"):
        path = repository / "deploy" / name
        text = path.read_text()
        assert ": orders\n" in text
        path.write_text(text.replace(": orders\n", f": {namespace}\n", 1).replace("orders-dev", f"{namespace}-dev"))


def live(deployed: Deployed) -> Objects:
    """Return the objects that are there, by kind and name, those aside that every namespace has."""
    found = deployed.node.plane.get(KINDS, f"--namespace={deployed.namespace}")
    named = {(each["kind"], each["metadata"]["name"]): each for each in found}
    return {key: each for key, each in named.items() if key != ("ServiceAccount", "default")}


def wanted(deployed: Deployed) -> set[tuple[str, str]]:
    """Return what the overlay makes; its ConfigMap has another name for each content."""
    made = documents(kustomize(deployed.overlay))
    return {(each["kind"], each["metadata"]["name"]) for each in made if each["kind"] != "ConfigMap"}


@pytest.fixture(scope="module")
def updated(engine: Engine, node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Updated]]:
    """The previous release of every profile, running, and updated: with its objects as they were before."""
    folder = tmp_path_factory.mktemp("previous")
    services = {}
    for profile in PROFILES:
        repository = committed(folder / profile / "orders", frozen(PREVIOUS / profile))
        services[profile] = Deployed(node, repository, "prod", f"previous-{profile}")
        moved(repository, services[profile].namespace)
    node.push(engine.build(services["service"].repository), IMAGE)
    with timed(f"release {PREVIOUS.name} to this version, on the node"):
        for service in services.values():
            service.apply(IMAGE)
            git(service.repository, "commit", "--quiet", "--all", "--message=where it runs")
        for service in services.values():
            service.rolled_out()
        before = {profile: live(service) for profile, service in services.items()}
        for service in services.values():
            ok(gocontainer("update", str(service.repository), "--commit"))
            service.apply()
        for service in services.values():
            service.rolled_out()
    yield {profile: Updated(service, before[profile]) for profile, service in services.items()}
    for service in services.values():
        service.remove()


@every_profile
def test_no_immutable_field_is_touched(updated: Mapping[str, Updated], profile: str) -> None:
    service, before = updated[profile]
    after = live(service)
    same = before.keys() & after.keys()
    assert ("Deployment", "orders") in same
    assert {key: before[key]["metadata"]["uid"] for key in same} == {key: after[key]["metadata"]["uid"] for key in same}
    assert before["Service", "orders"]["spec"]["clusterIP"] == after["Service", "orders"]["spec"]["clusterIP"]
    assert all(map(ready, service.pods()))


def test_an_immutable_field_would_be_noticed(updated: Mapping[str, Updated]) -> None:
    service, _ = updated["minimal"]
    (deployment,) = (each for each in documents(kustomize(service.overlay)) if each["kind"] == "Deployment")
    deployment["spec"]["selector"]["matchLabels"]["tier"] = "other"
    deployment["spec"]["template"]["metadata"]["labels"]["tier"] = "other"
    refused = service.kubectl("apply", "--filename=-", given=json.dumps(deployment))
    assert refused.code != 0
    assert "field is immutable" in refused.err


@every_profile
def test_nothing_is_left_behind(updated: Mapping[str, Updated], profile: str) -> None:
    service, _ = updated[profile]
    assert live(service).keys() == wanted(service)


def shell(service: Deployed, command: str) -> None:
    """Run a command that was printed, as its reader would."""
    with_tools = (
        "env",
        f"PATH={Path(pip_tool('kubectl')).parent}:/usr/bin:/bin",
        f"KUBECONFIG={service.node.plane.kubeconfig}",
    )
    service.node.there.run(*with_tools, "sh", "-euc", command)


def answered(service: Deployed, *settings: str) -> Document:
    """Update with other answers, commit, and return what was reported."""
    given = [f"--set={each}" for each in settings]
    report = json.loads(ok(gocontainer("update", str(service.repository), *given, "--commit", "--json")))
    assert report["written"]
    return dict(report)


def applied(service: Deployed) -> int:
    """Apply the overlay and return the number of replicas that the Deployment has at once, before anybody else acts."""
    printed = ok(service.kubectl("apply", f"--kustomize={service.overlay}", "--output=json"))
    (deployment,) = (each for each in json.loads(printed)["items"] if each["kind"] == "Deployment")
    return int(deployment["spec"]["replicas"])


@pytest.fixture
def fixed(node: Node, tmp_path: Path) -> Iterator[Deployed]:
    """A service of three replicas, applied."""
    chosen = answers(service=f"fixed-{next(NUMBERS)}", min_replicas=3, max_replicas=3)
    repository = committed(tmp_path / str(chosen["service"]), with_lockfile(render(chosen), chosen))
    service = Deployed(node, repository, "prod")
    service.apply()
    assert live(service).keys() == wanted(service)
    yield service
    service.remove()


def test_the_autoscaler_takes_the_replicas_over_and_gives_them_back(fixed: Deployed) -> None:
    report = answered(fixed, "max_replicas=6")
    assert report["delete"] == []
    (command,) = report["hand_over"]
    shell(fixed, command)
    assert applied(fixed) == 3
    assert ("HorizontalPodAutoscaler", fixed.name) in live(fixed)
    report = answered(fixed, "max_replicas=3")
    assert report["hand_over"] == []
    assert applied(fixed) == 3
    assert live(fixed).keys() > wanted(fixed)
    for each in report["delete"]:
        shell(fixed, each)
    assert live(fixed).keys() == wanted(fixed)


def test_without_the_command_the_replicas_are_lost_for_a_while(fixed: Deployed) -> None:
    answered(fixed, "max_replicas=6")
    assert applied(fixed) == 1
