"""Gitea, a context manager: on 127.0.0.1, stopped by its pid, its state dropped at the end."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, count, takewhile
from pathlib import Path
from typing import Any, NamedTuple

from tests.centres.line import steady_port
from tests.forge import build
from tests.helpers.daemons import answers, daemon

OWNER = "shop"
# A page of its API has two: what is behind the first is asked for, too.
SETTINGS = """\
APP_NAME = forge
RUN_MODE = prod
RUN_USER = {user}
WORK_PATH = {folder}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true

[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = http://127.0.0.1:{port}/
STATIC_ROOT_PATH = {texts}
DISABLE_SSH = true
OFFLINE_MODE = true
LFS_START_SERVER = false

[database]
DB_TYPE = sqlite3
PATH = {folder}/gitea.db

[repository]
ROOT = {folder}/repositories
DEFAULT_BRANCH = main

[api]
MAX_RESPONSE_ITEMS = 2

[security]
INSTALL_LOCK = true
SECRET_KEY = {secret}
PASSWORD_HASH_ALGO = pbkdf2$1000$50
INTERNAL_TOKEN = {secret}

[service]
DISABLE_REGISTRATION = true

[actions]
ENABLED = true

[log]
MODE = console
LEVEL = Error

[cron]
ENABLED = false

[oauth2]
ENABLED = false
"""


class Answer(NamedTuple):
    """What the API said."""

    status: int
    body: Any


class Gitea(NamedTuple):
    """A running Gitea. ``token`` is that of its administrator, who is called as ``OWNER`` is."""

    url: str
    folder: Path
    token: str

    @property
    def api(self) -> str:
        """The address of its API."""
        return f"{self.url}/api/v1"

    def call(self, method: str, path: str, said: object = None, login: str = "") -> Answer:
        """Call the API, as the administrator or by a login, and return what it said."""
        call = urllib.request.Request(f"{self.api}/{path}", method=method)
        call.add_header("Authorization", login or f"token {self.token}")
        call.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(call, None if said is None else json.dumps(said).encode()) as answer:
                return Answer(answer.status, json.loads(answer.read() or b"null"))
        except urllib.error.HTTPError as refused:
            return Answer(refused.code, refused.read())

    def ask(self, method: str, path: str, said: object = None) -> Any:
        """Call what has to work, and return its answer."""
        status, body = self.call(method, path, said)
        assert status < 300, (method, path, status, body)
        return body

    def all_of(self, path: str) -> list[dict[str, Any]]:
        """Return all pages of a list, whose path has a question mark."""
        pages = (self.ask("GET", f"{path}&page={number}") for number in count(1))
        return list(chain.from_iterable(takewhile(bool, pages)))

    def repository(self, name: str) -> Path:
        """Make a repository that only its members see, and return where its server keeps it."""
        self.ask("POST", "user/repos", {"name": name, "private": True, "default_branch": "main"})
        return self.folder / f"repositories/{OWNER}/{name}.git"

    def member(self, name: str, *scopes: str) -> str:
        """Make a user, and return a token that may do no more than ``scopes``."""
        password = secrets.token_hex(12)
        about = {"username": name, "email": f"{name}@corp.example", "password": password, "must_change_password": False}
        self.ask("POST", "admin/users", about)
        login = "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
        made = self.call("POST", f"users/{name}/tokens", {"name": "t", "scopes": list(scopes)}, login)
        assert made.status == 201, made
        return str(made.body["sha1"])

    def address(self, name: str, token: str = "") -> str:
        """Return where git finds a repository."""
        return f"{self.url.replace('//', f'//x:{token}@' if token else '//')}/{OWNER}/{name}.git"


@contextmanager
def gitea() -> Iterator[Gitea]:
    """Run a Gitea whose only user is the administrator."""
    program, port = build.gitea(), steady_port()
    with tempfile.TemporaryDirectory(prefix="gitea-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        settings = folder / "app.ini"
        about = {"port": port, "texts": build.texts(), "secret": secrets.token_hex(16), "user": whoami()}
        settings.write_text(SETTINGS.format(folder=folder, **about))
        command: list[str | Path] = [program, "--config", settings]
        url = f"http://127.0.0.1:{port}"
        with daemon([*command, "web"], folder / "log", lambda: answers(f"{url}/api/healthz"), "Gitea"):
            yield Gitea(url, folder, administrator(command))


def administrator(command: list[str | Path]) -> str:
    """Make the administrator, and return a token of theirs."""
    about = ["--username", OWNER, "--email", f"{OWNER}@corp.example", "--random-password", "--admin"]
    token = ["--access-token", "--access-token-scopes", "all"]
    made = subprocess.run(
        [*command, "admin", "user", "create", *about, "--must-change-password=false", *token],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return made.stdout.split("Access token was successfully created... ")[1].split()[0]


def whoami() -> str:
    """Return our name; Gitea runs as nobody else."""
    return subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip() or str(os.getuid())
