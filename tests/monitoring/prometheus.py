"""A real Prometheus on 127.0.0.1 that reads a running service as the operator has it do, by rendered rules."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from docs.demo import free_ports

from tests.helpers.daemons import answers, process, until
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

    def values(self, expression: str) -> list[float]:
        """Return what an expression has now, a number for each series."""
        return [float(each["value"][1]) for each in self.ask("query", query=expression)["result"]]


@contextmanager
def prometheus(folder: Path, rules: Rules, admin: str, labels: Mapping[str, str]) -> Iterator[Prometheus]:
    """Start one that asks each second for the metrics of ``admin``, and looks at the rules as often."""
    port, settings, written = free_ports(1)[0], folder / "prometheus.json", folder / "rules.json"
    written.write_text(json.dumps(rules))
    job = {
        "job_name": labels["job"],
        "static_configs": [{"targets": [admin], "labels": dict(labels)}],
    }
    every = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    settings.write_text(json.dumps({"global": every, "rule_files": [str(written)], "scrape_configs": [job]}))
    command: list[str | Path] = [
        promtool.program().with_name("prometheus"),
        f"--config.file={settings}",
        f"--storage.tsdb.path={folder / 'series'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--enable-feature=exemplar-storage",
    ]
    log = folder / "prometheus.log"
    with process(command, log) as started:
        url = f"http://127.0.0.1:{port}"
        until(lambda: answers(f"{url}/-/ready") or started.poll() is not None, "Prometheus")
        assert started.poll() is None, log.read_text()[-3000:]
        yield Prometheus(url)
