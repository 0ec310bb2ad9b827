"""What the address of a remote says: its host, its owner and its path."""

from __future__ import annotations

import re
from typing import NamedTuple


class Remote(NamedTuple):
    """Where a repository lives: ``github.com``, ``acme``, ``orders``."""

    host: str
    owner: str
    path: str

    @property
    def module(self) -> str:
        """The Go module path of the repository's top."""
        return f"{self.host}/{self.owner}/{self.path}"


_URL = (
    r"(?:(?:https?|ssh|git)://(?:[^@/\s]+@)?|[^@/\s]+@)"
    r"(?P<host>[A-Za-z0-9.-]+)(?::\d+(?=/))?[:/]+"
    r"(?P<owner>[A-Za-z0-9_.-]+)/(?P<path>[A-Za-z0-9_./-]+?)(?:\.git)?/?"
)


def parse_remote(url: str) -> Remote | None:
    """Return what an https or ssh address says; None for a local path and the like."""
    match = re.fullmatch(_URL, url.strip())
    return _as_browsers_have_it(match["host"].lower(), match["owner"], match["path"]) if match else None


_SSH = {
    "altssh.bitbucket.org": "bitbucket.org",
    "altssh.gitlab.com": "gitlab.com",
    "ssh.dev.azure.com": "dev.azure.com",
    "ssh.github.com": "github.com",
    "vs-ssh.visualstudio.com": "dev.azure.com",
}
"""Hosts that speak SSH for another one."""


def _as_browsers_have_it(host: str, owner: str, path: str) -> Remote:
    """Return a remote by the names that its pages and Go's modules have, whatever its address is made of."""
    host = _SSH.get(host, host)
    parts = path.split("/")
    if host == "dev.azure.com" and owner == "v3" and len(parts) == 3:  # noqa: PLR2004 - organisation, project, repository
        owner, project, repository = parts
        path = f"{project}/_git/{repository}"
    elif host.endswith(".visualstudio.com"):
        project = "/".join(part for part in (owner, *parts) if part != "DefaultCollection")
        host, owner, path = "dev.azure.com", host.removesuffix(".visualstudio.com"), project
    elif owner == "scm" and len(parts) > 1:  # Bitbucket on a server of one's own
        owner, path = parts[0], "/".join(parts[1:])
    return Remote(host, owner, path)
