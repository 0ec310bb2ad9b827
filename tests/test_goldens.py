"""Three committed repositories, byte for byte: a change of a template is seen where it lands."""

from __future__ import annotations

import gzip

import pytest

from gocontainer import tree
from gocontainer.lock import PACK
from gocontainer.profiles import PRESETS
from tests.golden import FOLDER, expected


@pytest.mark.parametrize("profile", PRESETS)
def test_golden_is_what_is_rendered(profile: str) -> None:
    committed, fresh = tree.load(FOLDER / profile), expected(profile)
    assert sorted(committed) == sorted(fresh)
    stale = [path for path in fresh if path != PACK and committed[path] != fresh[path]]
    assert stale == [], "run 'make goldens' and read the diff"
    # Two zlibs may pack the same content into other bytes.
    assert gzip.decompress(committed[PACK].content) == gzip.decompress(fresh[PACK].content)


def test_the_default_repository_is_small() -> None:
    assert len(expected("service")) <= 45


def test_each_profile_has_its_golden() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PRESETS)
