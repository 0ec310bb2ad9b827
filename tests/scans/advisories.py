"""A database for Grype with one advisory, on a server as Grype's own has it: a listing, and an archive."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from os import environ
from pathlib import Path
from typing import NamedTuple

from tests.helpers.support import PINS, ROOT, go_tool

MODULE = ROOT / "tests/scans/database"


class Advisory(NamedTuple):
    """What is vulnerable below a version, and how badly."""

    module: str
    mended: str
    severity: str = "high"


def grype() -> str:
    """Return Grype at the version that a rendered Makefile runs."""
    return go_tool("github.com/anchore/grype/cmd/grype", PINS["tool"]["grype"]["value"])


def write(folder: Path, advisory: Advisory) -> None:
    """Write the database with its listing; what it is made by shares what was compiled for Grype."""
    command = ["go", "run", ".", str(folder), *advisory]
    subprocess.run(command, cwd=MODULE, env={**environ, "GOFLAGS": ""}, check=True, capture_output=True)
    with closing(sqlite3.connect(folder / "vulnerability.db")) as database:
        built, *version = database.execute(
            "SELECT build_timestamp, model, revision, addition FROM db_metadata"
        ).fetchone()
    packed = folder / "database.tar.gz"
    with tarfile.open(packed, "w:gz") as tar:
        tar.add(folder / "vulnerability.db", "vulnerability.db")
    listing = {
        "status": "active", "schemaVersion": ".".join(map(str, version)), "built": f"{built[:19].replace(' ', 'T')}Z",
        "path": packed.name, "checksum": f"sha256:{hashlib.sha256(packed.read_bytes()).hexdigest()}",
    }  # fmt: skip
    (folder / "latest.json").write_text(json.dumps(listing))


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine; yields the address of its listing."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/latest.json"
    finally:
        server.shutdown()
        server.server_close()


class Silent(SimpleHTTPRequestHandler):
    """Says nothing of whom it served."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Say nothing."""
