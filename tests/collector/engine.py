"""A collector with a rendered configuration, on 127.0.0.1: ports and the store of traces alone are other."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from docs.demo import free_ports

from tests.collector.build import otelcol
from tests.helpers.daemons import answers, process, until

NOWHERE = "http://127.0.0.1:1"
PLACES = ("TEMPO_ENDPOINT", "LOKI_ENDPOINT", "PROMETHEUS_ENDPOINT")
WAIT = 2
"""Seconds until a trace is judged, for the 30 that are rendered."""
Span = dict[str, Any]


class Collector(NamedTuple):
    """A collector that runs, and what it wrote."""

    url: str
    metrics: str
    kept: Path
    process: subprocess.Popen[bytes]

    def send(self, spans: Sequence[Span]) -> None:
        """Send spans of one service as a client does."""
        scope = [{"scope": {"name": "test"}, "spans": [*spans]}]
        resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "other"}}]}
        body = json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": scope}]}).encode()
        request = urllib.request.Request(f"{self.url}/v1/traces", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200

    def spans(self) -> list[tuple[Mapping[str, str], Span]]:
        """Return what it kept: each span, with what is known of where it came from."""
        found: list[tuple[Mapping[str, str], Span]] = []
        for line in self.kept.read_text().splitlines() if self.kept.exists() else ():
            for resource in json.loads(line)["resourceSpans"]:
                source = {
                    each["key"]: each["value"].get("stringValue", "") for each in resource["resource"]["attributes"]
                }
                found += [(source, span) for scope in resource["scopeSpans"] for span in scope["spans"]]
        return found

    def traces(self) -> set[str]:
        """Return the ids of the traces that it kept."""
        return {span["traceId"] for _, span in self.spans()}

    def counted(self, metric: str) -> float:
        """Return the sum of one of its own metrics."""
        with urllib.request.urlopen(self.metrics) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{metric}{{"))

    def peak(self) -> float:
        """Return the most memory that it had, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def command(*arguments: str | Path, **places: str) -> list[str | Path]:
    """Return the command line of the collector, with what a pod has in its environment."""
    settings = {"NAMESPACE": "orders", "GOMEMLIMIT": "400MiB", **dict.fromkeys(PLACES, NOWHERE), **places}
    api = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "1"}
    return ["env", *(f"{name}={value}" for name, value in (settings | api).items()), otelcol(), *arguments]


@contextmanager
def started(
    folder: Path, config: Path, *, kept: bool = True, edit: Mapping[str, Any] | None = None
) -> Iterator[Collector]:
    """Run the collector with ``config``. What it keeps goes to a file; unless ``kept``, to Tempo, where nobody is."""
    port, health, metrics = free_ports(3)
    reader = {"pull": {"exporter": {"prometheus": {"host": "127.0.0.1", "port": metrics}}}}
    other: dict[str, Any] = {
        "receivers": {"otlp": {"protocols": {"http": {"endpoint": f"127.0.0.1:{port}"}}}},
        "extensions": {"health_check": {"endpoint": f"127.0.0.1:{health}"}},
        "processors": {"tail_sampling": {"decision_wait": f"{WAIT}s"}, "k8s_attributes": {"auth_type": "none"}},
        "exporters": {"file": {"path": str(folder / "kept.jsonl"), "flush_interval": "200ms"}, **(edit or {})},
        "service": {"telemetry": {"metrics": {"readers": [reader]}}},
    }
    if kept:
        other["service"]["pipelines"] = {"traces": {"exporters": ["file"]}}
    (folder / "other.yaml").write_text(yaml.safe_dump(other))
    arguments: list[str | Path] = ["--config", config, "--config", folder / "other.yaml"]
    with process(command(*arguments), folder / "collector.log") as running:
        until(lambda: answers(f"http://127.0.0.1:{health}/"), (folder / "collector.log").read_text())
        yield Collector(
            f"http://127.0.0.1:{port}", f"http://127.0.0.1:{metrics}/metrics", folder / "kept.jsonl", running
        )


def span(number: int, *, milliseconds: int = 5, failed: bool = False) -> Span:
    """Return a span that is a trace of its own, by its number."""
    start = 1_800_000_000 * 10**9
    return {
        "traceId": f"{number * 2654435761 % 2**64:016x}{number * 0x9E3779B97F4A7C15 % 2**64:016x}",
        "spanId": f"{number + 1:016x}",
        "name": "GET /v1/quotes",
        "kind": 2,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + milliseconds * 10**6),
        "attributes": [{"key": "url.path", "value": {"stringValue": f"/v1/quotes/{number}"}}],
        "status": {"code": 2 if failed else 0},
    }
