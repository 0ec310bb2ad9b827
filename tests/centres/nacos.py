"""Nacos: the real server, in a network of its own, since it listens on every address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from subprocess import Popen
from typing import Any
from urllib.parse import urlencode

import yaml

from tests.centres.build import class_path
from tests.centres.centre import PATIENCE, Answer, Centre, Credentials, Refused, ask
from tests.centres.line import Line
from tests.helpers.daemons import until

SETTINGS = """\
nacos.server.main.port=8848
server.address=127.0.0.1
nacos.core.auth.system.type=nacos
nacos.core.auth.enabled={secured}
nacos.core.auth.admin.enabled={secured}
nacos.core.auth.caching.enabled=false
nacos.core.auth.server.identity.key=gocontainer
nacos.core.auth.server.identity.value=gocontainer
db.pool.config.connection-timeout=60000
nacos.core.auth.plugin.nacos.token.secret.key=b25seSBvbiB0aGlzIG1hY2hpbmUsIGFuZCBvbmx5IGZvciB0ZXN0cw==
"""
"""Without the cache what is granted holds at once. On a busy machine its own database may take longer than the 3 s that
a login to it has. The last line is a secret only in form."""
JAVA = (
    "java",
    "-Xmx384m",
    # Half the time to start: no second compiler, and no threads of a collector.
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    # Else its database waits for a busy disk, and for random numbers, until the login to it times out.
    "-Dderby.system.durability=test",
    "-Djava.security.egd=file:/dev/./urandom",
    "-Dnacos.standalone=true",
    "-Dnacos.server.ip=127.0.0.1",
)
INSIDE = 'ip link set lo up; setpriv --pdeathsig=TERM socat "$1" "$2" & shift 2; exec "$@"'
"""In the network of its own: a socket in a folder leads in, since folders are shared where networks are not."""
ABSENT = 20004
ADMIN = Credentials("nacos", "admin-secret")


class Nacos(Centre):
    """A Nacos 3 server; it keeps the values as one text, here YAML.

    It is the upstream server's code, published by others, since upstream publishes none; it is started
    without the console. Who listens by its gRPC port cannot reach it here: only the HTTP port has a line.
    """

    name, build, main, settings = "nacos", "nacos", "Main", SETTINGS
    place = {"namespace": "public", "group": "DEFAULT_GROUP", "data_id": "orders"}  # noqa: RUF012
    good = Credentials("orders", "orders-secret")
    bad = Credentials("orders", "wrong-secret")

    def __init__(self, scratch: Path, *, secured: bool) -> None:
        self._socket = scratch / "nacos.sock"
        target = f"UNIX-CONNECT:{self._socket}"
        super().__init__(scratch, target, secured=secured)
        self._own = Line(target, scratch / "own.log")
        # One connection for all pushes: each would cost two processes of socat's.
        self._publisher = HTTPConnection(self._own.address, timeout=PATIENCE)
        self._token = ""

    def publish(self, values: Mapping[str, str]) -> None:
        self.publish_text(yaml.safe_dump(dict(values)))

    def publish_text(self, text: str) -> None:
        """Replace the text by any other, which need not be YAML; clients can read it some 0.1 s later."""
        self._admin("v3/admin/cs/config", {**self._query(), "content": text, "type": "yaml"})

    def read(self, who: Credentials | None = None) -> dict[str, str]:
        return dict(yaml.safe_load(self.text(who)) or {})

    def text(self, who: Credentials | None = None) -> str:
        """Return the text as a client gets it; none where nothing was published."""
        headers = {"accessToken": self.token(who)} if who else {}
        answer = ask(f"{self.url}/nacos/v3/client/cs/config?{urlencode(self._query())}", headers=headers)
        if answer.status == 403:
            raise Refused(answer.text)
        return "" if json.loads(answer.text)["code"] == ABSENT else str(contents(answer)["content"])

    def token(self, who: Credentials) -> str:
        """Log in as a client does."""
        return log_in(self.url, who)

    def _query(self) -> dict[str, str]:
        return {
            "namespaceId": self.place["namespace"],
            "groupName": self.place["group"],
            "dataId": self.place["data_id"],
        }

    def _admin(self, path: str, form: Mapping[str, str]) -> Any:
        try:
            return self._posted(path, form)
        except (ConnectionError, HTTPException):  # it was idle for too long
            self._publisher.close()
            return self._posted(path, form)

    def _posted(self, path: str, form: Mapping[str, str]) -> Any:
        headers = {"accessToken": self._token, "Content-Type": "application/x-www-form-urlencoded"}
        self._publisher.request("POST", f"/nacos/{path}", urlencode(form), headers)
        response = self._publisher.getresponse()
        return contents(Answer(response.status, response.read().decode()))

    def _serve(self, running: ExitStack) -> Popen[bytes]:
        home = self.scratch / "nacos"
        first = not home.exists()
        (home / "conf").mkdir(parents=True, exist_ok=True)
        (home / "conf/application.properties").write_text(self.settings.format(secured=str(self.secured).lower()))
        socat = (f"UNIX-LISTEN:{self._socket},unlink-early,backlog=128,fork", "TCP:127.0.0.1:8848,nodelay")
        settings = f"--spring.config.additional-location=file:{home}/conf/"
        names = {"user.home": "", "java.io.tmpdir": "", "nacos.home": "", "derby.stream.error.file": "/derby.log"}
        folders = (f"-D{name}={home}{path}" for name, path in names.items())
        java = (*JAVA, *folders, "-cp", class_path(self.build), self.main, settings)
        server = self._process(running, "unshare", "--net", "sh", "-c", INSIDE, "sh", *socat, *java)
        running.callback(self._own.cut)
        running.callback(self._publisher.close)
        until(self._socket.exists, "the way to nacos")
        self._own.mend()
        self._log_in(server, f"http://{self._own.address}", first=first)
        return server

    def _log_in(self, server: Popen[bytes], own: str, *, first: bool) -> None:
        """Wait until it answers, and log in as its owner."""
        self._until(server, f"{own}/nacos/v3/admin/core/state/readiness")
        if self.secured:
            if first:
                self._admin("v3/auth/user/admin", {"password": ADMIN.secret})
            self._token = log_in(own, ADMIN)
            if first:
                self._grant()

    def _grant(self) -> None:
        """Let the service read, and nothing else."""
        user, role = {"username": self.good.user}, {"role": "readers"}
        self._admin("v3/auth/user", {**user, "password": self.good.secret})
        self._admin("v3/auth/role", {**user, **role})
        namespace = self.place["namespace"]
        self._admin("v3/auth/permission", {**role, "resource": f"{namespace}:*:*", "action": "r"})


def log_in(url: str, who: Credentials) -> str:
    """Return a token; a wrong password is answered with 500 by this build."""
    answer = ask(f"{url}/nacos/v3/auth/user/login", {"username": who.user, "password": who.secret})
    if answer.status != 200:
        raise Refused(answer.text)
    return str(json.loads(answer.text)["accessToken"])


def contents(answer: Answer) -> Any:
    """Return what an answer carries, which must be one of success."""
    assert answer.status == 200, answer
    result = json.loads(answer.text)
    assert result["code"] == 0, answer
    return result["data"]
