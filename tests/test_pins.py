"""Every pin says where it was read, and none is past its end of life."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

import pytest

from gocontainer.answers import lockfile
from gocontainer.inspection.end_of_life import ends
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Select
from gocontainer.repository.dockerfile import images
from tests.helpers.release import FOLDER
from tests.helpers.support import PINS

ENTRIES = {f"{table}.{name}": pin for table, pins in PINS.items() for name, pin in pins.items()}
LAST_DAYS = {words: pin["value"] for words, pin in PINS["end_of_life"].items()}
DAYLESS = {pin["value"] for pin in PINS["base_image"].values() if pin.get("no_end_of_life")}
"""The images for which no source names a day."""


def findings(pin: dict[str, Any], today: dt.date) -> list[str]:
    rules = {
        "unknown key": set(pin) - {"value", "source", "read", "no_end_of_life"},
        "no value": not pin.get("value"),
        "no source": len(pin.get("source", "")) < 10,
        "not read": not isinstance(pin.get("read"), dt.date) or pin["read"] > today,
        "past its end of life": (ends(pin.get("value", ""), LAST_DAYS) or today) < today,
        "a digest": "sha256:" in pin.get("value", ""),
    }
    return [rule for rule, broken in rules.items() if broken]


@pytest.mark.parametrize("name", ENTRIES)
def test_pin_is_sourced_and_alive(name: str) -> None:
    assert findings(ENTRIES[name], dt.datetime.now(tz=dt.UTC).date()) == []


def test_a_bad_pin_would_be_noticed() -> None:
    old = dt.date(2020, 1, 1)
    bad = {"value": "alpine:3.18@sha256:00", "source": "?", "read": "today", "eol": old}
    assert len(findings(bad, dt.date(2026, 1, 1))) == 5
    assert findings({}, old) == ["no value", "no source", "not read"]


def dayless(names: Iterable[str]) -> list[str]:
    return [name for name in names if ends(name, LAST_DAYS) is None and name not in DAYLESS]


def test_the_last_day_is_known_of_every_image_that_was_ever_rendered() -> None:
    packs = [lockfile.unpack(path.read_bytes()) for path in FOLDER.rglob("base.pack")]
    rendered = {image for pack in packs for image in images(pack["Dockerfile"].content.decode())}
    assert len(rendered) >= 2
    assert dayless([*rendered, *(pin["value"] for pin in PINS["base_image"].values())]) == []
    assert dayless(["alpine:3.99", "scratch", "alpine:3.24"]) == ["alpine:3.99"]


def test_every_last_day_is_a_date_and_no_words_stand_for_two() -> None:
    words = [word for row in LAST_DAYS for word in row.split()]
    assert len(set(words)) == len(words)
    assert all(re.fullmatch(r"[a-z]+:\d+(\.\d+)?|alpine[\d.]+|[a-z]+|[a-z-]+-debian\d+", word) for word in words)
    assert all(dt.date.fromisoformat(day).isoformat() == day for day in LAST_DAYS.values())


def test_every_base_image_has_its_pin() -> None:
    option = BY_NAME["base_image"]
    assert isinstance(option, Select)
    assert set(PINS["base_image"]) == {*option.values, "build"}


ACTIONS = [*PINS["action"].values(), *PINS["own_action"].values()]


@pytest.mark.parametrize("pin", ACTIONS, ids=lambda pin: pin["value"].partition("@")[0])
def test_actions_are_pinned_by_commit_and_say_their_tag(pin: dict[str, Any]) -> None:
    assert re.fullmatch(r"[\w-]+/[\w-]+(/[\w-]+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+", pin["value"])


def test_every_base_image_has_a_size() -> None:
    assert set(PINS["base_image_mb"]) == set(PINS["base_image"]) - {"build"}
    assert all(0 <= float(pin["value"]) < 100 for pin in PINS["base_image_mb"].values())
