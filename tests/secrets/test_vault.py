"""A real OpenBao, its agent as the annotations of an overlay have it, and a service that is asked all the while."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.helpers.daemons import until
from tests.helpers.secret_file import KEY, PATH, add_secret, fingerprint
from tests.helpers.support import go, need, ok, rendered
from tests.kube.engine import SAID, ControlPlane
from tests.secrets.openbao import VAULT, OpenBao, agent, agent_settings, openbao
from tests.secrets.owner import account_token, annotate, know, of_the_pod, page, running, seen, told, waits
from tests.test_secret_files import asked, load

pytestmark = pytest.mark.proof("*", "!.github/*")
"""Its lines for Vault are those of a page."""
ROTATIONS = 30 if os.environ.get("ALL") else 5
BROKEN = "p-5h0rt"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service with a secret of its owner's, and with the lines for it that the page for Vault has."""
    need("go")
    made = rendered(tmp_path_factory.mktemp("vault"), secrets="vault")
    add_secret(made)
    ok(go(made, "build", "-o", "bin/orders", "./cmd/server", CGO_ENABLED="0"))
    annotate(made, f"{VAULT}/agent-inject-secret-{KEY}: secret/data/orders")
    return made


class Service(NamedTuple):
    """A service that says which secret is in force."""

    url: str

    def has(self, secret: str) -> bool:
        return asked(self.url) == f'"{fingerprint(secret)}"\n'

    def goes_on_with(self, secret: str) -> None:
        until(lambda: self.has(secret), "the secret")


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
        told(self.server, page(self.repository, "echo 'path \"secret/")[0], self.folder)

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
            with running(repository / "bin/orders", files, scene.log) as service:
                url = f"{service.url}{PATH}"
                with load(url) as counted:
                    scene.play(Service(url))
                places = seen(service.process, helper)
    assert {*counted.answers} <= {f'"{fingerprint(value)}"\n' for value in scene.values}, "none failed"
    assert scene.log.read_text().count("settings changed") == ROTATIONS
    assert scene.told_somewhere(places) == []
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
