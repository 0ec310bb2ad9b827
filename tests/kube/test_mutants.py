"""One wrong value in the default manifests, and a real API server refuses them: what it admits is worth something."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from tests.judges.subject import NAMESPACES
from tests.kube import manifests
from tests.kube.engine import ControlPlane, Document, joined, timed
from tests.kube.mutants import CONTAINER, MUTANTS, Mutant, changed, differences, with_pod


@pytest.fixture(scope="module")
def default(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Document]:
    """The manifests of a user who does nothing but press Enter, by their kind, in namespaces that are there."""
    subject = manifests.of_golden(tmp_path_factory.mktemp("default"), "service")
    manifests.prepare(plane, [subject])
    files = [subject.manifests / name for name in (NAMESPACES, "prod.yaml")]
    return {each["kind"]: each for path in files for each in manifests.documents(path.read_text())}


def test_unchanged_they_are_admitted(plane: ControlPlane, default: Mapping[str, Document]) -> None:
    everything = [each for document in default.values() for each in with_pod(document)]
    assert plane.objections(joined(everything), len(default) + 1) == ""


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_refused(plane: ControlPlane, default: Mapping[str, Document], name: str) -> None:
    mutant = MUTANTS[name]
    before = default[mutant.kind]
    after = changed(before, mutant)
    places = list(differences(before, after))
    assert places
    assert [place for place in places if place[: len(mutant.place)] != mutant.place] == []
    with timed(f"{len(MUTANTS)} mutants"):
        said = plane.objections(joined(with_pod(after)), len(with_pod(after)))
    assert re.search(mutant.said, said), said


def test_every_kind_that_we_render_has_its_mutant(default: Mapping[str, Document]) -> None:
    assert {mutant.kind for mutant in MUTANTS.values()} == set(default)
    assert len(MUTANTS) >= 25


def test_a_second_change_would_be_noticed() -> None:
    before = {"a": {"b": [1, 2], "c": 3}, "d": 4}
    assert list(differences(before, {"a": {"b": [1], "c": 3}, "d": 5})) == [("a", "b", 1), ("d",)]
    assert list(differences(before, {**before, "e": {}})) == [("e",)]
    assert list(differences(before, before)) == []


def test_what_the_server_cannot_know_it_admits(plane: ControlPlane, default: Mapping[str, Document]) -> None:
    """So the docs say it, and other tests look at the ports."""
    mutant = Mutant("Deployment", (*CONTAINER, "livenessProbe", "httpGet", "port"), "absent", "")
    after = with_pod(changed(default["Deployment"], mutant))
    assert plane.objections(joined(after), len(after)) == ""
