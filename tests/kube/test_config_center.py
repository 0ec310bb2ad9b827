"""The golden with a config centre, on a node that cannot reach its centre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from tests.helpers.goldens import GOLDENS
from tests.helpers.support import rendered, replace
from tests.images.engine import Engine
from tests.kube.conftest import Deploy
from tests.kube.deployed import Deployed, ready
from tests.kube.engine import Document
from tests.kube.load import once
from tests.kube.node import Node

ANSWERS: Mapping[str, object] = GOLDENS["configured"]
IMAGE = "localhost/orders:v0.1.0-configured"
NEEDED = "quote-max-lines"


@pytest.fixture(scope="module")
def alone(engine: Engine, node: Node, deploy: Deploy, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    node.push(engine.build(rendered(tmp_path_factory.mktemp("configured"), **ANSWERS)), IMAGE)
    service = deploy("alone", IMAGE, **ANSWERS)
    service.rolled_out()
    return service


def state(service: Deployed, pod: Document) -> str:
    """What a pod says of its settings, whether it is ready or not."""
    address = f"http://{pod['status']['podIP']}:8081/readyz?verbose"
    return service.node.there.run("curl", "--silent", address)


def test_it_serves_on_the_layers_below_and_is_ready(alone: Deployed) -> None:
    pod = alone.pod()
    assert ready(pod)
    assert alone.status()["restartCount"] == 0
    assert "settings: from the layers below\n" in state(alone, pod)
    assert "config centre: etcd, never answered, does not now\n" in state(alone, pod)
    assert once(alone.node.there, alone.address).answered == 1


def test_a_new_pod_that_must_not_guess_is_not_ready_and_the_old_one_serves_on(alone: Deployed) -> None:
    old = alone.pod()["metadata"]["name"]
    settings = alone.repository / "deploy/components/config-center/kustomization.yaml"
    replace(settings, ("APP_CENTER_NEEDS=\n", f"APP_CENTER_NEEDS={NEEDED}\n"))
    alone.apply()

    def waiting() -> Sequence[Document]:
        fresh = [pod for pod in alone.pods() if pod["metadata"]["name"] != old]
        return [pod for pod in fresh if pod["status"].get("containerStatuses", [{}])[0].get("started")]

    alone.until(waiting, "the new pod")
    (new,) = waiting()
    assert f"waiting for {NEEDED}\n" in state(alone, new)
    assert {pod["metadata"]["name"]: ready(pod) for pod in alone.pods()} == {old: True, new["metadata"]["name"]: False}
    assert once(alone.node.there, alone.address).answered == 1
