"""The rendered autoscaler on a real node, told by a real metrics-server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.kube.autoscaler import ANSWERS, FEWEST, MOST, autoscaler, grow, measured
from tests.kube.conftest import Deploy
from tests.kube.deployed import CONTAINER, Deployed
from tests.kube.engine import SAID
from tests.kube.node import Node

RESOLUTION = 10


@pytest.fixture(scope="module", autouse=True)
def metrics(node: Node) -> Iterator[None]:
    with measured(node, RESOLUTION):
        yield


@pytest.fixture(scope="module")
def orders(deploy: Deploy) -> Deployed:
    deployed = deploy("scaled", overlay="prod", **ANSWERS)
    deployed.rolled_out()
    return deployed


def test_without_a_request_it_knows_nothing(orders: Deployed) -> None:
    orders.patch(*({"op": "remove", "path": f"{CONTAINER}/resources/{each}/cpu"} for each in ("requests", "limits")))
    orders.until(lambda: "missing request for cpu" in json.dumps(autoscaler(orders)), "what the autoscaler says")
    orders.apply()
    orders.rolled_out()


def test_five_times_the_load_has_its_pods_and_loses_nothing(orders: Deployed) -> None:
    grown = grow(orders)
    SAID.append(
        f"five times the load: {FEWEST} to {MOST} pods in {grown.seconds:.0f} s, a pod within {grown.start} s, "
        f"{grown.lost} of {grown.lost + grown.answered} lost"
    )
    assert grown.answered > 0
    assert grown.lost == 0
