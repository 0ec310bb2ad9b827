"""The Go code of the goldens, the linter that a repository calls, its Makefile, and what of rows is built at all."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gocontainer.options.subjects.config_centers import CONFIG_CENTERS
from gocontainer.options.table import PLATFORMS
from tests.helpers.distinct_packages import Package, new_in, new_packages
from tests.helpers.goldens import GOLDENS
from tests.helpers.standing_repositories import kept
from tests.helpers.support import PINS, ROWS, TEMPLATE, answers, git, go, go_tool, need, ok, rendered
from tests.test_output_rows import OTHERS, is_clean_go_that_runs

FUNCTIONS = [{"target": "knative", "eventing": "kafka", "scale_on": each} for each in ("requests", "lag")]
SITES = [
    {"target": "kubeedge", "edge_features": "model"},
    {"target": "openyurt", "edge_features": "held-upgrade"},
    {"target": "openyurt", "edge_features": "plain-deployments"},
]


@pytest.fixture(autouse=True)
def _tools() -> None:
    need("go", "gofmt", "gcc")


@pytest.mark.proof("*.go", "go.mod", "go.sum")
@pytest.mark.parametrize("name", GOLDENS)
def test_golden_is_clean_go_that_runs(name: str) -> None:
    chosen = answers(**GOLDENS[name])
    with kept(f"golden-{name}", **GOLDENS[name]) as repository:
        is_clean_go_that_runs(repository, cgo=bool(chosen["cgo"]), function=chosen["eventing"] == "kafka")


def test_a_package_is_raced_again_where_what_it_is_linked_with_is_new() -> None:
    health = Package((("internal/health/health.go", b"a"),), ())
    other = Package((("internal/health/health.go", b"b"),), ())
    app = Package((("internal/app/app.go", b"c"),), ("./internal/config", "./internal/health"))
    config = Package((("internal/config/config.go", b"d"),), ())
    before = {"./internal/app": app, "./internal/config": config, "./internal/health": health}
    assert list(new_in([before, before, before | {"./internal/health": other}])) == [
        list(before),
        [],
        ["./internal/app", "./internal/health"],
    ]


def test_every_package_of_a_row_is_raced_in_one() -> None:
    raced = [package for row in ROWS for package in new_packages(row)]
    assert set(raced) >= {f"./{path.parent.relative_to(TEMPLATE)}" for path in TEMPLATE.rglob("*_test.go")}
    assert len(raced) > len(set(raced))


def test_the_rows_are_compiled_for_every_platform() -> None:
    assert {*OTHERS, "linux/amd64"} == {*PLATFORMS.values}


@pytest.mark.slow
@pytest.mark.proof("*.go", "go.mod", "go.sum", "Makefile", ".golangci.yml")
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"tracing": False},
        *FUNCTIONS,
        *SITES,
        *({"config_center": name} for name in CONFIG_CENTERS if name != "none"),
    ],
    ids=str,
)
def test_the_linter_that_the_repository_calls_finds_nothing(given: dict[str, Any]) -> None:
    version = PINS["tool"]["golangci_lint"]["value"]
    program = go_tool("github.com/golangci/golangci-lint/v2/cmd/golangci-lint", version)
    lint = ["make", "lint", f"GOLANGCI_LINT={program}"]
    with kept("-".join(("linted", *map(str, given.values()))), **given) as repository:
        # Two linters refuse to run with one folder for temporary files.
        own = {**os.environ, "TMPDIR": str(repository.parent)}
        found = subprocess.run(lint, cwd=repository, check=False, capture_output=True, text=True, env=own)
        assert found.returncode == 0, found.stdout + found.stderr
        for name in ("httpapi", "httpapi_test"):
            path = repository / f"internal/httpapi/{name}.go"
            path.write_text(f"{path.read_text()}\nfunc {name.replace('_', '')}Unused() {{}}\n")
        found = subprocess.run(lint, cwd=repository, check=False, capture_output=True, text=True, env=own)
    assert found.returncode == 2
    assert "func httpapiUnused is unused" in found.stdout
    assert "func httpapitestUnused is unused" in found.stdout, "tests are linted too"


def test_the_makefile_lists_its_targets_and_builds(tmp_path: Path) -> None:
    need("make")
    repository = rendered(tmp_path)
    listed = subprocess.run(["make"], cwd=repository, check=True, capture_output=True, text=True).stdout
    assert "  lint          check format, modules, code" in listed
    subprocess.run(["make", "build", "VERSION=1.2.3", "REVISION=abc"], cwd=repository, check=True, capture_output=True)
    done = subprocess.run([repository / "bin/orders", "-addr", "nonsense"], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert '"version":"1.2.3","revision":"abc"' in done.stdout
    assert done.stderr.count("\n") == 1


def test_a_repository_without_a_commit_builds(tmp_path: Path) -> None:
    """`gocontainer new` cannot commit where git does not know who this is."""
    need("make")
    repository = rendered(tmp_path)
    git(repository, "init", "--quiet")
    made = subprocess.run(["make", "build"], cwd=repository, check=True, capture_output=True, text=True)
    assert made.stderr == ""
    done = subprocess.run([repository / "bin/orders", "-addr", "nonsense"], check=False, capture_output=True, text=True)
    assert '"version":"dev","revision":"unknown"' in done.stdout


def test_help_lists_the_settings_and_is_no_failure(tmp_path: Path) -> None:
    repository = rendered(tmp_path, kubernetes_min="1.27")
    ok(go(repository, "build", "-o", "bin/orders", "./cmd/server"))
    done = subprocess.run([repository / "bin/orders", "-help"], check=False, capture_output=True, text=True)
    assert done.returncode == 0
    assert "-drain-timeout" in done.stderr
    slept = subprocess.run([repository / "bin/orders", "-sleep=10ms"], check=False, capture_output=True, text=True)
    assert (slept.returncode, slept.stdout, slept.stderr) == (0, "", ""), "it is a preStop hook, and serves nothing"


def test_a_broken_service_would_be_noticed(tmp_path: Path) -> None:
    repository = rendered(tmp_path)
    handler = repository / "internal/httpapi/quotes.go"
    text = handler.read_text()
    assert "q.Total += l.Amount" in text
    handler.write_text(text.replace("q.Total += l.Amount", "q.Total -= l.Amount"))
    assert go(repository, "test", "./internal/httpapi").code != 0
