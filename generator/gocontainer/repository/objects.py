"""git's objects as bytes: ids, trees and packs, made and read without starting git."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

SUBMODULE = "160000"
"""The mode of a path whose object is a commit of another repository."""
FOLDER = "40000"
"""The mode of a path whose object is a tree, as a tree has it."""


class Entry(NamedTuple):
    """What a tree of git has at a path: mode and object id."""

    mode: str
    oid: str

    @property
    def is_file(self) -> bool:
        """Whether it is neither a link nor a submodule."""
        return self.mode.startswith("100")


Entries = Mapping[str, Entry]
Read = Callable[[Sequence[str]], list[bytes]]
"""Returns the contents of objects."""
_KINDS = {"commit": 1, "tree": 2, "blob": 3}


class Objects:
    """New objects of one format, sha1 or sha256: they are kept until ``pack`` returns them all."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        self._new: dict[str, tuple[str, bytes]] = {}

    @property
    def ids(self) -> set[str]:
        """The ids of all that is kept."""
        return {*self._new}

    def oid(self, kind: str, content: bytes) -> str:
        """Return the id of an object."""
        return hashlib.new(self.algorithm, f"{kind} {len(content)}\0".encode() + content).hexdigest()

    def add(self, kind: str, content: bytes) -> str:
        """Keep an object and return its id."""
        oid = self.oid(kind, content)
        self._new[oid] = kind, content
        return oid

    def blob(self, content: bytes) -> str:
        """Keep a file's content and return its id."""
        return self.add("blob", content)

    def tree(self, read: Read, tree: str, changes: Mapping[str, Entry | None]) -> str:
        """Return the id of what ``changes`` make of ``tree``, or of no tree; empty where nothing is left.

        A path that becomes nothing is deleted. What is not there already is kept.
        """
        rows = parse_tree(read([tree])[0], len(tree) // 2) if tree else {}
        below: dict[str, dict[str, Entry | None]] = {}
        for path, entry in changes.items():
            name, _, rest = path.partition("/")
            if rest:
                below.setdefault(name, {})[rest] = entry
            elif entry is None:
                rows.pop(name, None)
            else:
                rows[name] = entry
        for name, inner in below.items():
            old = rows.get(name)
            folder = self.tree(read, old.oid if old and old.mode == FOLDER else "", inner)
            if folder:
                rows[name] = Entry(FOLDER, folder)
            elif old and old.mode == FOLDER:
                del rows[name]
        return self.add("tree", _tree(rows)) if rows else ""

    def commit(self, tree: str, *parents: str) -> str:
        """Keep a commit of nobody and return its id."""
        who = "gocontainer <gocontainer@localhost> 0 +0000"
        lines = [f"tree {tree or self.add('tree', b'')}", *(f"parent {parent}" for parent in parents)]
        return self.add("commit", "\n".join([*lines, f"author {who}", f"committer {who}", "", ""]).encode())

    def pack(self) -> bytes:
        """Return all that is kept, as git reads it from a stream."""
        parts = [b"PACK" + (2).to_bytes(4, "big") + len(self._new).to_bytes(4, "big")]
        for kind, content in self._new.values():
            parts += [_header(_KINDS[kind], len(content)), zlib.compress(content, 1)]
        body = b"".join(parts)
        return body + hashlib.new(self.algorithm, body).digest()


def parse_tree(content: bytes, size: int) -> dict[str, Entry]:
    """Return what a tree object holds, name to mode and id, where an id has ``size`` bytes."""
    found, at = {}, 0
    while at < len(content):
        space, end = content.index(b" ", at), content.index(b"\0", at)
        oid = content[end + 1 : end + 1 + size].hex()
        found[os.fsdecode(content[space + 1 : end])] = Entry(_mode(content[at:space].decode()), oid)
        at = end + 1 + size
    return found


def _mode(mode: str) -> str:
    """Return a mode as git takes it: early versions wrote others for files."""
    if mode.startswith("100"):
        return "100755" if int(mode, 8) & 0o100 else "100644"
    return mode.lstrip("0")


def index_info(prefix: str, changes: Mapping[str, Entry | None], nothing: Entry) -> bytes:
    """Return ``changes`` as ``git update-index --index-info`` reads them."""
    lines = ((entry or nothing, prefix + path) for path, entry in changes.items())
    return b"".join(f"{entry.mode} {entry.oid}\t".encode() + os.fsencode(path) + b"\0" for entry, path in lines)


def list_tree(read: Read, tree: str) -> dict[str, Entry]:
    """Return every path below a tree, in git's order of trees."""
    found: dict[str, Entry] = {}
    level = {"": tree}
    while level:
        deeper: dict[str, str] = {}
        for prefix, content in zip(level, read(list(level.values())), strict=True):
            for name, entry in parse_tree(content, len(tree) // 2).items():
                if entry.mode == FOLDER:
                    deeper[f"{prefix}{name}/"] = entry.oid
                else:
                    found[prefix + name] = entry
        level = deeper
    return found


def _tree(rows: Mapping[str, Entry]) -> bytes:
    def order(row: tuple[str, Entry]) -> bytes:
        return os.fsencode(row[0]) + (b"/" if row[1].mode == FOLDER else b"")

    ordered: Iterable[tuple[str, Entry]] = sorted(rows.items(), key=order)
    return b"".join(
        f"{entry.mode} ".encode() + os.fsencode(name) + b"\0" + bytes.fromhex(entry.oid) for name, entry in ordered
    )


def _header(kind: int, size: int) -> bytes:
    """Return what stands before an object in a pack: its kind and its size, seven bits in each byte after the first."""
    first, rest = kind << 4 | size & 15, size >> 4
    found = bytearray()
    while rest:
        found.append(first | 128)
        first, rest = rest & 127, rest >> 7
    return bytes([*found, first])
