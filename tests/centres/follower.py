"""A service that follows a config centre: built once for each kind, started as often as a test wants."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from docs.demo import free_ports

from tests.centres.centre import Answer, Centre, Credentials, ask
from tests.helpers import reads
from tests.helpers.daemons import until
from tests.helpers.support import go, need, ok, rendered, replace
from tests.judges.subject import kustomize

KEY, DEFAULT = "quote-max-lines", 100
"""A hot key whose value a caller can see, and what it is where nobody says anything."""
PATIENT = "10s"
"""How long the service waits for an answer: at its start too, when a busy machine may be slow to give one."""
TOKEN = "api-token"
"""A secret key, which the service has as its owner would add it."""
PLACES: Mapping[str, Mapping[str, str]] = {
    "nacos": {"namespace": "-center-namespace", "group": "-center-group", "data_id": "-center-data-id"},
    "apollo": {"app_id": "-center-app-id", "cluster": "-center-cluster", "namespace": "-center-namespaces"},
    "etcd": {"prefix": "-center-prefix"},
}
"""The flag for each word of a centre's place."""


@reads.cache
def program(name: str, *, race: bool = True) -> Path:
    """Build the service for a centre, with a secret key and, unless it is to be weighed, with the race detector."""
    need("go", "gcc")
    repository = rendered(Path(tempfile.mkdtemp(prefix=f"follower-{name}-")), config_center=name)
    field, flags_of = "\tQuoteMaxLines int\n", ") flags(fs *flag.FlagSet) {\n"
    flag = f'\tfs.StringVar(&o.APIToken, "{TOKEN}", "", "`token` of an API"+Hot+Secret)\n'
    settings = repository / "internal/config/own.go"
    replace(settings, (field, f"{field}\tAPIToken      string\n"), (flags_of, flags_of + flag))
    flags = ("-race",) if race else ()
    ok(go(repository, "build", *flags, "-o", "bin/orders", "./cmd/server", CGO_ENABLED=str(int(race))), "go build")
    return repository / "bin/orders"


class Follower:
    """A running service, and what can be seen of it."""

    def __init__(self, process: subprocess.Popen[bytes], service: str, admin: str, output: Path) -> None:
        self.process, self.service, self.admin, self.output = process, service, admin, output

    def ask(self, path: str) -> Answer:
        """Ask its admin port."""
        return ask(f"http://{self.admin}{path}")

    @property
    def max_lines(self) -> int:
        """The value of KEY in force: a quote without lines is refused with it."""
        answer = ask(f"http://{self.service}/v1/quotes", b'{"lines": []}', headers={"Content-Type": "application/json"})
        [found] = re.findall(r"want 1 to (\d+)", answer.text)
        return int(found)

    def sees(self, value: int) -> None:
        """Wait until KEY has a value."""
        until(lambda: self.max_lines == value, f"{KEY} {value}")

    def metric(self, name: str) -> float:
        """A metric without labels."""
        [value] = re.findall(rf"^{name} (\S+)$", self.ask("/metrics").text, re.MULTILINE)
        return float(value)

    @property
    def ready(self) -> bool:
        """Whether requests should be sent to it."""
        return self.ask("/readyz").status == 200

    @property
    def state(self) -> str:
        """What /readyz says of its settings."""
        return self.ask("/readyz?verbose").text

    def said(self, message: str) -> list[dict[str, Any]]:
        """The lines of the log with this message."""
        lines = [line for line in self.output.read_text().splitlines() if line.startswith("{")]
        return [line for line in map(json.loads, lines) if line["msg"] == message]


@contextmanager
def following(
    centre: Centre,
    folder: Path,
    *arguments: str,
    who: Credentials | None = None,
    environment: Mapping[str, str] | None = None,
    race: bool = True,
    placed: bool = True,
) -> Iterator[Follower]:
    """Start a service in its own folder, wait until it answers, and stop it; a race is a failure.

    ``who`` is who reads, else ``centre.good``. It looks at the centre's place only where it is ``placed``. Without a
    last-good file unless ``arguments`` name one.
    """
    service, admin = (f"127.0.0.1:{port}" for port in free_ports(2))
    login(centre, folder, who or centre.good)
    words = centre.place.items() if placed else ()
    place = [word for key, value in words for word in (PLACES[centre.name][key], value)]
    ports = ["-addr", service, "-admin-addr", admin, "-pprof-addr", "", "-shutdown-delay", "0s"]
    reading = ["-center-address", centre.url, "-center-credentials", str(folder), "-center-timeout", PATIENT]
    output = Path(tempfile.mkstemp(prefix="service-", suffix=".log", dir=folder)[1])
    with (
        output.open("wb") as log,
        subprocess.Popen(
            [program(centre.name, race=race), *ports, *reading, *place, *arguments],
            stdout=log,
            stderr=log,
            env={**os.environ, **(environment or {})},
        ) as process,
    ):
        follower = Follower(process, service, admin, output)
        try:
            until(lambda: process.poll() is not None or answers(follower), "the service")
            yield follower
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
    assert process.returncode == 0, output.read_text()
    assert "DATA RACE" not in output.read_text()


def overlay(name: str, folder: Path, which: str) -> dict[str, str]:
    """Return where in a centre the service of an overlay looks, as variables."""
    repository = rendered(folder, config_center=name)
    documents = yaml.safe_load_all(kustomize(repository / "deploy/overlays" / which))
    [found] = [each["data"] for each in documents if each["metadata"]["name"].startswith("orders-config-center-")]
    ours = ("APP_CENTER_NAMESPACE", "APP_CENTER_PREFIX")
    return {key: value for key, value in found.items() if key in ours}


def login(centre: Centre, folder: Path, who: Credentials) -> None:
    """Write the files of a Secret."""
    files = {"secret": who.secret} if centre.name == "apollo" else {"username": who.user, "password": who.secret}
    for name, text in files.items():
        (folder / name).write_text(f"{text}\n")


def answers(follower: Follower) -> bool:
    """Whether the service has begun to listen."""
    try:
        return follower.ask("/livez").status == 200
    except (OSError, urllib.error.URLError):
        return False
