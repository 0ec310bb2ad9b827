"""A real Prometheus on 127.0.0.1 that reads a running service as the operator has it do, by rendered rules."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from docs.demo import free_ports

from tests.helpers.daemons import answers, daemon
from tests.monitoring import promtool

Rules = Mapping[str, Any]


class Prometheus(NamedTuple):
    """Where it answers."""

    url: str

    def ask(self, path: str, **query: str | float) -> Any:
        """Return the data of its answer."""
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}") as answer:
            return json.loads(answer.read())["data"]

    def firing(self, alert: str) -> list[dict[str, str]]:
        """Return the labels of each instance of an alert that fires."""
        every = self.ask("alerts")["alerts"]
        return [each["labels"] for each in every if each["labels"]["alertname"] == alert and each["state"] == "firing"]

    def exemplars(self, series: str, label: str = "trace_id") -> set[str]:
        """Return the traces that a histogram's exemplars name, by the label that has them."""
        found = self.ask("query_exemplars", query=series, start=0, end=time.time() + 60)
        return {exemplar["labels"][label] for each in found for exemplar in each["exemplars"]}

    def values(self, expression: str) -> list[float]:
        """Return what an expression has now, a number for each series."""
        return [float(each["value"][1]) for each in self.ask("query", query=expression)["result"]]


@contextmanager
def started(folder: Path, settings: str, *flags: str) -> Iterator[Prometheus]:
    """Start one with a configuration, and stop it at the end of the context."""
    port, file = free_ports(1)[0], folder / "prometheus.yaml"
    url = f"http://127.0.0.1:{port}"
    file.write_text(settings)
    command: list[str | Path] = [
        promtool.program().with_name("prometheus"),
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'series'}",
        f"--web.listen-address=127.0.0.1:{port}",
        *flags,
    ]
    with daemon(command, folder / "prometheus.log", lambda: answers(f"{url}/-/ready"), "Prometheus"):
        yield Prometheus(url)


@contextmanager
def prometheus(folder: Path, rules: Rules, admin: str, labels: Mapping[str, str]) -> Iterator[Prometheus]:
    """Start one that asks each second for the metrics of ``admin``, and looks at the rules as often."""
    written = folder / "rules.json"
    written.write_text(json.dumps(rules))
    job = {"job_name": labels["job"], "static_configs": [{"targets": [admin], "labels": dict(labels)}]}
    every = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    settings = {"global": every, "rule_files": [str(written)], "scrape_configs": [job]}
    with started(folder, json.dumps(settings), "--enable-feature=exemplar-storage") as running:
        yield running
