"""Programs that listen: Debian's are installed, each is waited for, and is stopped by its pid."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.support import missing, need

WAIT = 300
"""Seconds until what was started must answer; a hang would be the only other way out."""


def debian(*packages: str) -> None:
    """Install Debian packages that are not there yet; skip where that cannot be done."""
    if os.geteuid() != 0:
        missing("root, which the real engines need,")
    need("dpkg-query", "apt-get")
    installed = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *packages],
        check=False,
        capture_output=True,
        text=True,
    )
    have = {line.split()[0] for line in installed.stdout.splitlines() if line.endswith(" installed")}
    lacking = sorted(set(packages) - have)
    if not lacking:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # Another process may be installing: its lock is waited for.
    wait = ("-o", "DPkg::Lock::Timeout=600")
    command = ["apt-get", *wait, "install", "-y", "-qq", "--no-install-recommends", *lacking]
    for prepare in ((), ("apt-get", "update", "-qq")):
        if prepare:
            subprocess.run(prepare, check=False, capture_output=True)
        if subprocess.run(command, check=False, capture_output=True, env=environment).returncode == 0:
            return
    missing(", ".join(lacking))


def until(ready: Callable[[], object], what: str, seconds: float = WAIT) -> None:
    """Wait until something is ready. What takes long is asked more rarely: to ask may cost what it waits for."""
    began = time.monotonic()
    while not ready():
        waited = time.monotonic() - began
        assert waited < seconds, f"{what} is not ready after {seconds} s"
        time.sleep(min(max(0.1, waited / 20), 1))


def answers(address: str) -> bool:
    """Say whether an address answers with 2xx."""
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except (OSError, urllib.error.HTTPError):
        return False


def listens(port: int) -> bool:
    """Say whether somebody listens on a port of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


@contextmanager
def process(command: Sequence[str | Path], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a daemon, and stop it at the end, whatever ends us: the kernel sends SIGTERM where we are killed."""
    with (
        log.open("wb") as out,
        subprocess.Popen(["setpriv", "--pdeathsig=TERM", *command], stdout=out, stderr=out) as started,
    ):
        try:
            yield started
        finally:
            started.terminate()
            try:
                started.wait(WAIT)
            except subprocess.TimeoutExpired:
                started.kill()


@contextmanager
def daemon(
    command: Sequence[str | Path], log: Path, ready: Callable[[], object], what: str, seconds: float = WAIT
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a daemon until the end of the context, which begins once it is ready; one that ends before is a failure."""
    with process(command, log) as started:
        until(lambda: ready() or started.poll() is not None, what, seconds)
        assert started.poll() is None, log.read_text()[-3000:]
        yield started
