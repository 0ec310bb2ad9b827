"""A real OpenTelemetry collector on 127.0.0.1 with the configuration of a rendered repository, and what it is sent."""

from __future__ import annotations

import copy
import json
import os
import random
import re
import subprocess
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.centres.line import steady_port
from tests.collector.build import otelcol
from tests.helpers.daemons import answers, daemon
from tests.helpers.service import Service, logged
from tests.judges.subject import rendered_by

Document = dict[str, Any]
Change = Callable[[Document], None]
PATIENCE = 60
"""Seconds."""


class Deployed(NamedTuple):
    """What an environment gives its collector: the configuration, and the variables that it names."""

    config: Document
    variables: Mapping[str, str]
    account: list[Document]
    """The objects that say as whom it asks the API server."""
    limits: Mapping[str, str]


def deployed(repository: Path) -> Deployed:
    """Return what production gives its collector."""
    found = [each for each in yaml.safe_load_all(rendered_by(repository)["prod"]) if each]
    data = [each["data"] for each in found if each["kind"] == "ConfigMap"]
    (config,) = (each["config.yaml"] for each in data if "tail_sampling" in each.get("config.yaml", ""))
    (stores,) = (each for each in data if "TEMPO_ENDPOINT" in each)
    (collector,) = (
        each for each in found if each["kind"] == "Deployment" and each["metadata"]["name"].endswith("-collector")
    )
    (container,) = collector["spec"]["template"]["spec"]["containers"]
    own = {each["name"]: each["value"] for each in container["env"] if "value" in each}
    kinds = ("ServiceAccount", "Role", "RoleBinding")
    account = [each for each in found if each["kind"] in kinds and each["metadata"]["name"].endswith("-collector")]
    return Deployed(
        yaml.safe_load(config),
        {**stores, **own, "NAMESPACE": collector["metadata"]["namespace"]},
        account,
        container["resources"]["limits"],
    )


def refused(config: Document, variables: Mapping[str, str], folder: Path, *more: Path) -> str:
    """Return what `otelcol validate` says against a configuration and ``more`` files, nothing where it takes them."""
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(config))
    command: list[str | Path] = [otelcol(), "validate", *(f"--config={each}" for each in (file, *more))]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **variables})
    assert (done.returncode == 0) == (not done.stderr), done
    return done.stderr


def resources(file: Path, kind: str) -> Iterator[Document]:
    """Yield what a collector has written into a file, by what it came from: ``resourceSpans`` or ``resourceLogs``."""
    texts = file.read_text().splitlines(keepends=True) if file.exists() else ()
    for text in texts:
        if text.endswith("\n"):  # what is being written has no end yet
            yield from json.loads(text)[kind]


class Running(NamedTuple):
    """A collector that has started."""

    otlp: str
    metrics: str
    kept: Path
    process: subprocess.Popen[bytes]

    def counted(self, name: str, label: str = "") -> int:
        """Return the sum of a metric's series, of those with a label where one is given."""
        with urllib.request.urlopen(self.metrics) as answer:
            text = answer.read().decode()
        return sum(int(float(each)) for each in re.findall(rf"^{name}{{.*{label}.*}} (\S+)$", text, re.MULTILINE))

    def spans(self) -> list[Document]:
        """Return the spans that were kept, each with the attributes of what it came from."""
        return [
            {**span, "resource": {each["key"]: each["value"] for each in resource["resource"].get("attributes", ())}}
            for resource in resources(self.kept, "resourceSpans")
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]

    def traces(self) -> set[str]:
        """Return the ids of the traces that were kept."""
        return {each["traceId"] for each in self.spans()}


@contextmanager
def collector(
    given: Deployed, folder: Path, *changes: Change, port: int | None = None, more: Sequence[Path] = ()
) -> Iterator[Running]:
    """Run a collector until the end of the context; what it keeps for Tempo goes into a file.

    It asks no API server whose address a span came from, unless a change has it ask one. It reads ``more`` files after
    its configuration.
    """
    config, kept = copy.deepcopy(given.config), folder / "kept.json"
    otlp, health, metrics = port or steady_port(), steady_port(), steady_port()
    config["receivers"]["otlp"]["protocols"]["http"]["endpoint"] = f"127.0.0.1:{otlp}"
    config["extensions"]["health_check"]["endpoint"] = f"127.0.0.1:{health}"
    (reader,) = config["service"]["telemetry"]["metrics"]["readers"]
    reader["pull"]["exporter"]["prometheus"] |= {"host": "127.0.0.1", "port": metrics}
    config["processors"]["k8s_attributes"]["passthrough"] = True
    config["exporters"]["file"] = {"path": str(kept), "append": True, "flush_interval": "100ms"}
    config["service"]["pipelines"]["traces"]["exporters"] = ["file"]
    for change in changes:
        change(config)
    file, log = folder / "running.yaml", folder / "collector.log"
    file.write_text(yaml.safe_dump(config))
    command: list[str | Path] = [
        "env",
        *(f"{name}={value}" for name, value in given.variables.items()),
        otelcol(),
        *(f"--config={each}" for each in (file, *more)),
    ]
    with daemon(command, log, lambda: answers(f"http://127.0.0.1:{health}/"), "the collector", PATIENCE) as started:
        yield Running(f"http://127.0.0.1:{otlp}", f"http://127.0.0.1:{metrics}/metrics", kept, started)


@contextmanager
def serves(repository: Path, otlp: int, log: Path, *flags: str, **told: str) -> Iterator[Service]:
    """Run the service until the end of the context; it sends its spans to a port, after a tenth of a second."""
    told |= {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{otlp}", "OTEL_BSP_SCHEDULE_DELAY": "100"}
    command: list[str | Path] = ["env", *(f"{name}={value}" for name, value in told.items()), repository / "bin/orders"]
    with logged(command, log, "-shutdown-delay=0s", *flags) as started:
        yield started


def waits(seconds: float) -> Change:
    """Have it judge a trace sooner than it is rendered to."""

    def change(config: Document) -> None:
        config["processors"]["tail_sampling"]["decision_wait"] = f"{seconds}s"

    return change


def asks(config: Document) -> None:
    """Have it ask an API server whose address a span came from, as it is rendered to."""
    config["processors"]["k8s_attributes"] |= {"passthrough": False, "auth_type": "kubeConfig"}


def share(percent: float) -> Change:
    """Have it keep another share of the traces that neither failed nor were slow."""

    def change(config: Document) -> None:
        config["processors"]["tail_sampling"]["policies"][-1]["probabilistic"]["sampling_percentage"] = percent

    return change


DRAWN = random.Random(29)
"""The same ids in each run: which of them are in the share follows from them."""


def trace(*, failed: bool = False, milliseconds: int = 10, spans: int = 1) -> list[Document]:
    """Return a new trace: its spans one after the other, as many milliseconds long as it is."""
    found, began = f"{DRAWN.getrandbits(128):032x}", 1_800_000_000_000_000_000
    span = {
        "traceId": found,
        "name": "POST /v1/quotes",
        "kind": 2,
        "startTimeUnixNano": str(began),
        "endTimeUnixNano": str(began + milliseconds * 1_000_000),
        "status": {"code": 2} if failed else {},
    }
    return [{**span, "spanId": f"{DRAWN.getrandbits(64):016x}"} for _ in range(spans)]


def send(to: Running, traces: Iterable[list[Document]]) -> set[str]:
    """Send traces in one request, and return their ids."""
    spans = [span for each in traces for span in each]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "orders"}}]}
    body = json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}).encode()
    call = urllib.request.Request(f"{to.otlp}/v1/traces", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(call, timeout=30) as answer:
        assert json.loads(answer.read()) in ({}, {"partialSuccess": {}})
    return {span["traceId"] for span in spans}
