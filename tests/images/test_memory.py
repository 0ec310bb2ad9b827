"""What fills a service's memory, all at once and at each size: nobody is killed, and each bound is needed for it."""

from __future__ import annotations

import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gocontainer.rendering.sizing import Sizes
from tests.helpers.daemons import until
from tests.helpers.support import answers, rendered
from tests.images import attack
from tests.images.container import SIGKILLED, Container, container
from tests.images.engine import Engine

EVERYTHING = bool(os.environ.get("ALL"))
SIZES = [32, 48, 128, 1024] if EVERYTHING else [32, 128]
ORDINARY = json.dumps({"lines": [{"sku": "tea", "quantity": 2, "unit_price": 350}] * 82}).encode()
"""4 KiB."""
LARGE = {"APP_MAX_BODY_BYTES": str(1024 * 1024)}
"""What a user may allow, whatever the memory."""
BOUNDS = {
    "connections": ("internal/app/app.go", "a.service.ConnState = ", "_ = "),
    "bodies": ("internal/memory/memory.go", "return part(4) / 8 }", "return 1 << 40 }"),
    "headers": ("internal/app/app.go", "MaxHeaderBytes = cfg.MaxHeaderBytes", "MaxHeaderBytes = 1 << 20"),
}
"""A bound, the file that it is in, and what takes it away."""


@pytest.fixture(scope="module")
def image(engine: Engine, repository: Path) -> str:
    return engine.load(engine.build(repository))


@pytest.fixture(params=BOUNDS if EVERYTHING else ["connections"])
def unbounded(engine: Engine, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[str, str]:
    """An image without one of the bounds, and its name."""
    repository = rendered(tmp_path)
    path, bound, without = BOUNDS[request.param]
    text = (repository / path).read_text()
    assert bound in text
    (repository / path).write_text(text.replace(bound, without))
    return request.param, engine.load(engine.build(repository))


def answers_a_good_request(service: Container, path: str) -> bool:
    """Whether it does: for half a second it still closes what it refused."""
    body, good = (attack.EVENTS["a long number"], 400) if path == "/" else (ORDINARY, 200)
    return attack.at_once(service.address, body, 1, path) == {good: 1}


def survives(service: Container, size: int, path: str = attack.QUOTES, **how: int) -> bool:
    """Attack, and say whether the service was there all the time."""
    alive, answered = attack.everything(service.address, service.admin, size, path, **how)
    attack.headers(service.address, 60, 900_000)
    state = service.state()
    if not state["Running"]:
        assert state["ExitCode"] == SIGKILLED, service.log()
        return False
    # A probe fails after several in a row. Where there are too many connections, one of its own may be closed.
    assert set(alive) <= {200, 0}
    assert all(200 in two for two in pairwise(alive)), alive
    until(lambda: answers_a_good_request(service, path), "the end of the attack")
    assert answered.total() > answered[0]
    return not state["OOMKilled"]


def room(memory: int, **given: Any) -> int:
    """How many requests may be in flight."""
    return Sizes.of(answers(memory=f"{memory}Mi", **given)).requests


@pytest.mark.parametrize("memory", SIZES)
def test_nothing_that_comes_from_outside_kills_it(engine: Engine, image: str, memory: int) -> None:
    with container(engine, image, memory=f"{memory}m", cpus=1) as service:
        assert service.log()[0]["max_in_flight"] == room(memory)
        assert survives(service, min(room(memory), 1000))


def test_bodies_that_a_user_allows_do_not_either(engine: Engine, image: str) -> None:
    with container(engine, image, memory="32m", cpus=1, env=LARGE) as service:
        assert survives(service, room(32), body=1024 * 1024)


def test_without_a_bound_it_is_killed(engine: Engine, unbounded: tuple[str, str]) -> None:
    bound, image = unbounded
    with container(engine, image, memory="32m", cpus=1, env=LARGE if bound == "bodies" else None) as service:
        assert not survives(service, room(32), body=1024 * 1024 if bound == "bodies" else 64 * 1024)


@pytest.mark.parametrize(("memory", "many"), [(128, 200), (32, 32)])
def test_ordinary_requests_are_all_answered(engine: Engine, image: str, memory: int, many: int) -> None:
    assert len(ORDINARY) > 4000
    with container(engine, image, memory=f"{memory}m", cpus=1) as service:
        for _ in range(3):
            assert attack.at_once(service.address, ORDINARY, many) == {200: many}


def test_a_site_keeps_serving(engine: Engine, tmp_path: Path) -> None:
    built = engine.load(engine.build(rendered(tmp_path, target="kubeedge", memory="48Mi", cpu="25m")))
    queue, disk = {"APP_QUEUE_DIR": "/data/queue"}, [f"--volume={tmp_path}:/data"]
    tmp_path.chmod(0o777)
    with container(engine, built, memory="48m", cpus=1, env=queue, options=disk) as service:
        assert survives(service, room(48))


def test_a_function_keeps_serving(engine: Engine, tmp_path: Path) -> None:
    built = engine.load(engine.build(rendered(tmp_path, target="knative", eventing="kafka", memory="32Mi")))
    with container(engine, built, memory="32m", cpus=1) as service:
        assert survives(service, room(32), "/")
