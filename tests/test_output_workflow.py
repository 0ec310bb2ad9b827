"""What the judges do not see of workflows: which actions they use, and where they run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.helpers.support import PINS, ROOT, Row, files_of, rendered, rows

CI, RELEASE = ".github/workflows/ci.yml", ".github/workflows/release.yml"
SENDS = ("tag=$(", 'echo "', "make sign ")
"""How the commands begin that may run with rights, or with a secret that signs."""


def test_our_own_workflow_uses_pinned_actions() -> None:
    known = {pin["value"] for table in ("action", "own_action") for pin in PINS[table].values()}
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        used = re.findall(r"uses: (.*)", path.read_text())
        assert used
        assert set(used) <= known


def test_cgo_is_compiled_where_it_runs(tmp_path: Path) -> None:
    repository = rendered(tmp_path, base_image="ubuntu", cgo=True, platforms="linux/arm64")
    text = (repository / ".github/workflows/ci.yml").read_text()
    assert text.count("runs-on: ubuntu-24.04-arm\n") == 2


def unsafe(workflow: str) -> list[str]:
    """The commands of a release that run beside its rights and are more than those of a release."""
    jobs: Mapping[str, Any] = yaml.safe_load(workflow)["jobs"]
    trusted = [job for job in jobs.values() if "environment" in job or "write" in job["permissions"].values()]
    # What has the keys of private modules runs nothing of the repository; tests/test_private_modules.py has its text.
    steps = [step for job in trusted for step in job["steps"] if "ssh-agent" not in step.get("run", "")]
    lines = [line for step in steps for line in step.get("run", "").splitlines()]
    return [line for line in lines if not line.startswith(SENDS)]


@rows(where=lambda row: row["ci"] == "github")
def test_an_image_that_was_built_is_started_and_asked(row: Row) -> None:
    built, asked = yaml.safe_load(files_of(row)[CI].content)["jobs"]["image"]["steps"][-2:]
    assert built["uses"].startswith("docker/build-push-action@")
    assert asked == {"run": "make smoke GO_ARGS="}


@rows(where=lambda row: row["ci"] == "github")
def test_what_may_push_or_sign_runs_no_test(row: Row) -> None:
    workflow = files_of(row)[RELEASE].content.decode()
    assert unsafe(workflow) == []
    jobs = yaml.safe_load(workflow)["jobs"]
    assert {name: job.get("needs") for name, job in jobs.items()} == {"test": None, "image": "test"}
    assert ("id-token" in jobs["image"]["permissions"]) == (row["signing"] == "keyless")
    assert jobs["test"]["permissions"] == {"contents": "read"}


def test_a_test_beside_the_rights_is_found() -> None:
    workflow = files_of({})[RELEASE].content.decode()
    test = "      - run: make test\n"
    assert test in workflow
    moved = workflow.replace(test, "").replace("      # A tag of git", f"{test}      # A tag of git")
    assert unsafe(moved) == ["make test"]
