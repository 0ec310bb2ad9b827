"""A real PostgreSQL on 127.0.0.1, as Debian has it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from docs.demo import free_ports

from tests.helpers.daemons import daemon, debian

VERSION = 15
PROGRAMS = Path(f"/usr/lib/postgresql/{VERSION}/bin")
_SETTINGS = Path("/etc/postgresql-common/createcluster.conf")
_AS_ITSELF = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=TERM")
"""PostgreSQL refuses to run as root."""
_PASSWORD = "the-administrators"


class Postgres(NamedTuple):
    """Where it listens."""

    port: int
    log: Path

    def url(
        self, user: str = "postgres", password: str = _PASSWORD, database: str = "postgres", **settings: str
    ) -> str:
        """Return the address for somebody, with the settings of a pool."""
        asked = "&".join(("sslmode=disable", *(f"{name}={value}" for name, value in settings.items())))
        return f"postgres://{user}:{password}@127.0.0.1:{self.port}/{database}?{asked}"

    def command(self, statement: str, **who: str) -> list[str | Path]:
        """Return the command by which somebody runs a statement."""
        return [PROGRAMS / "psql", self.url(**who), "-qAt", "--set=ON_ERROR_STOP=1", "-c", statement]

    def started(self, statement: str, **who: str) -> subprocess.CompletedProcess[str]:
        """Have somebody run a statement, however it ends."""
        return subprocess.run(self.command(statement, **who), check=False, capture_output=True, text=True)

    def run(self, statement: str) -> str:
        """Have the administrator run a statement; return what it printed."""
        done = self.started(statement)
        assert done.returncode == 0, (statement, done.stderr)
        return done.stdout.strip()


def _installed() -> None:
    if not (PROGRAMS / "initdb").exists():
        # The package would start a server of its own.
        _SETTINGS.parent.mkdir(exist_ok=True)
        if not _SETTINGS.exists():
            _SETTINGS.write_text("create_main_cluster = false\n")
        debian(f"postgresql-{VERSION}")


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Start an empty PostgreSQL whose statements are logged; stop it at the end."""
    _installed()
    # Not below a test's own folder, into which only its own user may look.
    with tempfile.TemporaryDirectory(prefix="postgres-", dir="/tmp") as place:
        data, password, log = (Path(place) / name for name in ("data", "password", "log"))
        password.write_text(_PASSWORD)
        for path in (Path(place), password):
            shutil.chown(path, "postgres", "postgres")
        made = (f"--pgdata={data}", "--username=postgres", "--auth=scram-sha-256", f"--pwfile={password}", "--no-sync")
        subprocess.run([*_AS_ITSELF, PROGRAMS / "initdb", *made], check=True, capture_output=True)
        server = Postgres(free_ports(1)[0], log)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": server.port,
            "unix_socket_directories": place,
            "fsync": "off",
        }
        given = [f"--{name}={value}" for name, value in settings.items()]
        command: list[str | Path] = [*_AS_ITSELF, PROGRAMS / "postgres", "-D", data, *given]
        with daemon(command, log, lambda: not server.started("select").returncode, "PostgreSQL"):
            yield server
