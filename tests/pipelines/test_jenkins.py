"""Jenkinsfiles are held against a table of the declarative grammar, and what they run is run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.support import need, rendered
from tests.pipelines.commands import DIGEST, SECRETS, TAG, Machine, of_jenkinsfile
from tests.pipelines.declarative import findings, trees

WHEEL = f"https://files.example.com/gocontainer-1.0.0-py3-none-any.whl#sha256={'1' * 64}"
FULL = {
    "ci": "jenkins", "module": "git.corp.cn/shop/orders", "image": "harbor.corp.cn/shop/orders", "tracing": False,
    "go_vulndb": "https://vuln.corp.cn", "private_modules": "git.corp.cn/*",
}  # fmt: skip
"""All that a Jenkinsfile has: who we are to hosts of modules, and a release that looks for vulnerabilities again."""
SPOILT = {
    "no agent": ("    agent any\n", "", "pipeline has no agent"),
    "step": ("steps {\n                sh 'make lint'", "step {\n                sh 'make lint'", "stage has no step"),
    "pipelin": ("pipeline {", "pipelin {", "one pipeline { }"),
    "two": ("pipeline {", "node { }\npipeline {", "one pipeline { }"),
    "a stage without steps": ("            steps {\n                sh 'make lint'\n            }\n", "", "is empty"),
    "a missing brace": ("            when {\n", "            when\n", ""),
    "a condition": ("tag 'v*.*.*'", "tags 'v*.*.*'", "when has no tags"),
    "an option": ("timeout(time", "timout(time", "options has no timout"),
    "a unit": ("'MINUTES'", "'MINUTE'", "MINUTE is no unit of time"),
    "a name": ("unit: ", "units: ", "timeout knows no units"),
    "a step that there is not": ("sh 'make lint'", "shh 'make lint'", "there is no step shh"),
    "two blocks in a line": ("sh 'make lint'\n            }", "sh 'make lint' } steps { sh 'make lint' }", ""),
    "two of a name": ("stage('Lint')", "stage('Test')", "the stage Test is there twice"),
    "a secret in the command line": ("sh 'make lint'", 'sh "make lint $REGISTRY_PSW"', "sh has one text"),
    "code": ("sh 'make lint'", "def x = 1", "there is no step"),
    "an agent": ("agent any", "agent all", "an agent is any, none or a block"),
    "a variable": ("credentials('registry')", "secret('registry')", "environment sets a variable"),
}
"""Each is a fault, what it replaces, what stands there then, and what is said of it."""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("java", "mvn")
    return rendered(tmp_path_factory.mktemp("jenkins"), update_wheel=WHEEL, **FULL)


@pytest.fixture(scope="module")
def read(good: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """The syntax trees of both files, by their names, and of each fault; all are read at once."""
    folder, text = tmp_path_factory.mktemp("spoilt"), (good / "Jenkinsfile").read_text()
    for fault, (old, new, _) in SPOILT.items():
        assert old in text, old
        (folder / fault).write_text(text.replace(old, new, 1))
    paths = (good / "Jenkinsfile", good / "Jenkinsfile.template", *(folder / fault for fault in SPOILT))
    return {Path(path).name: tree for path, tree in trees(paths).items()}


@pytest.mark.parametrize("fault", SPOILT)
def test_a_fault_is_found_with_its_line(read: Mapping[str, Any], fault: str) -> None:
    said = list(findings(Path("Jenkinsfile"), read[fault]))
    assert said, "nothing is said"
    assert SPOILT[fault][2] in said[0]
    assert all(line.split(":")[1].isdigit() for line in said)


def test_what_is_rendered_is_declarative_and_says_which_jenkins_it_suits(good: Path, read: Mapping[str, Any]) -> None:
    names = ("Jenkinsfile", "Jenkinsfile.template")
    assert [line for name in names for line in findings(Path(name), read[name])] == []
    assert "suits Jenkins 2.62 with Pipeline:\n// Declarative 1.2.8" in (good / "Jenkinsfile").read_text()


def test_no_file_is_github_s(good: Path) -> None:
    assert [path for path in good.iterdir() if path.name.startswith((".github", ".gitea"))] == []


def test_only_a_tag_is_released_and_only_that_stage_knows_the_registry(read: Mapping[str, Any]) -> None:
    tree = read["Jenkinsfile"]
    branch, tag = list(of_jenkinsfile(tree)), list(of_jenkinsfile(tree, TAG))
    assert [each.script for each in branch] == [
        ".gocontainer/propose.sh check", "make lint", "make test", "make vuln", "make smoke",
    ]  # fmt: skip
    assert [each.place for each in tag] == [*(each.place for each in branch), "Release"]
    for secret in ("REGISTRY_PASSWORD", "COSIGN_PASSWORD"):
        assert [each.place for each in tag if SECRETS[secret] in each.env.values()] == ["Release"]


def test_no_secret_reaches_the_stage_that_runs_what_others_wrote(read: Mapping[str, Any]) -> None:
    merge, propose = of_jenkinsfile(read["Jenkinsfile.template"])
    assert (merge.place, dict(merge.env)) == ("Merge", {})
    assert "propose.sh push" in propose.script
    assert "--require-hashes --only-binary :all:" in merge.script


@pytest.mark.slow
def test_every_step_runs(tmp_path: Path, read: Mapping[str, Any]) -> None:
    need("go", "make")
    machine = Machine(tmp_path, rendered(tmp_path, **FULL))
    for command in of_jenkinsfile(read["Jenkinsfile"], TAG):
        if "propose.sh" not in command.script:  # tests/bot has it
            done = machine.run(command)
            assert done.code == 0, (command, done.out[-2000:], done.err[-2000:])
    released = f"{FULL['image']}:{TAG}@{DIGEST}"
    assert released in done.out.splitlines()
    said = [each for each in machine.asked() if not each.startswith("buildx version")]
    signed = [each for each in said if each.startswith("cosign sign ")]
    assert [each.split()[-1] for each in signed] == [released]
    asked = [each for each in said if not each.startswith("cosign ")]
    assert [" ".join(each.split()[:2]) for each in asked] == [
        "buildx build", "run --detach", "exec a-container", "exec a-container", "rm --force",
        "login --username", SECRETS["REGISTRY_PASSWORD"], "buildx create", "buildx build", "buildx rm",
        "logout harbor.corp.cn",
    ]  # fmt: skip
    assert "--provenance mode=max,version=v1 --sbom generator=" in asked[-3]
    assert f"--tag {FULL['image']}:{TAG} " in asked[-3]
    assert "GOPROXY" in asked[0]
    assert "GOPROXY" not in asked[-3], "provenance would publish it"


def test_a_step_that_fails_ends_the_pipeline_there(tmp_path: Path, good: Path, read: Mapping[str, Any]) -> None:
    *_, release = of_jenkinsfile(read["Jenkinsfile"], TAG)
    machine = Machine(tmp_path, good)
    assert machine.run(release._replace(script=release.script.replace("make vuln", "false; make vuln"))).code == 1
    assert machine.asked() == [
        "login --username robot$ci --password-stdin harbor.corp.cn", "hush", "logout harbor.corp.cn",
    ]  # fmt: skip
