"""A container that runs as the manifests would have it run: limits, no rights, nothing writable."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from docs.demo import free_ports

from tests.helpers.daemons import answers, until
from tests.images.engine import Engine

LOCKED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--pids-limit=100", "--network=host")
"""What a pod under the Pod Security Standard `restricted` gets; Docker adds its default seccomp profile."""
SIGKILLED = 128 + 9
"""Nobody but the kernel, for want of memory, sends it to a container that holds."""
BASKET = b'{"lines":[{"sku":"tea","quantity":2,"unit_price":350}]}'
TOTAL = 700
GRACE = 33
"""Seconds, the manifests' terminationGracePeriodSeconds: they also cover the preStop hook, which is theirs alone."""


class Container:
    """A container of the service, its listeners on 127.0.0.1."""

    def __init__(self, engine: Engine, name: str, ports: tuple[int, int]) -> None:
        self._engine, self.name = engine, name
        self.address, self.admin = (f"127.0.0.1:{port}" for port in ports)

    def state(self) -> dict[str, Any]:
        """Return what the engine knows of its process: Running, ExitCode, OOMKilled, Health, Pid."""
        return dict(json.loads(self._engine.docker("inspect", "--format={{json .State}}", self.name)))

    @property
    def pid(self) -> int:
        """The service's process, as this machine sees it."""
        return int(self.state()["Pid"])

    def status(self) -> dict[str, str]:
        """Return what the kernel says of the process (proc(5), /proc/pid/status)."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def log(self) -> list[dict[str, Any]]:
        """Return the lines that the service logged."""
        return [json.loads(line) for line in self._engine.docker("logs", self.name).splitlines()]

    def until_ready(self) -> None:
        """Wait until it takes requests."""
        until(lambda: answers(f"http://{self.admin}/readyz") or self._ended(), self.name)
        assert not self._ended(), self.log()

    def _ended(self) -> bool:
        return not self.state()["Running"]

    def wait(self) -> int:
        """Wait for the end and return the exit code."""
        return int(self._engine.docker("wait", self.name))

    def post(self, body: bytes = BASKET) -> Any:
        """Ask for a quote."""
        return post(self.address, body)

    def stop(self) -> int:
        """Send SIGTERM, and SIGKILL at the end of the grace period; return the exit code."""
        self._engine.docker("stop", f"--time={GRACE}", self.name)
        return int(self.state()["ExitCode"])


def post(address: str, body: bytes = BASKET) -> Any:
    """Ask a service at an address for a quote."""
    request = urllib.request.Request(f"http://{address}/v1/quotes", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@contextmanager
def container(
    engine: Engine,
    image: str,
    *,
    memory: str = "128m",
    cpus: float = 0.5,
    env: Mapping[str, str] | None = None,
    ready: bool = True,
    options: Sequence[str] = (),
) -> Iterator[Container]:
    """Run an image, wait until it serves, and remove it at the end. ``options`` are Docker's, such as a volume."""
    ports = free_ports(2)
    settings = {
        "APP_ADDR": f"127.0.0.1:{ports[0]}",
        "APP_ADMIN_ADDR": f"127.0.0.1:{ports[1]}",
        "APP_PPROF_ADDR": "",
        **(env or {}),
    }
    name = f"orders-{ports[0]}"
    engine.docker(
        "run",
        "--detach",
        f"--name={name}",
        *LOCKED,
        f"--memory={memory}",
        f"--memory-swap={memory}",
        # As --cpus, which refuses more than the machine has.
        "--cpu-period=100000",
        f"--cpu-quota={round(100_000 * cpus)}",
        *(f"--env={key}={value}" for key, value in settings.items()),
        *options,
        image,
    )
    try:
        running = Container(engine, name, (ports[0], ports[1]))
        if ready:
            running.until_ready()
        yield running
    finally:
        engine.docker("rm", "--force", name)


def able_to_hold(repository: Path) -> Path:
    """Add what lets a test build of the service hold memory; it is never shipped."""
    shutil.copy(Path(__file__).with_name("hold") / "hold.go", repository / "cmd/server")
    return repository


def survives(engine: Engine, image: str, memory: str, **env: str) -> bool:
    """Hold five eighths of the limit and make a GiB of garbage: say whether the service is still there afterwards.

    A thirteenth more lies beside Go's heap, where Go does not count it. ``image`` is built from a repository
    that is able to hold; ``memory`` is in MiB, as in 128m.
    """
    limit = int(memory.removesuffix("m"))
    holding = {"HOLD_MIB": str(limit * 5 // 8), "HOLD_BESIDE_MIB": str(limit * 5 // 64)}
    with container(engine, image, memory=memory, cpus=1, env={**holding, **env}) as service:
        engine.docker("kill", "--signal=USR1", service.name)
        until(lambda: not service.state()["Running"] or service.log()[-1]["msg"] == "held", "the work", 300)
        state = service.state()
        if state["Running"]:
            assert service.post()["total"] == TOTAL
            return True
        assert state["ExitCode"] == SIGKILLED, service.log()
        return False
