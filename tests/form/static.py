"""The form of the docs: built as `make docs` builds it, and served by a server that knows nothing of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from docs import static_form

from tests.helpers.support import need


class Site(NamedTuple):
    """A site that has the form in a folder."""

    address: str
    asked: list[str]
    """Every path that was asked for, by the page and by its worker."""


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, asked: list[str], *arguments: object, directory: str) -> None:
        self._asked = asked
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._asked.append(self.path)
        super().do_GET()

    def do_POST(self) -> None:
        """Let any page read, for the test that ours does not."""
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def static(folder: Path) -> Iterator[Site]:
    """Build the site's form below ``folder`` and serve it."""
    need("npm")
    static_form.build(folder / "form")
    asked: list[str] = []
    handler = partial(_Handler, asked, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Site(f"http://127.0.0.1:{server.server_port}/form/", asked)
        finally:
            server.shutdown()
            thread.join()
