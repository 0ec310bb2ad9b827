"""etcd: Debian's, with one key below a prefix for each value."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from subprocess import Popen
from typing import Any

from tests.centres.centre import Centre, Credentials, Refused, ask
from tests.centres.line import Line, steady_port

ADMIN = Credentials("root", "admin-secret")


class Etcd(Centre):
    """An etcd of one member, with gRPC and its JSON gateway on one port."""

    name = "etcd"
    place = {"prefix": "/orders/"}  # noqa: RUF012
    good = Credentials("orders", "orders-secret")
    bad = Credentials("orders", "wrong-secret")

    def __init__(self, scratch: Path, *, secured: bool) -> None:
        self._client, self._client_tls, self._peer = steady_port(), steady_port(), steady_port()
        super().__init__(scratch, f"TCP:127.0.0.1:{self._client},nodelay", secured=secured)
        # It speaks TLS itself: gRPC agrees on HTTP/2 in the handshake, of which socat knows nothing.
        self.tls_line = Line(f"TCP:127.0.0.1:{self._client_tls},nodelay", scratch / "tls-line.log")

    @property
    def _own(self) -> str:
        return f"http://127.0.0.1:{self._client}"

    def publish(self, values: Mapping[str, str]) -> None:
        token = self._admin_token()
        prefix = self.place["prefix"]
        gone = set(_values(_call(self._own, "kv/range", _below(prefix), token), prefix)) - set(values)
        puts = [{"requestPut": {"key": _b64(prefix + key), "value": _b64(value)}} for key, value in values.items()]
        deletes = [{"requestDeleteRange": {"key": _b64(prefix + key)}} for key in sorted(gone)]
        # One transaction, so that nobody sees a half of it.
        _call(self._own, "kv/txn", {"success": [*puts, *deletes]}, token)

    def put(self, key: str, value: str) -> None:
        """Write one key, wherever it is."""
        _call(self._own, "kv/put", {"key": _b64(key), "value": _b64(value)}, self._admin_token())

    def read(self, who: Credentials | None = None) -> dict[str, str]:
        token = _token(self.url, who) if who else ""
        return _values(_call(self.url, "kv/range", _below(self.place["prefix"]), token), self.place["prefix"])

    def _admin_token(self) -> str:
        """Log in each time: a token that is not used for five minutes is forgotten."""
        return _token(self._own, ADMIN) if self.secured else ""

    def _serve(self, running: ExitStack) -> Popen[bytes]:
        data, peers = self.scratch / "etcd", f"http://127.0.0.1:{self._peer}"
        first = not data.exists()
        server = self._process(
            running,
            "etcd",
            f"--data-dir={data}",
            f"--listen-client-urls={self._own},https://127.0.0.1:{self._client_tls}",
            *(f"--cert-file={self.identity.certificate}", f"--key-file={self.identity.key}"),
            f"--advertise-client-urls={self.url}",
            *(f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}"),
            f"--initial-cluster=default={peers}",
            # The passwords are as good as public.
            "--bcrypt-cost=4",
            "--log-level=error",
        )
        self._until(server, f"{self._own}/health")
        if first and self.secured:
            self._secure()
        return server

    def _secure(self) -> None:
        """Let the service read below its prefix, and nothing else, and ask everybody who they are."""
        for who, role in ((ADMIN, "root"), (self.good, "reader")):
            _call(self._own, "auth/user/add", {"name": who.user, "password": who.secret})
            _call(self._own, "auth/role/add", {"name": role})
            _call(self._own, "auth/user/grant", {"user": who.user, "role": role})
        permission = {"permType": "READ", **_below(self.place["prefix"])}
        _call(self._own, "auth/role/grant", {"name": "reader", "perm": permission})
        _call(self._own, "auth/enable", {})


def _b64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _below(prefix: str) -> dict[str, str]:
    """The range of all keys with a prefix, which must end in ASCII."""
    return {"key": _b64(prefix), "range_end": _b64(prefix[:-1] + chr(ord(prefix[-1]) + 1))}


def _values(answer: Mapping[str, Any], prefix: str) -> dict[str, str]:
    pairs = [(b64decode(each["key"]), b64decode(each.get("value", ""))) for each in answer.get("kvs", [])]
    return {key.decode().removeprefix(prefix): value.decode() for key, value in pairs}


def _token(url: str, who: Credentials) -> str:
    return str(_call(url, "auth/authenticate", {"name": who.user, "password": who.secret})["token"])


def _call(url: str, path: str, what: Mapping[str, Any], token: str = "") -> dict[str, Any]:
    headers = {"Authorization": token} if token else {}
    answer = ask(f"{url}/v3/{path}", json.dumps(what).encode(), headers)
    result: dict[str, Any] = json.loads(answer.text)
    if answer.status != 200:
        raise Refused(result.get("error", answer.text))
    return result
