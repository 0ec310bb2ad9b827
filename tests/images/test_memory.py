"""What fills a service's memory, all at once and at each size: nobody is killed, and each bound is needed for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.proofs import everything
from tests.helpers.selection import commits
from tests.helpers.support import rendered, replace
from tests.images import attack
from tests.images.bounds import (
    BOUNDS,
    CENTRE,
    EVENTS,
    LARGE,
    MIB,
    SITE,
    by_a_model,
    by_batches,
    by_outage,
    by_packed,
    by_pushes,
    by_spans,
    by_values,
    room,
    survives,
)
from tests.images.container import container
from tests.images.engine import Engine

SIZES = [32, 48, 128, 1024] if everything() else [32, 128]
TAKEN_AWAY = sorted(BOUNDS) if everything() else [sorted(BOUNDS)[commits() % len(BOUNDS)]]
"""Of the bounds, in each run one in turn."""


@pytest.fixture(scope="module")
def image(engine: Engine, repository: Path) -> str:
    return engine.load(engine.build(repository))


@pytest.mark.parametrize("memory", SIZES)
def test_nothing_that_comes_from_outside_kills_it(engine: Engine, image: str, memory: int) -> None:
    with container(engine, image, memory=f"{memory}m", cpus=1) as service:
        assert service.log()[0]["max_in_flight"] == room(memory)
        assert survives(service, min(room(memory), 1000))


def test_bodies_that_a_user_allows_do_not_either(engine: Engine, image: str) -> None:
    with container(engine, image, memory="32m", cpus=1, env=LARGE) as service:
        assert survives(service, room(32), body=MIB)


def test_nor_do_spans_that_no_collector_takes(engine: Engine, image: str, tmp_path: Path) -> None:
    assert by_spans(engine, image, tmp_path)


def test_nor_do_bodies_of_many_values(engine: Engine, tmp_path: Path) -> None:
    image = engine.load(engine.build(BOUNDS["values"].repository(tmp_path)))
    assert by_values(engine, image, tmp_path)


@pytest.mark.parametrize("name", TAKEN_AWAY)
def test_without_a_bound_it_is_killed(engine: Engine, tmp_path: Path, name: str) -> None:
    bound = BOUNDS[name]
    repository = bound.repository(tmp_path)
    replace(repository / bound.file, (bound.there, bound.without))
    image = engine.load(engine.build(repository))
    folders = [tmp_path / str(number) for number in range(5)]
    for folder in folders:
        folder.mkdir()
    # On a busy machine not all requests of one attack are there at once.
    assert not all(bound.attack(engine, image, folder) for folder in folders)


@pytest.mark.parametrize(("memory", "many"), [(128, 200), (32, 32)])
def test_ordinary_requests_are_all_answered(engine: Engine, image: str, memory: int, many: int) -> None:
    assert len(attack.ORDINARY) > 4000
    with container(engine, image, memory=f"{memory}m", cpus=1) as service:
        for _ in range(3):
            assert attack.at_once(service.address, attack.ORDINARY, many) == {200: many}


def test_a_site_keeps_serving_and_reads_no_model_that_is_too_long(engine: Engine, tmp_path: Path) -> None:
    built = engine.load(engine.build(rendered(tmp_path, **SITE)))
    queue, disk = {"APP_QUEUE_DIR": "/data/queue"}, [f"--volume={tmp_path}:/data"]
    tmp_path.chmod(0o777)
    with container(engine, built, memory="48m", cpus=1, env=queue, options=disk) as service:
        assert survives(service, room(48))
    assert by_a_model(engine, built, tmp_path)


def test_a_function_keeps_serving(engine: Engine, tmp_path: Path) -> None:
    built = engine.load(engine.build(rendered(tmp_path, target="knative", eventing="kafka", memory="32Mi")))
    with container(engine, built, memory="32m", cpus=1) as service:
        assert survives(service, room(32), "/")


def test_a_consumer_keeps_consuming(engine: Engine, tmp_path: Path) -> None:
    built = engine.load(engine.build(rendered(tmp_path, **EVENTS)))
    assert by_batches(engine, built, tmp_path)
    assert by_packed(engine, built, tmp_path)
    assert by_outage(engine, built, tmp_path)


def test_a_config_centre_cannot_kill_it(engine: Engine, tmp_path: Path) -> None:
    assert by_pushes(engine, engine.load(engine.build(rendered(tmp_path, **CENTRE))), tmp_path)
