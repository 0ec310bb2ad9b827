"""The update's bot at a real Gitea: whatever happens there is one pull request, and no commit of anybody is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.bot.gitea import GIVEN, WIP, WORKFLOW
from tests.bot.test_proposals import CONFLICTS, stays_closed_until_something_is_newer, text
from tests.forge.engine import OWNER, Gitea
from tests.forge.service import AtRealGitea
from tests.helpers.daemons import until
from tests.helpers.proposals import BRANCH, SCRIPT, Installed, installed, rendered_bot
from tests.helpers.support import need

NUMBERS = count(1)
Start = Callable[..., AtRealGitea]


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    need("bash", "curl", "jq")
    return rendered_bot(tmp_path_factory.mktemp("bot"), WORKFLOW, **GIVEN)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with installed(tmp_path_factory.mktemp("program")) as found:
        yield found


@pytest.fixture
def start(tmp_path: Path, bot: dict[str, str], program: Installed, forge: Gitea) -> Start:
    """Open a service; ``edits`` are those of the bot's script."""

    def started(*edits: tuple[str, str]) -> AtRealGitea:
        script = bot[SCRIPT]
        for old, new in edits:
            assert script.count(old) == 1
            script = script.replace(old, new)
        return AtRealGitea(tmp_path / "forge", program, {**bot, SCRIPT: script}, forge, f"orders-{next(NUMBERS)}")

    return started


@pytest.fixture
def service(start: Start) -> AtRealGitea:
    return start()


def kept(service: AtRealGitea, *commits: str) -> bool:
    """Whether main and the proposal have these commits."""
    branches = ["main", *([BRANCH] if service.tip(BRANCH) else [])]
    return {*commits} <= {*service.ask("rev-list", *branches).split()}


def test_a_newer_template_is_one_pull_request_and_the_next_release_edits_it(service: AtRealGitea) -> None:
    main = service.tip("main")
    service.release("a.txt", at3="newer")
    first = service.propose()
    (request,) = service.open
    assert (request["draft"], request["title"]) == (False, "Update with other answers")
    assert (request["user"]["login"], request["head"]["sha"]) == (f"bot-{service.name}", first)
    assert "~ a.txt\n" in request["body"]
    service.release("b.txt", at3="newest")
    second = service.propose()
    (request,) = service.requests
    assert "~ b.txt\n" in request["body"]
    assert service.ask("rev-list", f"main..{BRANCH}") == second != first
    assert service.propose() == second, "the same comes to the same"
    assert (service.tip("main"), len(service.requests)) == (main, 1)


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_what_somebody_merged_is_proposed_no_more(service: AtRealGitea, how: str) -> None:
    service.release("a.txt", at3="newer")
    service.propose()
    assert service.merge(how).status == 200
    assert service.ask("show", "main:a.txt") + "\n" == text(at3="newer")
    service.propose()
    assert [each["state"] for each in service.requests] == ["merged"]


def test_a_conflict_is_a_draft_that_gitea_does_not_merge_until_somebody_decided(service: AtRealGitea) -> None:
    mine = service.commit("main", "a.txt", text(at3="mine"))
    service.release("a.txt", at3="newer")
    tip = service.propose()
    (request,) = service.open
    assert (request["draft"], request["title"].startswith(WIP)) == (True, True)
    refused = service.merge("merge")
    assert (refused.status, "Work in progress" in str(refused.body)) == (405, True)
    assert not service.is_green(tip)
    decided = service.commit(BRANCH, "a.txt", text(at3="both"))
    gone = service.commit(BRANCH, CONFLICTS, None)
    service.release("b.txt", at3="newest")
    service.propose()
    (request,) = service.requests
    assert not request["draft"]
    assert service.proposed("a.txt") == text(at3="both")
    assert kept(service, mine, decided, gone)
    assert service.merge("merge").status == 200


def test_what_a_reviewer_committed_is_merged_upon(service: AtRealGitea) -> None:
    service.release("a.txt", at3="newer")
    service.propose()
    theirs = service.commit(BRANCH, "mended.txt", "mended\n")
    assert service.propose() == theirs, "nothing is newer"
    main = service.commit("main", "other.txt", "mine\n")
    service.release("b.txt", at3="newest")
    service.propose()
    assert kept(service, theirs, main)
    assert service.proposed("mended.txt") == "mended\n"
    assert (service.proposed("a.txt"), service.proposed("b.txt")) == (text(at3="newer"), text(at3="newest"))
    assert len(service.requests) == 1


def test_nobody_who_was_faster_is_overwritten(service: AtRealGitea, tmp_path: Path) -> None:
    service.release("a.txt", at3="newer")
    service.propose()
    service.release("a.txt", at3="newest")
    assert service.job("merge", tmp_path / "proposal").code == 0
    theirs = service.commit(BRANCH, "mended.txt", "mended\n")
    done = service.job("propose", tmp_path / "proposal")
    assert (done.code, f"{BRANCH} has moved meanwhile" in done.said) == (0, True)
    assert service.tip(BRANCH) == theirs


def test_what_somebody_closed_is_not_opened_again_until_there_is_something_newer(service: AtRealGitea) -> None:
    stays_closed_until_something_is_newer(service)


def proposed_by(service: AtRealGitea, where: str, branch: str, login: str = "") -> None:
    """Have somebody propose a file from a branch of a repository."""
    content = {"content": "eA==", "message": "x", "branch": "main", "new_branch": branch}
    assert service.gitea.call("POST", f"repos/{where}/contents/{branch}.txt", content, login).status == 201
    # What a new fork has, Gitea writes down a moment later.
    until(lambda: service.gitea.call("GET", f"repos/{where}/branches/{branch}", {}, login).status == 200, branch)
    about = {"head": f"{where.split('/', maxsplit=1)[0]}:{branch}", "base": "main", "title": branch}
    assert service.gitea.call("POST", f"{service.at}/pulls", about, login).status == 201


def test_a_fork_s_pull_request_from_a_branch_of_the_same_name_is_not_the_bot_s(service: AtRealGitea) -> None:
    other = f"other-{service.name}"
    login = f"token {service.gitea.member(other, 'write:repository', 'write:issue')}"
    service.gitea.ask("PUT", f"{service.at}/collaborators/{other}", {"permission": "read"})
    assert service.gitea.call("POST", f"{service.at}/forks", {}, login).status == 202
    proposed_by(service, f"{other}/{service.name}", BRANCH, login)
    service.release("a.txt", at3="newer")
    service.propose()
    service.release("b.txt", at3="newest")
    service.propose()
    assert {each["number"]: each["title"] for each in service.open} == {1: BRANCH, 2: "Update with other answers"}


def test_its_own_is_found_behind_those_of_others(service: AtRealGitea) -> None:
    service.release("a.txt", at3="newer")
    service.propose()
    for number in range(3):
        proposed_by(service, f"{OWNER}/{service.name}", f"other-{number}")
    service.release("b.txt", at3="newest")
    service.propose()
    assert [each["number"] for each in service.open] == [1, 2, 3, 4]
    assert "~ b.txt\n" in service.open[0]["body"]


@pytest.mark.parametrize("scopes", [("read:repository", "read:issue"), ("write:issue",)])
def test_a_token_that_may_not_push_opens_nothing(service: AtRealGitea, scopes: tuple[str, ...]) -> None:
    who = f"reader-{service.name}"
    service.token = service.gitea.member(who, *scopes)
    service.gitea.ask("PUT", f"{service.at}/collaborators/{who}", {"permission": "write"})
    service.release("a.txt", at3="newer")
    done = service.run()
    assert done.code != 0
    assert (service.tip(BRANCH), service.requests) == ("", [])
    assert service.token not in done.said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("limit=50&page=$page", "limit=1&page=9"),
        (" and .head.repo_id == .base.repo_id", " and .head.repo_id != .base.repo_id"),
    ],
    ids=["it looks at no page", "it takes forks for its own"],
)
def test_a_script_that_does_not_find_its_pull_request_is_noticed(start: Start, old: str, new: str) -> None:
    service = start((old, new))
    service.release("a.txt", at3="newer")
    service.propose()
    service.release("b.txt", at3="newest")
    service.propose()
    (request,) = service.requests
    assert "~ b.txt\n" not in request["body"], "it still says what the first release changed"
