"""The rendered configuration in a real collector: what it refuses, keeps and counts; the service without it."""

from __future__ import annotations

import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs.demo import free_ports, until_ready

from gocontainer.options.subjects.monitoring import COLLECTOR
from tests.collector.build import MODULE
from tests.collector.engine import Collector, command, span, started
from tests.helpers.daemons import process, until
from tests.helpers.support import PINS, ROWS, files_of, go, ok, rendered

BASKET = b'{"lines": [{"sku": "tea", "quantity": 2, "unit_price": 350}]}'
CONFIG = "deploy/components/collector/config.yaml"
MANY = 200_000 if os.environ.get("ALL") else 20_000
LIMIT = 512
"""MiB, of its container."""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("collector") / "config.yaml"
    path.write_bytes(files_of({"collector": "deployment"})[CONFIG].content)
    return path


@pytest.fixture
def collector(tmp_path: Path, config: Path) -> Iterator[Collector]:
    with started(tmp_path, config) as running:
        yield running


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    repository = rendered(tmp_path_factory.mktemp("service"), collector="deployment")
    ok(go(repository, "build", "-o", "bin/orders", "./cmd/server", CGO_ENABLED="0"))
    return repository / "bin/orders"


def refused(config: Path) -> str:
    """Return why the collector refuses a configuration; nothing where it takes it."""
    done = subprocess.run(command("validate", "--config", config), check=False, capture_output=True, text=True)
    assert bool(done.returncode) == ("Error" in done.stderr), done.stderr
    return done.stderr if done.returncode else ""


def test_the_collector_that_is_asked_is_the_one_that_is_pinned() -> None:
    version = str(PINS["observe_image"]["collector"]["value"]).rpartition(":")[2]
    assert f"go.opentelemetry.io/collector/otelcol v{version}\n" in (MODULE / "go.mod").read_text()


def test_every_rendered_configuration_is_valid(tmp_path: Path) -> None:
    rows = [row for row in ROWS if row.get("collector") == COLLECTOR.values[-1]]
    texts = {files_of(row)[CONFIG].content for row in rows}
    assert rows
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.yaml").write_bytes(text)
        assert refused(tmp_path / f"{number}.yaml") == ""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("exporters: [otlp_http/tempo]", "exporters: [otlp_http/zipkin]", "otlp_http/zipkin"),
        ("type: latency", "type: duration", "duration"),
        ("limit_mib: 400", "limit_megabytes: 400", "limit_megabytes"),
        ("k8s.pod.name]", "k8s.pod.nickname]", "nickname"),
    ],
)
def test_a_wrong_one_is_refused(tmp_path: Path, config: Path, old: str, new: str, says: str) -> None:
    wrong = tmp_path / "config.yaml"
    wrong.write_text(config.read_text().replace(old, new))
    assert wrong.read_text() != config.read_text()
    assert says in refused(wrong)


def test_what_failed_or_was_slow_is_kept_and_a_share_of_the_rest(collector: Collector) -> None:
    failed, slow = [span(1, failed=True)], [span(2, milliseconds=800)]
    healthy = [span(number) for number in range(10, 1010)]
    collector.send(failed + slow + healthy)
    until(
        lambda: collector.counted("otelcol_processor_tail_sampling_global_count_traces_sampled_total") >= 1002, "judged"
    )
    until(lambda: {failed[0]["traceId"], slow[0]["traceId"]} <= collector.traces(), "kept")
    share = collector.traces() & {each["traceId"] for each in healthy}
    assert 50 < len(share) < 150


def test_a_span_that_comes_late_goes_the_way_of_its_trace(collector: Collector) -> None:
    first = span(1, failed=True)
    collector.send([first])
    until(lambda: first["traceId"] in collector.traces(), "kept")
    collector.send([{**span(1), "spanId": "0000000000000abc"}])
    until(lambda: "0000000000000abc" in {each["spanId"] for _, each in collector.spans()}, "the late one")


def test_many_spans_stay_within_its_memory(collector: Collector) -> None:
    for first in range(0, MANY, 1000):
        collector.send([span(number) for number in range(first, first + 1000)])
    assert collector.counted("otelcol_receiver_accepted_spans_total") == MANY
    until(collector.traces, "some are kept")
    assert collector.peak() < LIMIT
    assert collector.counted("otelcol_receiver_refused_spans_total") == 0


def test_what_a_store_that_is_away_does_not_get_is_counted(tmp_path: Path, config: Path) -> None:
    soon = {"otlp_http/tempo": {"retry_on_failure": {"max_elapsed_time": "1s", "initial_interval": "100ms"}}}
    with started(tmp_path, config, kept=False, edit=soon) as collector:
        collector.send([span(number, failed=True) for number in range(100)])
        until(lambda: collector.counted("otelcol_exporter_send_failed_spans_total") == 100, "all are counted")


def asked(url: str) -> int:
    """Ask for a quote, and return the status."""
    request = urllib.request.Request(f"{url}/v1/quotes", BASKET, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        status: int = answer.status
    return status


def test_the_service_is_traced_and_goes_on_when_the_collector_is_killed(
    collector: Collector, binary: Path, tmp_path: Path
) -> None:
    service, admin = (f"127.0.0.1:{port}" for port in free_ports(2))
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    line: list[str | Path] = ["env", *(f"{name}={value}" for name, value in told.items()), binary,
            "-addr", service, "-admin-addr", admin, "-pprof-addr", "", "-shutdown-delay", "0s"]  # fmt: skip
    with process(line, tmp_path / "service.log") as running:
        until_ready(f"http://{admin}/readyz", running)
        assert {asked(f"http://{service}") for _ in range(200)} == {200}
        until(lambda: [source for source, _ in collector.spans() if source["service.name"] == "orders"], "a share")
        source, kept = collector.spans()[0]
        assert (source["service.version"], kept["name"].partition(" ")[0]) == ("dev", "POST")
        collector.process.kill()
        assert {asked(f"http://{service}") for _ in range(200)} == {200}
        log = tmp_path / "service.log"
        until(lambda: '"msg":"tracing"' in log.read_text(), "the service says what it lost")
