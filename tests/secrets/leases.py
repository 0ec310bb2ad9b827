"""A PostgreSQL whose users a real OpenBao makes and drops, as the page for Vault says, and a service with a pool."""

from __future__ import annotations

import itertools
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from gocontainer.answers.lockfile import with_lockfile
from tests.helpers.daemons import until
from tests.helpers.databases import OWN, PGX, add_database
from tests.helpers.postgres import PROGRAMS, Postgres
from tests.helpers.support import answers, committed, files_of, go, ok, replace
from tests.kube.engine import ControlPlane
from tests.secrets.openbao import VAULT, OpenBao
from tests.secrets.owner import annotate, know, page, told

USER, PASSWORD = "database-user", "database-password"
PATH = "/v1/orders/7"
TABLE = "create table orders (id text primary key, total bigint); insert into orders values (7, 42)"
DAY = 9
"""Seconds of a lease that has a day in the page."""
OUTAGE = 36
"""Seconds of one in which OpenBao is away: its agent asks once two thirds of them are over."""
SETTINGS = ((USER, "DatabaseUser"), (PASSWORD, "DatabasePassword"))

_CONNECT = """package deps

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func connect(ctx context.Context, d Core) (*pgxpool.Pool, error) {
	pool, err := pgxpool.ParseConfig(d.Settings().DatabaseURL)
	if err != nil {
		return nil, err
	}
	%s
	return pgxpool.NewWithConfig(ctx, pool)
}
"""


def service(folder: Path) -> Path:
    """Return a repository with the page's pool, bin/orders, and bin/careless, which takes any connection.

    Its service looks at its files ten times as often as it would, for a day has seconds here.
    """
    given = {"secrets": "vault"}
    made = committed(folder / "orders", with_lockfile(files_of(given), answers(**given)))
    add_database(made, PGX._replace(opened="connect(ctx, core)"))
    flags = "".join(f'\tfs.StringVar(&o.{field}, "{key}", "", "of the database"+Secret)\n' for key, field in SETTINGS)
    replace(
        made / OWN,
        ("\tDatabaseURL   string\n", "\tDatabaseURL, DatabaseUser, DatabasePassword string\n"),
        ('"`URL` of the database"+Secret)\n', f'"`URL` of the database")\n{flags}'),
    )
    replace(made / "internal/secret/secret.go", ("5 * time.Second", "500 * time.Millisecond"))
    lines = page(made, "pool.BeforeConnect")
    careless = lines[: [line.split(" ")[0] for line in lines].index("pool.PrepareConn")]
    for name, taken in {"careless": careless, "orders": lines}.items():
        (made / "internal/deps/database.go").write_text(_CONNECT % "\n\t".join(taken))
        ok(go(made, "build", "-o", f"bin/{name}", "./cmd/server", CGO_ENABLED="0"))
    annotate(made, f"{VAULT}/agent-inject-secret-{USER}: database/creds/orders")
    return made


class Login(NamedTuple):
    """A user that OpenBao made."""

    user: str
    password: str


class Leases:
    """An OpenBao that makes the users of a database, and the files that an agent of it writes."""

    def __init__(self, server: OpenBao, database: Postgres, repository: Path, folder: Path) -> None:
        self.server, self.database, self.repository, self.folder = server, database, repository, folder
        self.files = folder / "files"
        self.logins: list[Login] = []

    def set_up(self, plane: ControlPlane) -> None:
        """Run all that the page says, against an empty database whose log has what Vault has it do."""
        know(self.server, plane, self.repository)
        self.database.run("create database orders")
        told(self.server, page(self.repository, "openssl rand")[0], self.folder)
        psql: list[str | Path] = [
            PROGRAMS / "psql",
            self.database.url(database="orders"),
            "-qX",
            "--set=ON_ERROR_STOP=1",
        ]
        statements = "\n".join(page(self.repository, "\\set password"))
        subprocess.run(psql, input=statements, cwd=self.folder, check=True, capture_output=True, text=True)
        self.database.run("alter system set log_statement = 'all'")
        self.database.run("select pg_reload_conf()")
        for command in self.commands(OUTAGE):
            told(self.server, command, self.folder)

    def commands(self, seconds: int) -> list[str]:
        """Return what the page tells Vault, with such leases and the database of here, which has no certificate."""
        here = {
            "db.example.com:5432": f"127.0.0.1:{self.database.port}",
            "verify-full": "disable",
            "default_ttl=24h max_ttl=24h": f"default_ttl={seconds}s max_ttl={seconds}s",
        }
        text = "\n".join(page(self.repository, "vault secrets enable database"))
        for ours, replaced in here.items():
            assert text.count(ours) == 1, ours
            text = text.replace(ours, replaced)
        return text.splitlines()

    def lasts(self, seconds: int) -> None:
        """Have the next users of pods last so long."""
        (command,) = (each for each in self.commands(seconds) if "database/roles/orders " in each)
        told(self.server, command, self.folder)

    @property
    def address(self) -> str:
        """Where the database is, without a user."""
        return f"postgres://127.0.0.1:{self.database.port}/orders?sslmode=disable"

    def administrator(self, statement: str) -> None:
        """Have the administrator run a statement there."""
        done = self.database.started(statement, database="orders")
        assert done.returncode == 0, done.stderr

    def asked(self, statement: str, login: Login) -> str:
        """Have a user run a statement; return all that is said."""
        done = self.database.started(statement, **login._asdict(), database="orders")
        return done.stdout + done.stderr

    def is_there(self, user: str) -> bool:
        return self.database.run(f"select count(*) from pg_roles where rolname = '{user}'") == "1"

    def asked_after(self) -> list[float]:
        """Return after how many seconds of each lease the agent has asked for the next one, by the database's log."""
        log = self.database.log.read_text()
        made = {user: when for when, user in re.findall(r'^(\S+ \S+) UTC .*: CREATE ROLE "(\S+)"', log, re.MULTILINE)}
        times = [datetime.fromisoformat(made[login.user]) for login in self.logins]
        return [(after - before).total_seconds() for before, after in itertools.pairwise(times)]

    def users(self, program: str) -> set[str]:
        """Return whose connections a program has; one that is gone has no name."""
        found = self.database.run(f"select usename from pg_stat_activity where application_name = '{program}'")
        return {*found.splitlines()}

    def file(self, name: str) -> str:
        """Return what the agent has written; nothing before it has."""
        return (self.files / name).read_text() if (self.files / name).exists() else ""

    def next(self) -> Login:
        """Wait for another user, and return it once both files are its."""
        last = self.logins[-1] if self.logins else Login("", "")
        until(lambda: self.file(USER) not in ("", last.user), "the next user")
        until(lambda: self.file(PASSWORD) not in ("", last.password), "its password")
        self.logins.append(Login(self.file(USER), self.file(PASSWORD)))
        return self.logins[-1]


@contextmanager
def session(leases: Leases, login: Login) -> Iterator[Callable[[str], str]]:
    """Hold one connection of a user open, which runs statements."""
    command: list[str | Path] = [PROGRAMS / "psql", leases.database.url(**login._asdict(), database="orders"), "-qAtX"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True) as started:
        assert started.stdin is not None
        assert started.stdout is not None
        given, said = started.stdin, started.stdout

        def ask(statement: str) -> str:
            given.write(f"{statement}\n")
            given.flush()
            return str(said.readline()).strip()

        yield ask
        given.close()
