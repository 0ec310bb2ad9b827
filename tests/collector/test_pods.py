"""Which pod a span came from: a collector asks a real API server, as whom and what its role lets it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.engine import PATIENCE, Deployed, Document, asks, collector, send, trace, waits
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


def placed(given: Deployed, folder: Path) -> set[str]:
    """Return what the collector says of where a span came from."""
    with collector(given, folder, waits(1), asks) as started:
        send(started, [trace(failed=True)])
        until(started.spans, "the span", PATIENCE)
        return {f"{key}={value['stringValue']}" for key, value in started.spans()[0]["resource"].items()}


def test_a_span_has_the_pod_that_it_came_from_by_no_more_than_the_role(account: Deployed, tmp_path: Path) -> None:
    where = {"k8s.pod.name=orders-7", "k8s.namespace.name=orders", "k8s.node.name=node-3"}
    assert where <= placed(account, tmp_path)


def test_in_another_namespace_it_may_ask_for_nothing(account: Deployed, tmp_path: Path) -> None:
    elsewhere = account._replace(variables={**account.variables, "NAMESPACE": "default"})
    assert not [each for each in placed(elsewhere, tmp_path) if each.startswith("k8s.pod.name")]
    assert "forbidden" in (tmp_path / "collector.log").read_text()
