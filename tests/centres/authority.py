"""A private certificate authority, as a company has one."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
SERVER = ("-addext", "basicConstraints=critical,CA:FALSE", "-addext")


class Identity(NamedTuple):
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates that are good for a day; what it makes is in its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = self._made("ca", "-subj", "/CN=a private authority")

    @property
    def certificate(self) -> Path:
        """What its servers are checked against."""
        return self._own.certificate

    def server(self, name: str = "IP:127.0.0.1") -> Identity:
        """Return the identity of a server of some name, by default of one on 127.0.0.1."""
        signed = ("-CA", str(self._own.certificate), "-CAkey", str(self._own.key))
        return self._made("server", "-subj", "/CN=a server", *signed, *SERVER, f"subjectAltName={name}")

    def _made(self, name: str, *options: str) -> Identity:
        made = Identity(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        files = ("-out", made.certificate, "-keyout", made.key)
        subprocess.run(
            ["openssl", "req", "-x509", "-days", "1", *EC, *files, *options], check=True, capture_output=True
        )
        return made
