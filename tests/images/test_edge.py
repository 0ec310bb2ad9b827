"""The service of a site: on each platform, with little memory and CPU, with a full disk; and its model's image."""

from __future__ import annotations

import json
import subprocess
import threading
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from docs.demo import free_ports

from tests.edge.programs import program
from tests.helpers.daemons import answers, debian, process, until
from tests.helpers.support import rendered
from tests.images.archive import Image
from tests.images.container import Container, container, post
from tests.images.engine import Engine

PLATFORMS = "linux/amd64,linux/arm64,linux/arm/v7"
EMULATORS = {"linux/arm64": "qemu-aarch64-static", "linux/arm/v7": "qemu-arm-static"}
QUOTES = 100


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository of the edge profile, with a model."""
    return rendered(
        tmp_path_factory.mktemp("edge"),
        target="kubeedge",
        edge_features="model",
        platforms=PLATFORMS,
        cpu="25m",
        memory="48Mi",
        resources="latency",
    )


@pytest.fixture(scope="module")
def every_platform(engine: Engine, edge: Path) -> Image:
    return engine.build(edge, f"--opt=platform={PLATFORMS}", kind="oci").image


@pytest.fixture(scope="module")
def image(engine: Engine, edge: Path) -> str:
    return engine.load(engine.build(edge))


def binary(image: Image, platform: str, folder: Path) -> Path:
    path = folder / "orders"
    path.write_bytes(image.layers(platform)[-1].files()["usr/local/bin/orders"])
    path.chmod(0o755)
    return path


def test_one_dockerfile_builds_every_platform(every_platform: Image, tmp_path: Path) -> None:
    built = {}
    for platform in every_platform.platforms:
        about = subprocess.check_output(["go", "version", "-m", binary(every_platform, platform, tmp_path)], text=True)
        settings = dict(line.split()[1].split("=", 1) for line in about.splitlines() if line.startswith("\tbuild"))
        built[platform] = (settings["GOARCH"], settings.get("GOARM", ""))
    assert built == {"linux/amd64": ("amd64", ""), "linux/arm64": ("arm64", ""), "linux/arm/v7": ("arm", "7")}


@pytest.mark.parametrize("platform", EMULATORS)
def test_it_runs_on_other_processors(every_platform: Image, tmp_path: Path, platform: str) -> None:
    debian("qemu-user-static")
    built = binary(every_platform, platform, tmp_path)
    service, admin = (f"127.0.0.1:{port}" for port in free_ports(2))
    queue = [f"-queue-dir={tmp_path}/queue", "-queue-bytes=1048576"]
    command: list[str | Path] = [
        EMULATORS[platform],
        built,
        f"-addr={service}",
        f"-admin-addr={admin}",
        "-pprof-addr=",
        *queue,
    ]
    with process(command, tmp_path / "log"):
        until(lambda: answers(f"http://{admin}/readyz"), platform)
        assert post(service)["total"] == 700
    assert list((tmp_path / "queue").glob("*.segment"))


@contextmanager
def headquarters(address: str) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Listen, and yield what comes: the key and the record of a quote."""
    taken: list[tuple[str, dict[str, Any]]] = []

    class Upstream(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.headers["Idempotency-Key"], json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    host, port = address.split(":")
    with ThreadingHTTPServer((host, int(port)), Upstream) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield taken
        server.shutdown()


def quote(service: Container, quantity: int) -> None:
    line = {"sku": "tea", "quantity": quantity, "unit_price": 1}
    assert service.post(json.dumps({"lines": [line]}).encode())["total"] == quantity


def test_in_48_mebibytes_and_a_tenth_of_a_cpu_no_quote_is_lost(engine: Engine, image: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    upstream = f"127.0.0.1:{free_ports(1)[0]}"
    env = {"APP_SITE": "osaka", "APP_QUEUE_DIR": "/data/queue", "APP_UPSTREAM": f"http://{upstream}/v1/quotes"}
    volume = [f"--volume={tmp_path}:/data"]
    with container(engine, image, env=env, options=volume, memory="48m", cpus=0.1) as service:
        for number in range(1, QUOTES // 2 + 1):
            quote(service, number)
        engine.docker("kill", service.name)
    with container(engine, image, env=env, options=volume, memory="48m", cpus=0.1) as service:
        for number in range(QUOTES // 2 + 1, QUOTES + 1):
            quote(service, number)
        with headquarters(upstream) as taken:
            until(lambda: len({key for key, _ in taken}) >= QUOTES, "the link", 300)
        state = service.state()
        assert state["Running"]
        assert not state["OOMKilled"]
    quotes = dict(taken)
    assert [body["answer"]["total"] for body in quotes.values()] == list(range(1, QUOTES + 1))
    assert {body["site"] for body in quotes.values()} == {"osaka"}


def quotes_given(service: Container) -> int:
    """Ask for quotes, each for one piece more, until one is refused."""
    for given in range(10_000):
        try:
            quote(service, given + 1)
        except urllib.error.HTTPError as refused:
            return given if refused.code == 503 else -1
    return -1


def test_on_a_full_disk_no_quote_is_given_that_is_not_kept(engine: Engine, image: str) -> None:
    full = ["--tmpfs=/data:size=128k,mode=777"]
    upstream = f"127.0.0.1:{free_ports(1)[0]}"
    env = {"APP_QUEUE_DIR": "/data/queue", "APP_UPSTREAM": f"http://{upstream}/v1/quotes"}
    with container(engine, image, env=env, options=full) as service:
        given = quotes_given(service)
        assert given > 100
        assert answers(f"http://{service.admin}/livez")
        with headquarters(upstream) as taken:
            until(lambda: len({key for key, _ in taken}) >= given, "the link", 300)
        assert [body["answer"]["total"] for body in dict(taken).values()][:given] == list(range(1, given + 1))


def test_the_model_comes_as_an_image_of_its_own(engine: Engine, edge: Path, image: str, tmp_path: Path) -> None:
    key = subprocess.check_output([program("model"), "key", tmp_path / "key.pem"], text=True).strip()
    subprocess.run([program("model"), "sign", tmp_path / "key.pem", "v1", edge / "model"], check=True)
    service = f"{engine.registry}/orders:v1"
    built = engine.build(edge)
    copy = ["skopeo", "copy", "-q", "--dest-tls-verify=false", f"docker-archive:{built.archive}", f"docker://{service}"]
    subprocess.run(copy, check=True)
    model = engine.load(engine.build(edge, "--opt=filename=Dockerfile.model", arguments={"SERVICE": service}))
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o777)
    env = {"APP_MODEL_DIR": "/data/models", "APP_MODEL_KEYS": key, "APP_MODEL_VERSION": "v1"}
    settings = [*(f"--env={name}={value}" for name, value in env.items()), f"--volume={data}:/data"]
    said = engine.docker(
        "run", "--rm", "--read-only", "--cap-drop=ALL", "--network=none", *settings, model, "-install-model=/model"
    )
    assert "model installed" in said
    with container(engine, image, env=env, options=[f"--volume={data}:/data"], memory="48m", cpus=0.1) as running:
        priced = running.post(b'{"lines":[{"sku":"tea","quantity":100,"unit_price":10}]}')
        assert (priced["model"], priced["discount"]) == ("v1", 80)
