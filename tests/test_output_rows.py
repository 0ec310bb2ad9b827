"""Every row's Go code: formatted, tidy, vetted, built for its platforms, started, stopped; raced where it is new."""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docs.demo import get

from tests.helpers.distinct_packages import new_packages
from tests.helpers.service import Service, running
from tests.helpers.standing_repositories import kept
from tests.helpers.support import ROWS, Row, go, need, ok, rows

pytestmark = pytest.mark.proof("*.go", "go.mod", "go.sum")
STRIPPED = "-ldflags=-s -w"
"""As the image has its program."""
BASKET = json.dumps({"lines": [{"sku": "tea", "quantity": 2, "unit_price": 350}]}).encode()
OTHERS = sorted({each for row in ROWS for each in row["platforms"].split(",")} - {"linux/amd64"})


@pytest.fixture(autouse=True)
def _tools() -> None:
    need("go", "gofmt", "gcc")


@rows(quick=8)
def test_row_is_clean_go_that_runs(row: dict[str, Any]) -> None:
    with kept(place(row), **row) as repository:
        is_clean_go_that_runs(repository, cgo=row["cgo"], function=row.get("eventing") == "kafka")


def is_clean_go_that_runs(repository: Path, *, cgo: bool, function: bool) -> None:
    compiler, binaries = str(int(cgo)), repository.parent / "bin"
    formatted = subprocess.run(["gofmt", "-l", "."], cwd=repository, check=True, capture_output=True, text=True)
    assert formatted.stdout + formatted.stderr == ""
    assert ok(go(repository, "mod", "tidy", "-diff"), "go mod tidy -diff") == ""
    ok(go(repository, "build", STRIPPED, "-o", f"{binaries}/", "./...", CGO_ENABLED=compiler), "go build")
    ok(go(repository, "vet", "./...", CGO_ENABLED=compiler), "go vet")
    if function:
        starts_and_stops(binaries / "function", refuses_what_is_no_event)
    else:
        starts_and_stops(binaries / "server", prices_a_basket)


@rows(quick=8)
def test_what_no_row_before_it_has_is_raced(row: dict[str, Any]) -> None:
    with kept(place(row), **row) as repository:
        ok(go(repository, "test", "-race", *only_here(row), CGO_ENABLED="1"), "go test")


@pytest.mark.parametrize("platform", OTHERS)
@rows(quick=1)
def test_what_no_row_before_it_has_compiles_for_every_platform(platform: str, row: dict[str, Any]) -> None:
    system, machine, *variant = platform.split("/")
    arm = {"GOARM": variant[0].removeprefix("v")} if variant else {}
    built = {"CGO_ENABLED": "0", "GOOS": system, "GOARCH": machine, **arm}
    with kept(place(row), **row) as repository:
        binaries = f"{repository.parent}/{platform.replace('/', '-')}/"
        ok(go(repository, "build", STRIPPED, "-o", binaries, *only_here(row), **built), platform)


def only_here(row: Row) -> list[str]:
    """Return the packages that no row before has; without any there is nothing to prove, and so nothing to keep."""
    return new_packages(row) or pytest.skip("a row before it has all of its packages")


def place(row: Row) -> str:
    """Name the path of a row's repository that is kept."""
    return f"row-{ROWS.index(dict(row)):02d}"


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
