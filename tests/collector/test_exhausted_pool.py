"""From an alert to the line of code: a pool of 2 connections to a real PostgreSQL, and 50 clients."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.collector.engine import PATIENCE, Document, Running, collector, deployed, serves, waits
from tests.helpers.daemons import until
from tests.helpers.databases import PGX, add_database, tidy
from tests.helpers.postgres import Postgres, postgres
from tests.helpers.service import Service
from tests.helpers.support import ROOT, committed, files_of, go, ok
from tests.monitoring.prometheus import Prometheus, prometheus
from tests.monitoring.test_alerts import alerts_of, only, rules_of
from tests.monitoring.test_metrics import DASHBOARD

ALERT, ROUTE = "PoolExhausted", "/v1/orders/7"
POOL = ROOT / "tests/additions/pool.go"
TRACER = "github.com/exaring/otelpgx@v0.13.0"
ANSWERS = {"collector": "deployment", "monitoring": "operator"}
CLIENTS, CONNECTIONS, TIMEOUT = 50, 2, 3
"""The last in seconds."""
STATEMENT_SECONDS = 0.2
TABLES = f"""
create table held ();
create view orders as select '7' as id, 42 as total from held right join pg_sleep({STATEMENT_SECONDS}) on true
"""
LOCK = "relation = 'held'::regclass and mode = 'AccessExclusiveLock' and granted"
"""Whoever has it holds up every statement."""
pytestmark = pytest.mark.proof("*", "!.github/*")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service whose pool is as the page says, built."""
    made = committed(tmp_path_factory.mktemp("pool") / "orders", files_of(ANSWERS))
    add_database(made, PGX._replace(opened="openPool(ctx, core)"))
    (made / "internal/deps/pool.go").write_text(POOL.read_text())
    ok(go(made, "get", TRACER, GOFLAGS="-mod=mod"))
    tidy(made)
    ok(go(made, "vet", "./..."))
    ok(go(made, "build", "-o", "bin/orders", "./cmd/server", CGO_ENABLED="0"))
    return made


class Scene(NamedTuple):
    """A service that is watched, and its database."""

    database: Postgres
    service: Service
    prometheus: Prometheus
    collector: Running
    log: Path

    def fires(self) -> bool:
        return bool(self.prometheus.firing(ALERT))

    def exemplars(self) -> list[str]:
        """Return the traces that the histogram names for requests that failed, as the service itself says them."""
        wanted = urllib.request.Request(
            f"{self.service.admin}/metrics", headers={"Accept": "application/openmetrics-text"}
        )
        with urllib.request.urlopen(wanted) as answer:
            text = answer.read().decode()
        return re.findall(r'(?m)^http_server_request_duration_seconds_bucket\{code="500",.*# \{trace_id="(\w+)"', text)

    def kept(self) -> set[str]:
        """Return those that Prometheus has kept."""
        return self.prometheus.exemplars('http_server_request_duration_seconds_bucket{code="500"}')

    def spans(self, trace: str) -> list[Document]:
        """Return the spans of a trace, the longest first."""
        found = [each for each in self.collector.spans() if each["traceId"] == trace]
        return sorted(found, key=seconds, reverse=True)

    def lines(self, trace: str) -> list[dict[str, Any]]:
        """Return the lines of the service's log that have the id of a trace."""
        every = (json.loads(line) for line in self.log.read_text().splitlines())
        return [each for each in every if each.get("trace_id") == trace]

    def panel(self, title: str, repository: Path) -> list[float]:
        """Return what a panel of the dashboard shows now."""
        (panel,) = (
            each for each in json.loads((repository / DASHBOARD).read_text())["panels"] if each["title"] == title
        )
        queries = (target["expr"].replace("$ns", "orders").replace("$job", "orders") for target in panel["targets"])
        return [value for query in queries for value in self.prometheus.values(query)]


def seconds(span: Document) -> float:
    return (int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])) / 1e9


@contextmanager
def scene(watched: Path, folder: Path) -> Iterator[Scene]:
    """Start all of it: the alert is the rendered one, and looks at seconds instead of minutes."""
    rendered = rules_of(**ANSWERS)
    rules = only(rendered, ALERT, alerts_of(rendered)[ALERT]["expr"].replace("[5m]", "[10s]"))
    rules["groups"][0]["rules"][0]["for"] = "3s"
    log, labels = folder / "service.log", {"namespace": "orders", "job": "orders", "pod": "orders-1"}
    with postgres() as database, collector(deployed(watched), folder, waits(1)) as receiver:
        database.run(TABLES)
        asked = f"-request-timeout={TIMEOUT}s"
        address = database.url(pool_max_conns=str(CONNECTIONS))
        otlp = int(receiver.otlp.rpartition(":")[2])
        with (
            serves(watched, otlp, log, asked, APP_DATABASE_URL=address) as service,
            prometheus(folder, rules, service.admin.removeprefix("http://"), labels) as server,
        ):
            yield Scene(database, service, server, receiver, log)


def asks(service: Service) -> int:
    """Ask for an order; return the status."""
    try:
        with urllib.request.urlopen(f"{service.url}{ROUTE}") as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


@contextmanager
def load(service: Service) -> Iterator[None]:
    """Have all clients ask, each again once it is answered, until the end of the context."""
    over = threading.Event()

    def client() -> None:
        while not over.is_set():
            asks(service)

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for each in clients:
        each.start()
    try:
        yield
    finally:
        over.set()
        for each in clients:
            each.join()


@contextmanager
def held_up(database: Postgres) -> Iterator[None]:
    """Hold up every statement until the end of the context."""
    with subprocess.Popen(database.command("lock table held; select pg_sleep(600)")):
        try:
            until(lambda: database.run(f"select pid from pg_locks where {LOCK}"), "the lock", PATIENCE)
            yield
        finally:
            database.run(f"select pg_terminate_backend(pid) from pg_locks where {LOCK}")


def test_an_alert_leads_to_the_span_that_waits_for_a_connection_and_to_its_log_line(
    watched: Path, tmp_path: Path
) -> None:
    with scene(watched, tmp_path) as shown:
        assert {asks(shown.service) for _ in range(20)} == {200}
        assert not shown.fires()
        seen: set[str] = set()

        def found() -> list[str]:
            """Return the traces that the service named, Prometheus has, and the log as well."""
            seen.update(shown.exemplars())
            return [*filter(shown.lines, seen & shown.kept())]

        with load(shown.service):
            until(shown.fires, "the alert", PATIENCE)
            assert [each["pool"] for each in shown.prometheus.firing(ALERT)] == ["orders"]
            assert sorted(shown.panel("Connections", watched)) == [0, CONNECTIONS, CONNECTIONS]
            assert shown.panel("Callers that wait", watched)[0] > 0
            # Of a flood of failures ten lines of a second are written.
            until(found, "an exemplar", PATIENCE)
        trace = found()[0]
        until(lambda: shown.spans(trace), "the trace", PATIENCE)
        request, longest, *_ = shown.spans(trace)
        assert (request["name"], longest["name"]) == ("GET /v1/orders/{id}", "pool.acquire")
        assert seconds(longest) > 0.9 * TIMEOUT
        (line,) = shown.lines(trace)
        assert (line["route"], line["code"], line["level"]) == (request["name"], 500, "ERROR")
        assert line["error"].startswith("read the order: "), "the words of the handler that waited"


def test_it_is_told_where_every_caller_gives_up_waiting(watched: Path, tmp_path: Path) -> None:
    with scene(watched, tmp_path) as shown:
        with held_up(shown.database), load(shown.service):
            until(shown.fires, "the alert", PATIENCE)
            (waited,) = shown.panel("Callers that wait", watched)
        assert waited < 1, "the pool tells no time of those that give up"
        assert asks(shown.service) == 200
