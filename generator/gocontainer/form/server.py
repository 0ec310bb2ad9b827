"""The page on 127.0.0.1: answers to itself alone."""

from __future__ import annotations

import os
import socketserver
import threading
from collections.abc import Callable, Mapping
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from gocontainer.errors import GocontainerError
from gocontainer.form.answering import ANSWERS, respond
from gocontainer.texts import mark

HOST = "127.0.0.1"
LONGEST = 64 * 1024
"""Bytes of a request: all answers, each as long as it may be, are less."""
KINDS: Mapping[str, str] = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Whatever an answer holds, the browser runs nothing but the files of the page, and no other page may show it."""


class PortTaken(GocontainerError):
    """Something else listens where the form was to, or nothing may."""

    says = mark("The form cannot listen on port {port}: {reason}. Choose another one with --port.")

    def __init__(self, port: int, reason: str) -> None:
        self.port, self.reason = port, reason


class Answering(NamedTuple):
    """Who answers what the page asks, and the page."""

    respond: Callable[[str, bytes], bytes] = respond
    page: Path = Path(__file__).with_name("page")


OWN = Answering()


class Reply(NamedTuple):
    """A response; ``content`` is plain text where it is an error."""

    status: HTTPStatus
    content: bytes
    kind: str = "text/plain"


def page_files(page: Path) -> Mapping[str, Path]:
    """Return what the browser loads, by its address."""
    files = {f"/{path.name}": path for path in page.iterdir() if path.suffix[1:] in KINDS}
    return {**files, "/": page / "index.html"}


class Server(ThreadingHTTPServer):
    """Serves the form to browsers on this machine."""

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # there it would let somebody else listen beside us

    def __init__(self, port: int, answering: Answering = OWN) -> None:
        self.turn = threading.Lock()
        """A process speaks one language at a time."""
        self.respond, self.files = answering.respond, page_files(answering.page)
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            raise PortTaken(port, error.strerror or str(error)) from error

    def server_bind(self) -> None:
        """Listen without asking for the machine's name, as HTTPServer does: that may take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    @property
    def address(self) -> str:
        """Where the form is."""
        return f"http://{HOST}:{self.server_port}/"

    def refusal(self, headers: Message, *, asks: bool) -> str:
        """Return why a request is none of the page's own, if so; one that ``asks`` must name its origin."""
        hosts = [f"{name}:{self.server_port}" for name in (HOST, "localhost")]
        origin = headers.get("Origin")
        if headers.get("Host") not in hosts:
            return "the host is not the form's"
        if (origin or asks) and origin not in [f"http://{host}" for host in hosts]:
            return "the origin is not the form's"
        return ""


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Server
    timeout = 30  # seconds, for a client that says nothing

    def do_GET(self) -> None:
        """Send a file of the page."""
        path = self.server.files.get(self.path.partition("?")[0])
        reason = self.server.refusal(self.headers, asks=False)
        if reason:
            self._send(Reply(HTTPStatus.FORBIDDEN, reason.encode()))
        elif path is None:
            self._send(Reply(HTTPStatus.NOT_FOUND, b"there is no such file"))
        else:
            self._send(Reply(HTTPStatus.OK, path.read_bytes(), KINDS[path.suffix[1:]]))

    def do_POST(self) -> None:
        """Answer what the page asks."""
        reason = self.server.refusal(self.headers, asks=True)
        self._send(Reply(HTTPStatus.FORBIDDEN, reason.encode()) if reason else self._answered())

    def _answered(self) -> Reply:
        name, length = self.path.removeprefix("/"), self.headers.get("Content-Length", "")
        if name not in ANSWERS:
            return Reply(HTTPStatus.NOT_FOUND, b"there is no such question")
        if not (length.isascii() and length.isdigit()):
            return Reply(HTTPStatus.LENGTH_REQUIRED, b"a request says how long it is")
        if int(length) > LONGEST:
            return Reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"no answers are so long")
        try:
            with self.server.turn:
                content = self.server.respond(name, self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            return Reply(HTTPStatus.BAD_REQUEST, b"this is no request of the form")
        except GocontainerError as error:
            return Reply(HTTPStatus.INTERNAL_SERVER_ERROR, str(error).encode())
        return Reply(HTTPStatus.OK, content, "application/zip" if name == "archive" else "application/json")

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        text = "" if reply.kind == "application/zip" else "; charset=utf-8"
        self.send_header("Content-Type", reply.kind + text)
        self.send_header("Content-Length", str(len(reply.content)))
        self.end_headers()
        self.wfile.write(reply.content)

    def log_message(self, *_: object) -> None:
        """Say nothing: the page says what went wrong."""
