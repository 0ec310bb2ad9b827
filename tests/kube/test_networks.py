"""A kernel lets through what a repository's page says, and refuses all else, each way alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.kube.enforced import Network, network, router
from tests.networks.cases import BOUND, Case
from tests.networks.cyclonus import verdicts
from tests.networks.table import PAGES, Talk
from tests.networks.weaker import Policy, mistakes

pytestmark = pytest.mark.proof("deploy/*", *PAGES)
PATIENCE = 60
"""Seconds until all listen, and until the rules are what the policies say, on a busy machine."""
FUNCTION = "events"
"""Whose policies are tried with mistakes: they have the fewest connections."""
MISTAKES = ("without ingress.0", "without egress.0", "opened ingress", "opened egress")
"""Not a policy widened to all pods: of two that one policy binds kube-router 2.1.0 asks only one."""
Cases = dict[str, Case]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Cases:
    return {name: Case(tmp_path_factory.mktemp("networks"), given) for name, given in BOUND.items()}


def talks(case: Case, policies: Sequence[Policy]) -> list[Talk]:
    return [talk for talk in case.questions(policies) if talk.protocol == "TCP"]


def said(case: Case, asked: Sequence[Talk]) -> set[Talk]:
    """Return what the page lets through."""
    return {talk for talk in asked if case.table.allows(talk)}


def mistaken(case: Case, mistake: str) -> list[Policy]:
    """Return the policies with the first mistake of a name."""
    return next(policies for name, policies in mistakes(case.policies) if name.endswith(mistake))


@pytest.fixture(scope="module")
def running(cases: Cases) -> Iterator[Network]:
    tried = {talk for case in cases.values() for talk in talks(case, case.policies)}
    tried |= {talk for each in MISTAKES for talk in talks(cases[FUNCTION], mistaken(cases[FUNCTION], each))}
    peers = sorted({peer for talk in tried for peer in (talk.source, talk.target)})
    named = dict.fromkeys(cases["kubernetes"].pods, cases["kubernetes"].ports)
    with network(peers, named) as started, started.listening({talk.port for talk in tried}):
        started.plane.until(lambda: started.reached(tried) == tried, "everything, without policies", PATIENCE)
        with router(started):
            yield started


@pytest.mark.parametrize("target", BOUND)
def test_the_kernel_lets_through_what_the_page_says_and_nothing_else(
    running: Network, cases: Cases, target: str
) -> None:
    case = cases[target]
    asked = talks(case, case.policies)
    allowed = said(case, asked)
    running.enforce(case.policies)
    running.plane.until(lambda: running.reached(asked) == allowed, "what the page says", PATIENCE)
    refused = {(talk.source in case.pods, talk.target in case.pods) for talk in asked if talk not in allowed}
    assert {(True, False), (False, True)} <= refused, "each direction alone refuses something"


@pytest.mark.parametrize("mistake", MISTAKES)
def test_with_a_mistake_it_does_what_cyclonus_says_and_not_the_page(
    running: Network, cases: Cases, tmp_path: Path, mistake: str
) -> None:
    case = cases[FUNCTION]
    wrong = mistaken(case, mistake)
    asked = talks(case, wrong)
    judged = {
        talk for talk, may in zip(asked, verdicts(tmp_path / "asked", wrong, asked, case.ports), strict=True) if may
    }
    assert judged != said(case, asked)
    running.enforce(wrong)
    running.plane.until(lambda: running.reached(asked) == judged, "what cyclonus says", PATIENCE)
