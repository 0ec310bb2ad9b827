"""The policies let through what the repository's own page says, and nothing else, by what cyclonus makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.support import ROWS
from tests.networks.cases import BOUND, Case
from tests.networks.table import PAGES
from tests.networks.weaker import mistakes

pytestmark = [pytest.mark.slow, pytest.mark.proof("deploy/*", *PAGES)]


def test_each_row_lets_through_what_its_page_says_and_nothing_else(tmp_path: Path) -> None:
    seen: set[str] = set()
    rows = [row for row in ROWS if row.get("network_policy") == "kubernetes"]
    for number, given in enumerate([*rows, *BOUND.values()]):
        case = Case(tmp_path / str(number), given)
        asked = repr((case.policies, case.table))
        if asked not in seen:
            assert case.wrong(tmp_path / f"{number}-asked", case.policies) == [], given
            seen.add(asked)
    assert len(seen) > len(BOUND)


@pytest.mark.parametrize("target", BOUND)
def test_a_policy_with_a_mistake_is_noticed(tmp_path: Path, target: str) -> None:
    case = Case(tmp_path, BOUND[target])
    found = dict(mistakes(case.policies))
    assert len(found) > 20
    unseen = [
        name
        for number, (name, policies) in enumerate(found.items())
        if not case.wrong(tmp_path / f"asked-{number}", policies)
    ]
    assert unseen == []
