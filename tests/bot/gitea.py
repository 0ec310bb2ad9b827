"""Gitea as the bot sees it: what it answers is as in Gitea's services/convert/pull.go of 1.26."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.bot.api import Api, ByApi
from tests.helpers.proposals import BRANCH, TOKEN

WORKFLOW = ".gitea/workflows/template.yml"
GIVEN = {"ci": "gitea", "module": "gitea.corp.cn/shop/orders"}
PULLS = "/api/v1/repos/shop/orders/pulls"
WIP = "WIP: "


def shown(number: int, head: str = BRANCH, base: str = "main", repo: int = 1) -> dict[str, Any]:
    """A pull request as Gitea lists it."""
    return {"number": number, "head": {"label": head, "repo_id": repo}, "base": {"label": base, "repo_id": 1}}


class GiteaApi(Api):
    """The part of Gitea's API that the bot calls."""

    header = ("Authorization", f"token {TOKEN}")
    edits = ("PATCH", 201)
    end = b"\n"

    def read(self, content: bytes) -> dict[str, Any]:
        """What a body says."""
        said: dict[str, Any] = json.loads(content)
        return said

    def page(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        """What a page lists."""
        assert (path, query["state"], query["limit"]) == (PULLS, "open", "50")
        first = 50 * (int(query["page"]) - 1)
        found: list[dict[str, Any]] = self.service.listed()[first : first + 50]
        return found

    def opened(self, said: dict[str, Any]) -> dict[str, Any]:
        """What a new pull request says."""
        assert (self.path, said.pop("head"), said.pop("base")) == (PULLS, BRANCH, "main")
        return said

    def edited(self, said: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The number of the pull request that is edited, and what it says."""
        return int(self.path.removeprefix(f"{PULLS}/")), {"title": said["title"], "body": said["body"]}


class AtGitea(ByApi):
    """A service at Gitea."""

    workflow, given, draft, api = WORKFLOW, GIVEN, WIP, GiteaApi

    def variables(self, address: str) -> Mapping[str, str]:
        """What each job has in its environment."""
        return {"GITHUB_API_URL": f"{address}/api/v1", "GITHUB_REPOSITORY": "shop/orders"}

    def strangers(self) -> list[dict[str, Any]]:
        """Pull requests from another branch, from a fork and to another branch."""
        found = [shown(90, head="mine"), shown(91, repo=2), shown(92, base="stable")]
        return found + [shown(100 + number, head="renovate/x") for number in range(60)]

    def close(self) -> None:
        """Close all of them; each keeps its tip."""
        super().close()
        for each in self.requests:
            self.ask("update-ref", f"refs/pull/{each['number']}/head", each["tip"])

    def listed(self) -> list[dict[str, Any]]:
        """The open pull requests as Gitea lists them."""
        return self.others + [shown(each["number"]) for each in self.open]
