"""The bot at Gitea, whose API is asked by curl: what it answers is as in Gitea's services/convert/pull.go of 1.26."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.bot.test_proposals import CONFLICTS, Service, text
from tests.helpers.proposals import BRANCH, TOKEN, Installed, rendered_bot
from tests.helpers.support import need

WORKFLOW = ".gitea/workflows/template.yml"
GIVEN = {"ci": "gitea", "module": "gitea.corp.cn/shop/orders"}
PULLS = "/api/v1/repos/shop/orders/pulls"
WIP = "WIP: "


class AtGitea(Service):
    """A service at Gitea. ``others`` are open pull requests that are not the bot's."""

    workflow = WORKFLOW
    broken = False

    def serve(self) -> ThreadingHTTPServer:
        """Answer as Gitea does."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Api", (Api,), {"service": self}))
        self.more = {
            "GITHUB_API_URL": f"http://127.0.0.1:{server.server_port}/api/v1",
            "GITHUB_REPOSITORY": "shop/orders",
        }
        self.others: list[dict[str, Any]] = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def close(self) -> None:
        """Close all of them; each keeps its tip."""
        super().close()
        for each in self.requests:
            self.ask("update-ref", f"refs/pull/{each['number']}/head", each["tip"])

    def listed(self) -> list[dict[str, Any]]:
        """The open pull requests as Gitea lists them."""
        return self.others + [shown(each["number"]) for each in self.open]


def shown(number: int, head: str = BRANCH, base: str = "main", repo: int = 1) -> dict[str, Any]:
    return {"number": number, "head": {"label": head, "repo_id": repo}, "base": {"label": base, "repo_id": 1}}


class Api(BaseHTTPRequestHandler):
    """The part of Gitea's API that the bot calls."""

    service: AtGitea

    def answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def asked(self) -> dict[str, Any] | None:
        """What a call says, if it may call; the rest is answered."""
        if self.service.broken or self.headers["Authorization"] != f"token {TOKEN}":
            self.answer(500 if self.service.broken else 401, {})
            return None
        content = self.rfile.read(int(self.headers["Content-Length"] or 0))
        return json.loads(content) if content else {}

    def do_GET(self) -> None:
        if self.asked() is not None:
            query = parse_qs(urlsplit(self.path).query)
            assert (urlsplit(self.path).path, query["state"], query["limit"]) == (PULLS, ["open"], ["50"])
            first = 50 * (int(query["page"][0]) - 1)
            self.answer(200, self.service.listed()[first : first + 50])

    def do_POST(self) -> None:
        said, known = self.asked(), self.service.requests
        if said is not None:
            assert (self.path, said.pop("head"), said.pop("base")) == (PULLS, BRANCH, "main")
            made = {"number": len(known) + 1, "state": "open", "tip": self.service.tip(BRANCH), **said}
            self.service.requests_file.write_text(json.dumps([*known, made]))
            self.answer(201, {})

    def do_PATCH(self) -> None:
        said, known = self.asked(), self.service.requests
        if said is not None:
            known[int(self.path.removeprefix(f"{PULLS}/")) - 1] |= {"title": said["title"], "body": said["body"]}
            self.service.requests_file.write_text(json.dumps(known))
            self.answer(201, {})

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def at_gitea(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    need("bash", "curl", "jq")
    return rendered_bot(tmp_path_factory.mktemp("bot"), WORKFLOW, **GIVEN)


@pytest.fixture
def service(tmp_path: Path, at_gitea: dict[str, str], program: Installed) -> Iterator[AtGitea]:
    found = AtGitea(tmp_path / "forge", program, at_gitea)
    server = found.serve()
    yield found
    server.shutdown()
    server.server_close()


def test_there_is_one_pull_request_and_the_next_release_edits_it(service: AtGitea) -> None:
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


def test_the_pull_requests_of_others_are_never_taken_for_the_bot_s(service: AtGitea) -> None:
    service.others = [shown(90, head="mine"), shown(91, repo=2), shown(92, base="stable")]
    service.others += [shown(100 + number, head="renovate/x") for number in range(60)]
    service.release("a.txt", at3="newer")
    service.propose()
    assert [each["number"] for each in service.open] == [1]
    service.release("b.txt", at3="newest")
    service.propose()
    assert [each["number"] for each in service.open] == [1], "it was found behind all others"


def test_where_both_changed_a_line_it_is_a_draft_until_somebody_decided(service: AtGitea) -> None:
    service.commit("main", "a.txt", text(at3="mine"))
    service.release("a.txt", at3="newer")
    tip = service.propose()
    (request,) = service.open
    assert request["title"].startswith(WIP)
    assert not service.is_green(tip)
    service.commit(BRANCH, "a.txt", text(at3="both"))
    service.commit(BRANCH, CONFLICTS, None)
    service.release("b.txt", at3="newest")
    service.propose()
    (request,) = service.open
    assert not request["title"].startswith(WIP)
    assert service.proposed("a.txt") == text(at3="both")


def test_what_somebody_closed_is_not_opened_again_until_there_is_something_newer(service: AtGitea) -> None:
    service.release("a.txt", at3="newer")
    service.propose()
    service.close()
    service.commit("main", "other.txt", "mine\n")
    service.propose()
    assert service.open == []
    service.release("a.txt", at3="newest")
    service.propose()
    assert [each["number"] for each in service.open] == [2]


def test_a_gitea_that_fails_fails_the_run_and_opens_nothing(service: AtGitea) -> None:
    service.release("a.txt", at3="newer")
    service.broken = True
    assert service.run().code != 0
    assert service.requests == []
    service.broken = False
    assert service.run().code == 0
    assert len(service.open) == 1


def test_a_wrong_token_opens_nothing(service: AtGitea) -> None:
    service.release("a.txt", at3="newer")
    service.token = "another"
    assert service.run().code != 0
    assert service.requests == []
