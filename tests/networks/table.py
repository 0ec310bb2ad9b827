"""What a repository's own page says of who may talk to whom, as an answer to whether one may talk to another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

PAGES = ("docs/environments.md", "docs/network.md")
HEADING = "## Who may talk to whom"
HERE = "orders"
"""The service, and the namespace that it is in."""


class Peer(NamedTuple):
    """A pod, or a host outside of the cluster, which has neither."""

    namespace: str = ""
    name: str = ""


SERVICE = Peer(HERE, HERE)


class Talk(NamedTuple):
    """A connection that somebody tries to open."""

    source: Peer
    target: Peer
    port: int
    protocol: str


class Row(NamedTuple):
    """A row of the table."""

    source: str
    target: str
    ports: frozenset[int]

    def says(self, talk: Talk) -> bool:
        """Whether it lets a connection through: names are asked by UDP as well, all else is TCP."""
        told = talk.port in self.ports and (talk.protocol == "TCP" or self.target == "names")
        return told and self._from(talk.source) and _pod(self.target) in (None, talk.target)

    def _from(self, peer: Peer) -> bool:
        if self.callers:
            return peer.namespace == self.callers
        return _pod(self.source) in (None, peer)

    @property
    def callers(self) -> str:
        """The namespace that may call, if it is a whole one."""
        whole = not _pod(self.source) and not self.source.startswith("anybody")
        return self.source.partition(",")[0] if whole else ""


class Table(NamedTuple):
    """The table of a page, and the pods that it binds: those of the namespace that have a row."""

    rows: Sequence[Row]
    bound: frozenset[Peer]

    @classmethod
    def of(cls, repository: Path, own_port: int) -> Table:
        """Read the table of a repository, whose service listens on ``own_port``."""
        (text,) = (path.read_text() for path in map(repository.joinpath, PAGES) if path.is_file())
        lines = text.partition(HEADING)[2].partition("\n## ")[0].splitlines()
        cells = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines if line.startswith("| ")]
        rows = [Row(source, target, frozenset(_ports(words, own_port))) for source, target, words in cells[2:]]
        pods = {_pod(words) for row in rows for words in (row.source, row.target)}
        return cls(rows, frozenset(each for each in pods if each and each.namespace == HERE))

    def allows(self, talk: Talk) -> bool:
        """Whether each end that is bound has a row for it; a server without a slash is known by its port alone."""
        out = [row for row in self.rows if _pod(row.source) == talk.source]
        into = [row for row in self.rows if _pod(row.target) == talk.target]
        sides = ((talk.source, out), (talk.target, into))
        return all(peer not in self.bound or any(row.says(talk) for row in rows) for peer, rows in sides)

    def questions(self, others: set[Peer], ports: set[int]) -> list[Talk]:
        """Return what to try: each peer of the table, and some that are nearly one, with each pod that is bound.

        ``others`` are the pods that policies bind, and ``ports`` what they open, whether a row names them or not.
        """
        named = {pod for row in self.rows for words in (row.source, row.target) if (pod := _pod(words))}
        found = named | others | {Peer(row.callers, "any") for row in self.rows if row.callers}
        found |= {Peer(each.namespace, "another") for each in found} | {Peer("elsewhere", each.name) for each in found}
        peers = sorted({*found, Peer()})
        bound = self.bound | others
        pairs = [(source, target) for source in peers for target in peers if bound & {source, target}]
        pairs.append((Peer(HERE, "another"), Peer("elsewhere", "another")))
        tried = [(port, "TCP") for port in sorted(ports.union({22, 5432}, *(row.ports for row in self.rows)))]
        tried += [(port, "UDP") for port in (53, 8080)]
        return [Talk(*pair, *each) for pair in pairs if pair[0] != pair[1] for each in tried]


def _pod(words: str) -> Peer | None:
    """Return the pod that a cell names, if it is one."""
    if words.startswith("the service"):
        return SERVICE
    return Peer(*words.split("/")) if re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", words) else None


def _ports(words: str, own: int) -> Iterator[int]:
    yield from [own] if words == "its own port" else map(int, words.split(", "))
