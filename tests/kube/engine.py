"""A real control plane on 127.0.0.1: Debian's etcd, and Kubernetes' own programs, which build themselves.

There is no node and no kubelet: objects are admitted, defaulted, validated and stored, and pods are
bound to nodes that are only objects.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from docs.demo import free_ports

from tests.centres.authority import Authority
from tests.helpers.daemons import debian, process, until
from tests.helpers.support import Run, missing, need, ok, pip_tool
from tests.kube.build import kubernetes

Document = dict[str, Any]
TOKEN = "only-on-this-machine"
PATIENCE = 30
"""Seconds for one request; kubectl itself would wait for ever."""
AUDITED: Document = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata", "userGroups": ["system:serviceaccounts"]}, {"level": "None"}],
}
"""Which requests are written down: those of service accounts, without what they carry."""
TIMES: dict[str, float] = {}
"""Seconds that each part took, printed at the end."""
SAID: list[str] = []
"""What else was measured, a line each."""


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Add to the time of something."""
    began = time.monotonic()
    try:
        yield
    finally:
        TIMES[what] = TIMES.get(what, 0) + time.monotonic() - began


class Daemon(NamedTuple):
    """A program of the control plane."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class ControlPlane:
    """A running etcd and API server, and what is started beside them."""

    def __init__(self, scratch: Path, within: Sequence[str | Path] = ()) -> None:
        self.scratch, self.within = scratch, within
        self.daemons: list[Daemon] = []

    @property
    def kubeconfig(self) -> Path:
        """The file that says where the API server is, and who we are."""
        return self.scratch / "kubeconfig"

    @property
    def audit_log(self) -> Path:
        """The file with a line for each request of a service account."""
        return self.scratch / "audit.log"

    def requests(self, user: str) -> list[Document]:
        """Return what a service account asked for, and what came of it."""
        events = [json.loads(line) for line in self.audit_log.read_text().splitlines()]
        return [each for each in events if each["user"]["username"] == user]

    @contextmanager
    def daemon(self, name: str, *command: str | Path) -> Iterator[Daemon]:
        """Run a program; from now on its end is everybody's failure."""
        log = self.scratch / f"{name}.log"
        with process([*self.within, *command], log) as started:
            running = Daemon(name, started, log)
            self.daemons.append(running)
            try:
                yield running
            finally:
                self.daemons.remove(running)

    def alive(self) -> None:
        """Fail where a program has ended: what is read without it would say nothing."""
        for each in self.daemons:
            code = each.process.poll()
            assert code is None, f"{each.name} has ended with {code}:\n{each.log.read_text()[-3000:]}"

    def until(self, ready: Callable[[], object], what: str, seconds: float = 120) -> None:
        """Wait until something is ready, as long as every program runs."""

        def checked() -> object:
            self.alive()
            return ready()

        until(checked, what, seconds)

    def kubectl(self, *arguments: str | Path, given: str = "") -> Run:
        """Run kubectl, with ``given`` as its input."""
        self.alive()
        command = [
            *self.within,
            pip_tool("kubectl"),
            f"--kubeconfig={self.kubeconfig}",
            f"--cache-dir={self.scratch}/cache",
            f"--request-timeout={PATIENCE}s",
            *arguments,
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True, input=given, timeout=20 * PATIENCE)
        self.alive()
        return Run(done.returncode, done.stdout, done.stderr)

    def get(self, *arguments: str) -> list[Document]:
        """Return the objects that kubectl lists."""
        listed = json.loads(ok(self.kubectl("get", "--output=json", *arguments), arguments))
        return list(listed["items"])

    def create(self, text: str) -> None:
        """Apply manifests for real; a warning is a failure."""
        ok(self.kubectl("apply", "--validate=strict", "--warnings-as-errors", "-f", "-", given=text), "kubectl apply")

    def objections(self, text: str, count: int) -> str:
        """Return what the server says against ``count`` manifests, to which it comes as it would when applying them."""
        strict = ("--dry-run=server", "--validate=strict", "--warnings-as-errors")
        done = self.kubectl("apply", *strict, "-f", "-", given=text)
        if done.code == 0 and not done.err:
            accepted = done.out.splitlines()
            assert len(accepted) == count, f"{len(accepted)} of {count} were looked at"
            assert all(line.endswith(" (server dry run)") for line in accepted), done.out
            return ""
        assert done.err, f"kubectl ended with {done.code} and says nothing"
        return done.err


def joined(parts: Sequence[str | Document]) -> str:
    """Return one text of many manifests: as text, which stays as it is, or as objects."""
    return "\n---\n".join(part if isinstance(part, str) else json.dumps(part) for part in parts)


def etcd_program() -> str:
    """Return etcd, installed where it can be."""
    if shutil.which("etcd") is None:
        if os.geteuid() != 0:
            missing("etcd, which only root could install,")
        debian("etcd-server")
    return "etcd"


def _etcd(plane: ControlPlane, client: int, peer: int) -> list[str | Path]:
    own, others = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
    return [
        etcd_program(),
        f"--data-dir={plane.scratch}/etcd",
        *(f"--listen-client-urls={own}", f"--advertise-client-urls={own}"),
        *(f"--listen-peer-urls={others}", f"--initial-advertise-peer-urls={others}"),
        f"--initial-cluster=default={others}",
        "--unsafe-no-fsync",
        "--log-level=error",
    ]


def _api_server(plane: ControlPlane, etcd: int, port: int) -> list[str | Path]:
    scratch = plane.scratch
    return [
        kubernetes("kube-apiserver"),
        f"--etcd-servers=http://127.0.0.1:{etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={scratch}/certificates",
        # Else it looks for a default route, which not every machine has.
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        # Nobody resolves the name of a node here.
        "--kubelet-preferred-address-types=InternalIP",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--service-account-issuer=https://localhost",
        f"--service-account-key-file={scratch}/accounts.pub",
        f"--service-account-signing-key-file={scratch}/accounts.key",
        f"--token-auth-file={scratch}/tokens.csv",
        "--authorization-mode=RBAC",
        f"--audit-policy-file={scratch}/audit.json",
        f"--audit-log-path={plane.audit_log}",
        # As most clusters, so that it is Pod Security that refuses a privileged pod.
        "--allow-privileged=true",
        "--profiling=false",
        # Nodes that are only objects have nobody who would take this plugin's taint away.
        "--disable-admission-plugins=TaintNodesByCondition",
        # By what a server behind it, such as metrics-server, knows who asks.
        f"--requestheader-client-ca-file={scratch}/front/ca.crt",
        f"--proxy-client-cert-file={scratch}/front/server.crt",
        f"--proxy-client-key-file={scratch}/front/server.key",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    ]


def _secrets(plane: ControlPlane, port: int) -> None:
    need("openssl")
    key = plane.scratch / "accounts.key"
    for arguments in (("genrsa", "-out", key, "2048"), ("rsa", "-in", key, "-pubout", "-out", key.with_suffix(".pub"))):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)
    (plane.scratch / "front").mkdir()
    Authority(plane.scratch / "front").server()
    (plane.scratch / "tokens.csv").write_text(f"{TOKEN},admin,admin,system:masters\n")
    (plane.scratch / "audit.json").write_text(json.dumps(AUDITED))
    cluster = {
        "server": f"https://127.0.0.1:{port}",
        "certificate-authority": f"{plane.scratch}/certificates/apiserver.crt",
    }
    settings = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "own", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": TOKEN}}],
        "contexts": [{"name": "own", "context": {"cluster": "own", "user": "admin"}}],
        "current-context": "own",
    }
    plane.kubeconfig.write_text(json.dumps(settings))


@contextmanager
def control_plane(within: Sequence[str | Path] = ()) -> Iterator[ControlPlane]:
    """Start etcd and the API server, ``within`` before each command; stop them and drop their state at the end."""
    etcd_program()
    kubernetes("kube-apiserver")
    scratch = Path(tempfile.mkdtemp(prefix="kube-"))
    client, peer, port = free_ports(3)
    plane = ControlPlane(scratch, within)
    _secrets(plane, port)
    try:
        began = time.monotonic()
        with (
            plane.daemon("etcd", *_etcd(plane, client, peer)),
            plane.daemon("kube-apiserver", *_api_server(plane, client, port)),
        ):
            plane.until(lambda: plane.kubectl("get", "--raw=/readyz").code == 0, "kube-apiserver")
            TIMES.setdefault("start of etcd and the API server", time.monotonic() - began)
            yield plane
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
