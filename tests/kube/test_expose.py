"""Requests from outside reach the service through a real Gateway and a real Ingress controller, and none is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.helpers.support import ok
from tests.kube.conftest import Deploy
from tests.kube.deployed import Deployed
from tests.kube.engine import SAID, timed
from tests.kube.gateway import INGRESSES, PLAIN, ROUTES, Gateway, gateway
from tests.kube.load import Load, load
from tests.kube.machine import ADDRESS
from tests.kube.node import Node
from tests.kube.stock import FAULTY

ROLLOUTS = 5 if os.environ.get("ALL") else 1
TRIES = 5
LARGEST = 64 * 1024
PROBLEM = "application/problem+json"


class Exposed:
    """A service that is deployed to production, and where it is reached from outside."""

    def __init__(self, deployed: Deployed, front: Gateway, port: int) -> None:
        self.deployed, self.front, self.port = deployed, front, port
        self.host = f"{deployed.name}.example.com"
        self.address = f"{ADDRESS}:{port}"

    def asked(self, path: str = "/v1/quotes", *arguments: str | Path) -> tuple[str, str, str]:
        """Return status, type and text of an answer."""
        text, _, last = ok(self.front.curl(self.host, self.port, path, *arguments)).rpartition("\n")
        status, _, kind = last.partition(" ")
        return status, kind, text

    def quoted(self, bytes_: int, folder: Path) -> tuple[str, str, str]:
        """Ask for a quote with a body of so many bytes."""
        body = folder / "body.json"
        body.write_text('{"lines":[{"sku":"tea","quantity":2,"unit_price":350}]}'.ljust(bytes_))
        return self.asked("/v1/quotes", "--header", "Content-Type: application/json", "--data-binary", f"@{body}")


@pytest.fixture(scope="module")
def front(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway(node, tmp_path_factory.mktemp("authority")) as running:
        yield running


@pytest.fixture(scope="module")
def exposed(front: Gateway, deploy: Deploy) -> Sequence[Exposed]:
    """One service behind the Gateway and one behind the Ingress controller, as they were rendered."""
    with timed("first rollout of two services with a route from outside"):
        services = [
            Exposed(deploy(f"by-{kind}", FAULTY, "prod", expose=kind, expose_issuer="own"), front, port)
            for kind, port in {"gateway": ROUTES, "ingress": INGRESSES}.items()
        ]
        for each in services:
            front.issue(each.deployed.namespace)
            each.deployed.rolled_out()
        front.listen(services[0].deployed.namespace, "by-gateway-tls")
        for each in services:
            each.deployed.until(partial(_answers, each), "an answer from outside")
    return services


def _answers(exposed: Exposed) -> bool:
    done = exposed.front.curl(exposed.host, exposed.port, "/v1/quotes")
    return done.code == 0 and done.out.endswith(PROBLEM)


def test_it_is_reached_with_the_certificate_of_its_host_and_by_no_other_name(
    exposed: Sequence[Exposed], front: Gateway, tmp_path: Path
) -> None:
    for each in exposed:
        assert each.quoted(100, tmp_path)[:2] == ("200", "application/json")
        nobody = tmp_path / "nobody.pem"
        nobody.write_text(front.node.plane.scratch.joinpath("certificates/apiserver.crt").read_text())
        assert front.curl(each.host, each.port, "/v1/quotes", "--cacert", nobody).code == 60, "another authority"
        assert front.curl("other.example.com", each.port, "/v1/quotes").code == 60, "a name not in the certificate"
        assert front.curl("other.example.com", each.port, "/v1/quotes", "--insecure").out.rpartition("\n")[2] == (
            "404 text/plain; charset=utf-8"
        )
    plain = front.curl(exposed[0].host, PLAIN, "/v1/quotes", scheme="http")
    assert plain.out.rpartition("\n")[2].startswith("404"), "nothing comes in unencrypted"


def test_the_largest_body_passes_and_one_byte_more_is_refused(exposed: Sequence[Exposed], tmp_path: Path) -> None:
    routed, ingress = exposed
    for each in exposed:
        assert each.quoted(LARGEST, tmp_path)[0] == "200"
    assert routed.quoted(LARGEST + 1, tmp_path)[:2] == ("413", PROBLEM), "the service's own answer"
    assert ingress.quoted(LARGEST + 1, tmp_path)[0] == "413"


def test_what_takes_too_long_is_answered_by_the_service_itself(exposed: Sequence[Exposed]) -> None:
    with ThreadPoolExecutor() as asking:
        for status, kind, text in asking.map(lambda each: each.asked("/v1/slow"), exposed):
            assert (status, kind) == ("504", PROBLEM)
            assert "the dependency is slow" in text


def test_a_limit_below_the_services_own_takes_its_answer_away(exposed: Sequence[Exposed]) -> None:
    """Of an Ingress: Traefik does not heed the timeouts of an HTTPRoute."""
    ingress = exposed[1]
    shorter = "nginx.ingress.kubernetes.io/proxy-read-timeout=3"
    ok(ingress.deployed.kubectl("annotate", "ingress", ingress.deployed.name, "--overwrite", shorter))
    ingress.deployed.until(lambda: ingress.asked("/v1/slow")[1] != PROBLEM, "an answer that is not the service's")


def _rolled(exposed: Sequence[Exposed], what: str, rollouts: int) -> list[Load]:
    """Begin rollouts of all under load, one after the other, and return what became of the requests."""
    with ExitStack() as loads:
        there = exposed[0].deployed.node.there
        counted = [loads.enter_context(load(there, each.address, each.host)) for each in exposed]
        for _ in range(rollouts):
            for each in exposed:
                each.deployed.restart()
            for each in exposed:
                each.deployed.rolled_out()
    SAID.extend(f"{what}, {each.deployed.name}: {count}" for each, count in zip(exposed, counted, strict=True))
    return counted


def test_rollouts_under_load_from_outside_lose_nothing(exposed: Sequence[Exposed]) -> None:
    for counted in _rolled(exposed, f"{ROLLOUTS} rollouts from outside", ROLLOUTS):
        assert counted.answered > 0
        assert not counted.failed


def test_without_a_wait_before_the_end_requests_from_outside_are_lost(exposed: Sequence[Exposed]) -> None:
    routed = exposed[0]
    routed.deployed.as_articles_write_it()
    routed.deployed.rolled_out()
    for number in range(TRIES):
        (counted,) = _rolled([routed], f"rollout from outside without a wait, {number + 1}", 1)
        if counted.lost:
            return
    pytest.fail(f"nothing was lost in {TRIES} rollouts")
