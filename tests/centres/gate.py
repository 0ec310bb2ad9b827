"""What Apollo's documentation says of its config service and its own test server does not do.

The test server answers every poll at once with "changed", has one release key for ever, ignores who asks, for
which cluster, from which address and with which label, and hangs where a namespace is not there. A client that
is right would ask it without end. So the gate stands before it and, as the real service's `NotificationControllerV2`,
`ConfigController` and `ClientAuthenticationFilter` do,

- holds a poll until a release, for at most 60 seconds, and then says 304;
- gives each release a key, and says 304 to who has it;
- says 404 where there is no such app, cluster or namespace;
- refuses a wrong signature, and one that is a minute old.

Releases by address or by label, clusters that stand in for others, and the second that the real service may take
to notice a release in its database are in neither of the two.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from tests.centres.centre import Credentials, ask

HELD = 60.0
"""Seconds that a poll waits for a release."""
SKEW = 60.0
"""Seconds that a signature is good for."""


def signed(path: str, who: Credentials, at: float | None = None) -> dict[str, str]:
    """Return the headers with which ``who`` asks for a path with its query."""
    timestamp = str(int((time.time() if at is None else at) * 1000))
    digest = hmac.digest(who.secret.encode(), f"{timestamp}\n{path}".encode(), hashlib.sha1)
    return {"Authorization": f"Apollo {who.user}:{base64.b64encode(digest).decode()}", "Timestamp": timestamp}


class Place(NamedTuple):
    """Where values are."""

    app: str
    cluster: str
    namespace: str


class Gate(ThreadingHTTPServer):
    """Stands before the test server at ``behind``; ``key`` is the access key, or nothing where all may read."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, behind: str, place: Place, key: Credentials | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behind, self.place, self.key = behind, place, key
        self.held = HELD
        self.notification = 1
        self._released = threading.Condition()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print what went wrong here, but not that a client is gone: services are killed while they poll."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def release(self) -> str:
        """The key of the newest release."""
        return f"release-{self.notification}"

    def announce(self) -> None:
        """Tell all who wait that there is a release."""
        with self._released:
            self.notification += 1
            self._released.notify_all()

    def newer(self, than: int) -> int | None:
        """Wait for a release, and return its number; None after the time for which a poll is held."""
        with self._released:
            return self.notification if self._released.wait_for(lambda: self.notification > than, self.held) else None


class Handler(BaseHTTPRequestHandler):
    """Answers one client."""

    protocol_version = "HTTP/1.1"
    server: Gate

    def do_GET(self) -> None:
        objection = self._objection()
        if objection:
            self._say(401, {"status": 401, "message": objection})
            return
        where = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(where.query).items()}
        match where.path.split("/")[1:]:
            case ["notifications", "v2"]:
                self._poll(query)
            case ["configs", app, cluster, namespace]:
                self._config(Place(app, cluster, namespace.removesuffix(".properties")), query)
            case _:
                self._say(404, {"status": 404, "message": "Not Found"})

    def _objection(self) -> str:
        if self.server.key is None:
            return ""
        try:
            at = int(self.headers["Timestamp"]) / 1000
        except (KeyError, TypeError, ValueError):
            at = 0
        if abs(time.time() - at) >= SKEW:
            return "RequestTimeTooSkewed"
        wanted = signed(self.path, self.server.key, at)["Authorization"].partition(":")[2]
        given = self.headers.get("Authorization", "").partition(":")[2]
        return "" if hmac.compare_digest(wanted.encode(), given.encode()) else "Unauthorized"

    def _poll(self, query: Mapping[str, str]) -> None:
        app, cluster, namespace = self.server.place
        try:
            known = {each["namespaceName"]: int(each["notificationId"]) for each in json.loads(query["notifications"])}
        except (KeyError, TypeError, ValueError):
            self._say(400, {"status": 400, "message": "Invalid format of notifications"})
            return
        ours = (query.get("appId"), query.get("cluster")) == (app, cluster) and namespace in known
        if not ours:
            time.sleep(self.server.held)
        number = self.server.newer(known[namespace]) if ours else None
        if number is None:
            self._say(304)
            return
        messages = {"details": {"+".join(self.server.place): number}}
        self._say(200, [{"namespaceName": namespace, "notificationId": number, "messages": messages}])

    def _config(self, place: Place, query: Mapping[str, str]) -> None:
        if place != self.server.place:
            self._say(404, {"status": 404, "message": f"Could not load configurations with {place}"})
            return
        # Before the values are read: a release in between is then told again, not lost.
        release = self.server.release
        if query.get("releaseKey") == release:
            self._say(304)
            return
        config = json.loads(ask(f"{self.server.behind}{urlsplit(self.path).path}").text)
        named = {"appId": place.app, "cluster": place.cluster, "namespaceName": place.namespace}
        self._say(200, config | named | {"releaseKey": release})

    def _say(self, status: int, what: Any = None) -> None:
        body = b"" if what is None else json.dumps(what).encode()
        self.send_response(status)
        if body:
            self.send_header("Content-Type", "application/json;charset=UTF-8")
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""
