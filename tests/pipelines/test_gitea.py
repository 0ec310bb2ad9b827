"""Gitea's workflows run what the others run, and nothing that Gitea would look for elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers.support import PINS, need, rendered
from tests.pipelines.commands import DIGEST, SECRETS, TAG, Machine, of_workflow
from tests.pipelines.test_jenkins import FULL, WHEEL

IMAGE = "gitea.corp.cn/shop/orders"
GITEA = {**FULL, "ci": "gitea", "module": IMAGE, "image": IMAGE}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendered(tmp_path_factory.mktemp("gitea"), update_wheel=WHEEL, **GITEA)


def workflow(repository: Path, name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((repository / f".gitea/workflows/{name}.yml").read_text())
    return loaded


def test_no_file_is_github_s(repository: Path) -> None:
    assert (repository / "renovate.json").is_file()
    assert [path.name for path in repository.iterdir() if path.name in (".github", "Jenkinsfile")] == []


def test_each_action_has_its_whole_address_and_its_commit(repository: Path) -> None:
    used = [
        line
        for path in (repository / ".gitea/workflows").iterdir()
        for line in re.findall(r"uses: (.*)", path.read_text())
    ]
    assert len(used) > 8
    known = {f"https://github.com/{pin['value']}" for pin in PINS["action"].values()}
    assert [each for each in used if each not in known] == []


def test_a_change_is_checked_by_the_targets_that_jenkins_calls(repository: Path) -> None:
    scripts = [each.script for each in of_workflow(workflow(repository, "ci"))]
    called = [script for script in scripts if script.startswith(("make ", ".gocontainer"))]
    assert called == [".gocontainer/propose.sh check", "make lint", "make test", "make vuln", "make smoke"]


def test_the_registry_s_password_reaches_no_job_that_runs_tests(repository: Path) -> None:
    commands = list(of_workflow(workflow(repository, "release")))
    assert {each.place for each in commands if "make test" in each.script} == {"test"}
    for secret in ("REGISTRY_PASSWORD", "COSIGN_PRIVATE_KEY"):
        assert {each.place for each in commands if SECRETS[secret] in each.env.values()} == {"image"}
    assert workflow(repository, "release")["jobs"]["image"]["needs"] == "test"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ci", "release"])
def test_every_step_runs(tmp_path: Path, name: str) -> None:
    need("go", "make")
    repository = rendered(tmp_path, **GITEA)
    machine = Machine(tmp_path, repository)
    for command in of_workflow(workflow(repository, name)):
        done = machine.run(command)
        assert done.code == 0, (command, done.out[-2000:], done.err[-2000:])
    if name == "release":
        assert f"{IMAGE}:{TAG}@{DIGEST}" in done.out
        asked = machine.asked()
        assert [each.split()[-1] for each in asked if each.startswith("cosign sign ")] == [f"{IMAGE}:{TAG}@{DIGEST}"]
        assert [each for each in asked if "log" in each.split()[0]] == [
            "login --username robot$ci --password-stdin gitea.corp.cn", "logout gitea.corp.cn",
        ]  # fmt: skip
