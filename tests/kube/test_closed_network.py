"""From nothing to a cluster where only a company's own servers are to be reached: no other name is looked up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.support import GOCONTAINER, ok, pip_tool, replace
from tests.images.test_private import places
from tests.kube.closed_network import MODULE, PASSWORD, PROJECTS, SERVERS, ClosedNetwork, closed_network
from tests.kube.engine import ControlPlane, control_plane, timed

HARBOR, GO_PROXY, _, GIT = SERVERS
IMAGE = f"{HARBOR}/shop/orders"
OWN = f'package main\n\nimport (\n\t"log/slog"\n\n\t"{MODULE}"\n)\n\nfunc init() {{ slog.Debug(greet.Word) }}\n'
"""A line of the owner's, for which a private module is needed."""


@pytest.fixture(scope="module")
def network() -> Iterator[ClosedNetwork]:
    with closed_network() as running:
        yield running


@pytest.fixture(scope="module")
def plane(network: ClosedNetwork) -> Iterator[ControlPlane]:
    with control_plane(network.there.within) as running:
        yield running


@pytest.fixture(scope="module")
def orders(network: ClosedNetwork) -> Path:
    """A repository of six answers, whose owner uses a private module."""
    given = {
        "image": IMAGE,
        "registry_mirrors": ",".join(f"{host}={HARBOR}/{project}" for host, project in PROJECTS.items()),
        "go_proxy": f"https://{GO_PROXY}",
        "go_sumdb": network.sumdb,
        "private_modules": GIT,
        "ca_bundle": "certs/corp.pem",
    }
    assert len(given) <= 6
    answers = (f"--set={name}={value}" for name, value in given.items())
    ok(network.run(network.home, GOCONTAINER, "new", "orders", "--no-input", *answers))
    repository = network.home / "orders"
    (repository / "certs").mkdir()
    (repository / "certs/corp.pem").write_bytes(network.authority.read_bytes())
    (repository / "cmd/server/greet.go").write_text(OWN)
    # What the how-to says of Go outside of make.
    for name in ("go_proxy", "go_sumdb", "private_modules"):
        variable = {"private_modules": "GOPRIVATE"}.get(name, name.upper().replace("_", ""))
        ok(network.run(repository, "go", "env", "-w", f"{variable}={given[name]}"))
    ok(network.run(repository, "go", "mod", "tidy"))
    ok(network.run(repository, "go", "env", "-u", "GOPROXY", "GOSUMDB", "GOPRIVATE"))
    return repository


def test_six_answers_lead_to_a_cluster_and_no_other_name_is_looked_up(
    network: ClosedNetwork, plane: ControlPlane, orders: Path
) -> None:
    def run(*command: str) -> str:
        with timed(f"closed network: {Path(command[0]).name} {command[1]}"):
            return ok(network.run(orders, *command), command)

    for target in (
        ["lint"],
        ["test"],
        ["image"],
        ["push", f"IMAGE={IMAGE}:v1"],
        ["pin"],
        ["push", f"IMAGE={IMAGE}:v2"],
    ):
        run("make", *target)
    assert (orders / "Dockerfile").read_text().count("@sha256:") == 3
    image = f"{IMAGE}:v2@{json.loads(run('skopeo', 'inspect', f'docker://{IMAGE}:v2'))['Digest']}"
    run("make", "set-image", "ENV=dev", f"IMAGE={image}")
    for which in ("--filename=deploy/namespace", "--kustomize=deploy/overlays/dev"):
        run(pip_tool("kubectl"), "apply", "--server-side", f"--kubeconfig={plane.kubeconfig}", which)
    (deployment,) = plane.get("deployments", "--all-namespaces")
    assert [each["image"] for each in deployment["spec"]["template"]["spec"]["containers"]] == [image]
    assert network.asked() == set(SERVERS)
    assert places(PASSWORD, network.builder, orders) == [], "neither layer, cache nor history"


def test_an_image_that_no_mirror_has_is_one_name_more(network: ClosedNetwork, orders: Path) -> None:
    network.asked()
    replace(orders / "Dockerfile", (f"FROM {HARBOR}/gcr/", "FROM gcr.io/"))
    assert "gcr.io" in network.run(orders, "make", "pin").err
    assert network.asked() - set(SERVERS) == {"gcr.io"}


def test_without_the_answers_another_proxy_is_asked(network: ClosedNetwork) -> None:
    network.asked()
    ok(network.run(network.home, GOCONTAINER, "new", "open", "--no-input"))
    assert network.asked() == set()
    assert network.run(network.home / "open", "make", "pin").code == 2
    others = network.asked()
    assert others
    assert others.isdisjoint(SERVERS)
    assert network.run(network.home, "getent", "hosts", "elsewhere.test").code == 2
    assert network.asked() == {"elsewhere.test"}
