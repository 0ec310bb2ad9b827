"""The bot where it asks an API by curl, at each such forge: one request, nothing lost, and no token told."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.api import ByApi
from tests.bot.gitea import AtGitea
from tests.bot.gitlab import AtGitlab
from tests.bot.test_proposals import CONFLICTS, stays_closed_until_something_is_newer, text
from tests.helpers.proposals import BRANCH, TOKEN, Installed, rendered_bot
from tests.helpers.support import need

At = tuple[type[ByApi], dict[str, str]]


@pytest.fixture(scope="module", params=[AtGitea, AtGitlab], ids=["gitea", "gitlab"])
def forge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> At:
    need("bash", "curl", "jq")
    return request.param, rendered_bot(tmp_path_factory.mktemp("bot"), request.param.workflow, **request.param.given)


@pytest.fixture
def service(tmp_path: Path, forge: At, program: Installed) -> Iterator[ByApi]:
    kind, bot = forge
    with kind(tmp_path / "forge", program, bot).served() as found:
        yield found


def test_there_is_one_request_and_the_next_release_edits_it(service: ByApi) -> None:
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


def test_the_requests_of_others_are_never_taken_for_the_bot_s(service: ByApi) -> None:
    service.others = service.strangers()
    service.release("a.txt", at3="newer")
    service.propose()
    assert [each["number"] for each in service.open] == [1]
    service.release("b.txt", at3="newest")
    service.propose()
    assert [each["number"] for each in service.open] == [1], "it was found behind all others"


def test_where_both_changed_a_line_it_is_a_draft_until_somebody_decided(service: ByApi) -> None:
    service.commit("main", "a.txt", text(at3="mine"))
    service.release("a.txt", at3="newer")
    tip = service.propose()
    (request,) = service.open
    assert request["title"].startswith(service.draft)
    assert not service.is_green(tip)
    service.commit(BRANCH, "a.txt", text(at3="both"))
    service.commit(BRANCH, CONFLICTS, None)
    service.release("b.txt", at3="newest")
    service.propose()
    (request,) = service.open
    assert not request["title"].startswith(service.draft)
    assert service.proposed("a.txt") == text(at3="both")


def test_what_somebody_closed_is_not_opened_again_until_there_is_something_newer(service: ByApi) -> None:
    stays_closed_until_something_is_newer(service)


def test_a_forge_that_fails_fails_the_run_and_opens_nothing(service: ByApi) -> None:
    service.release("a.txt", at3="newer")
    service.broken = True
    assert service.run().code != 0
    assert service.requests == []
    service.broken = False
    assert service.run().code == 0
    assert len(service.open) == 1


def test_a_wrong_token_opens_nothing(service: ByApi) -> None:
    service.release("a.txt", at3="newer")
    service.token = "another"
    assert service.run().code != 0
    assert service.requests == []


def test_the_token_is_in_no_file_that_git_keeps(service: ByApi) -> None:
    service.release("a.txt", at3="newer")
    service.propose()
    found = subprocess.run(["grep", "-rl", TOKEN, str(service.folder)], check=False, capture_output=True, text=True)
    assert found.stdout == ""
