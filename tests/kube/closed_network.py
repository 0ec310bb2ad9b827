"""A machine that reaches the registry, module proxy, database of sums and git server of its company, and nobody else.

Each name that somebody looks up there is written down, by the only server of names.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.certificates import certificates
from tests.helpers.daemons import debian, process, until
from tests.helpers.snippets import go_caches
from tests.helpers.support import CACHE, ROOT, Run, git, locked, ok, rendered, wrapped
from tests.images import bases, cgroup
from tests.images.engine import (
    buildkit,
    buildkitd_settings,
    docker_by_buildctl,
    registry_command,
    stocked,
)
from tests.kube.machine import ADDRESS, Machine, machine

INTRANET = ROOT / "tests/kube/intranet"
SERVERS = ("harbor.corp.test", "goproxy.corp.test", "sum.corp.test", "git.corp.test")
"""All names that there are."""
PROJECTS = {"docker.io": "dockerhub", "gcr.io": "gcr"}
"""The registry's projects, each for a registry outside."""
MODULE = "git.corp.test/platform/greet"
PASSWORD = "planted-8b1f20c4"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_FLAGS = "-buildvcs=false -modcacherw -trimpath"
"""With them Go knows what it compiled again, wherever the modules lie."""


class ClosedNetwork:
    """The machine, with a home of somebody who has a password for the module proxy and the git server.

    ``builder`` is where BuildKit keeps its state.
    """

    def __init__(self, there: Machine, scratch: Path, builder: Path) -> None:
        self.there, self.scratch, self.home, self.builder = there, scratch, scratch / "home", builder
        own = {
            "HOME": str(self.home),
            "PATH": f"{docker_by_buildctl(scratch / 'bin')}{os.pathsep}{os.environ['PATH']}",
            "BUILDKIT_HOST": f"unix://{scratch}/buildkitd.sock",
            "GOCACHE": go_caches()["GOCACHE"],
            "GOENV": str(scratch / "go.env"),
            "GOFLAGS": _FLAGS,
            "GOMODCACHE": str(scratch / "modules"),
        }
        inherited = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
        self.env: Mapping[str, str] = inherited | own

    def run(self, folder: Path, *command: str | Path) -> Run:
        """Run a command in a folder."""
        there = [*self.there.within, "env", f"--chdir={folder}", *command]
        done = subprocess.run(there, env=self.env, check=False, capture_output=True, text=True)
        return Run(done.returncode, done.stdout, done.stderr)

    def asked(self) -> set[str]:
        """Return each name that was looked up since the last time."""
        record = self.scratch / "asked"
        names = set(record.read_text().split())
        os.truncate(record, 0)
        return names

    @property
    def sumdb(self) -> str:
        """The database of sums, with its key, as GOSUMDB names it."""
        return (self.scratch / "key").read_text()

    @property
    def authority(self) -> Path:
        """The certificate of the company's authority."""
        return self.scratch / "authority.pem"


@contextmanager
def closed_network() -> Iterator[ClosedNetwork]:
    """Start the machine and its servers; end all of it. Skips without root or Debian."""
    debian(*bases.NEEDED, "docker-registry", "iproute2", "runc", "skopeo")
    program, stock = wrapped(INTRANET, "intranet"), stocked()
    _fetch()
    kept = CACHE / f"{buildkit('cmd/buildkitd').parent.name}-closed-network"
    kept.mkdir(exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="closed-"))
    try:
        _prepare(scratch, stock)
        with locked(kept, wait=False) as ours, cgroup.group("closed") as group, machine() as there:
            _settle(there, scratch)
            found = ClosedNetwork(there, scratch, kept if ours else scratch / "buildkit")
            settings = scratch / "buildkitd.toml"
            settings.write_text(buildkitd_settings(found.builder, scratch / "buildkitd.sock", group))
            registry = registry_command(scratch / "registry", scratch, "127.0.0.2:443", scratch / "servers.pem")
            with (
                process([*there.within, *registry], scratch / "registry.log"),
                process([*there.within, program, *_told(scratch)], scratch / "intranet.log"),
                process([*there.within, buildkit("cmd/buildkitd"), "--config", settings], scratch / "buildkitd.log"),
            ):
                until((scratch / "key").exists, "the servers")
                until(lambda: not _buildctl(found, "debug", "workers").code, "buildkitd")
                ok(_buildctl(found, "prune", "--all", "--filter=type!=exec.cachemount"))
                found.asked()
                yield found
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _buildctl(network: ClosedNetwork, *arguments: str) -> Run:
    return network.run(network.scratch, buildkit("cmd/buildctl"), *arguments)


def _told(scratch: Path) -> list[str]:
    downloads = f"{go_caches()['GOMODCACHE']}/cache/download"
    return [
        f"--modules={downloads}",
        f"--repositories={scratch}/repositories",
        f"--secret=ci:{PASSWORD}",
        f"--certificate={scratch}/servers.pem",
        f"--asked={scratch}/asked",
        f"--names={ADDRESS}",
        f"--key={scratch}/key",
    ]


def _fetch() -> None:
    """Have this machine's cache hold the modules of a repository and of its tools: the proxy serves from there."""
    env = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": _FLAGS}
    with tempfile.TemporaryDirectory() as place:
        repository = rendered(Path(place))
        tools = re.findall(r"^(?:GOLANGCI_LINT|CRANE) *:= (.+)$", (repository / "Makefile").read_text(), re.MULTILINE)
        assert len(tools) == 2
        for command in ("go mod tidy -diff", *(f"{tool} version" for tool in tools)):
            done = subprocess.run(command.split(), cwd=repository, env=env, check=False, capture_output=True, text=True)
            assert done.returncode == 0, f"{command}\n{done.stderr}"


def _prepare(scratch: Path, stock: Path) -> None:
    """Write what the servers serve, and what somebody has at home."""
    _certificates(scratch)
    _projects(stock, scratch / "registry")
    _private_module(scratch)
    (scratch / "asked").touch()
    netrc = scratch / "home/.netrc"
    netrc.parent.mkdir()
    netrc.touch(0o600)
    hosts = ("goproxy.corp.test", "git.corp.test")
    netrc.write_text("".join(f"machine {host} login ci password {PASSWORD}\n" for host in hosts))


def _certificates(scratch: Path) -> None:
    """Write an authority, a certificate of its for all servers, and what a machine trusts that knows it."""
    certificates(scratch, [f"DNS:{name}" for name in SERVERS])
    (scratch / "trusted.crt").write_bytes(_CERTIFICATES.read_bytes() + (scratch / "authority.pem").read_bytes())


def _projects(stock: Path, storage: Path) -> None:
    """Give each stand-in's repository to the project of its registry; the blobs are those of the stock."""
    below = "docker/registry/v2"
    shutil.copytree(stock / below / "blobs", storage / below / "blobs")
    for host, project in PROJECTS.items():
        shutil.copytree(stock / below / "repositories" / host, storage / below / "repositories" / project)


def _private_module(scratch: Path) -> None:
    """Make the repository of a module that nobody else has, with a version."""
    bare, work = scratch / "repositories/platform/greet.git", scratch / "greet"
    work.mkdir()
    git(work, "init", "--quiet", "--initial-branch=main")
    (work / "go.mod").write_text(f"module {MODULE}\n\ngo 1.26\n")
    (work / "greet.go").write_text(
        '// Package greet is private.\npackage greet\n\n// Word greets.\nconst Word = "hello"\n'
    )
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message=Greet")
    git(work, "tag", "v1.0.0")
    git(work, "clone", "--quiet", "--bare", str(work), str(bare))


def _settle(there: Machine, scratch: Path) -> None:
    """Have every program of the machine ask our server of names, and trust the authority."""
    there.run("ip", "route", "del", "default")
    files = {
        "/etc/resolv.conf": f"nameserver {ADDRESS}\n",
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
        "/etc/hosts": f"127.0.0.1 localhost {socket.gethostname()}\n",
    }
    for place, text in files.items():
        mine = scratch / Path(place).name
        mine.write_text(text)
        there.run("mount", "--bind", mine, place)
    there.run("mount", "--bind", scratch / "trusted.crt", _CERTIFICATES)
