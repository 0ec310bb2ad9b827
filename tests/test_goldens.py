"""Six committed repositories, byte for byte: a change of a template is seen where it lands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gocontainer.answers.lockfile import LOCK, PACK, unpack
from gocontainer.repository import tree
from tests.helpers.goldens import BOUNDS, FOLDER, GOLDENS, expected, sizes, without_pack


@pytest.mark.parametrize("golden", GOLDENS)
def test_golden_is_what_is_rendered(golden: str) -> None:
    committed, fresh = tree.load(FOLDER / golden), without_pack(expected(golden))
    assert sorted(committed) == sorted(fresh)
    stale = [path for path in fresh if committed[path] != fresh[path]]
    assert stale == [], "run 'make goldens' and read the diff"


@pytest.mark.parametrize("golden", GOLDENS)
def test_a_pack_unfolds_to_what_was_rendered(golden: str) -> None:
    """Goldens have no pack: git could neither show its changes nor store them well."""
    fresh = expected(golden)
    assert unpack(fresh[PACK].content) == {path: file for path, file in fresh.items() if path not in (LOCK, PACK)}


@pytest.mark.parametrize("golden", BOUNDS)
def test_a_repository_is_small(golden: str, record_property: Callable[[str, object], None]) -> None:
    found = sizes(golden)
    record_property("size", f"{golden}: {', '.join(f'{number:,} {what}' for what, number in found.items())}")
    assert all(found[what] <= most for what, most in BOUNDS[golden].items()), found


def test_each_golden_is_committed_and_no_other() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(GOLDENS)


def test_the_settings_of_a_service_with_a_config_centre_are_short_to_read() -> None:
    own = {path: file for path, file in expected("configured").items() if path.startswith("internal/config/")}
    lines = {path: file.content.count(b"\n") for path, file in own.items() if not path.endswith("_test.go")}
    assert sum(lines.values()) < 560, lines


def test_without_a_config_centre_no_byte_of_it_is_in_the_repository() -> None:
    assert any(b"center" in file.content for file in expected("configured").values())
    written = without_pack(expected("service"))
    traces = [path for path, file in written.items() if b"center" in file.content.lower()]
    assert traces == [".gocontainer.lock"], "only the answer itself"
