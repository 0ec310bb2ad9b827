"""The generated workflow under actionlint and GitHub's own schema."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import PINS, ROOT, go_tool, rendered

ANSWERS: list[dict[str, Any]] = [
    {},
    {"base_image": "ubuntu", "cgo": True, "platforms": "linux/arm64"},
    {"platforms": "linux/arm/v7"},
]


def actionlint(workflow: Path) -> subprocess.CompletedProcess[str]:
    program = go_tool("github.com/rhysd/actionlint/cmd/actionlint", "v1.7.12")
    return subprocess.run(
        [program, "-shellcheck=", "-pyflakes=", str(workflow)], check=False, capture_output=True, text=True
    )


def schema(workflow: Path) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).with_name("check-jsonschema"))
    arguments = [program, "--builtin-schema", "vendor.github-workflows", str(workflow)]
    return subprocess.run(arguments, check=False, capture_output=True, text=True)


def workflow(folder: Path, **given: Any) -> Path:
    return rendered(folder, **given) / ".github/workflows/ci.yml"


@pytest.mark.parametrize("given", ANSWERS, ids=str)
@pytest.mark.parametrize("judge", [actionlint, schema])
def test_workflow_passes(tmp_path: Path, given: dict[str, Any], judge: Any) -> None:
    done = judge(workflow(tmp_path, **given))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("judge", [actionlint, schema])
def test_a_wrong_workflow_would_be_noticed(tmp_path: Path, judge: Any) -> None:
    path = workflow(tmp_path)
    path.write_text(path.read_text().replace("runs-on: ubuntu", "run-on: ubuntu", 1))
    assert judge(path).returncode != 0


def test_our_own_workflow_passes() -> None:
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        for judge in (actionlint, schema):
            done = judge(path)
            assert done.returncode == 0, done.stdout + done.stderr


def test_our_own_workflow_uses_pinned_actions() -> None:
    known = {pin["value"] for table in ("action", "own_action") for pin in PINS[table].values()}
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        used = re.findall(r"uses: (.*)", path.read_text())
        assert used
        assert set(used) <= known


def test_cgo_is_compiled_where_it_runs(tmp_path: Path) -> None:
    text = workflow(tmp_path, base_image="ubuntu", cgo=True, platforms="linux/arm64").read_text()
    assert text.count("runs-on: ubuntu-24.04-arm\n") == 2
