"""Nacos 2, which most have: what is different there, with the real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.centres.engine import nacos2
from tests.centres.events import grows, lost, publish, published
from tests.centres.follower import DEFAULT, KEY, following, login, overlay
from tests.centres.nacos2 import Nacos2
from tests.centres.test_misfortunes import WHY, WRONG, is_apart, is_emptied


@pytest.fixture(scope="module")
def centre() -> Iterator[Nacos2]:
    with nacos2() as running:
        yield running


def test_a_push_is_seen_and_a_loss_is_waited_out(centre: Nacos2, tmp_path: Path) -> None:
    published(centre, 5)
    with following(centre, tmp_path) as service:
        assert service.max_lines == 5
        publish(centre, 6)
        service.sees(6)
        with lost(centre):
            grows(lambda: service.metric("config_center_failures_total"), 1)
            publish(centre, 7)
            assert service.max_lines == 6
        service.sees(7)


@pytest.mark.parametrize("namespace", ["", "public"])
def test_the_first_namespace_is_read_by_its_name_and_without_one(
    centre: Nacos2, tmp_path: Path, namespace: str
) -> None:
    published(centre, 5)
    with following(centre, tmp_path, f"-center-namespace={namespace}") as service:
        assert service.max_lines == 5


def test_emptied_it_keeps_what_it_has(centre: Nacos2, tmp_path: Path) -> None:
    is_emptied(centre, tmp_path, lambda: centre.publish_text("# nothing"), WHY["nacos"], back=False)


def test_deleted_it_keeps_what_it_has_and_does_not_ask_without_a_break(centre: Nacos2, tmp_path: Path) -> None:
    is_emptied(
        centre, tmp_path, centre.delete, 'there is no orders in group DEFAULT_GROUP of namespace "public"', back=True
    )


def test_a_wrong_password_is_a_clear_error_and_the_right_one_needs_no_restart(centre: Nacos2, tmp_path: Path) -> None:
    published(centre, 5)
    with following(centre, tmp_path, who=centre.bad) as service:
        assert service.max_lines == DEFAULT
        assert WRONG["nacos"] in service.said("settings")[0]["error"]
        login(centre, tmp_path, centre.good)
        service.sees(5)


def test_what_is_published_for_one_overlay_does_not_reach_the_other(centre: Nacos2, tmp_path: Path) -> None:
    dev, prod = (overlay("nacos", tmp_path / which, which) for which in ("dev", "prod"))
    assert (dev["APP_CENTER_NAMESPACE"], prod["APP_CENTER_NAMESPACE"]) == centre.spaces[1:]
    names = {"APP_CENTER_DATA_ID": centre.place["data_id"]}

    def publish_dev(value: str) -> None:
        centre.publish_to(dev["APP_CENTER_NAMESPACE"], f"{KEY}: {value}\n")

    is_apart(centre, tmp_path, dev | names, prod | names, publish_dev)
