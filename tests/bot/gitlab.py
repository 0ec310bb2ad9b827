"""GitLab as the bot sees it: what it answers is as in GitLab's doc/api/merge_requests.md."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import yaml

from tests.bot.api import Api, ByApi
from tests.helpers.proposals import BRANCH, TOKEN, Step, write
from tests.helpers.support import git

WORKFLOW = ".gitlab/template.yml"
REQUESTS = "/api/v4/projects/7/merge_requests"
STATES = {"open": "opened"}
"""What GitLab calls a state otherwise."""


def shown(number: int, tip: str = "", source: int = 7) -> dict[str, Any]:
    """A merge request as GitLab lists it."""
    return {"iid": number, "sha": tip, "source_project_id": source, "target_project_id": 7}


class GitlabApi(Api):
    """The part of GitLab's API that the bot calls."""

    header = ("PRIVATE-TOKEN", TOKEN)
    edits = ("PUT", 200)

    def read(self, content: bytes) -> dict[str, Any]:
        """What a body says."""
        return dict(parse_qsl(content.decode(), strict_parsing=True))

    def page(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        """What a page lists."""
        first = 100 * (int(query.pop("page")) - 1)
        found: list[dict[str, Any]] = self.service.listed(query.pop("state"))
        assert path == REQUESTS
        assert query == {"source_branch": BRANCH, "target_branch": "main", "per_page": "100"}
        return found[first : first + 100]

    def opened(self, said: dict[str, Any]) -> dict[str, Any]:
        """What a new merge request says."""
        assert (self.path, said.pop("source_branch"), said.pop("target_branch")) == (REQUESTS, BRANCH, "main")
        return {"body": said["description"], **said}

    def edited(self, said: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The number of the merge request that is edited, and what it says."""
        return int(self.path.removeprefix(f"{REQUESTS}/")), {"title": said["title"], "body": said["description"]}


class AtGitlab(ByApi):
    """A service at GitLab, where a merge request of a fork may be from a branch of the same name."""

    workflow, draft, api = WORKFLOW, "Draft: ", GitlabApi
    given: Mapping[str, str] = {"ci": "gitlab", "module": "gitlab.corp.cn/shop/orders"}

    def variables(self, address: str) -> Mapping[str, str]:
        """What each job has in its environment; and Debian's installer, which has nothing to do."""
        write(self.bin / "apt-get", "#!/bin/sh\n")
        return {
            "CI_API_V4_URL": f"{address}/api/v4",
            "CI_PROJECT_ID": "7",
            "CI_PROJECT_URL": str(self.origin.with_suffix("")),
            "CI_DEFAULT_BRANCH": "main",
            "MAIN": "main",
        }

    def strangers(self) -> list[dict[str, Any]]:
        """Merge requests of forks."""
        return [shown(200 + number, source=8) for number in range(110)]

    def job(self, name: str, artifact: Path, path: str = "", settings: str = "") -> Step:
        """Run a job, which gets main alone, and the token only where its environment is named."""
        runner = self.start(name, path, settings)
        for branch in git(runner.work, "for-each-ref", "--format=%(refname)", "refs/remotes").split():
            git(runner.work, "update-ref", "-d", branch)
        jobs = yaml.safe_load((runner.work / WORKFLOW).read_text())
        job = jobs[".template"] | jobs[f"{name}-template"]
        proposal = runner.work / "bin/proposal"
        if "needs" in job:
            shutil.copytree(artifact, proposal, symlinks=True)
        token = {"PROJECT_TOKEN": self.token} if job.get("environment") == "template" else {}
        done = runner.run("\n".join([*job["before_script"], *job["script"]]), token)
        if not done.code and "artifacts" in job:
            assert job["artifacts"]["paths"] == ["bin/proposal"]
            shutil.copytree(proposal, artifact, symlinks=True)
        return done

    def listed(self, state: str) -> list[dict[str, Any]]:
        """The merge requests from the bot's branch in a state as GitLab lists them."""
        known = [each for each in self.requests if state in ("all", STATES.get(each["state"], each["state"]))]
        return self.others + [shown(each["number"], each["tip"]) for each in known]
