"""One control plane and one node for all tests of a session, and at the end what they measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.helpers.support import rendered
from tests.images.engine import Engine
from tests.kube.deployed import Deployed
from tests.kube.engine import SAID, TIMES, ControlPlane, control_plane
from tests.kube.node import Node
from tests.kube.stock import IMAGE, stocked


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TIMES or SAID:
        terminalreporter.section("Kubernetes")
        for what, seconds in TIMES.items():
            terminalreporter.write_line(f"{seconds:7.1f} s  {what}")
        for line in SAID:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    with control_plane() as running:
        yield running


@pytest.fixture(scope="session", name="node")
def running_node(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with stocked(engine, tmp_path_factory.mktemp("images")) as running:
        yield running


Deploy = Callable[..., Deployed]


@pytest.fixture(scope="module")
def deploy(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deploy]:
    """Apply a repository of a service's name and answers, and take its namespaces away in the end."""
    made: list[Deployed] = []

    def apply(service: str, image: str = IMAGE, overlay: str = "dev", **given: object) -> Deployed:
        repository = rendered(tmp_path_factory.mktemp(service), service=service, **given)
        deployed = Deployed(node, repository, overlay)
        made.append(deployed)
        deployed.apply(image)
        return deployed

    yield apply
    for each in made:
        each.remove()
