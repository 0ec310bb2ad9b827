"""Spans that get lost: by a collector that is killed, by a Tempo that is away, by memory that is used up."""

from __future__ import annotations

import json
import re
import urllib.error
from collections.abc import Callable
from pathlib import Path

import pytest
from docs.demo import get

from tests.centres.line import steady_port
from tests.collector.engine import (
    PATIENCE,
    Change,
    Deployed,
    Document,
    collector,
    send,
    serves,
    share,
    trace,
    waits,
)
from tests.helpers.daemons import until
from tests.helpers.service import Service
from tests.helpers.support import ROOT

BASKET = json.dumps({"lines": [{"sku": "tea", "quantity": 2, "unit_price": 350}]}).encode()
ACCEPTED = "otelcol_receiver_accepted_spans"
pytestmark = pytest.mark.proof("*", "!.github/*")


def ask(service: Service, times: int) -> None:
    """Price baskets; each is answered."""
    for _ in range(times):
        get(f"{service.url}/v1/quotes", BASKET)


def test_a_service_goes_on_without_its_collector_and_what_is_lost_is_counted(
    repository: Path, given: Deployed, tmp_path: Path
) -> None:
    port, log = steady_port(), tmp_path / "service.log"
    with serves(repository, port, log, OTEL_BSP_MAX_EXPORT_BATCH_SIZE="1") as service:
        with collector(given, tmp_path, waits(1), share(100), port=port) as first:
            ask(service, 50)
            until(lambda: len(first.traces()) == 50, "what was asked at first", PATIENCE)
            first.process.kill()
        ask(service, 50)
        until(lambda: log.read_text().count("connection refused") == 50, "the lines of what was lost", PATIENCE)
        with collector(given, tmp_path, share(100), port=port) as second:
            ask(service, 50)
            until(lambda: second.counted(ACCEPTED) == 50, "what waits for its judgement", PATIENCE)
            second.process.terminate()
            second.process.wait(PATIENCE)
        assert len(second.traces()) == 100  # it judged before it ended
        with collector(given, tmp_path, share(100), port=port) as third:
            ask(service, 50)
            until(lambda: third.counted(ACCEPTED) == 50, "what is about to be lost", PATIENCE)
            third.process.kill()
        with collector(given, tmp_path, waits(1), share(100), port=port) as last:
            ask(service, 1)
            until(lambda: len(last.traces()) > 100, "what was asked at last", PATIENCE)
            assert len(last.traces()) == 101
    assert log.read_text().count('"msg":"tracing"') == 50


def to_tempo(**settings: object) -> Change:
    """Have it send to a Tempo that is away."""

    def change(config: Document) -> None:
        config["service"]["pipelines"]["traces"]["exporters"] = ["otlp_http/tempo"]
        config["exporters"]["otlp_http/tempo"] |= {"endpoint": "http://127.0.0.1:9", **settings}

    return change


def given_up(folder: Path, given: Deployed) -> None:
    retry = {"initial_interval": "10ms", "max_interval": "10ms", "max_elapsed_time": "50ms"}
    with collector(given, folder, waits(1), to_tempo(retry_on_failure=retry)) as started:
        send(started, [trace(failed=True) for _ in range(100)])
        until(lambda: started.counted("otelcol_exporter_send_failed_spans") == 100, "what was given up", PATIENCE)


def queue_full(folder: Path, given: Deployed) -> None:
    def small(config: Document) -> None:
        config["processors"]["batch"] |= {"send_batch_size": 10, "send_batch_max_size": 10}

    queue = {"queue_size": 1, "num_consumers": 1}
    with collector(given, folder, waits(1), to_tempo(sending_queue=queue), small) as started:
        send(started, [trace(failed=True) for _ in range(100)])
        # Of ten batches one is being sent, and has the queue's only place.
        until(lambda: started.counted("otelcol_exporter_enqueue_failed_spans") == 90, "the full queue", PATIENCE)


def memory_used_up(folder: Path, given: Deployed) -> None:
    def little(config: Document) -> None:
        config["processors"]["memory_limiter"] |= {"limit_mib": 2, "spike_limit_mib": 1}

    def turned_away() -> bool:
        try:
            send(started, [trace()])
        except urllib.error.HTTPError as answer:
            return answer.code == 503
        return False

    with collector(given, folder, little) as started:
        until(turned_away, "the refusal", PATIENCE)
        assert started.counted("otelcol_receiver_refused_spans") == 1


COUNTED = {
    "otelcol_exporter_send_failed_spans": given_up,
    "otelcol_exporter_enqueue_failed_spans": queue_full,
    "otelcol_receiver_refused_spans": memory_used_up,
}


@pytest.mark.parametrize("loses", COUNTED.values(), ids=COUNTED)
def test_what_gets_lost_is_counted(given: Deployed, tmp_path: Path, loses: Callable[[Path, Deployed], None]) -> None:
    loses(tmp_path, given)


def test_the_page_names_what_is_counted() -> None:
    page = (ROOT / "docs/how-to/tracing.md").read_text()
    assert {*re.findall(r"`(otelcol_\w+)`", page)} == COUNTED.keys()


def test_fifty_thousand_traces_at_once_stay_within_its_memory(given: Deployed, tmp_path: Path) -> None:
    most = given.config["processors"]["tail_sampling"]["num_traces"]
    with collector(given, tmp_path) as started:
        for _ in range(most // 500):
            send(started, [trace(spans=4) for _ in range(500)])
        assert started.counted(ACCEPTED) == 4 * most == 200_000
        status = Path(f"/proc/{started.process.pid}/status").read_text()
    peak = int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) // 1024
    assert peak < int(given.limits["memory"].removesuffix("Mi"))
