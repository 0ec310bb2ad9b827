"""A service in a folder of a larger repository: what is written there, and the pipeline that the how-to has for it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from gocontainer.answers.detect import detected
from tests.helpers import reads
from tests.helpers.snippets import go_caches, snippets
from tests.helpers.support import COMMAND, ROOT, clean_environment, files_of, git, gocontainer, need, ok
from tests.judges import JUDGES
from tests.judges.subject import Subject

PAGE = ROOT / "docs/how-to/monorepo.md"
PLACE = "services/carts"
"""The folder of the service in the how-to."""


@pytest.fixture
def mono(tmp_path: Path) -> Path:
    """A repository of many services, without a commit."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "mono")
    return tmp_path / "mono"


def new(mono: Path, *arguments: str) -> tuple[Path, list[str]]:
    """Write a service into the repository; return its folder and the warnings."""
    run = gocontainer("new", "carts", "--no-input", "--json", "-o", str(mono / "services"), *arguments)
    return mono / PLACE, json.loads(ok(run))["warnings"]


@COMMAND
@pytest.mark.parametrize("remote", ["git@github.com:acme/mono.git", None])
def test_nothing_that_works_at_the_top_alone_is_written_below_it(mono: Path, remote: str | None) -> None:
    reads.path(PAGE.relative_to(ROOT).as_posix())
    if remote:
        git(mono, "remote", "add", "origin", remote)
    service, warnings = new(mono)
    assert not (service / ".github").exists()
    assert not (service / "renovate.json").exists()
    assert [path.name for path in mono.iterdir() if path.name != ".git"] == ["services"]
    assert "nothing was committed, and no pipeline was written, since one runs from its top alone." in warnings[0]
    assert f"The how-to '{PAGE.read_text().splitlines()[0].removeprefix('# ')}' has one" in warnings[0]


@COMMAND
def test_who_asks_for_a_pipeline_gets_it_and_is_told_where_it_runs(mono: Path) -> None:
    service, warnings = new(mono, "--ci", "github")
    assert (service / ".github/workflows/ci.yml").exists()
    assert "nothing was committed, and .github has to move to its top to run." in warnings[0]
    for ci, path in (("gitea", ".gitea"), ("gitlab", ".gitlab-ci.yml"), ("jenkins", "Jenkinsfile")):
        (mono / ci).mkdir()
        said = gocontainer("new", "carts", "--no-input", "--ci", ci, cwd=mono / ci).err
        assert f"and {path} has to move to its top to run." in said


def test_at_the_top_the_pipeline_and_the_bot_are_as_ever(mono: Path) -> None:
    assert {"ci", "deps_bot"}.isdisjoint(detected(mono).values)
    assert detected(mono / PLACE).values == {"ci": "none", "deps_bot": "none"}


@COMMAND
def test_an_update_there_touches_nothing_outside_of_its_folder(mono: Path) -> None:
    service, _ = new(mono)
    (mono / "README.md").write_text("# mono\n")
    git(mono, "add", "--all")
    git(mono, "commit", "--quiet", "--message=start")
    ok(gocontainer("update", str(service), "--set", "port=9000", "--commit"))
    changed = git(mono, "show", "--format=", "--name-only", "HEAD").splitlines()
    assert changed
    assert [path for path in changed if not path.startswith(f"{PLACE}/")] == []


@COMMAND
def test_it_builds_there_before_the_first_commit(mono: Path, tmp_path: Path) -> None:
    need("go", "make")
    service, _ = new(mono)
    (tmp_path / "bin").mkdir()
    docker = tmp_path / "bin/docker"
    docker.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" "$VERSION" "$REVISION" > {tmp_path}/asked\n')
    docker.chmod(0o755)
    path = f"{docker.parent}{os.pathsep}{os.environ['PATH']}"
    env = {**clean_environment(), **go_caches(), "GOFLAGS": "", "PATH": path}
    for target in ("build", "image"):
        subprocess.run(["make", target], cwd=service, env=env, check=True, capture_output=True)
    assert (service / "bin/carts").exists()
    said = (tmp_path / "asked").read_text().splitlines()
    assert said[-2:] == ["dev", "unknown"]
    told = said.index("VERSION")
    assert said[told - 1 : told + 3] == ["--build-arg", "VERSION", "--build-arg", "REVISION"]


# The workflow of the how-to


def workflow(page: str) -> str:
    """The workflow that a page shows."""
    (found,) = [each for each in snippets(page) if each.language == "yaml"]
    assert found.argument == "mono/.github/workflows/carts.yml"
    return found.text


def expected(own: str) -> str:
    """The workflow of a repository of its own, for a folder of a larger one."""
    paths = f"    paths: [{PLACE}/**, .github/workflows/carts.yml]\n"
    edits: Sequence[tuple[str, str]] = (
        ("name: ci\n", "name: carts\n"),
        ("  pull_request:\n", f"  pull_request:\n{paths}"),
        ("    branches: [main]\n", f"    branches: [main]\n{paths}"),
        ("  group: ci-", "  group: carts-"),
        ("jobs:\n", f"defaults:\n  run:\n    working-directory: {PLACE}\n\njobs:\n"),
        ("            go.sum\n            Makefile\n", f"            {PLACE}/go.sum\n            {PLACE}/Makefile\n"),
        ("context: .\n", f"context: {PLACE}\n"),
    )
    for old, there in edits:
        assert own.count(old) == 1, old
        own = own.replace(old, there)
    return own


def test_the_workflow_of_the_how_to_is_the_services_own_for_its_folder() -> None:
    reads.path(PAGE.relative_to(ROOT).as_posix())
    own = files_of({"service": "carts"})[".github/workflows/ci.yml"].content.decode()
    assert workflow(PAGE.read_text()) == expected(own)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """A repository with the workflow that the how-to shows."""
    reads.path(PAGE.relative_to(ROOT).as_posix())
    top = tmp_path_factory.mktemp("mono")
    (top / ".github/workflows").mkdir(parents=True)
    (top / ".github/workflows/carts.yml").write_text(workflow(PAGE.read_text()))
    return Subject("mono", top, top / "no manifests")


@pytest.mark.parametrize("name", ["actionlint", "check-jsonschema", "zizmor"])
def test_the_judges_find_nothing_in_it(shown: Subject, name: str) -> None:
    assert JUDGES[name]([shown]) == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("actionlint", "runs-on: ubuntu-24.04", "runs-on: ubuntu-0"),
        ("zizmor", "permissions: {}", "permissions: write-all"),
        ("check-jsonschema", "timeout-minutes: 20", "timeout-minutes: soon"),
    ],
)
def test_the_judges_find_a_fault_of_it(shown: Subject, tmp_path: Path, name: str, old: str, new: str) -> None:
    text = (shown.folder / ".github/workflows/carts.yml").read_text()
    assert old in text
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/carts.yml").write_text(text.replace(old, new))
    assert JUDGES[name]([Subject("bad", tmp_path, tmp_path / "no manifests")])


def lost(text: str, top: Path) -> list[str]:
    """What a workflow names that is not in the repository at ``top``: folders, files and targets."""
    document = yaml.safe_load(text)
    triggers = document[True]  # "on", as YAML 1.1 reads it
    patterns = {pattern for trigger in triggers.values() for pattern in trigger["paths"]}
    steps = [step for job in document["jobs"].values() for step in job["steps"]]
    given = [step.get("with", {}) for step in steps]
    folder = document["defaults"]["run"]["working-directory"]
    named = [pattern.removesuffix("/**") for pattern in patterns]
    named += [
        path for each in given for key in ("context", "cache-dependency-path") for path in each.get(key, "").split()
    ]
    targets = set(re.findall(r"^([a-z-]+):", (top / PLACE / "Makefile").read_text(), re.MULTILINE))
    ran = {step["run"].split()[1] for step in steps if "run" in step}
    return [path for path in (folder, *named) if not (top / path).exists()] + sorted(ran - targets)


@COMMAND
def test_all_that_it_names_is_there(mono: Path, shown: Subject) -> None:
    new(mono)
    text = (shown.folder / ".github/workflows/carts.yml").read_text()
    (mono / ".github/workflows").mkdir(parents=True)
    (mono / ".github/workflows/carts.yml").write_text(text)
    assert lost(text, mono) == []
    for old, there, found in (
        ("directory: services", "directory: src", "src/carts"),
        ("context: services", "context: svc", "svc/carts"),
        ("make vuln", "make vulns", "vulns"),
    ):
        assert lost(text.replace(old, there), mono) == [found]
