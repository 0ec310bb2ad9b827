"""A real OpenBao, its agent as the annotations of an overlay have it, and a service that is asked all the while."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from docs.demo import free_ports, until_ready

from tests.helpers.daemons import process, until
from tests.helpers.secret_file import KEY, PATH, add_secret, fingerprint
from tests.helpers.support import go, need, ok, rendered
from tests.judges.subject import rendered_by
from tests.kube.engine import SAID, ControlPlane, control_plane
from tests.secrets.openbao import VAULT, OpenBao, agent, agent_settings, openbao, program
from tests.test_secret_files import asked, load

OVERLAY = "deploy/overlays/prod/vault/kustomization.yaml"
pytestmark = pytest.mark.proof("*", "!.github/*")
"""Its lines for Vault are those of a page."""
ROTATIONS = 30 if os.environ.get("ALL") else 5
BROKEN = "p-5h0rt"
SHOWN = ("environ", "cmdline")


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    with control_plane() as started:
        for line in (
            "create namespace orders",
            "-n orders create serviceaccount orders",
            "-n orders create serviceaccount default",
            "-n default create serviceaccount vault",
            "create clusterrolebinding vault --clusterrole=system:auth-delegator --serviceaccount=default:vault",
        ):
            ok(started.kubectl(*line.split()))
        yield started


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service with a secret of its owner's, and with the lines for it that the page for Vault has."""
    need("go")
    made = rendered(tmp_path_factory.mktemp("vault"), secrets="vault")
    add_secret(made)
    ok(go(made, "build", "-o", "bin/orders", "./cmd/server", CGO_ENABLED="0"))
    lines = page(made, f"{VAULT}/agent-inject-secret-{KEY}: secret/data/orders")
    with (made / OVERLAY).open("a") as overlay:
        overlay.writelines(f"{' ' * 14}{line}\n" for line in lines)
    return made


def page(repository: Path, first: str) -> list[str]:
    """Return the lines of the page for Vault that stand together with a first one."""
    (found,) = re.findall(rf"^    ({re.escape(first)}.*(?:\n    .*)*)", text(repository), re.MULTILINE)
    return [line.removeprefix("    ") for line in f"    {found}".splitlines()]


def text(repository: Path) -> str:
    return (repository / "docs/vault.md").read_text()


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
    for command in page(repository, "echo 'path"):
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


class Service(NamedTuple):
    """A service that says which secret is in force."""

    process: int
    url: str

    def has(self, secret: str) -> bool:
        return asked(self.url) == f'"{fingerprint(secret)}"\n'

    def goes_on_with(self, secret: str) -> None:
        until(lambda: self.has(secret), "the secret")


@contextmanager
def running(repository: Path, folder: Path, log: Path) -> Iterator[Service]:
    """Run the service until the end of the context."""
    service, admin = (f"127.0.0.1:{port}" for port in free_ports(2))
    places = (f"-addr={service}", f"-admin-addr={admin}", "-pprof-addr=", f"-secret-files={folder}")
    with process([repository / "bin/orders", *places], log) as started:
        until_ready(f"http://{admin}/readyz", started)
        yield Service(started.pid, f"http://{service}{PATH}")


def waits(log: Path, words: str) -> None:
    """Wait until a log has some words once more."""
    before = log.read_text().count(words)
    until(lambda: log.read_text().count(words) > before, words)


class Scene:
    """A service whose secret an agent writes, and what befalls OpenBao meanwhile."""

    def __init__(self, server: OpenBao, repository: Path, folder: Path) -> None:
        self.server, self.repository, self.folder = server, repository, folder
        self.values = [f"planted-{number:02d}-b1c7" for number in range(ROTATIONS + 1)]
        self.log, self.agent_log = folder / "log", folder / "agent/agent.log"

    def put(self, secret: str) -> None:
        """Change the secret, as the page says."""
        (self.folder / KEY).write_text(f"{secret}\n")
        (command,) = page(self.repository, "vault kv put")
        told(self.server, command, self.folder)

    def denies(self, service: Service) -> None:
        other = 'path "secret/data/other" { capabilities = ["read"] }'
        self.server.run("policy", "write", "orders", "-", given=other)
        self.put(self.values[2])
        waits(self.agent_log, "permission denied")
        assert service.has(self.values[1]), "served on"
        told(self.server, page(self.repository, "echo 'path")[0], self.folder)

    def is_sealed(self, service: Service) -> None:
        self.server.run("operator", "seal")
        waits(self.agent_log, "is sealed")
        assert service.has(self.values[2]), "served on"
        self.server.unseal()
        self.put(self.values[3])

    def is_down(self, service: Service) -> None:
        self.server.stop()
        waits(self.agent_log, "connection refused")
        assert service.has(self.values[3]), "served on"
        self.server.start()
        self.put(self.values[4])

    def is_given_what_is_broken(self, service: Service) -> None:
        self.put(BROKEN)
        waits(self.log, f'{KEY} \\"(secret)\\" is short')
        assert service.has(self.values[4]), "the old one stays"
        self.put(self.values[5])

    def play(self, service: Service) -> None:
        """Rotate the secret, amid each trouble and then without."""
        service.goes_on_with(self.values[0])
        self.put(self.values[1])
        troubles = (self.denies, self.is_sealed, self.is_down, self.is_given_what_is_broken)
        for number, trouble in enumerate(troubles, start=1):
            service.goes_on_with(self.values[number])
            trouble(service)
        service.goes_on_with(self.values[5])
        for value in self.values[6:]:
            self.put(value)
            service.goes_on_with(value)

    def told_somewhere(self, seen: Mapping[str, str]) -> list[str]:
        """Return where a secret stands, of what was seen and of every log."""
        logs = (self.log, self.agent_log, self.server.scratch / "server.log")
        every = {**seen, **{path.name: path.read_text() for path in logs}}
        return [name for name, words in every.items() if any(value in words for value in (*self.values, BROKEN))]


def test_a_secret_rotates_while_openbao_denies_is_sealed_and_is_down(
    plane: ControlPlane, repository: Path, tmp_path: Path
) -> None:
    files, token = tmp_path / "files", tmp_path / "token"
    token.write_text(account_token(plane, "orders", "vault"))
    with openbao(tmp_path / "openbao") as server:
        know(server, plane, repository)
        scene = Scene(server, repository, tmp_path)
        scene.put(scene.values[0])
        settings = agent_settings(of_the_pod(repository), server.address, token, files, tmp_path / "agent")
        with agent(settings, tmp_path / "agent") as helper:
            until(lambda: (files / KEY).exists() or helper.poll() is not None, "the file of the agent")
            assert (files / KEY).stat().st_mode & 0o777 == 0o400
            with running(repository, files, scene.log) as service:
                with load(service.url) as counted:
                    scene.play(service)
                places = [Path(f"/proc/{each}/{name}") for each in (service.process, helper.pid) for name in SHOWN]
                seen = {str(path): path.read_text() for path in places}
    assert {*counted.answers} <= {f'"{fingerprint(value)}"\n' for value in scene.values}, "none failed"
    assert scene.log.read_text().count("settings changed") == ROTATIONS
    assert scene.told_somewhere(seen) == []
    assert scene.told_somewhere({"a place": f"x{scene.values[0]}x"}) == ["a place"], "the search cannot fail"
    SAID.append(f"a secret of OpenBao: {ROTATIONS} rotations, {counted.answers.total()} requests, none failed")


def test_another_account_and_a_token_for_somebody_else_are_refused(
    plane: ControlPlane, repository: Path, tmp_path: Path
) -> None:
    with openbao(tmp_path / "openbao") as server:
        know(server, plane, repository)
        for account, audience, code in (("orders", "vault", 0), ("default", "vault", 2), ("orders", "other", 2)):
            login = ("write", "auth/kubernetes/login", "role=orders", "jwt=-")
            done = server.started(*login, given=account_token(plane, account, audience))
            assert done.returncode == code, (account, audience, done.stderr)
