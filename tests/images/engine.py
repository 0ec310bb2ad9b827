"""The real things, which install themselves: a registry, BuildKit, and Docker's engine to run what it builds.

Everything listens on 127.0.0.1 or on a socket in a scratch folder, and is stopped by its pid. One
engine serves all tests of a session: its cache makes the second variant of a service cheap. What
compilers keep in cache mounts outlives the session, as a developer's does; no layer does.
"""

from __future__ import annotations

import functools
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from docs.demo import free_ports

from tests.helpers.daemons import answers, debian, process, until
from tests.helpers.support import BUILDKIT, CACHE, download, locked, wrapped
from tests.images import bases, cgroup
from tests.images.archive import Image

DEBIAN = (*bases.NEEDED, "docker-registry", "docker.io", "runc", "skopeo", "wrk")
DOCKER = "/usr/bin/docker"
"""Debian's, which knows how to talk to Debian's engine; a newer one may come first on the PATH."""


def buildkit(package: str) -> Path:
    """Return a program of BuildKit's."""
    return wrapped(BUILDKIT, f"github.com/moby/buildkit/{package}")


def docker_by_buildctl(folder: Path) -> Path:
    """Write a program `docker` that builds as buildx does; return its folder, which is to come first on the PATH."""
    folder.mkdir()
    program = folder / "docker"
    shim = Path(__file__).with_name("buildx.py")
    program.write_text(f'#!/bin/sh\nBUILDCTL={buildkit("cmd/buildctl")} exec {sys.executable} {shim} "$@"\n')
    program.chmod(0o755)
    return folder


class Modules(SimpleHTTPRequestHandler):
    """This machine's cache of Go modules, as the proxy that it is a copy of."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def module_proxy() -> Iterator[str]:
    """Serve the module cache, so that no build needs a network."""
    cache = subprocess.run(["go", "env", "GOMODCACHE"], check=True, capture_output=True, text=True).stdout.strip()
    handler = functools.partial(Modules, directory=f"{cache}/cache/download")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def registry_command(storage: Path, scratch: Path, address: str, certificate: Path | None = None) -> list[str | Path]:
    """Return the command that serves a folder as a registry; its settings are written to the scratch folder.

    With a certificate, beside which its key lies, it speaks TLS.
    """
    settings = scratch / "registry.json"
    tls = {"tls": {"certificate": str(certificate), "key": f"{certificate}.key"}} if certificate else {}
    settings.write_text(
        json.dumps(
            {
                "version": 0.1,
                "log": {"accesslog": {"disabled": True}},
                "storage": {"filesystem": {"rootdirectory": str(storage)}, "delete": {"enabled": True}},
                "http": {"addr": address, **tls},
            }
        )
    )
    return ["docker-registry", "serve", settings]


@contextmanager
def running_registry(storage: Path, scratch: Path) -> Iterator[str]:
    """Run a registry over a folder and return its host and port."""
    address = f"127.0.0.1:{free_ports(1)[0]}"
    with process(registry_command(storage, scratch, address), scratch / "registry.log"):
        until(lambda: answers(f"http://{address}/v2/"), "the registry")
        yield address


def under_registry(name: str) -> str:
    """Return where a mirror with a path for each registry keeps an image."""
    host, slash, rest = name.partition("/")
    if slash and ("." in host or ":" in host):
        return name
    return f"docker.io/{name}" if slash else f"docker.io/library/{host}{rest}"


def push_layout(layout: Path, to: str) -> None:
    """Push an OCI layout to a registry on 127.0.0.1, its digests as they are."""
    command = ["skopeo", "copy", "-q", "--all", "--preserve-digests", "--dest-tls-verify=false"]
    done = subprocess.run([*command, f"oci:{layout}:latest", f"docker://{to}"], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def stocked() -> Path:
    """Return a registry's folder with all stand-ins in it, made once for each state of them."""
    frontend = buildkit("frontend/dockerfile/cmd/dockerfile-frontend")
    folder = CACHE / f"registry-{bases.state()}-{hashlib.sha256(frontend.read_bytes()).hexdigest()[:16]}"
    if folder.exists():
        return folder
    goroot = subprocess.run(["go", "env", "GOROOT"], check=True, capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory(dir=CACHE) as place:
        scratch, storage = Path(place), Path(place) / "storage"
        with running_registry(storage, scratch) as address:
            for number, (name, image) in enumerate(bases.standins(frontend, Path(goroot)).items()):
                push_layout(bases.layout(image, scratch / str(number)), f"{address}/{under_registry(name)}")
        storage.replace(folder)
    return folder


class Build(NamedTuple):
    """An image that was built, and what it cost."""

    archive: Path
    cpu: float
    """Seconds of processors, BuildKit's own and those of each step."""
    log: str

    @property
    def image(self) -> Image:
        """What is in the archive."""
        return Image(self.archive)


class Engine:
    """A running BuildKit and Docker engine, with a registry of stand-ins behind every name."""

    def __init__(self, scratch: Path, state: Path, address: str, proxy: str, group: cgroup.Group) -> None:
        self.scratch, self.state, self.registry, self.proxy, self.cgroup = scratch, state, address, proxy, group
        self._number = 0

    def buildctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run BuildKit's client."""
        command: list[str | Path] = [
            buildkit("cmd/buildctl"),
            "--addr",
            f"unix://{self.scratch}/buildkitd.sock",
            *arguments,
        ]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    def build(
        self,
        folder: Path,
        *options: str,
        dockerfile: Path | None = None,
        kind: str = "docker",
        epoch: int | None = None,
        arguments: Mapping[str, str] | None = None,
    ) -> Build:
        """Build the Dockerfile in ``folder``, or that in the folder ``dockerfile``, as it is.

        The modules that it needs are fetched into this machine's cache first: the builds' proxy serves from there.
        ``kind`` is that of the archive: docker for the engine, oci where there is more than one platform or an
        attestation. ``epoch`` is SOURCE_DATE_EPOCH. Raises AssertionError with BuildKit's log where it fails.
        """
        if (folder / "go.mod").exists():
            download(folder)
        self._number += 1
        archive = self.scratch / f"image-{self._number}.tar"
        given = {"GOPROXY": self.proxy, "GOSUMDB": "off", **(arguments or {})}
        if epoch is not None:
            given["SOURCE_DATE_EPOCH"] = str(epoch)
        rewritten = "" if epoch is None else ",rewrite-timestamp=true"
        before = self.cgroup.cpu()
        done = self.buildctl(
            "build",
            "--progress=plain",
            "--frontend=dockerfile.v0",
            f"--local=context={folder}",
            f"--local=dockerfile={dockerfile or folder}",
            *(f"--opt=build-arg:{name}={value}" for name, value in given.items()),
            *options,
            f"--output=type={kind},dest={archive}{rewritten}",
        )
        assert done.returncode == 0, done.stderr[-6000:]
        return Build(archive, self.cgroup.cpu() - before, done.stderr)

    def context(self, folder: Path) -> dict[str, bytes]:
        """Return what of a folder reaches the builder, by the path within it."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as place:
            (Path(place) / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
            return self.build(folder, dockerfile=Path(place)).image.layers()[0].files()

    def forget(self, *filters: str) -> None:
        """Drop what BuildKit keeps: all of it, that of the cache mounts too, or what ``filters`` describe."""
        done = self.buildctl("prune", "--all", *(f"--filter={each}" for each in filters))
        assert done.returncode == 0, done.stderr

    def docker(self, *arguments: str) -> str:
        """Run Docker's client and return what it printed."""
        done = subprocess.run(
            [DOCKER, f"--host=unix://{self.scratch}/docker.sock", *arguments],
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stderr}"
        return done.stdout.strip()

    def load(self, build: Build) -> str:
        """Give an image to the engine and return its id."""
        return self.docker("load", "--quiet", "--input", str(build.archive)).rpartition(" ")[2]


def _buildkitd_settings(engine: Engine) -> str:
    hosts = sorted({under_registry(name).partition("/")[0] for name in bases.names()})
    mirrors = "".join(f'[registry."{host}"]\n  mirrors = ["{engine.registry}/{host}"]\n' for host in hosts)
    own = f'[registry."{engine.registry}"]\n  http = true\n'
    return buildkitd_settings(engine.state, engine.scratch / "buildkitd.sock", engine.cgroup) + mirrors + own


def buildkitd_settings(state: Path, socket: Path, group: cgroup.Group) -> str:
    """Return settings of a BuildKit whose steps have the daemon's own network."""
    return f"""
root = "{state}"
[grpc]
  address = ["unix://{socket}"]
[worker.oci]
  enabled = true
  snapshotter = "overlayfs"
  networkMode = "host"
  binary = "/usr/sbin/runc"
  defaultCgroupParent = "{group.name}"
  gc = false
[worker.containerd]
  enabled = false
"""


@contextmanager
def _buildkitd(engine: Engine) -> Iterator[None]:
    settings = engine.scratch / "buildkitd.toml"
    settings.write_text(_buildkitd_settings(engine))
    command: list[str | Path] = ["env", f"TMPDIR={engine.scratch}", buildkit("cmd/buildkitd"), "--config", settings]
    with process(command, engine.scratch / "buildkitd.log") as daemon:
        engine.cgroup.take(daemon.pid)
        until(lambda: engine.buildctl("debug", "workers").returncode == 0, "buildkitd")
        engine.forget("type!=exec.cachemount")
        yield


@contextmanager
def _dockerd(engine: Engine) -> Iterator[None]:
    scratch = engine.scratch
    command = [
        "dockerd",
        f"--data-root={scratch}/docker",
        f"--exec-root={scratch}/docker-exec",
        f"--pidfile={scratch}/docker.pid",
        f"--host=unix://{scratch}/docker.sock",
        "--storage-driver=overlay2",
        # Its containers use this machine's loopback; no interface and no rule is touched.
        *("--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"),
    ]
    with process(command, scratch / "dockerd.log"):
        until(lambda: _reachable(engine), "dockerd")
        yield


def _reachable(engine: Engine) -> bool:
    try:
        return bool(engine.docker("info"))
    except AssertionError:
        return False


@contextmanager
def engine(*, afresh: bool = False) -> Iterator[Engine]:
    """Install and start everything; stop it and drop its state at the end. Skips without root or Debian.

    The cache mounts are those of the engine before, unless it has to start ``afresh`` or another engine runs.
    """
    debian(*DEBIAN)
    kept = CACHE / f"{buildkit('cmd/buildkitd').parent.name}-state"
    kept.mkdir(exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="images-"))
    try:
        with (
            locked(kept, wait=False) as ours,
            cgroup.group("engine") as group,
            running_registry(stocked(), scratch) as address,
            module_proxy() as proxy,
        ):
            state = kept if ours and not afresh else scratch / "buildkit"
            running = Engine(scratch, state, address, proxy, group)
            with _buildkitd(running), _dockerd(running):
                yield running
    finally:
        # The engine may leave its containers' network mounted, which nobody can remove.
        subprocess.run(["umount", "--quiet", scratch / "docker-exec/netns/default"], check=False, capture_output=True)
        shutil.rmtree(scratch, ignore_errors=True)
