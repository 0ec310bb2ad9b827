"""Every pin says where it was read, and none is past its end of life."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from gocontainer.kinds import Select
from gocontainer.options import BY_NAME
from tests.support import PINS

ENTRIES = {f"{table}.{name}": pin for table, pins in PINS.items() for name, pin in pins.items()}


def findings(pin: dict[str, Any], today: dt.date) -> list[str]:
    rules = {
        "unknown key": set(pin) - {"value", "source", "read", "end_of_life"},
        "no value": not pin.get("value"),
        "no source": len(pin.get("source", "")) < 10,
        "not read": not isinstance(pin.get("read"), dt.date) or pin["read"] > today,
        "past its end of life": pin.get("end_of_life", today) < today,
        "a digest": "sha256:" in pin.get("value", ""),
    }
    return [rule for rule, broken in rules.items() if broken]


@pytest.mark.parametrize("name", ENTRIES)
def test_pin_is_sourced_and_alive(name: str) -> None:
    assert findings(ENTRIES[name], dt.datetime.now(tz=dt.UTC).date()) == []


def test_a_bad_pin_would_be_noticed() -> None:
    old = dt.date(2020, 1, 1)
    bad = {"value": "alpine@sha256:00", "source": "?", "read": "today", "end_of_life": old, "eol": old}
    assert len(findings(bad, dt.date(2026, 1, 1))) == 5
    assert findings({}, old) == ["no value", "no source", "not read"]


def test_every_base_image_has_its_pin() -> None:
    option = BY_NAME["base_image"]
    assert isinstance(option, Select)
    assert set(PINS["base_image"]) == {*option.values, "build"}


ACTIONS = [*PINS["action"].values(), *PINS["own_action"].values()]


@pytest.mark.parametrize("pin", ACTIONS, ids=lambda pin: pin["value"].partition("@")[0])
def test_actions_are_pinned_by_commit_and_say_their_tag(pin: dict[str, Any]) -> None:
    assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", pin["value"])


def test_every_base_image_has_a_size() -> None:
    assert set(PINS["base_image_mb"]) == set(PINS["base_image"]) - {"build"}
    assert all(0 <= float(pin["value"]) < 100 for pin in PINS["base_image_mb"].values())
