"""Users of a real PostgreSQL end with their leases, while a service that is theirs is asked all the while."""

from __future__ import annotations

import copy
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.helpers.daemons import until
from tests.helpers.postgres import postgres
from tests.helpers.support import need
from tests.kube.engine import SAID, ControlPlane
from tests.secrets.leases import DAY, PATH, TABLE, Leases, Login, service, session
from tests.secrets.openbao import OpenBao, agent, agent_settings, openbao
from tests.secrets.owner import account_token, of_the_pod, running, seen, waits
from tests.test_secret_files import asked, load

pytestmark = pytest.mark.proof("*", "!.github/*")
"""What is done stands in a page."""
ROTATIONS = 30 if os.environ.get("ALL") else 5
ANSWER = '{"total":42}\n'
LEFT = 1 / 4
"""How much the page says is left of a lease, at least, when the agent asks for the next user."""
BUSY = 2
"""Seconds by which a machine that does much else may be late."""


@pytest.fixture(scope="module")
def leases(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Leases]:
    """What the page sets up, and a table that a migration has made."""
    need("go", "openssl")
    folder = tmp_path_factory.mktemp("leases")
    with postgres() as database, openbao(folder / "openbao") as server:
        made = Leases(server, database, service(folder), folder)
        made.set_up(plane)
        (folder / "token").write_text(account_token(plane, "orders", "vault"))
        assert made.asked(TABLE, issued(server, "orders-migrations").login) == ""
        yield made


class Issued(NamedTuple):
    """A user, and its lease."""

    lease: str
    login: Login


def issued(server: OpenBao, role: str) -> Issued:
    """Ask OpenBao for a user."""
    made = json.loads(server.run("read", "-format=json", f"database/creds/{role}"))
    return Issued(made["lease_id"], Login(made["data"]["username"], made["data"]["password"]))


def test_what_a_migration_makes_is_nobodys_who_ends(leases: Leases) -> None:
    lease, migrating = issued(leases.server, "orders-migrations")
    assert leases.asked("create table later (id text)", migrating) == ""
    assert "permission denied" in leases.asked("set role none; create table mine (id text)", migrating)
    leases.server.run("lease", "revoke", "-sync", lease)
    assert not leases.is_there(migrating.user)
    _, pod = issued(leases.server, "orders")
    for statement in ("insert into later values (1)", "update later set id = '2'", "delete from later"):
        assert leases.asked(statement, pod) == ""
    for statement in ("create table mine (id text)", "truncate later"):
        assert "permission denied" in leases.asked(statement, pod)
    assert "must be owner" in leases.asked("drop table later", pod)


def test_a_user_that_owns_a_table_cannot_be_dropped(leases: Leases) -> None:
    lease, migrating = issued(leases.server, "orders-migrations")
    leases.administrator(f'create table owned (id text); alter table owned owner to "{migrating.user}"')
    revoke = ("lease", "revoke", "-sync", lease)
    assert "cannot be dropped" in leases.server.started(*revoke).stderr
    assert leases.is_there(migrating.user)
    leases.administrator("drop table owned")
    leases.server.run(*revoke)
    assert not leases.is_there(migrating.user)


def test_a_user_ends_with_the_token_that_asked_for_it(leases: Leases) -> None:
    somebody = copy.copy(leases.server)
    somebody.token = leases.server.run("token", "create", "-ttl=1s", "-field=token").strip()
    _, migrating = issued(somebody, "orders-migrations")
    until(lambda: not leases.is_there(migrating.user), "the end of the token")
    login = ("write", "-field=token_duration", "auth/kubernetes/login", "role=orders", "jwt=-")
    agents = leases.server.run(*login, given=(leases.folder / "token").read_text())
    assert int(agents) == 24 * 60 * 60, "as long as a user of the page"


def test_only_vault_knows_its_own_password(leases: Leases) -> None:
    first = (leases.folder / "vault-password").read_text()
    assert "password authentication failed" in leases.asked("select", Login("orders-vault", first))


class Scene:
    """A service under way from user to user."""

    def __init__(self, leases: Leases, folder: Path) -> None:
        self.leases, self.folder = leases, folder
        self.logs = {name: folder / name for name in ("orders", "careless")}

    def moves_on(self) -> None:
        """Wait until a next user has the place of the last."""
        last = self.leases.logins[-1]
        now = self.leases.next()
        until(lambda: not self.leases.is_there(last.user), "the end of the last user")
        until(lambda: self.leases.users("orders") == {now.user}, "connections of the next user")

    def is_without_openbao(self) -> None:
        """Stop it within a lease, until its agent has asked in vain."""
        self.leases.lasts(DAY)
        self.leases.server.stop()
        waits(self.folder / "agent/agent.log", "connection refused")
        self.leases.server.start()

    def told_somewhere(self, seen: dict[str, str], *more: Path) -> list[str]:
        """Return where a password stands, of what was seen, of every log and of the lock."""
        leases = self.leases
        files = [*self.logs.values(), leases.server.scratch / "server.log", leases.database.log]
        files += [self.folder / "agent/agent.log", leases.repository / ".gocontainer.lock", *more]
        every = {**seen, **{str(path): path.read_text() for path in files}}
        return [name for name, words in every.items() if any(login.password in words for login in leases.logins)]


def test_a_pool_moves_from_user_to_user_and_no_request_fails(leases: Leases, tmp_path: Path) -> None:
    scene, program = Scene(leases, tmp_path), leases.repository / "bin"
    said, flag = of_the_pod(leases.repository), f"-database-url={leases.address}&application_name="
    settings = agent_settings(said, leases.server.address, leases.folder / "token", leases.files, tmp_path / "agent")
    with agent(settings, tmp_path / "agent") as helper:
        first = leases.next()
        with (
            running(program / "orders", leases.files, scene.logs["orders"], f"{flag}orders") as orders,
            running(program / "careless", leases.files, scene.logs["careless"], f"{flag}careless") as careless,
            session(leases, first) as ask,
        ):
            assert (asked(f"{careless.url}{PATH}"), ask("select total from orders;")) == (ANSWER, "42")
            with load(f"{orders.url}{PATH}") as counted:
                scene.is_without_openbao()
                scene.moves_on()
                assert ask("select total from orders;") == "ERROR:  permission denied for table orders"
                assert ask("select 'still open';") == "still open"
                assert "500" in asked(f"{careless.url}{PATH}"), "a pool that gives any connection away"
                for _ in range(ROTATIONS - 1):
                    scene.moves_on()
            places = seen(orders.process, careless.process, helper)
            orders.process.send_signal(signal.SIGABRT)
            assert orders.process.wait() == 2, "it ends by itself, so that no kernel writes a core"
    assert {*counted.answers} == {ANSWER}, "none failed"
    assert scene.logs["orders"].read_text().count("settings changed") == ROTATIONS
    assert max(leases.asked_after()[1:]) < (1 - LEFT) * DAY + BUSY
    assert scene.told_somewhere(places) == []
    assert scene.told_somewhere({}, leases.files / "database-password") == [str(leases.files / "database-password")]
    SAID.append(f"users of a database: {ROTATIONS} rotations, {counted.answers.total()} requests, none failed")
