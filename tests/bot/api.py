"""A forge whose API the bot asks by curl, as far as the bot calls it. One module for each forge has what differs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.bot.test_proposals import Service
from tests.helpers.proposals import BRANCH


class ByApi(Service):
    """A service at such a forge. ``others`` are open requests that are not the bot's."""

    broken = False
    given: Mapping[str, str]
    """The answers of a repository there."""
    draft: str
    """What the title of a draft begins with."""
    api: type[Api]

    @contextmanager
    def served(self) -> Iterator[Self]:
        """Answer as the forge does until the end of the context."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Api", (self.api,), {"service": self}))
        self.more = self.variables(f"http://127.0.0.1:{server.server_port}")
        self.others: list[dict[str, Any]] = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()

    def is_draft(self, request: Mapping[str, Any]) -> bool:
        """Whether a request cannot be merged yet."""
        return str(request["title"]).startswith(self.draft)

    def variables(self, address: str) -> Mapping[str, str]:
        """What each job has in its environment where the forge is at an address."""
        raise NotImplementedError

    def strangers(self) -> list[dict[str, Any]]:
        """Requests of others, which fill more than one page."""
        raise NotImplementedError


class Api(BaseHTTPRequestHandler):
    """Answers the bot's calls."""

    service: Any
    header: tuple[str, str]
    """The header that says who calls, as it has to be."""
    edits: tuple[str, int]
    """The verb of an edit, and the status of its answer."""
    end = b""
    """What an answer ends with."""

    def do_GET(self) -> None:
        """List a page of requests."""
        if self.asked() is not None:
            place = urlsplit(self.path)
            query = {name: value for name, (value,) in parse_qs(place.query).items()}
            self.answer(200, self.page(place.path, query))

    def do_POST(self) -> None:
        """Open a request."""
        said, known = self.asked(), self.service.requests
        if said is not None:
            made = {"number": len(known) + 1, "state": "open", "tip": self.service.tip(BRANCH), **self.opened(said)}
            self.service.requests_file.write_text(json.dumps([*known, made]))
            self.answer(201, {})

    def do_PUT(self) -> None:
        """Edit a request."""
        self.edit()

    def do_PATCH(self) -> None:
        """Edit a request."""
        self.edit()

    def edit(self) -> None:
        """Keep what a request says now."""
        said, known = self.asked(), self.service.requests
        verb, status = self.edits
        assert self.command == verb
        if said is not None:
            number, about = self.edited(said)
            known[number - 1] |= about
            self.service.requests_file.write_text(json.dumps(known))
            self.answer(status, {})

    def page(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        """What a page lists."""
        raise NotImplementedError

    def opened(self, said: dict[str, Any]) -> dict[str, Any]:
        """What a new request says, with its title and body."""
        raise NotImplementedError

    def edited(self, said: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The number of the request that is edited, and its title and body."""
        raise NotImplementedError

    def answer(self, status: int, body: object) -> None:
        """Send JSON."""
        content = json.dumps(body).encode() + self.end
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def asked(self) -> dict[str, Any] | None:
        """What a call says, if it may call; the rest is answered."""
        name, value = self.header
        if self.service.broken or self.headers[name] != value:
            self.answer(500 if self.service.broken else 401, {})
            return None
        content = self.rfile.read(int(self.headers["Content-Length"] or 0))
        return self.read(content) if content else {}

    def read(self, content: bytes) -> dict[str, Any]:
        """What a body says."""
        raise NotImplementedError

    def log_message(self, *_: object) -> None:
        """Say nothing."""
