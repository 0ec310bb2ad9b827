"""The built default service as a process: what it does under a shutdown and with a collector."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from docs.demo import free_ports, get, until_ready

from tests.helpers.service import Service, running
from tests.helpers.support import go, need, ok, rendered

BASKET = json.dumps({"lines": [{"sku": "tea", "quantity": 2, "unit_price": 350}]}).encode()


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("go")
    repository = rendered(tmp_path_factory.mktemp("service"))
    ok(go(repository, "build", "-o", "bin/orders", "./cmd/server", CGO_ENABLED="0"))
    return repository / "bin/orders"


@contextmanager
def collector(*, silent: bool) -> Iterator[tuple[str, list[bytes]]]:
    """An OTLP endpoint on 127.0.0.1 that keeps what it gets, or never answers."""
    got: list[bytes] = []
    release = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            if silent:
                release.wait()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        release.set()
        server.shutdown()
        server.server_close()


def test_without_a_config_centre_no_byte_of_it_is_in_the_binary(binary: Path, tmp_path: Path) -> None:
    follower = rendered(tmp_path, config_center="apollo")
    ok(go(follower, "build", "-o", "bin/orders", "./cmd/server", CGO_ENABLED="0"))
    traces = (b"config_center", b"center-address", b"internal/center")
    assert all(trace in (follower / "bin/orders").read_bytes() for trace in traces)
    assert not [trace for trace in traces if trace in binary.read_bytes()]


def test_buffered_spans_reach_the_collector_at_shutdown(binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with collector(silent=False) as (endpoint, got):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        with running(binary) as service:
            get(f"{service.url}/v1/quotes", BASKET)
            service.process.send_signal(signal.SIGTERM)
            assert service.process.wait() == 0
    assert b"orders" in b"".join(got)
    assert b"/v1/quotes" in b"".join(got)


def test_a_silent_collector_does_not_hold_the_shutdown_up(binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with collector(silent=True) as (endpoint, _):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        with running(binary) as service:
            get(f"{service.url}/v1/quotes", BASKET)
            service.process.send_signal(signal.SIGTERM)
            assert service.process.wait() == 0  # without the bound it would hang here


def named(service: Service) -> tuple[str, list[str]]:
    """Price a basket, and return by which trace its answer and the histogram of the answers' times name it."""
    call = urllib.request.Request(f"{service.url}/v1/quotes", BASKET, {"Content-Type": "application/json"})
    with urllib.request.urlopen(call) as answer:
        header = answer.headers.get("traceresponse", "")
    scrape = urllib.request.Request(f"{service.admin}/metrics", headers={"Accept": "application/openmetrics-text"})
    with urllib.request.urlopen(scrape) as answer:
        text = answer.read().decode()
    assert text.endswith("# EOF\n")
    route = r'http_server_request_duration_seconds_bucket\{code="200",method="POST",route="/v1/quotes",le="[^"]+"\} 1'
    return header, re.findall(rf'^{route} # \{{trace_id="([^"]*)"\}}', text, re.MULTILINE)


def test_the_answer_and_the_histogram_name_the_trace_that_the_collector_has(
    binary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collector(silent=False) as (endpoint, got):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        with running(binary) as service:
            header, exemplars = named(service)
            service.process.send_signal(signal.SIGTERM)
            assert service.process.wait() == 0
    version, trace, span, flags = header.split("-")
    assert (version, exemplars, flags) == ("00", [trace], "01")
    assert bytes.fromhex(trace) in b"".join(got)
    assert bytes.fromhex(span) in b"".join(got)


@pytest.mark.parametrize(("sampler", "header"), [("always_off", "00-.{32}-.{16}-00"), ("", "")])
def test_a_trace_that_is_not_kept_is_no_exemplar(
    binary: Path, monkeypatch: pytest.MonkeyPatch, sampler: str, header: str
) -> None:
    if sampler:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
        monkeypatch.setenv("OTEL_TRACES_SAMPLER", sampler)
    with running(binary) as service:
        said, exemplars = named(service)
    assert re.fullmatch(header, said)
    assert exemplars == []


def keep_asking(address: str, started: threading.Barrier, failures: list[str]) -> None:
    """Ask on one connection until the service gives it up."""
    connection = http.client.HTTPConnection(address)
    connection.connect()
    started.wait()
    try:
        while True:
            connection.request("POST", "/v1/quotes", BASKET, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                failures.append(str(answer.status))
            if answer.will_close:
                return
    except (OSError, http.client.HTTPException) as error:
        failures.append(repr(error))
    finally:
        connection.close()


def test_a_shutdown_loses_no_request_on_a_connection_that_is_kept(binary: Path) -> None:
    failures: list[str] = []
    with running(binary, "-shutdown-delay", "1s") as service:
        address = service.url.removeprefix("http://")
        started = threading.Barrier(9)
        clients = [threading.Thread(target=keep_asking, args=(address, started, failures)) for _ in range(8)]
        for client in clients:
            client.start()
        started.wait()
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait() == 0
        for client in clients:
            client.join()
    assert failures == []


WARNED = {
    "OTEL_BSP_SCHEDULE_DELAY": "soon",
    "OTEL_TRACES_SAMPLER": "sometimes",
    "OTEL_RESOURCE_ATTRIBUTES": "no pair",
    "APP_LOGLEVEL": "debug",
    "APP_SERVICE_HOST": "app",
    "APP_PORT": "tcp://app:80",
}
"""What libraries complain of, what is misspelt, and what Kubernetes makes for a Service that is called app."""


def test_each_line_is_json_and_an_unknown_variable_is_named(binary: Path) -> None:
    with collector(silent=False) as (endpoint, _):
        ports = [f"127.0.0.1:{port}" for port in free_ports(2)]
        command = [str(binary), "-addr", ports[0], "-admin-addr", ports[1], "-pprof-addr", "", "-shutdown-delay", "0s"]
        environment = {**os.environ, **WARNED, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        until_ready(f"http://{ports[1]}/readyz", process)
        process.terminate()
        lines = [json.loads(line) for line in process.communicate()[0].splitlines()]
    named = [(line["name"], line["nearest"]) for line in lines if line["msg"] == "variable without effect"]
    assert named == [("APP_LOGLEVEL", "APP_LOG_LEVEL")]
    assert lines[-1]["msg"] == "stopped"


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318", "is not a URL such as http://localhost:4318"),
        ("APP_REQUEST_TIMEOUT", "10", 'request-timeout "10" from the environment: want a duration such as 10s'),
    ],
)
def test_a_wrong_variable_ends_the_start_in_one_sentence(binary: Path, variable: str, value: str, says: str) -> None:
    started = subprocess.run([binary], env={**os.environ, variable: value}, capture_output=True, text=True, check=False)
    assert started.returncode == 1
    assert says in started.stderr
