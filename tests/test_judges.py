"""Third-party tools find nothing in any row, and something in the naive sample."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers.support import ROOT, ROWS
from tests.judges import JUDGES
from tests.judges.checkov import report
from tests.judges.subject import NAIVE, OLDEST, Subject, from_row, manifests

OURS = Subject("gocontainer", ROOT, ROOT / "no manifests")
FEW = 4
"""Rows whose code `make test` compiles too."""
ODD = {
    **ROWS[0],
    "service": "a-" + "b" * 37 + "1",
    "description": 'It\'s "quoted" $HOME, `x` \\ #: and - *long* ' + "y" * 60,
    "owner": 'Ann O\'Neil: "x" {y}',
}
"""Names that are as long and as strange as they may be."""


@pytest.fixture(scope="session")
def every_row(tmp_path_factory: pytest.TempPathFactory) -> tuple[Subject, ...]:
    folder = tmp_path_factory.mktemp("rows")
    return tuple(from_row(folder, number, row) for number, row in enumerate([*ROWS, ODD]))


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text()))


@pytest.mark.parametrize("name", [name for name in JUDGES if name not in ("staticcheck", "checkov")])
def test_a_judge_finds_nothing_in_any_row(every_row: Sequence[Subject], name: str) -> None:
    findings = JUDGES[name](every_row)
    assert not findings, "\n".join(findings)


@pytest.mark.parametrize("rows", [slice(FEW), pytest.param(slice(FEW, None), marks=pytest.mark.slow)], ids=str)
def test_staticcheck_which_compiles_all_code_finds_nothing(every_row: Sequence[Subject], rows: slice) -> None:
    findings = JUDGES["staticcheck"](every_row[rows])
    assert not findings, "\n".join(findings)


@pytest.mark.parametrize("name", JUDGES)
def test_a_judge_finds_something_in_the_naive_sample(name: str) -> None:
    findings = JUDGES[name]([NAIVE])
    assert findings
    assert [line for line in findings if not line.startswith("naive/") or "\n" in line] == []


@pytest.mark.parametrize("name", ["actionlint", "check-jsonschema", "zizmor"])
def test_our_own_workflows_pass(name: str) -> None:
    assert JUDGES[name]([OURS]) == []


def test_checkov_finds_nothing_and_passes_over_nothing_that_we_emit(every_row: Sequence[Subject]) -> None:
    findings, seen = report(every_row)
    assert not findings, "\n".join(findings)
    for path, resources in emitted(every_row):
        assert resources <= seen.get(path, set()), path


def emitted(subjects: Sequence[Subject]) -> Iterator[tuple[str, set[str]]]:
    """Yield each file with what checkov must have seen in it."""
    for subject in subjects:
        for path in subject.folder.glob(".github/workflows/*.yml"):
            jobs = yaml.safe_load(path.read_text())["jobs"]
            yield f"{subject.name}/.github/workflows/{path.name}", {f"jobs({job})" for job in jobs}
        instructions = ("FROM", "RUN", "USER", "HEALTHCHECK")
        yield f"{subject.name}/Dockerfile", {f"{subject.folder}/Dockerfile.{each}" for each in instructions}
    for subject, path in manifests(subjects):
        resources = {
            f"{each['kind']}.{each['metadata'].get('namespace', 'default')}.{each['metadata']['name']}"
            for each in documents(path)
        }
        yield f"{subject.name}/manifests/{path.name}", resources


@pytest.mark.parametrize("name", ["checkov", "kube-score"])
def test_the_network_policy_of_another_overlay_does_not_count(tmp_path: Path, name: str) -> None:
    subject = from_row(tmp_path, 0, {**ROWS[0], "network_policy": "kubernetes"})
    without = [each for each in documents(subject.manifests / "prod.yaml") if each["kind"] != "NetworkPolicy"]
    (subject.manifests / "other.yaml").write_text(yaml.safe_dump_all(without))
    found = [line for line in JUDGES[name]([subject]) if "NetworkPolicy" in line]
    assert [line.partition(":")[0] for line in found if "other" in line] == [f"{subject.name}/manifests/other.yaml"]


@pytest.mark.parametrize("name", ["kubernetes-validate", "kubeconform"])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda pod: pod.update(terminationGracePeriod=30),
        lambda pod: pod["containers"][0].update(readynessProbe={}),
        lambda pod: pod.update(securityContext={"runAsUser": "nobody"}),
    ],
)
def test_a_wrong_manifest_would_be_noticed(tmp_path: Path, name: str, spoil: Any) -> None:
    subject = from_row(tmp_path, 0, ROWS[0])
    path = subject.manifests / "prod.yaml"
    all_of_it = documents(path)
    (deployment,) = (each for each in all_of_it if each["kind"] == "Deployment")
    spoil(deployment["spec"]["template"]["spec"])
    path.write_text(yaml.safe_dump_all(all_of_it))
    (first, second) = JUDGES[name]([subject])
    assert OLDEST in first + second


def test_what_only_a_newer_kubernetes_knows_is_refused_for_an_older(tmp_path: Path) -> None:
    subject = from_row(tmp_path, 0, ROWS[0])
    for name in ("kubernetes-validate", "kubeconform"):
        assert JUDGES[name]([subject._replace(oldest="1.30")]) == []
        assert any("in 1.28" in line for line in JUDGES[name]([subject._replace(oldest="1.28")]))
