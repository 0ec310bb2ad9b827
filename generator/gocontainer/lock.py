"""What a generated repository remembers of its birth, for later updates.

``.gocontainer.lock`` holds the answers and the digest of the pristine render;
``.gocontainer/base.pack`` is that render itself, the base of a three-way merge that survives clone,
squash, rebase and shallow clone.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import NamedTuple

from gocontainer import __version__
from gocontainer.answers import Answers, Layer
from gocontainer.errors import NotARepository, UnreadableLock
from gocontainer.tree import File, Tree, digest

LOCK = ".gocontainer.lock"
PACK = ".gocontainer/base.pack"
SCHEMA = 1


class Lock(NamedTuple):
    """What a lock file says: the template's version, and the answers."""

    version: str
    answers: Answers


def read(repository: Path) -> Lock:
    """Return the lock of a generated ``repository``.

    Raises NotARepository, UnreadableLock, and UsageError for answers that this version does not take.
    """
    path = repository / LOCK
    if not path.is_file():
        raise NotARepository(str(repository))
    try:
        document = json.loads(path.read_bytes())
        version, answers = str(document["template"]["version"]), dict(document["answers"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableLock(str(path)) from error
    return Lock(version, Answers.merge(Layer("lock", answers, f"{{name}} in {LOCK}")))


def sealed(tree: Tree, answers: Answers) -> dict[str, File]:
    """Return ``tree`` with its lock and its pack."""
    return {**tree, LOCK: File(lock(tree, answers)), PACK: File(pack(tree))}


def lock(tree: Tree, answers: Answers) -> bytes:
    """Return the lock file: JSON, written by this tool only."""
    document = {
        "schema": SCHEMA,
        "template": {"name": "gocontainer", "version": __version__},
        "answers": dict(answers),
        "defaults": list(answers.defaults()),
        "digest": digest(tree),
        "keep": [],
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def pack(tree: Tree) -> bytes:
    """Return ``tree`` as a tar.gz without times, owners or any other chance."""
    out = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", filename="", mtime=0, compresslevel=6) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path, file in sorted(tree.items()):
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(file.content), 0o755 if file.executable else 0o644
            archive.addfile(member, io.BytesIO(file.content))
    return out.getvalue()
