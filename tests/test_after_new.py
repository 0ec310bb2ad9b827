"""What `gocontainer new` says to do next is what works."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.service import running
from tests.helpers.support import clean_environment, go, gocontainer, need, ok


def new(folder: Path, *arguments: str) -> tuple[Path, str]:
    """Write a repository; return its folder and the last line of what was said."""
    said = ok(gocontainer("new", "orders", "--no-input", "-o", str(folder), *arguments))
    return folder / "orders", said.splitlines()[-1].strip()


@pytest.mark.proof(runs=("generator", "template"))
@pytest.mark.parametrize("profile", ["minimal", "service", "serverless", "edge", "hardened"])
def test_the_last_line_is_the_request_of_the_readme(tmp_path: Path, profile: str) -> None:
    repository, request = new(tmp_path, "--profile", profile, "--port", "9123")
    assert request.startswith("curl -s localhost:9123")
    assert f"\n    {request}\n" in (repository / "README.md").read_text()


def asked(request: str, url: str) -> Any:
    """Run the request of the last line at the port where the service is."""
    assert request.count("localhost:9123") == 1
    command = request.replace("localhost:9123", url.removeprefix("http://"))
    done = subprocess.run(["sh", "-c", command], check=True, capture_output=True, env=clean_environment())
    return json.loads(done.stdout)


def test_the_example_answers_it_and_lists_its_routes(tmp_path: Path) -> None:
    need("go", "curl")
    repository, request = new(tmp_path, "--port", "9123")
    ok(go(repository, "build", "-o", "bin/orders", "./cmd/server"))
    with running(repository / "bin/orders") as service:
        assert asked(request, service.url)["total"] == 700
        root = f"curl -s {service.url}/"
        listed = subprocess.run(["sh", "-c", root], check=True, capture_output=True).stdout
        assert json.loads(listed) == {"routes": ["POST /v1/quotes"]}
        assert asked(request.replace('"sku"', '"name"'), service.url)["status"] == 400, "not every request would do"


@pytest.mark.proof(runs=("generator", "template"))
@pytest.mark.parametrize(("profile", "lists"), [("service", True), ("edge", True), ("serverless", False)])
def test_only_an_example_over_http_has_a_list_of_routes(tmp_path: Path, profile: str, lists: bool) -> None:  # noqa: FBT001
    repository, _ = new(tmp_path, "--profile", profile)
    code = "".join(path.read_text() for path in (repository / "internal/httpapi").glob("*.go"))
    assert ("index" in code, 'mux.HandleFunc("GET /{$}", index)' in code) == (lists, lists)
