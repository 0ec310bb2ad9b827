"""Each workflow of every row runs under act: its conditions, expressions, secrets and outputs, step by step.

The bot's workflow is run in tests/bot and tests/forge, what make does in test_gitea.py. Actions have stand-ins.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from gocontainer import render
from tests.helpers.support import ROWS, answers, files_of
from tests.pipelines.commands import DIGEST, TAG, WORKFLOWS
from tests.pipelines.runner import Ran, act
from tests.pipelines.test_gitea import GITEA, IMAGE

pytestmark = pytest.mark.slow
HOSTED = {"github": {}, "gitea": GITEA}
SECRETS = ("$USERNAME", "$PASSWORD", "$COSIGN_PRIVATE_KEY", "$COSIGN_PASSWORD")


def workflow(ci: str, name: str) -> str:
    """A workflow as a service at a forge has it."""
    return files_of(HOSTED[ci])[f".{ci}/workflows/{name}.yml"].content.decode()


def distinct(name: str) -> Iterator[str]:
    """Yield each text that a workflow has in any row."""
    files = (render(answers(**row)) for row in ROWS)
    yield from sorted({
        each[path].content.decode() for each in files for path in (f"{folder}{name}.yml" for folder in WORKFLOWS)
        if path in each
    })  # fmt: skip


def run(folder: Path, name: str, text: str, fails: str = "nothing") -> Ran:
    """Run the check of main, or the release of a tag."""
    return act(folder, text, reference=f"refs/tags/{TAG}" if name == "release" else "refs/heads/main", fails=fails)


def named(text: str) -> set[tuple[str, str]]:
    """The jobs of a workflow, each with its steps."""
    jobs = yaml.safe_load(text)["jobs"]
    return {
        (name, step.get("name", step.get("run", step.get("uses", "")).removeprefix("https://github.com/")))
        for name, job in jobs.items()
        for step in job["steps"]
    }


@pytest.mark.parametrize("name", ["ci", "release"])
def test_each_step_of_every_row_ends_well(tmp_path: Path, name: str) -> None:
    texts = [*distinct(name)]
    assert len(texts) > 8
    for number, text in enumerate(texts):
        ran = run(tmp_path / str(number), name, text)
        assert (ran.failed, {step[:2] for step in ran.steps}) == ([], named(text)), text


@pytest.mark.parametrize("ci", HOSTED)
def test_where_a_test_fails_nothing_is_pushed_or_signed(tmp_path: Path, ci: str) -> None:
    ran = run(tmp_path, "release", workflow(ci, "release"), fails="test")
    assert (ran.jobs, ran.failed, ran.asked) == ({"test"}, ["make test"], ["make test"])


@pytest.mark.parametrize("ci", HOSTED)
@pytest.mark.parametrize("target", ["lint", "test", "vuln"])
def test_a_check_that_fails_fails_the_run(tmp_path: Path, ci: str, target: str) -> None:
    ran = run(tmp_path, "ci", workflow(ci, "ci"), fails=target)
    assert ran.failed == [f"make {target}"]


def test_what_is_signed_is_what_was_pushed_at_github(tmp_path: Path) -> None:
    asked = run(tmp_path, "release", workflow("github", "release")).asked
    assert [each.rpartition("@")[2] for each in asked if each.startswith("make sign ")] == [DIGEST]


def test_the_registry_s_secrets_reach_only_what_pushes_and_signs_at_gitea(tmp_path: Path) -> None:
    asked = run(tmp_path, "release", workflow("gitea", "release")).asked
    given = {each.partition(" $")[0] for each in asked if any(secret in each for secret in SECRETS)}
    assert given == {
        "docker login --username robot$ci --password-stdin gitea.corp.cn",
        f"make release VERSION={TAG}",
        f"make sign IMAGE=registry/image@{DIGEST} KEY=env://COSIGN_PRIVATE_KEY",
        "docker logout gitea.corp.cn",
    }
    assert IMAGE.partition("/")[0] in asked[-1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("run: make lint", "run: make lint && exit 4"),
        ("run: make lint", "if: github.ref == 'x'\n        run: make lint"),
    ],
    ids=["it fails", "it is passed over"],
)
def test_a_step_that_is_wrong_is_found(tmp_path: Path, old: str, new: str) -> None:
    text = workflow("gitea", "ci")
    assert text.count(f"- {old}") == 1
    spoiled = text.replace(f"- {old}", f"- name: make lint\n        {new}")
    ran = run(tmp_path, "ci", spoiled)
    assert (ran.failed, {step[:2] for step in ran.steps}) != ([], named(spoiled))
