"""Every row's Go code: formatted, tidy, vetted, built for its platforms, started, stopped; raced where it is new."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docs.demo import get

from gocontainer.options.config_centers import CONFIG_CENTERS
from gocontainer.options.table import PLATFORMS
from tests.helpers.distinct_packages import Package, new_in, new_packages
from tests.helpers.service import Service, running
from tests.helpers.standing_repositories import kept
from tests.helpers.support import PINS, ROWS, TEMPLATE, Row, git, go, go_tool, need, ok, rendered, rows

FUNCTIONS = [{"target": "knative", "eventing": "kafka", "scaler": scaler} for scaler in ("knative", "keda")]
SITES = [
    {"target": "kubeedge", "edge_model": True},
    {"target": "openyurt", "edge_workload": "daemonset"},
    {"target": "openyurt", "edge_api": "native"},
]
STRIPPED = "-ldflags=-s -w"
"""As the image has its program."""
BASKET = json.dumps({"lines": [{"sku": "tea", "quantity": 2, "unit_price": 350}]}).encode()


@pytest.fixture(autouse=True)
def _tools() -> None:
    need("go", "gofmt", "gcc")


@rows(quick=8)
def test_row_is_clean_go_that_runs(row: dict[str, Any]) -> None:
    with kept(place(row), **row) as repository:
        is_clean_go_that_runs(repository, row)


def is_clean_go_that_runs(repository: Path, row: dict[str, Any]) -> None:
    cgo, binaries = "1" if row["cgo"] else "0", repository.parent / "bin"
    formatted = subprocess.run(["gofmt", "-l", "."], cwd=repository, check=True, capture_output=True, text=True)
    assert formatted.stdout + formatted.stderr == ""
    assert ok(go(repository, "mod", "tidy", "-diff"), "go mod tidy -diff") == ""
    ok(go(repository, "build", STRIPPED, "-o", f"{binaries}/", "./...", CGO_ENABLED=cgo), "go build")
    ok(go(repository, "vet", "./...", CGO_ENABLED=cgo), "go vet")
    if new := new_packages(row):
        ok(go(repository, "test", "-race", *new, CGO_ENABLED="1"), "go test")
    if row.get("eventing") == "kafka":
        starts_and_stops(binaries / "function", refuses_what_is_no_event)
    else:
        starts_and_stops(binaries / "server", prices_a_basket)


def place(row: Row) -> str:
    """Name the path of a row's repository that is kept."""
    return f"row-{ROWS.index(dict(row)):02d}"


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


def prices_a_basket(one: Service, other: Service) -> None:
    quotes = {get(f"{each.url}/v1/quotes", BASKET) for each in (one, other)}
    assert [json.loads(quote)["total"] for quote in quotes] == [700], "two replicas must agree"
    assert 'route="/v1/quotes"' in get(f"{one.admin}/metrics")


def refuses_what_is_no_event(one: Service, _: Service) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400"):
        get(one.url, BASKET)
    assert 'code="400",method="POST",route="/"' in get(f"{one.admin}/metrics")


def starts_and_stops(binary: Path, works: Callable[[Service, Service], None]) -> None:
    with running(binary) as one, running(binary) as other:
        assert get(f"{one.admin}/startupz") == get(f"{one.admin}/livez") == "ok"
        works(one, other)
        assert (
            subprocess.run([str(binary), "-healthcheck", "-admin-addr", one.admin_address], check=False).returncode == 0
        )
        for each in (one, other):
            each.process.send_signal(signal.SIGTERM)
        assert [each.process.wait() for each in (one, other)] == [0, 0]
    check = [str(binary), "-healthcheck", "-admin-addr", one.admin_address]
    assert subprocess.run(check, check=False, stderr=subprocess.DEVNULL).returncode == 1


@pytest.mark.parametrize("few", [1, pytest.param(len(ROWS), marks=pytest.mark.slow)])
@pytest.mark.parametrize("platform", [value for value in PLATFORMS.values if value != "linux/amd64"])
def test_rows_compile_for_every_platform(platform: str, few: int) -> None:
    system, machine, *variant = platform.split("/")
    arm = {"GOARM": variant[0].removeprefix("v")} if variant else {}
    built = {"CGO_ENABLED": "0", "GOOS": system, "GOARCH": machine, **arm}
    for row in ROWS[:few]:
        if new := new_packages(row):
            with kept(place(row), **row) as repository:
                binaries = f"{repository.parent}/{platform.replace('/', '-')}/"
                ok(go(repository, "build", STRIPPED, "-o", binaries, *new, **built), platform)


@pytest.mark.slow
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
        middleware = repository / "internal/httpapi/httpapi.go"
        middleware.write_text(middleware.read_text() + "\nfunc unused() {}\n")
        found = subprocess.run(lint, cwd=repository, check=False, capture_output=True, text=True, env=own)
    assert found.returncode == 2
    assert "func unused is unused" in found.stdout


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
    repository = rendered(tmp_path)
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
    assert "basket.Total += amount" in text
    handler.write_text(text.replace("basket.Total += amount", "basket.Total -= amount"))
    assert go(repository, "test", "./internal/httpapi").code != 0
