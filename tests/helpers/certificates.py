"""An authority of a company's own, and a certificate of its for servers."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.helpers.support import need


def certificates(folder: Path, names: Sequence[str]) -> None:
    """Write authority.pem, and servers.pem for names such as DNS:a.test or IP:127.0.0.1, with keys beside them."""
    need("openssl")
    new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    own, servers = folder / "authority.pem", folder / "servers.pem"
    for arguments in (
        ("-subj", "/CN=authority", "-keyout", f"{own}.key", "-out", own),
        ("-subj", "/CN=servers", "-keyout", f"{servers}.key", "-out", servers, "-CA", own, "-CAkey", f"{own}.key",
         "-addext", f"subjectAltName={','.join(names)}", "-addext", "basicConstraints=critical,CA:FALSE"),
    ):  # fmt: skip
        subprocess.run(["openssl", *new, *arguments], check=True, capture_output=True)
