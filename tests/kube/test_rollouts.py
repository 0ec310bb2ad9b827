"""Rollouts on a real node, under load at the Service's address, lose no request; as articles write them, they do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.helpers.support import ok
from tests.kube.conftest import Deploy
from tests.kube.deployed import Deployed, ready
from tests.kube.engine import SAID, timed
from tests.kube.load import Load, load
from tests.kube.stock import IMAGE, NEWER

TRIES = 5
MEBIBYTE = 1024 * 1024


def new_image(orders: Deployed) -> None:
    orders.apply(NEWER)


def changed_setting(orders: Deployed) -> None:
    settings = orders.repository / "deploy/base/config.yaml"
    settings.write_text(f"{settings.read_text()}quote-max-lines: 50\n")
    orders.apply()


def undo(orders: Deployed) -> None:
    ok(orders.kubectl("rollout", "undo", f"deployment/{orders.name}"))


def image_of_before(orders: Deployed) -> None:
    orders.apply(IMAGE)


@pytest.fixture(scope="module")
def orders(deploy: Deploy) -> Deployed:
    with timed("first rollout of the overlay dev"):
        deployed = deploy("rolling")
        deployed.rolled_out()
    return deployed


@contextmanager
def loaded(deployed: Deployed, what: str) -> Iterator[Load]:
    """Ask for quotes while something happens, and say what became of the requests."""
    with load(deployed.node.there, deployed.address) as counted:
        yield counted
    SAID.append(f"{what}: {counted}")


def test_the_overlay_runs_as_it_was_rendered(orders: Deployed) -> None:
    assert ready(orders.pod())
    first = json.loads(ok(orders.kubectl("logs", f"deployment/{orders.name}")).splitlines()[0])
    assert first["version"] == IMAGE
    assert first["gomemlimit_bytes"] == 112 * MEBIBYTE
    assert orders.status()["restartCount"] == 0


@pytest.mark.parametrize("begin", [new_image, changed_setting, Deployed.restart, undo, image_of_before])
def test_a_rollout_under_load_loses_nothing(orders: Deployed, begin: Callable[[Deployed], None]) -> None:
    before = orders.pod()["metadata"]["name"]
    with loaded(orders, f"rollout, {begin.__name__}") as counted:
        begin(orders)
        orders.rolled_out()
    assert orders.pod()["metadata"]["name"] != before
    assert counted.answered > 0
    assert not counted.failed


def test_a_bad_image_and_its_undoing_lose_nothing(orders: Deployed) -> None:
    before = orders.pod()["metadata"]["name"]
    with loaded(orders, "a bad image, and undo") as counted:
        orders.apply("localhost/orders:v9.9.9")
        orders.until(lambda: "ImagePullBackOff" in json.dumps(orders.pods()), "the failing pull")
        undo(orders)
        orders.rolled_out()
    assert orders.pod()["metadata"]["name"] == before
    assert counted.answered > 0
    assert not counted.failed


def test_without_a_wait_before_the_end_requests_are_lost(orders: Deployed) -> None:
    orders.as_articles_write_it()
    orders.rolled_out()
    for number in range(TRIES):
        with loaded(orders, f"rollout without a wait, {number + 1}") as counted:
            orders.restart()
            orders.rolled_out()
        if counted.lost:
            return
    pytest.fail(f"nothing was lost in {TRIES} rollouts")
