"""Twelve sites, four waves: the drill of docs/edge.md on a real API server, with its scheduler and controllers.

The nodes are objects; the test plays their kubelets, and by the interpreter the controller of the edge platform.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from gocontainer.options.subjects.targets import EDGE_PLATFORMS
from tests.helpers import crds
from tests.helpers.support import Run, ok, rendered
from tests.kube import manifests
from tests.kube.build import PROGRAMS, kubernetes
from tests.kube.deployed import ready
from tests.kube.engine import ControlPlane, Document, joined, timed
from tests.kube.placement import SMALL, node, scheduled
from tests.sites.fleets import Fleet, twelve
from tests.sites.interpreter import GROUP, POOL, effective
from tests.sites.program import FILE, folder, sites, written

IMAGE = "registry.example.com/acme/{}:v{}"
PLATFORMS: Mapping[str, Mapping[str, Any]] = {
    "kubeedge": {"target": "kubeedge"},
    "openyurt": {"target": "openyurt"},
    "native": {"target": "openyurt", "edge_features": "plain-deployments"},
}


@pytest.fixture(scope="module", name="cluster")
def running_cluster(plane: ControlPlane) -> Iterator[ControlPlane]:
    for program in PROGRAMS:
        kubernetes(program)
    crds.needed()
    manifests.install(plane, {"apps.kubeedge.io", "operations.kubeedge.io", "apps.openyurt.io"})
    with timed("drill of the sites"), scheduled(plane, "persistentvolume-binder-controller") as running:
        yield running


class Drill:
    """A fleet in the cluster, and who acts there."""

    def __init__(self, plane: ControlPlane, platform: str, repository: Path, fleet: Fleet) -> None:
        self.plane, self.platform, self.repository, self.fleet = plane, platform, repository, fleet
        self.name, self.offline = repository.name, set[str]()
        (repository / FILE).write_text(fleet.text())
        plane.create(joined([self.node(each) for each in fleet.sites]))

    def node(self, site: Document) -> Document:
        """Return the only node of a site, with the labels that its platform gives it."""
        labels = {
            "kubeedge": {EDGE_PLATFORMS["kubeedge"].node: "", GROUP: site["name"]},
            "openyurt": {POOL: site["name"]},
        }
        document = node(f"{self.name}-{site['name']}", site["name"], SMALL, arch=site["arch"])
        document["metadata"]["labels"] |= labels.get(self.platform, {})
        return document

    def make(self, *arguments: str) -> Run:
        """Run `gocontainer sites` against the cluster."""
        return sites(self.repository, *arguments, KUBECONFIG=str(self.plane.kubeconfig))

    def apply(self, *names: str) -> None:
        """Apply files as their owner would, and then what the platform makes of all that is applied."""
        files = [f"--filename={folder(self.repository)}/{name}" for name in names]
        ok(self.plane.kubectl("apply", "--validate=strict", "--warnings-as-errors", *files), names)
        objects = [
            each
            for path in (folder(self.repository) / "common.yaml", *folder(self.repository).glob("wave-*.yaml"))
            if path.name in names
            for each in yaml.safe_load_all(path.read_text())
            if each
        ]
        known = [each for each in written(self.repository) if each["kind"] in ("NodeGroup", "NodePool")]
        self.plane.create(joined(list(effective([*objects, *known]).values()) or objects))

    def pods(self) -> list[Document]:
        return self.plane.get("pods", f"--namespace={self.name}")

    def live(self) -> dict[str, Document]:
        """Return the pod of each site that is not on its way out."""
        found = [each for each in self.pods() if "deletionTimestamp" not in each["metadata"]]
        pods = {site_of(each): each for each in found}
        assert len(pods) == len(found), "two pods at one site"
        return pods

    def kubelets(self) -> None:
        """Do what the kubelets of the sites with a link do: end what is on its way out, start what is bound."""
        for each in self.pods():
            name, site = each["metadata"]["name"], site_of(each)
            if site in self.offline:
                continue
            if "deletionTimestamp" in each["metadata"]:
                at_once = ("--force", "--grace-period=0", "--ignore-not-found")
                ok(self.plane.kubectl("delete", "pod", name, f"--namespace={self.name}", *at_once))
            elif "nodeName" in each["spec"] and not ready(each):
                status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
                patch = ("--subresource=status", f"--patch={json.dumps({'status': status})}")
                ok(self.plane.kubectl("patch", "pod", name, f"--namespace={self.name}", *patch))

    def settle(self) -> None:
        """Wait until every site with a link has one ready pod with the image of its wave, on its own node."""

        def settled() -> bool:
            self.kubelets()
            pods = {site_of(each): each for each in self.pods() if "deletionTimestamp" not in each["metadata"]}
            return all(
                each["name"] in self.offline
                or (
                    (pod := pods.get(each["name"])) is not None
                    and ready(pod)
                    and image_of(pod) == self.wanted(each)
                    and pod["spec"]["nodeName"] == f"{self.name}-{each['name']}"
                )
                for each in self.fleet.sites
            )

        self.plane.until(settled, f"the sites of {self.name}", 120)

    def wanted(self, site: Document) -> str:
        """Return the image that the file says a site has."""
        return str(yaml.safe_load((self.repository / FILE).read_text())["waves"][site["wave"] - 1]["image"])

    def release(self, number: int) -> None:
        """Bring the release to a wave, as docs/edge.md says."""
        ok(self.make("wave", "--ok=yes", str(number)), f"wave {number}")
        self.apply(f"wave-{number}.yaml")
        self.settle()

    def remove(self) -> None:
        """Take everything away."""
        self.plane.kubectl("delete", "--wait=false", f"--filename={folder(self.repository)}", "--ignore-not-found")
        self.plane.kubectl("delete", "deployments", "--all", f"--namespace={self.name}")
        for kind in ("pods", "replicasets"):
            self.plane.kubectl("delete", kind, "--all", f"--namespace={self.name}", "--force", "--grace-period=0")
        nodes = [f"{self.name}-{each['name']}" for each in self.fleet.sites]
        ok(self.plane.kubectl("delete", "nodes", *nodes))


def site_of(pod: Document) -> str:
    (container,) = pod["spec"]["containers"]
    return next(str(each["value"]) for each in container["env"] if each["name"] == "APP_SITE")


def image_of(pod: Document) -> str:
    return str(pod["spec"]["containers"][0]["image"])


@pytest.fixture
def drill(cluster: ControlPlane, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Drill]:
    platform = request.param
    name = f"fleet-{platform}"
    repository = rendered(tmp_path, service=name, profile="edge", **PLATFORMS[platform])
    running = Drill(cluster, platform, repository, twelve(IMAGE.format(name, "0.1.0")))
    yield running
    running.remove()


@pytest.mark.parametrize("drill", PLATFORMS, indirect=True)
def test_a_release_goes_through_twelve_sites_in_four_waves_and_one_comes_back(drill: Drill) -> None:
    ok(drill.make("render"), "render")
    names = sorted(path.name for path in folder(drill.repository).glob("*.yaml"))
    assert len([name for name in names if name.startswith("wave-")]) == 4
    drill.apply(*names)
    drill.settle()
    assert len(drill.live()) == 12
    old, new = drill.fleet.release["image"], IMAGE.format(drill.name, "0.2.0")

    ok(drill.make("image", new), "set-image")
    assert "Wave 1 does not have the release yet" in drill.make("wave", "--ok=yes", "2").err
    ok(drill.make("wave", "1"), "wave 1")
    assert "Wave 1 is not done: 0 of 1 sites are ready" in drill.make("wave", "--ok=yes", "2").err
    drill.apply("wave-1.yaml")
    drill.settle()
    assert "Say OK=yes" in drill.make("wave", "2").err
    drill.release(2)
    a_straggler_holds_nobody_up_and_catches_up(drill, new)
    assert {image_of(each) for each in drill.live().values()} == {new}

    before = drill.live()
    ok(drill.make("rollback", "2"), "rollback")
    drill.apply("wave-2.yaml")
    drill.settle()
    after = drill.live()
    second = {each["name"] for each in drill.fleet.sites if each["wave"] == 2}
    assert {site for site, pod in after.items() if image_of(pod) == old} == second
    same = {site for site in after if after[site]["metadata"]["uid"] == before[site]["metadata"]["uid"]}
    assert same == set(after) - second, "the others were left alone"
    ok(drill.make("check"), "sites-check")


def a_straggler_holds_nobody_up_and_catches_up(drill: Drill, new: str) -> None:
    straggler = next(each["name"] for each in drill.fleet.sites if each["wave"] == 3)
    drill.offline.add(straggler)
    drill.release(3)
    run = drill.make("wave", "--ok=yes", "4")
    assert f"wave 3, not ready yet: {straggler}\n" in ok(run, "wave 4")
    drill.apply("wave-4.yaml")
    drill.settle()
    (line,) = (each for each in ok(drill.make("status")).splitlines() if each.startswith("3 "))
    assert line.split() == ["3", "3/4", "yes", new, straggler]
    drill.offline.clear()
    drill.settle()
    (line,) = (each for each in ok(drill.make("status")).splitlines() if each.startswith("3 "))
    assert line.split() == ["3", "4/4", "yes", new]
