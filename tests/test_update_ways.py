"""Any of five versions of the template's own history to any later one is the way through those between.

``history`` has what the profile ``minimal`` rendered at five commits, the oldest first, as a lock's pack keeps it.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from random import Random

import pytest

from gocontainer.answers import lockfile
from gocontainer.repository.kept import ONCE
from gocontainer.repository.tree import Tree
from tests.helpers.support import COMMAND, ROOT
from tests.helpers.updates import Repository

pytestmark = COMMAND

VERSIONS = [lockfile.unpack(path.read_bytes()) for path in sorted((ROOT / "tests/history").iterdir())]


def edit(repository: Repository, base: Tree, rng: Random, count: int) -> None:
    """Write what an owner does: a file, and a line at a place of ``count`` files of the template's."""
    repository.write("internal/own/own.go", "package own\n")
    for path in rng.sample(sorted(base), count):
        lines = base[path].content.split(b"\n")
        lines.insert(rng.randrange(len(lines)), f"mine in {path}".encode())
        repository.write(path, b"\n".join(lines))
    repository.commit()


def ways(folder: Path, first: int, last: int, edits: int) -> tuple[dict[str, bytes], dict[str, bytes]] | None:
    """Return what both ways from one version to another lead to; None where one of them is a conflict.

    What is written once is left out: it stays as the version had it that wrote it.
    """
    found = []
    for number, steps in enumerate(([last], range(first + 1, last + 1))):
        repository = Repository(folder / str(number), VERSIONS[first])
        if edits:
            edit(repository, VERSIONS[first], Random(f"{first} {last} {edits}"), edits)
        codes = [repository.update(VERSIONS[step], "--commit").code for step in steps]
        if 3 in codes:
            return None
        assert {*codes} == {0}
        found.append({path: content for path, content in repository.files().items() if path not in ONCE})
    return found[0], found[1]


def test_the_versions_differ() -> None:
    assert len(VERSIONS) == 5
    for one, other in combinations(VERSIONS, 2):
        assert len({path for path in {*one, *other} if one.get(path) != other.get(path)}) > 3


@pytest.mark.parametrize(("first", "last"), [pair for pair in combinations(range(5), 2) if pair[1] - pair[0] > 1])
def test_a_jump_is_its_steps(tmp_path: Path, first: int, last: int) -> None:
    plain = ways(tmp_path / "plain", first, last, 0)
    assert plain is not None
    assert plain[0] == plain[1] == {path: file.content for path, file in VERSIONS[last].items() if path not in ONCE}
    found = [ways(tmp_path / str(edits), first, last, edits) for edits in (1, 4)]
    compared = [each for each in found if each]
    assert all(jump == steps for jump, steps in compared)
    assert compared or (first, last) == (0, 4), "where all conflicts nothing is shown"
