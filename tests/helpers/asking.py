"""The form as its page asks it: over HTTP, in this process."""

from __future__ import annotations

import http.client
import io
import json
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from gocontainer.form.server import OWN, Answering, Server
from gocontainer.repository.tree import File


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@contextmanager
def served(answering: Answering = OWN) -> Iterator[Server]:
    """Serve the form on a free port."""
    with Server(0, answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def call(
    server: Server, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Reply:
    """Send one request, with no header that a page of another origin could not send, but those given."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    connection.request(method, path, body, headers or {})
    reply = connection.getresponse()
    try:
        return Reply(reply.status, dict(reply.headers), reply.read())
    finally:
        connection.close()


def ask(server: Server, what: str, /, **request: Any) -> bytes:
    """Ask as the page does."""
    body = json.dumps(request).encode()
    reply = call(server, "POST", f"/{what}", body, {"Origin": server.address.rstrip("/")})
    assert reply.status == 200, reply.content
    return reply.content


def page(server: Server, /, **request: Any) -> Any:
    """Return what the page shows."""
    return json.loads(ask(server, "page", **request))


def unzipped(content: bytes) -> tuple[str, dict[str, File]]:
    """Return the one folder of an archive, and the files in it."""
    files, folders = {}, set()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            folder, _, path = entry.filename.partition("/")
            folders.add(folder)
            files[path] = File(archive.read(entry), bool(entry.external_attr >> 16 & 0o100))
    (folder,) = folders
    return folder, files
