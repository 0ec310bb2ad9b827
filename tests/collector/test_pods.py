"""Which pod a span came from: a collector asks a real API server, as whom and what its role lets it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.engine import PATIENCE, Deployed, Document, Running, asks, collector, send, trace, waits
from tests.helpers.daemons import until
from tests.helpers.support import ok
from tests.kube.engine import control_plane, joined

pytestmark = pytest.mark.proof("*", "!.github/*")
POD: Document = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "orders-7", "namespace": "orders"},
    "spec": {"nodeName": "node-3", "containers": [{"name": "orders", "image": "orders"}]},
}
IS_HERE = {"status": {"phase": "Running", "podIP": "127.0.0.1", "podIPs": [{"ip": "127.0.0.1"}]}}


@pytest.fixture(scope="module")
def account(given: Deployed) -> Iterator[Deployed]:
    """A collector that asks a real API server by its own account, in a namespace with one pod at 127.0.0.1."""
    with control_plane() as plane:
        ok(plane.kubectl("create", "namespace", "orders"))
        ok(plane.kubectl("-n", "orders", "create", "serviceaccount", "default"))
        plane.create(joined([*given.account, POD]))
        said = ("patch", "pod", "orders-7", "--subresource=status", "--type=merge", f"--patch={json.dumps(IS_HERE)}")
        ok(plane.kubectl("-n", "orders", *said))
        settings = json.loads(plane.kubeconfig.read_text())
        token = ok(plane.kubectl("-n", "orders", "create", "token", "orders-collector")).strip()
        settings["users"][0]["user"] = {"token": token}
        file = plane.scratch / "collector"
        file.write_text(json.dumps(settings))
        yield given._replace(variables={**given.variables, "KUBECONFIG": str(file)})


def places(started: Running) -> list[set[str]]:
    """Return what the collector says of where each kept span came from."""
    said = [each["resource"].items() for each in started.spans()]
    return [{f"{key}={value['stringValue']}" for key, value in each} for each in said]


def test_a_span_has_the_pod_that_it_came_from_by_no_more_than_the_role(account: Deployed, tmp_path: Path) -> None:
    where = {"k8s.pod.name=orders-7", "k8s.namespace.name=orders", "k8s.node.name=node-3"}
    with collector(account, tmp_path, waits(1), asks) as started:
        # The collector takes spans before it has heard of the first pod.
        until(
            lambda: send(started, [trace(failed=True)]) and any(where <= each for each in places(started)),
            "a span with its pod",
            PATIENCE,
        )


def test_in_another_namespace_it_may_ask_for_nothing(account: Deployed, tmp_path: Path) -> None:
    elsewhere = account._replace(variables={**account.variables, "NAMESPACE": "default"})
    with collector(elsewhere, tmp_path, waits(1), asks) as started:
        until(lambda: "forbidden" in (tmp_path / "collector.log").read_text(), "the refusal", PATIENCE)
        send(started, [trace(failed=True)])
        until(started.spans, "the span", PATIENCE)
        assert not [each for span in places(started) for each in span if each.startswith("k8s.pod.name")]
