"""The bot at GitLab, whose API is asked by curl: what it answers is as in GitLab's doc/api/merge_requests.md."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import yaml

from tests.bot.test_proposals import CONFLICTS, Service, text
from tests.helpers.proposals import BRANCH, TOKEN, Installed, Step, rendered_bot, write
from tests.helpers.support import git, need

WORKFLOW = ".gitlab/template.yml"
GIVEN = {"ci": "gitlab", "module": "gitlab.corp.cn/shop/orders"}
REQUESTS = "/api/v4/projects/7/merge_requests"
DRAFT = "Draft: "
STATES = {"open": "opened"}
"""What GitLab calls a state otherwise."""


class AtGitlab(Service):
    """A service at GitLab. ``others`` are merge requests of forks, whose branch has the same name."""

    broken, token = False, TOKEN

    def serve(self) -> ThreadingHTTPServer:
        """Answer as GitLab does."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Api", (Api,), {"service": self}))
        self.more = {
            "CI_API_V4_URL": f"http://127.0.0.1:{server.server_port}/api/v4",
            "CI_PROJECT_ID": "7",
            "CI_PROJECT_URL": str(self.origin.with_suffix("")),
            "CI_DEFAULT_BRANCH": "main",
            "MAIN": "main",
        }
        self.others: list[dict[str, Any]] = []
        write(self.bin / "apt-get", "#!/bin/sh\n")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

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


def shown(number: int, tip: str = "", source: int = 7) -> dict[str, Any]:
    return {"iid": number, "sha": tip, "source_project_id": source, "target_project_id": 7}


class Api(BaseHTTPRequestHandler):
    """The part of GitLab's API that the bot calls."""

    service: AtGitlab

    def answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def asked(self) -> dict[str, str] | None:
        """What a call says, if it may call; the rest is answered."""
        if self.service.broken or self.headers["PRIVATE-TOKEN"] != TOKEN:
            self.answer(500 if self.service.broken else 401, {})
            return None
        content = self.rfile.read(int(self.headers["Content-Length"] or 0))
        return dict(parse_qsl(content.decode(), strict_parsing=True)) if content else {}

    def do_GET(self) -> None:
        if self.asked() is not None:
            query = {name: value for name, (value,) in parse_qs(urlsplit(self.path).query).items()}
            first = 100 * (int(query.pop("page")) - 1)
            found = self.service.listed(query.pop("state"))
            assert urlsplit(self.path).path == REQUESTS
            assert query == {"source_branch": BRANCH, "target_branch": "main", "per_page": "100"}
            self.answer(200, found[first : first + 100])

    def do_POST(self) -> None:
        said, known = self.asked(), self.service.requests
        if said is not None:
            assert (self.path, said.pop("source_branch"), said.pop("target_branch")) == (REQUESTS, BRANCH, "main")
            tip = self.service.tip(BRANCH)
            made = {"number": len(known) + 1, "state": "open", "tip": tip, "body": said["description"], **said}
            self.service.requests_file.write_text(json.dumps([*known, made]))
            self.answer(201, {})

    def do_PUT(self) -> None:
        said, known = self.asked(), self.service.requests
        if said is not None:
            edited = {"title": said["title"], "body": said["description"]}
            known[int(self.path.removeprefix(f"{REQUESTS}/")) - 1] |= edited
            self.service.requests_file.write_text(json.dumps(known))
            self.answer(200, {})

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def at_gitlab(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    need("bash", "curl", "jq")
    return rendered_bot(tmp_path_factory.mktemp("bot"), WORKFLOW, **GIVEN)


@pytest.fixture
def service(tmp_path: Path, at_gitlab: dict[str, str], program: Installed) -> Iterator[AtGitlab]:
    found = AtGitlab(tmp_path / "forge", program, at_gitlab)
    server = found.serve()
    yield found
    server.shutdown()
    server.server_close()


def test_there_is_one_merge_request_and_the_next_release_edits_it(service: AtGitlab) -> None:
    service.release("a.txt", at3="newer")
    service.propose()
    (request,) = service.open
    assert request["title"] == "Update with other answers"
    assert "~ a.txt\n" in request["body"]
    service.release("b.txt", at3="newest")
    service.propose()
    (request,) = service.requests
    assert "~ b.txt\n" in request["body"]
    assert TOKEN not in str(service.requests)


def test_the_merge_requests_of_forks_are_never_taken_for_the_bot_s(service: AtGitlab) -> None:
    service.others = [shown(200 + number, source=8) for number in range(110)]
    service.release("a.txt", at3="newer")
    service.propose()
    assert [each["number"] for each in service.open] == [1]
    service.release("b.txt", at3="newest")
    service.propose()
    assert [each["number"] for each in service.open] == [1], "it was found behind all others"


def test_where_both_changed_a_line_it_is_a_draft_until_somebody_decided(service: AtGitlab) -> None:
    service.commit("main", "a.txt", text(at3="mine"))
    service.release("a.txt", at3="newer")
    tip = service.propose()
    (request,) = service.open
    assert request["title"].startswith(DRAFT)
    assert not service.is_green(tip)
    service.commit(BRANCH, "a.txt", text(at3="both"))
    service.commit(BRANCH, CONFLICTS, None)
    service.release("b.txt", at3="newest")
    service.propose()
    (request,) = service.open
    assert not request["title"].startswith(DRAFT)
    assert service.proposed("a.txt") == text(at3="both")


def test_what_somebody_closed_is_not_opened_again_until_there_is_something_newer(service: AtGitlab) -> None:
    service.release("a.txt", at3="newer")
    service.propose()
    service.close()
    service.commit("main", "other.txt", "mine\n")
    service.propose()
    assert service.open == []
    service.release("a.txt", at3="newest")
    service.propose()
    assert [each["number"] for each in service.open] == [2]


def test_a_gitlab_that_fails_fails_the_run_and_opens_nothing(service: AtGitlab) -> None:
    service.release("a.txt", at3="newer")
    service.broken = True
    assert service.run().code != 0
    assert service.requests == []
    service.broken = False
    assert service.run().code == 0
    assert len(service.open) == 1


def test_a_wrong_token_opens_nothing(service: AtGitlab) -> None:
    service.release("a.txt", at3="newer")
    service.token = "another"
    assert service.run().code != 0
    assert service.requests == []


def test_the_token_is_in_no_file_that_git_keeps(service: AtGitlab) -> None:
    service.release("a.txt", at3="newer")
    service.propose()
    found = subprocess.run(["grep", "-rl", TOKEN, str(service.folder)], check=False, capture_output=True, text=True)
    assert found.stdout == ""
