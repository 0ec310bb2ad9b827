"""`make run-observed` beside the collector and the Prometheus of `make observe`, as they are rendered.

The collector is the real one with both of its files, of which only what it listens on and where it keeps things are
others. Prometheus is Debian's, which is older than the image's: it knows all of the configuration, and of the flags not
the one by which it takes OTLP. Tempo, Loki and Grafana are not here: what they are sent is read in files.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from docs.demo import get, until_ready

from tests.collector.engine import PATIENCE, Change, Deployed, Document, collector, refused, resources
from tests.collector.test_losses import BASKET
from tests.helpers.daemons import until
from tests.helpers.service import fixed_ports
from tests.helpers.support import need
from tests.monitoring import promtool
from tests.monitoring.prometheus import Prometheus, started

pytestmark = pytest.mark.proof("*", "!.github/*")
FOLDER = "hack/observe"
ASKED = 20
HISTOGRAM = 'http_server_request_duration_seconds_bucket{namespace="orders", job="orders"}'
OTLP = "--web.enable-otlp-receiver"
"""The flag that Debian's Prometheus lacks."""


def read(repository: Path, name: str) -> Document:
    found: Document = yaml.safe_load((repository / FOLDER / name).read_text())
    return found


def override(repository: Path, folder: Path, *edits: tuple[str, str]) -> Path:
    """Write what the collector does otherwise here; it finds the service's lines where the service is."""
    text, file = (repository / FOLDER / "collector.yaml").read_text(), folder / "observe.yaml"
    for old, new in (("/observe/", f"{repository}/bin/observe/"), *edits):
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)
    return file


def as_in_the_cluster(config: Document) -> None:
    """Take back what tests tell every collector, that there is no API server to ask: alone, it would not start."""
    del config["processors"]["k8s_attributes"]["passthrough"]


def lines_to(file: Path) -> Change:
    """Have it write what Loki is sent into a file."""

    def change(config: Document) -> None:
        config["exporters"]["file/logs"] = {"path": str(file), "flush_interval": "100ms"}
        config["service"]["pipelines"]["logs"]["exporters"] = ["file/logs"]

    return change


def lines(file: Path) -> list[Document]:
    """Return the log records that Loki is sent, each with the attributes of where it came from."""
    return [
        {**record, "attributes": plain(record.get("attributes", ())), "from": plain(resource["resource"]["attributes"])}
        for resource in resources(file, "resourceLogs")
        for scope in resource["scopeLogs"]
        for record in scope["logRecords"]
    ]


def plain(attributes: list[Document]) -> dict[str, Any]:
    return {each["key"]: next(iter(each["value"].values()), None) for each in attributes}


@contextmanager
def observed(repository: Path, log: Path) -> Iterator[None]:
    """Run the service by make, and stop it as Ctrl-C does."""
    need("make", "go")
    env = {**os.environ, "GOFLAGS": "-mod=readonly -buildvcs=false -trimpath", "GOTOOLCHAIN": "local"}
    with log.open("w") as out, subprocess.Popen(
        ["make", "run-observed"], cwd=repository, env=env, stdout=out, stderr=out, process_group=0
    ) as started:  # fmt: skip
        try:
            until_ready("http://127.0.0.1:8081/readyz", started)
            yield
            os.killpg(started.pid, signal.SIGINT)
            started.wait(PATIENCE)
        finally:
            if started.poll() is None:
                os.killpg(started.pid, signal.SIGKILL)


@contextmanager
def prometheus(repository: Path, folder: Path) -> Iterator[Prometheus]:
    """Run a Prometheus as compose starts it, which finds this machine by its own address."""
    told = read(repository, "compose.yaml")["services"]["prometheus"]["command"]
    text = (repository / FOLDER / "prometheus.yaml").read_text()
    flags = [each for each in told if not each.startswith(("--config.file", "--storage", OTLP))]
    with started(folder, text.replace("host.docker.internal", "127.0.0.1"), *flags) as running:
        yield running


class Seen(NamedTuple):
    """What Tempo, Loki and Prometheus have of a service that was asked."""

    traces: set[str]
    lines: list[Document]
    exemplars: set[str]
    written: str


def seen(repository: Path, given: Deployed, folder: Path) -> Seen:
    """Ask the service, and return what the stores have of it."""
    logs = folder / "logs.json"
    (metrics, _, _) = read(repository, "datasources.yaml")["datasources"]
    (destination,) = metrics["jsonData"]["exemplarTraceIdDestinations"]
    more = [override(repository, folder)]
    with (
        fixed_ports(),
        collector(given, folder, as_in_the_cluster, lines_to(logs), port=4318, more=more) as running,
        prometheus(repository, folder) as server,
    ):
        with observed(repository, folder / "make.log"):
            for _ in range(ASKED):
                get("http://127.0.0.1:8080/v1/quotes", BASKET)
            until(lambda: server.exemplars(HISTOGRAM, destination["name"]), "an exemplar", PATIENCE)
            named = server.exemplars(HISTOGRAM, destination["name"])
        until(lambda: len(running.traces()) == ASKED, "the traces", PATIENCE)
        written = (repository / "bin/observe/orders.log").read_text()
        until(lambda: len(lines(logs)) >= len(written.splitlines()), "the log lines", PATIENCE)
        return Seen(running.traces(), lines(logs), named, written)


def test_an_exemplar_leads_to_its_trace_and_that_to_its_log_lines(
    repository: Path, given: Deployed, tmp_path: Path
) -> None:
    found = seen(repository, given, tmp_path)
    assert len(found.traces) == ASKED, "each is kept, though none failed or was slow"
    assert found.exemplars
    assert found.exemplars <= found.traces
    _, tempo, loki = read(repository, "datasources.yaml")["datasources"]
    (field,) = loki["jsonData"]["derivedFields"]
    name = field["matcherRegex"]
    assert f'| {name} = "' in tempo["jsonData"]["tracesToLogsV2"]["query"]
    of_requests = [each for each in found.lines if name in each["attributes"]]
    assert {each["attributes"][name] for each in of_requests} == found.traces
    assert {json.dumps(each["from"]) for each in found.lines} == {'{"service.name": "orders"}'}
    assert [each["body"]["stringValue"] for each in found.lines] == found.written.splitlines()
    assert all(int(each["timeUnixNano"]) > 0 for each in found.lines), "the time that the service wrote"
    assert '"msg":"stopped"' in found.written.splitlines()[-1], "what it said after Ctrl-C"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("json_parser", "json_parse", "unsupported type 'json_parse'"),
        ("decision_wait: 1s", 'decision_wait: "1"', "missing unit in duration"),
        ("[otlp, file_log]", "[otlp, filelogs]", 'references receiver "filelogs" which is not configured'),
        ("policies", "policy", "invalid keys: policy"),
    ],
)
def test_a_wrong_file_is_refused(
    repository: Path, given: Deployed, tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert refused(given.config, given.variables, tmp_path, override(repository, tmp_path)) == ""
    assert says in refused(given.config, given.variables, tmp_path, override(repository, tmp_path, (old, new)))


def test_prometheus_knows_each_flag_but_the_one_for_otlp(repository: Path) -> None:
    told = read(repository, "compose.yaml")["services"]["prometheus"]["command"]
    known = subprocess.run(
        [promtool.program().with_name("prometheus"), "--help"], check=True, capture_output=True, text=True
    )
    flags = [each.partition("=")[0] for each in told]
    assert [each for each in flags if f"{each} " not in known.stdout and f"{each}=" not in known.stdout] == [OTLP]
    assert "exemplar-storage" in known.stdout.replace("\n", " ")
