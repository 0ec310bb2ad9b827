"""Any of five versions of the template's own history to any later one is the way through those between.

``history`` has what the profile ``minimal`` rendered at five commits, the oldest first, as a lock's pack keeps it.
"""

from __future__ import annotations

import shutil
from itertools import combinations
from pathlib import Path
from random import Random

import pytest

from gocontainer.answers import lockfile
from gocontainer.repository.tree import Tree
from tests.helpers.support import COMMAND, ROOT
from tests.helpers.updates import Repository

pytestmark = COMMAND

VERSIONS = [lockfile.unpack(path.read_bytes()) for path in sorted((ROOT / "tests/history").iterdir())]


def edit(repository: Repository, base: Tree, rng: Random) -> None:
    """Write what an owner does: own files, and own lines at places of the template's files."""
    repository.write("internal/own/own.go", "package own\n")
    for path in rng.sample(sorted(base), 4):
        lines = base[path].content.split(b"\n")
        lines.insert(rng.randrange(len(lines)), f"mine in {path}".encode())
        repository.write(path, b"\n".join(lines))
    repository.commit()


def ways(folder: Path, first: int, last: int, edits: int) -> tuple[dict[str, bytes], dict[str, bytes]] | None:
    """Return what both ways from one version to another lead to; None where one of them is a conflict."""
    found = []
    for number, steps in enumerate(([last], range(first + 1, last + 1))):
        repository = Repository(folder / str(number), VERSIONS[first])
        if edits:
            edit(repository, VERSIONS[first], Random(f"{first} {last} {edits}"))
        codes = [repository.update(VERSIONS[step], "--commit").code for step in steps]
        if 3 in codes:
            return None
        assert {*codes} == {0}
        found.append(repository.files())
    return found[0], found[1]


def test_the_versions_differ() -> None:
    assert len(VERSIONS) == 5
    for one, other in combinations(VERSIONS, 2):
        assert len({path for path in {*one, *other} if one.get(path) != other.get(path)}) > 3


@pytest.mark.parametrize(("first", "last"), [pair for pair in combinations(range(5), 2) if pair[1] - pair[0] > 1])
def test_a_jump_is_its_steps(tmp_path: Path, first: int, last: int) -> None:
    plain = ways(tmp_path / "plain", first, last, 0)
    assert plain is not None
    assert plain[0] == plain[1] == {path: file.content for path, file in VERSIONS[last].items()}
    for edits in (1, 2):
        found = ways(tmp_path / str(edits), first, last, edits)
        assert found is None or found[0] == found[1]
        shutil.rmtree(tmp_path / str(edits))
