"""What the owner of a repository does for Vault: as its page says, and against a real OpenBao."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.helpers.daemons import until
from tests.helpers.service import Service, logged
from tests.helpers.support import ok
from tests.judges.subject import rendered_by
from tests.kube.engine import ControlPlane
from tests.secrets.openbao import OpenBao, program

OVERLAY = "deploy/overlays/prod/vault/kustomization.yaml"
SHOWN = ("environ", "cmdline")
"""What others see of a process."""


def page(repository: Path, first: str) -> list[str]:
    """Return the lines of the page for Vault that stand together with a first one."""
    text = (repository / "docs/vault.md").read_text()
    (found,) = re.findall(rf"^    ({re.escape(first)}.*(?:\n    .*)*)", text, re.MULTILINE)
    return [line.removeprefix("    ") for line in f"    {found}".splitlines()]


def annotate(repository: Path, first: str) -> None:
    """Put lines of the page below the role in production's overlay."""
    with (repository / OVERLAY).open("a") as overlay:
        overlay.writelines(f"{' ' * 14}{line}\n" for line in page(repository, first))


def of_the_pod(repository: Path) -> dict[str, str]:
    """Return what production's pod says to the injector."""
    every = yaml.safe_load_all(rendered_by(repository)["prod"])
    (said,) = (each["spec"]["template"]["metadata"]["annotations"] for each in every if each["kind"] == "Deployment")
    return dict(said)


def know(server: OpenBao, plane: ControlPlane, repository: Path) -> None:
    """Have OpenBao ask the API server who is who, and know the service as the page says."""
    reviewer = ok(plane.kubectl("create", "token", "vault", "--duration=1h")).strip()
    server.run("secrets", "enable", "-path=secret", "-version=2", "kv")
    server.run("auth", "enable", "kubernetes")
    host = re.search(r'"server": "([^"]+)"', plane.kubeconfig.read_text())
    assert host is not None
    certificate = f"kubernetes_ca_cert=@{plane.scratch}/certificates/apiserver.crt"
    settings = ("auth/kubernetes/config", f"kubernetes_host={host[1]}", certificate)
    server.run("write", *settings, "token_reviewer_jwt=-", given=reviewer)
    for command in page(repository, "echo 'path \"secret/"):
        told(server, command, server.scratch)


def told(server: OpenBao, command: str, folder: Path) -> None:
    """Run a command as the page has it, where OpenBao's is called by the name of Vault's."""
    names = server.scratch / "bin"
    names.mkdir(exist_ok=True)
    if not (names / "vault").exists():
        (names / "vault").symlink_to(program())
    path = {"PATH": f"{names}:{os.environ['PATH']}"}
    subprocess.run(
        ["/bin/sh", "-c", command], cwd=folder, env={**server.variables(), **path}, check=True, capture_output=True
    )


def account_token(plane: ControlPlane, account: str, audience: str) -> str:
    """Return a token as the kubelet mounts it."""
    arguments = ("-n", "orders", "create", "token", account, f"--audience={audience}")
    return ok(plane.kubectl(*arguments)).strip()


@contextmanager
def running(binary: Path, folder: Path, log: Path, *flags: str) -> Iterator[Service]:
    """Run a service with the secrets of a folder until the end of the context; it could leave a core."""
    with logged(["prlimit", "--core=unlimited", binary], log, f"-secret-files={folder}", *flags) as started:
        yield started


def seen(*processes: subprocess.Popen[bytes]) -> dict[str, str]:
    """Return what others see of processes, by its place."""
    places = [Path(f"/proc/{each.pid}/{name}") for each in processes for name in SHOWN]
    return {str(path): path.read_text() for path in places}


def waits(log: Path, words: str) -> None:
    """Wait until a log has some words once more."""
    before = log.read_text().count(words)
    until(lambda: log.read_text().count(words) > before, words)
