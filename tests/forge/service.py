"""A service at a real Gitea, whose bot pushes over HTTP and calls the API by a token that may do little."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.bot.gitea import WORKFLOW
from tests.bot.test_proposals import Service
from tests.forge.engine import OWNER, Answer, Gitea
from tests.helpers.daemons import until
from tests.helpers.proposals import Installed
from tests.helpers.support import git


class AtRealGitea(Service):
    """A service in a repository of its own."""

    workflow = WORKFLOW

    def __init__(self, folder: Path, program: Installed, bot: dict[str, str], gitea: Gitea, name: str) -> None:
        self.gitea, self.name = gitea, name
        self.at = f"repos/{OWNER}/{name}"
        self.more = {"GITHUB_API_URL": gitea.api, "GITHUB_REPOSITORY": f"{OWNER}/{name}"}
        super().__init__(folder, program, bot)
        # Gitea takes a repository for empty, which has no pull requests, until it has looked at the first push.
        until(lambda: self.gitea.call("GET", f"{self.at}/pulls").status == 200, "the first push")

    def open_remote(self) -> str:
        """Make the repository, of which the bot is a member."""
        self.origin = self.gitea.repository(self.name)
        # What the workflow says that its token may do.
        who = f"bot-{self.name}"
        self.token = self.gitea.member(who, "write:repository", "write:issue")
        self.gitea.ask("PUT", f"{self.at}/collaborators/{who}", {"permission": "write"})
        return self.gitea.address(self.name, self.gitea.token)

    def checkout(self, name: str, commit: str = "main") -> Path:
        """A fresh clone of all branches, as the action makes it, which keeps no token."""
        folder = self.folder / name
        remote = self.gitea.address(self.name, self.gitea.token)
        git(self.folder, "clone", "--quiet", "--template=", "--branch", commit, remote, str(folder))
        git(folder, "remote", "set-url", "origin", self.gitea.address(self.name))
        return folder

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The pull requests as the server knows them, the oldest first."""
        found = self.gitea.all_of(f"{self.at}/pulls?state=all&sort=oldest")
        return [{**each, "state": "merged" if each["merged"] else each["state"]} for each in found]

    def close(self) -> None:
        """Close all of them, as somebody does who wants none."""
        for each in self.open:
            self.gitea.ask("PATCH", f"{self.at}/pulls/{each['number']}", {"state": "closed"})

    def merge(self, how: str) -> Answer:
        """Press the button that merges the one that is open, and return what Gitea says once it has looked at it."""
        (request,) = self.open
        said: list[Answer] = []

        def pressed() -> bool:
            said.append(self.gitea.call("POST", f"{self.at}/pulls/{request['number']}/merge", {"Do": how}))
            return "try again later" not in str(said[-1].body)

        until(pressed, "the pull request")
        return said[-1]
