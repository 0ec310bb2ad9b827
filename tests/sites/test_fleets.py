"""`make sites` over random files: each site gets what its wave says, on every platform, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gocontainer.options.subjects.edge import PLACEMENTS
from gocontainer.repository import tree
from tests.helpers.support import ok, rendered, replace
from tests.sites.fleets import Fleet, fleets
from tests.sites.interpreter import Document, effective
from tests.sites.program import FILE, copied_code, folder, sites, written

PLATFORMS: Mapping[str, Mapping[str, Any]] = {
    "kubeedge": {"target": "kubeedge", "edge_features": "model"},
    "openyurt": {"target": "openyurt", "edge_features": "model"},
    "daemonset": {"target": "openyurt", "edge_features": "model,held-upgrade"},
    "native": {"target": "kubeedge", "edge_features": "model,plain-deployments"},
}
OWN = ("nodeSelector", "apps.openyurt.io/pool-name", "wave", "site")
"""Where a platform says which nodes are meant, and what tells its workloads apart."""
NODES = {placement.node for placement in PLACEMENTS.values()}
few = settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
many = settings(few, max_examples=15, derandomize=False)
often = pytest.mark.parametrize("effort", [few, pytest.param(many, marks=pytest.mark.slow)], ids=("few", "many"))


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    top = tmp_path_factory.mktemp("platforms")
    return {
        name: rendered(top / name, profile="edge", config_center="apollo", **given) for name, given in PLATFORMS.items()
    }


def render(repository: Path, text: str, code: Path | None = None) -> list[Document]:
    (repository / FILE).write_text(text)
    ok(sites(repository, "render", code=code), "render")
    return written(repository)


def said(workload: Document) -> Document:
    """Return what a site runs, in the words of the file."""
    pod = workload["spec"]["template"]["spec"]
    (service,) = pod["containers"]
    (model,) = pod["initContainers"]
    env = {each["name"]: each.get("value") for each in service["env"]}
    amounts = {service["resources"][kind]["memory"] for kind in ("requests", "limits")}
    assert env["APP_MODEL_VERSION"] == model["image"].partition("@")[0].rpartition(":")[2]
    return {"image": service["image"], "model": model["image"], "memory": amounts.pop() if len(amounts) == 1 else "?"}


def alike(workload: Any) -> Any:
    """Return a pod without what platforms may differ in: the labels of nodes, and what is taken for granted anyway."""
    if isinstance(workload, dict):
        granted = {("apiVersion", "v1"), ("containerName", "orders")}
        return {
            key: alike(value)
            for key, value in workload.items()
            if key not in OWN and not (isinstance(value, str) and (key, value) in granted)
        }
    if isinstance(workload, list):
        return [alike(each) for each in workload if not (isinstance(each, dict) and each.get("key") in NODES)]
    return workload


def agree(fleet: Fleet, repositories: Mapping[str, Path], **codes: Path) -> None:
    """Fail unless each site gets what its wave says, and the same pod on every platform."""
    expected = {name: {k: v for k, v in each.items() if k != "arch"} for name, each in fleet.expected().items()}
    pods = []
    for name, repository in repositories.items():
        found = effective(render(repository, fleet.text(), codes.get(name)))
        assert {site: said(each) for site, each in found.items()} == expected, name
        pods.append({site: alike(each["spec"]["template"]) for site, each in found.items()})
    assert all(each == pods[0] for each in pods), "the platforms differ"


@often
def test_each_site_gets_what_its_wave_says_and_the_platforms_agree(
    repositories: dict[str, Path], effort: settings
) -> None:
    @effort
    @given(fleet=fleets())
    def holds(fleet: Fleet) -> None:
        agree(fleet, repositories)

    holds()


@often
@pytest.mark.parametrize("platform", ["kubeedge", "native"])
def test_the_order_of_the_sites_means_nothing(repositories: dict[str, Path], platform: str, effort: settings) -> None:
    repository = repositories[platform]

    @effort
    @given(fleet=fleets(), data=st.data())
    def holds(fleet: Fleet, data: st.DataObject) -> None:
        render(repository, fleet.text())
        before = tree.load(folder(repository))
        render(repository, fleet.text(data.draw(st.permutations(fleet.sites))))
        assert tree.load(folder(repository)) == before

    holds()


SPOILED: Mapping[str, tuple[Callable[[Fleet], str], str]] = {
    "a site twice": (lambda fleet: fleet.text([*fleet.sites, fleet.sites[0]]), "there are two sites"),
    "no such wave": (
        lambda fleet: fleet.text([*fleet.sites, {**fleet.sites[0], "name": "z", "wave": len(fleet.waves) + 1}]),
        "wave is not a number from 1 to",
    ),
    "no such size": (
        lambda fleet: fleet.text([*fleet.sites, {**fleet.sites[0], "name": "z", "memory": "huge"}]),
        "memory huge is none of the sizes",
    ),
    "a name that is none": (
        lambda fleet: fleet.text([*fleet.sites, {**fleet.sites[0], "name": "$(touch pwned)"}]),
        "is not of lower-case letters",
    ),
    "a key that is none": (lambda fleet: fleet.text([*fleet.sites, {**fleet.sites[0], "zone": "z"}]), 'has no "zone"'),
}


@pytest.mark.parametrize("what", SPOILED)
@few
@given(fleet=fleets())
def test_an_impossible_file_is_refused_with_line_and_reason(
    repositories: dict[str, Path], what: str, fleet: Fleet
) -> None:
    spoil, words = SPOILED[what]
    text = spoil(fleet)
    repository = repositories["openyurt"]
    (repository / FILE).write_text(text)
    before = tree.load(repository)
    run = sites(repository, "render")
    assert run.code == 2
    last = len(text.splitlines())
    assert run.err.splitlines()[0].startswith(f"Error: {FILE}:{last}: "), run.err
    assert words in run.err
    assert tree.load(repository) == before


MUTANTS: Mapping[str, tuple[str, str, str]] = {
    "every wave has the first one's image": (
        "kubeedge",
        "base.workload(wave.version)",
        "base.workload(fleet.waves[0].version)",
    ),
    "a site is forgotten": (
        "kubeedge",
        "for site in fleet.of(wave.number)]\n    return {\n",
        "for site in fleet.of(wave.number)[1:]]\n    return {\n",
    ),
    "variables are replaced": ("kubeedge", '"operator": "add"', '"operator": "replace"'),
    "a reference is left as it is": ("kubeedge", "    _complete(workload, base.name)\n", ""),
    "the memory is everybody's": ("openyurt", '"resources/limits/memory": memory', '"resources/limits/none": memory'),
    "the site is not said": (
        "openyurt",
        'set_variable(service, "APP_SITE", site.name)',
        'set_variable(service, "APP_SITE", "x")',
    ),
}


@pytest.mark.parametrize("what", MUTANTS)
def test_a_command_that_is_wrong_would_be_noticed(repositories: dict[str, Path], tmp_path: Path, what: str) -> None:
    platform, right, wrong = MUTANTS[what]
    mutant = copied_code(tmp_path / "mutant")
    replace(mutant / f"gocontainer/sites/{platform}.py", (right, wrong))
    image = {name: f"registry.example.com/{name}:v1.2.{{}}" for name in ("image", "model")}
    waves = [{k: v.format(n) for k, v in image.items()} | {"previous": {"image": "", "model": ""}} for n in range(2)]
    placed = [
        {"name": name, "wave": wave, "arch": "arm64", "memory": "large"}
        for name, wave in (("x", 1), ("y", 2), ("z", 2))
    ]
    fleet = Fleet({k: waves[0][k] for k in image}, waves, placed, {"large": "64Mi"})
    two = {name: repositories[name] for name in (platform, "native")}
    agree(fleet, two)
    with pytest.raises(AssertionError):
        agree(fleet, two, **{platform: mutant})
