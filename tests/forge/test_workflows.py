"""A real Gitea takes the rendered workflows, and each event starts those that say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.forge.engine import OWNER, Gitea
from tests.helpers.daemons import until
from tests.helpers.proposals import WHEEL
from tests.helpers.support import git, rendered
from tests.pipelines.test_gitea import GITEA

FOLDER = ".gitea/workflows"
NAMES = ["ci.yml", "release.yml", "template.yml"]
INSTALLED = ".gocontainer/requirements.txt"


class Pushed:
    """A rendered repository that somebody pushed."""

    def __init__(self, folder: Path, forge: Gitea, name: str) -> None:
        self.folder = rendered(folder, **{**GITEA, "update_wheel": WHEEL})
        self.forge, self.at = forge, f"repos/{OWNER}/{name}"
        forge.repository(name)
        git(self.folder, "init", "--quiet", "--initial-branch=main")
        git(self.folder, "remote", "add", "origin", forge.address(name, forge.token))

    def push(self, *references: str) -> None:
        """Commit all, and push."""
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--allow-empty", "--message", "x")
        git(self.folder, "push", "--quiet", "origin", *references)

    def listed(self) -> dict[str, str]:
        """The workflows that Gitea knows, each with its name."""
        found = self.forge.ask("GET", f"{self.at}/actions/workflows")["workflows"]
        return {each["id"]: each["name"] for each in found}

    def started(self) -> list[tuple[str, str]]:
        """What was started so far: the workflow, and by which event."""
        found, page = [], 1
        while runs := self.forge.ask("GET", f"{self.at}/actions/runs?page={page}")["workflow_runs"]:
            found += [(each["path"].partition("@")[0], each["event"]) for each in runs]
            page += 1
        return sorted(found)


def test_each_is_listed_and_started_by_what_it_names(tmp_path: Path, forge: Gitea) -> None:
    pushed = Pushed(tmp_path, forge, "workflows")
    (pushed.folder / INSTALLED).rename(tmp_path / "installed")
    pushed.push("HEAD:main")
    until(lambda: pushed.started() == [("ci.yml", "push")], "the check of main")
    assert pushed.listed() == {name: name.removesuffix(".yml") for name in NAMES}
    (tmp_path / "installed").rename(pushed.folder / INSTALLED)
    pushed.push("HEAD:main")
    expected = [("ci.yml", "push")] * 2 + [("template.yml", "push")]
    until(lambda: pushed.started() == expected, "the bot, when a newer gocontainer is named")
    pushed.push("HEAD:refs/heads/mine", "HEAD:refs/tags/v1.2.3", "HEAD:refs/tags/other")
    forge.ask("POST", f"{pushed.at}/pulls", {"head": "mine", "base": "main", "title": "mine"})
    expected = sorted([*expected, ("release.yml", "push"), ("ci.yml", "pull_request")])
    until(lambda: pushed.started() == expected, "the release of a tag, and the check of a change")


@pytest.mark.parametrize("old", ["jobs:", "on:"])
def test_one_that_gitea_does_not_take_is_not_started(tmp_path: Path, forge: Gitea, old: str) -> None:
    pushed = Pushed(tmp_path, forge, f"spoiled-{old[:-1]}")
    path = pushed.folder / FOLDER / "ci.yml"
    text = path.read_text()
    assert text.count(f"\n{old}\n") == 1
    path.write_text(text.replace(f"\n{old}\n", f"\n{old} [\n"))
    pushed.push("HEAD:main")
    until(lambda: pushed.started() == [("template.yml", "push")], "what is sound")
