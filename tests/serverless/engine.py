"""Kafka and an S3 API, each a context manager: on 127.0.0.1, stopped by its pid, its state dropped at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from tests.centres.line import steady_port
from tests.helpers.daemons import daemon, listens
from tests.serverless import build

JAVA = (
    "java",
    "-Xmx512m",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)
KEYS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "secret-of-tester"}


@contextmanager
def kafka() -> Iterator[str]:
    """Run a Kafka of one node and yield its address."""
    path = f"{build.kafka()}/*"
    port, controller = steady_port(), steady_port()
    with tempfile.TemporaryDirectory(prefix="kafka-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        settings = folder / "server.properties"
        settings.write_text(
            f"""\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
log.dirs={folder}/logs
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""
        )
        java = [*JAVA, "-cp", path]
        storage = [*java, "kafka.tools.StorageTool", "format", "--standalone", "-t", "MkU3OEVBNTcwNTJENDM2Qk"]
        formatted = subprocess.run([*storage, "-c", str(settings)], check=False, capture_output=True, text=True)
        assert formatted.returncode == 0, formatted.stdout + formatted.stderr
        with daemon([*java, "kafka.Kafka", settings], folder / "kafka.log", lambda: listens(port), "Kafka", 120):
            yield f"127.0.0.1:{port}"


@contextmanager
def kfake() -> Iterator[str]:
    """Run what speaks Kafka's protocol and keeps all in memory, and yield its address."""
    port = steady_port()
    with tempfile.TemporaryDirectory(prefix="kfake-") as folder:
        command: list[str | Path] = [build.platform(), "broker", "-port", str(port)]
        with daemon(command, Path(folder) / "kfake.log", lambda: listens(port), "kfake"):
            yield f"127.0.0.1:{port}"


class Storage:
    """An S3 API over a folder, with a bucket of uploads and one of results."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port, self._running = folder, steady_port(), ExitStack()
        for bucket in ("uploads", "results"):
            (folder / "buckets" / bucket).mkdir(parents=True)

    @property
    def url(self) -> str:
        """Where it answers, the same for ever."""
        return f"http://127.0.0.1:{self._port}"

    def put(self, key: str, content: bytes) -> None:
        """Upload an object."""
        path = self._folder / "buckets/uploads" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def obstruct(self, name: str) -> None:
        """Let nothing be written below a name of the results' bucket, until that is cleared."""
        path = self._folder / "buckets/results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"in the way")

    def clear(self, name: str) -> None:
        """Take away what obstructs."""
        (self._folder / "buckets/results" / name).unlink()

    def results(self) -> dict[str, bytes]:
        """Return the objects of the results' bucket."""
        bucket = self._folder / "buckets/results"
        found = (path for path in bucket.rglob("*") if path.is_file() and ".sgwtmp" not in path.parts)
        return {path.relative_to(bucket).as_posix(): path.read_bytes() for path in found}

    def start(self) -> None:
        """Start it, with what it held."""
        command: list[str | Path] = [
            build.storage(),
            "--port",
            f"127.0.0.1:{self._port}",
            "--quiet",
            "posix",
            self._folder / "buckets",
        ]
        names = {"ROOT_ACCESS_KEY": KEYS["AWS_ACCESS_KEY_ID"], "ROOT_SECRET_KEY": KEYS["AWS_SECRET_ACCESS_KEY"]}
        variables = [f"{name}={value}" for name, value in names.items()]
        command = ["env", *variables, *command]
        log = self._folder / "storage.log"
        self.server = self._running.enter_context(daemon(command, log, lambda: listens(self._port), "the storage"))

    def stop(self) -> None:
        """End it; connections are refused."""
        self._running.close()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """A while in which it accepts connections and answers nothing."""
        self.server.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.server.send_signal(signal.SIGCONT)

    @contextmanager
    def outage(self) -> Iterator[None]:
        """A while without it."""
        self.stop()
        try:
            yield
        finally:
            self.start()


@contextmanager
def storage() -> Iterator[Storage]:
    """Run an S3 API."""
    build.storage()
    with tempfile.TemporaryDirectory(prefix="storage-", ignore_cleanup_errors=True) as folder:
        running = Storage(Path(folder))
        running.start()
        try:
            yield running
        finally:
            running.stop()


class Daemon:
    """A process that can be killed and started again."""

    def __init__(self, command: Sequence[str | Path], log: Path) -> None:
        self._command, self.log = ["setpriv", "--pdeathsig=KILL", *map(str, command)], log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, without waiting until it answers."""
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(self._command, stdout=out, stderr=out, env={**os.environ, **KEYS})

    def ended(self) -> bool:
        """Say whether it has ended by itself."""
        assert self._process
        return self._process.poll() is not None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self._process
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait for its end and return the exit code."""
        assert self._process
        return self._process.wait(60)

    def kill(self) -> None:
        """Send SIGKILL."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
