"""What a service holds at most of each kind, how that is filled from outside, and what takes the bound away."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from gocontainer.rendering.sizing import Sizes
from tests.edge.programs import program
from tests.helpers.daemons import until
from tests.helpers.support import answers, rendered, replace
from tests.images import attack
from tests.images.container import SIGKILLED, Container, container
from tests.images.engine import Engine
from tests.serverless import build
from tests.serverless.engine import KEYS, kfake

MIB = 1024 * 1024
LARGE = {"APP_MAX_BODY_BYTES": str(MIB)}
"""What a user may allow, whatever the memory."""
DEADLY, MANY = 50, 5_000
"""Partitions, of which each has a batch or two; and dead letters, after which all are read."""
PATIENT = 8
"""Tries of an event, after which more of them would have been taken long ago."""


def room(memory: int, **given: Any) -> int:
    """How many requests may be in flight."""
    return Sizes.of(answers(memory=f"{memory}Mi", **given)).requests


def killed(service: Container) -> bool:
    """Whether the kernel has killed it; nothing else may have ended it."""
    state = service.state()
    if not state["Running"]:
        assert state["ExitCode"] == SIGKILLED, service.log()
    return not state["Running"] or state["OOMKilled"]


def answers_a_good_request(service: Container, path: str) -> bool:
    """Whether it does: for half a second it still closes what it refused."""
    body, good = (attack.EVENTS["a long number"], 400) if path == "/" else (attack.ORDINARY, 200)
    return attack.at_once(service.address, body, 1, path) == {good: 1}


def survives(service: Container, size: int, path: str = attack.QUOTES, **how: int) -> bool:
    """Attack, and say whether the service was there all the time."""
    alive, answered = attack.everything(service.address, service.admin, size, path, **how)
    attack.headers(service.address, 60, 900_000)
    if killed(service):
        return False
    # A probe fails after several in a row. Where there are too many connections, one of its own may be closed.
    assert set(alive) <= {200, 0}
    assert all(200 in two for two in pairwise(alive)), alive
    until(lambda: answers_a_good_request(service, path), "the end of the attack")
    assert answered.total() > answered[0]
    return True


def by_requests(
    engine: Engine, image: str, _: Path, env: Mapping[str, str] | None = None, body: int = 64 * 1024
) -> bool:
    """Send requests of every shape."""
    with container(engine, image, memory="32m", cpus=1, env=env) as service:
        return survives(service, room(32), body=body)


def by_large_requests(engine: Engine, image: str, folder: Path) -> bool:
    """Send bodies that a user allows."""
    return by_requests(engine, image, folder, LARGE, MIB)


def by_values(engine: Engine, image: str, _: Path) -> bool:
    """Send as many values as one body may have bytes, each of which becomes something wide."""
    most = Sizes.of(answers(memory="32Mi")).bodies_kib
    with container(engine, image, memory="32m", cpus=1, env=LARGE) as service:
        for shape in ("empty elements", "nothing"):
            attack.at_once(service.address, attack.shapes((most - 4) * 1024)[shape], 4)
        until(lambda: killed(service) or answers_a_good_request(service, attack.QUOTES), "the end of the attack")
        return not killed(service)


def by_spans(engine: Engine, image: str, _: Path) -> bool:
    """Send requests whose spans a collector never takes: it listens, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as collector:
        deaf = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.getsockname()[1]}"}
        with container(engine, image, memory="32m", cpus=1, env=deaf) as service:
            attack.one_after_the_other(service.address, 20_000)
            until(lambda: killed(service) or answers_a_good_request(service, attack.QUOTES), "the end of the attack")
            return not killed(service)


class Centre:
    """A Nacos that has one text, and knows how often it was asked for it."""

    def __init__(self) -> None:
        self.text, self.asked = b"", 0

    def push(self, text: bytes) -> None:
        """Have another text from now on."""
        self.text, self.asked = text, 0

    @contextmanager
    def running(self) -> Iterator[str]:
        """Answer, and yield the address."""
        centre = self

        class Nacos(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(centre.text)))
                self.end_headers()
                with suppress(OSError):  # whoever asks takes no more than it has memory for
                    self.wfile.write(centre.text)
                centre.asked += 1

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Nacos) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()


def pushes() -> Mapping[str, bytes]:
    """Return what a config centre may push, by what is wrong with it."""
    kib = Sizes.of(answers(memory="32Mi")).values()["center_kib"]
    assert isinstance(kib, int)
    size = kib * 1024
    return {
        "far too long": b"quote-max-lines: 2 #" + b"x" * (64 * MIB),
        "many keys": b"".join(b"k%x: 1\n" % n for n in range(size // 10)),
        "aliases of aliases": b"a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 10)),
        "nested": b"quote-max-lines: " + b"[" * (size // 3),
    }


TWO_LINES = b'{"lines":[{"sku":"a","quantity":1,"unit_price":1},{"sku":"b","quantity":1,"unit_price":1}]}'


def by_pushes(engine: Engine, image: str, _: Path) -> bool:
    """Push what is too long, or grows while it is read; then what is good, which has to be taken."""
    nacos = Centre()
    nacos.push(b"quote-max-lines: 80")
    with nacos.running() as address:
        env = {"APP_CENTER_ADDRESS": address}
        with container(engine, image, memory="32m", cpus=1, env=env) as service:

            def answered(status: int) -> bool:
                return killed(service) or attack.at_once(service.address, TWO_LINES, 1) == {status: 1}

            for text in pushes().values():
                nacos.push(text)
                until(lambda: killed(service) or nacos.asked > 1, "the push")
                nacos.push(b"quote-max-lines: 1")
                until(lambda: answered(422), "a good push")
                nacos.push(b"quote-max-lines: 80")
                until(lambda: answered(200), "another good push")
            return not killed(service)


@contextmanager
def topics(partitions: int) -> Iterator[tuple[Callable[..., str], Mapping[str, str]]]:
    """Run a Kafka; yield what commands it, and what a consumer of its uploads is told. Its storage is away."""
    with kfake() as brokers:

        def platform(name: str, *arguments: str, told: str | None = None) -> str:
            command = [str(build.platform()), name, "-brokers", brokers, *arguments]
            return subprocess.check_output(command, text=True, input=told)

        platform("topics", f"uploads:{partitions}", "results:1", "dead:1")
        names = {"TOPIC": "uploads", "REPLIES": "results", "DEAD_LETTERS": "dead", "BROKERS": brokers}
        away = {"APP_S3_ENDPOINT": "http://127.0.0.1:1", "APP_S3_UPLOADS": "uploads"}
        yield platform, {**KEYS, **away, **{f"APP_KAFKA_{name}": value for name, value in names.items()}}


def by_batches(engine: Engine, image: str, _: Path) -> bool:
    """Fill a topic with batches that take most memory to be read; what is long or short has to be a dead letter."""
    with topics(2 * DEADLY) as (platform, env):
        for place, shape in enumerate(("large", "packed", "tiny", "tiny")):
            first, end = place * DEADLY // 2, (place + 1) * DEADLY // 2
            platform("flood", "-topic", "uploads", "-partition", str(first), "-until", str(end), shape)
        with container(engine, image, memory="128m", cpus=1, env=env) as service:

            def over() -> bool:
                return int(platform("count", "-topic", "dead")) > MANY

            until(lambda: killed(service) or over(), "the dead letters, and what is packed", 300)
            return not killed(service)


def by_packed(engine: Engine, image: str, _: Path) -> bool:
    """Send batches that are far longer once they are unpacked, and in another partition what is no event."""
    with topics(3) as (platform, env):
        platform("flood", "-topic", "uploads", "-partition", "0", "-until", "2", "packed")
        platform("tell", "-topic", "uploads", "-partition", "2", told='1 {"no":1}\n')
        with container(engine, image, memory="32m", cpus=1, env=env, ready=False) as service:

            def over() -> bool:
                unread = sum(line["msg"] == "cannot read" for line in service.log())
                return unread >= 2 and int(platform("count", "-topic", "dead")) == 1

            until(lambda: killed(service) or over(), "the dead letter, and what is packed")
            return not killed(service)


def by_outage(engine: Engine, image: str, _: Path) -> bool:
    """Tell of uploads in many partitions, each in many words, while the storage is away."""
    with topics(10 * DEADLY) as (platform, env):
        long = '{"bucket":"uploads","key":"tea.txt","words":"%s"}' % ("x" * 60_000)
        platform("tell", "-topic", "uploads", told="".join(f"{number} {long}\n" for number in range(40 * DEADLY)))
        with container(engine, image, memory="32m", cpus=1, env=env, ready=False) as service:

            def patient() -> bool:
                return any(line.get("failures") == PATIENT for line in service.log())

            until(lambda: killed(service) or patient(), "the last try")
            return not killed(service)


def by_a_model(engine: Engine, image: str, folder: Path) -> bool:
    """Install a model that was signed and is far too long, beside a good one."""
    key = subprocess.check_output([program("model"), "key", folder / "key.pem"], text=True).strip()
    data = folder / "data"
    data.mkdir()
    data.chmod(0o777)
    env = {"APP_MODEL_DIR": "/data/models", "APP_MODEL_KEYS": key}
    settings = [*(f"--env={name}={value}" for name, value in env.items()), f"--volume={data}:/data"]

    def install(version: str, discounts: bytes) -> None:
        model = folder / version
        model.mkdir()
        (model / "discounts.json").write_bytes(discounts)
        subprocess.run([program("model"), "sign", folder / "key.pem", version, model], check=True)
        mounted = [*settings, f"--volume={model}:/model:ro", "--network=none"]
        engine.docker("run", "--rm", "--read-only", "--cap-drop=ALL", *mounted, image, "-install-model=/model")

    steps = b'[{"pieces": 10, "percent": 10}]'
    install("v1", steps)
    with container(engine, image, memory="48m", cpus=1, env=env, options=settings[-1:]) as service:
        install("v2", steps.ljust(64 * MIB))
        until(lambda: killed(service) or "there is memory for" in str(service.log()), "the version after")
        if killed(service):
            return False
        priced = service.post(b'{"lines":[{"sku":"tea","quantity":100,"unit_price":10}]}')
        return bool(priced["model"] == "v1" and priced["discount"] == 100)


class Bound(NamedTuple):
    """What fills it, in which service, and what takes it away: a file, a text of it, and what is there instead."""

    attack: Callable[[Engine, str, Path], bool]
    given: Mapping[str, Any]
    file: str
    there: str
    without: str
    edits: Sequence[tuple[str, str, str]] = ()
    """What is in the service that is attacked, with the bound as well."""

    def repository(self, folder: Path) -> Path:
        """Return the service, with the bound."""
        made = rendered(folder, **self.given)
        for file, there, instead in self.edits:
            replace(made / file, (there, instead))
        return made


MEMORY = "internal/memory/memory.go"
EVENTS: Mapping[str, Any] = {"target": "knative", "eventing": "kafka", "scale_on": "lag"}
SITE: Mapping[str, Any] = {"target": "kubeedge", "edge_features": "model", "memory": "48Mi", "cpu": "25m"}
CENTRE = {"config_center": "nacos"}
WIDE = ("internal/httpapi/quotes.go", '`json:"amount"`\n', '`json:"amount"`\n\tMore [6]string\n')
"""Lines of a basket as an owner may have them, with six more words."""
BOUNDS: Mapping[str, Bound] = {
    "connections": Bound(by_requests, {}, "internal/app/app.go", "a.service.ConnState = ", "_ = "),
    "headers": Bound(
        by_requests, {}, "internal/app/app.go", "MaxHeaderBytes = cfg.MaxHeaderBytes", "MaxHeaderBytes = 1 << 20"
    ),
    "bodies": Bound(by_large_requests, {}, MEMORY, "return part(4) / 8 }", "return 1 << 40 }"),
    "in flight": Bound(
        by_requests, {}, MEMORY, "return int(part(8) / (64*1024 + 8*int64(header))) }", "return 1 << 20 }"
    ),
    "values": Bound(
        by_values, {}, "internal/httpapi/body.go", "const valueBytes = 16\n", "const valueBytes = 0\n", [WIDE]
    ),
    "spans": Bound(by_spans, {}, MEMORY, "return int(min(2048, part(1)/2048)) }", "return 1 << 16 }"),
    "push": Bound(by_pushes, CENTRE, MEMORY, "return part(1) / 96 }", "return 1 << 40 }"),
    "model": Bound(by_a_model, SITE, MEMORY, "return part(1) / 8 }", "return 1 << 40 }"),
    "batches": Bound(by_packed, EVENTS, MEMORY, "return int(max(1024*1024, part(1)/8)) }", "return 1 << 30 }"),
    "events": Bound(by_outage, EVENTS, MEMORY, "return part(1) / 2 }", "return 1 << 40 }"),
}
