"""Gatekeeper and Kyverno by their own command lines, whose builds take long: with `ALL=1` only."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.helpers.support import PINS, ROOT, Run, go_tool, ok, pip_tool, rendered, wrapped
from tests.kube.engine import Document, joined
from tests.policies.cases import ADMITTED, REFUSED, WORKLOADS, changed, rendered_pod, workload
from tests.policies.mutants import CASE, EXCEPTIONS, RULES, mutated, with_exception

pytestmark = pytest.mark.skipif(not os.environ.get("ALL"), reason="skipped: the builds take long; ALL=1")
MODULE = ROOT / "tests/policies/kyverno"
"""The wrapper module of Kyverno's command line, whose own replaces another."""
Judge = Callable[[Path, Sequence[Document]], Run]
FILES: Mapping[str, str] = {"gatekeeper": "constrainttemplate.yaml", "kyverno": "validatingpolicy.yaml"}


def program(engine: str) -> str:
    """Return the command line of an engine, which is built once."""
    if engine == "gatekeeper":
        return go_tool("github.com/open-policy-agent/gatekeeper/v3/cmd/gator", PINS["tool"]["gator"]["value"])
    return str(wrapped(MODULE, "github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno"))


def judged(engine: str, policies: Path, objects: Sequence[Document]) -> dict[str, str]:
    """Return the rule that refuses each object, by their names; one is refused by one rule."""
    of = [f"--filename={each}" for each in sorted(policies.iterdir()) if each.is_file()]
    command = {
        "gatekeeper": [program(engine), "test", *of],
        "kyverno": [program(engine), "apply", str(policies / FILES[engine]), "--resource", "-"],
    }[engine]
    done = subprocess.run(command, check=False, capture_output=True, text=True, input=joined(objects))
    said = SAID[engine].findall(done.stdout)
    assert (done.returncode == 0) == (not said), done.stdout + done.stderr
    assert len({name for name, _ in said}) == len(said), done.stdout
    return dict(said)


SAID = {
    "gatekeeper": re.compile(r'^\S+ orders/(\S+): \["orders"\] Message: "([a-z-]+): ', re.MULTILINE),
    "kyverno": re.compile(r"orders/\w+/(\S+) failed:\n\d+ - +([a-z-]+): "),
}
"""A line of an engine: the name of what it refuses, and the rule."""


@pytest.fixture(scope="module", params=FILES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def repository(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendered(tmp_path_factory.mktemp("policies"), policy=engine, image="ghcr.io/acme/orders")


def test_the_repositorys_own_examples_are_judged_as_they_say(engine: str, repository: Path) -> None:
    tool = f"{'GATOR' if engine == 'gatekeeper' else 'KYVERNO'}={program(engine)}"
    path = f"{Path(pip_tool('kubectl')).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["make", "policy-test", tool],
        cwd=repository,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
    )
    assert "each bad example is refused by its rule" in ok(Run(done.returncode, done.stdout, done.stderr))


def test_each_pod_is_judged_as_by_kubernetes_itself(engine: str, repository: Path) -> None:
    pod, policies = rendered_pod(repository), repository / "deploy/policies"
    bad = [workload(changed(pod, change), name, "orders") for name, (_, change) in REFUSED.items()]
    good = [workload(changed(pod, change), name, "orders") for name, change in ADMITTED.items()]
    kinds = [workload(changed(pod, REFUSED["tag"][1]), kind.lower(), "orders", kind) for kind in (*WORKLOADS, "Pod")]
    expected = {name: rule for name, (rule, _) in REFUSED.items()}
    assert judged(engine, policies, [*bad, *good]) == expected
    assert judged(engine, policies, kinds) == {each["metadata"]["name"]: "digest" for each in kinds}


def test_an_exception_holds_for_its_rule_and_account_until_its_day(engine: str, repository: Path) -> None:
    bad = workload(changed(rendered_pod(repository), REFUSED[CASE][1]), CASE, "orders")
    bad["metadata"]["creationTimestamp"] = "2026-11-30T00:00:00Z"
    path = repository / "deploy/policies" / FILES[engine]
    policy = path.read_text()
    for name, each in EXCEPTIONS.items():
        if name != "without-its-who":
            path.write_text(with_exception(policy, name))
            assert (judged(engine, path.parent, [bad]) == {}) == each.admitted, name
    path.write_text(policy)


def test_a_policy_that_is_too_weak_is_noticed(engine: str, repository: Path) -> None:
    pod, path = rendered_pod(repository), repository / "deploy/policies" / FILES[engine]
    policy = path.read_text()
    for name, mutant in RULES.items():
        if (engine, name) == ("kyverno", "only what was there"):
            continue  # its command line takes what was not there for an empty object
        bad = workload(changed(pod, REFUSED[mutant.case][1]), mutant.case, "orders")
        bad["metadata"]["creationTimestamp"] = "2026-11-30T00:00:00Z"
        path.write_text(with_exception(policy, mutant.exception))
        assert judged(engine, path.parent, [bad]), name
        path.write_text(mutated(policy, mutant))
        assert judged(engine, path.parent, [bad]) == {}, name
    path.write_text(policy)
