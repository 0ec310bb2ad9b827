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
import zlib
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from gocontainer import __version__
from gocontainer.answers.model import Answers, Layer
from gocontainer.errors import CannotUpdate, NotARepository, UnreadableLock
from gocontainer.repository.tree import File, Tree, digest

LOCK = ".gocontainer.lock"
PACK = ".gocontainer/base.pack"
SCHEMA = 1


NAME = "gocontainer"
"""Our own template."""


class Template(NamedTuple):
    """A template at a version: our own, or what ``--template`` names."""

    name: str = NAME
    version: str = __version__
    commit: str = ""
    directory: str = ""
    """Where in its repository it lies, if not at the top."""
    trusted: bool = False
    """Whether code of it took part."""

    def document(self) -> dict[str, str | bool]:
        """Return what the lock says: name and version always, on adjacent lines."""
        return {key: value for key, value in self._asdict().items() if value or key in ("name", "version")}


OWN = Template()


class Lock(NamedTuple):
    """What a lock file says, not yet checked against the options of this version."""

    version: str
    profile: str
    answers: Mapping[str, object]
    defaults: tuple[str, ...]
    """The answers that nobody gave."""
    digest: str
    keep: tuple[str, ...]
    """Paths and patterns of paths that the owner keeps from updates."""
    name: str = NAME
    commit: str = ""
    directory: str = ""
    trusted: bool = False

    @property
    def template(self) -> Template:
        """What the repository was rendered from."""
        return Template(self.name, self.version, self.commit, self.directory, self.trusted)

    def layers(self) -> tuple[Layer, ...]:
        """Return the answers as they were: what was only a default still is one."""
        label = f"{{name}} in {LOCK}"
        given = {name: value for name, value in self.answers.items() if name not in self.defaults}
        rest = {name: value for name, value in self.answers.items() if name in self.defaults}
        profile = Layer("profile", {"profile": self.profile}, label)
        return profile, Layer("default", rest, label), Layer("lock", given, label)


def order(version: str) -> tuple[list[int], bool]:
    """Return something by which versions of gocontainer are compared; a development version is below its release."""
    release, _, development = version.partition(".dev")
    return [int(part) for part in release.split(".") if part.isdigit()], not development


def read(repository: Path) -> Lock:
    """Return the lock of a generated ``repository``; raise NotARepository or UnreadableLock."""
    path = repository / LOCK
    if not path.is_file():
        raise NotARepository(str(repository))
    try:
        return parse(path.read_bytes(), path)
    except OSError as error:
        raise UnreadableLock(str(path)) from error


def parse(text: bytes, path: Path) -> Lock:
    """Return what ``text``, the lock file at ``path``, says; raise UnreadableLock where it is none."""
    try:
        return _parse(text)
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableLock(str(path)) from error


def _parse(text: bytes) -> Lock:
    document = json.loads(text)
    template = document["template"]
    return Lock(
        version=str(template["version"]),
        profile=str(document.get("profile", "service")),
        answers=dict(document["answers"]),
        defaults=tuple(document["defaults"]),
        digest=str(document["digest"]),
        keep=tuple(document["keep"]),
        name=str(template.get("name", NAME)),
        commit=str(template.get("commit", "")),
        directory=str(template.get("directory", "")),
        trusted=template.get("trusted") is True,
    )


def with_lockfile(tree: Tree, answers: Answers, keep: Sequence[str] = (), template: Template = OWN) -> dict[str, File]:
    """Return ``tree`` with its lock and its pack."""
    return {**tree, LOCK: File(lock(tree, answers, keep, template)), PACK: File(pack(tree))}


def lock(tree: Tree, answers: Answers, keep: Sequence[str] = (), template: Template = OWN) -> bytes:
    """Return the lock file: JSON, written by this tool only."""
    document = {
        "schema": SCHEMA,
        "template": template.document(),
        **({"profile": answers.profile} if answers.profile else {}),
        "answers": answers.applicable(),
        "defaults": list(answers.defaults()),
        "digest": digest(tree),
        "keep": list(keep),
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
            member.size, member.mode = len(file.content), int(file.mode, 8)
            archive.addfile(member, io.BytesIO(file.content))
    return out.getvalue()


def packed(repository: Path, remembered: Lock) -> Tree:
    """Return the pristine render in a repository's pack; raise CannotUpdate where it is not what the lock remembers."""
    try:
        tree = unpack((repository / PACK).read_bytes())
    except (OSError, ValueError):
        tree = {}
    if digest(tree) == remembered.digest:
        return tree
    raise CannotUpdate(f"{PACK} is gone or was changed", "Bring it back, say with 'git checkout'.")


def protected(keep: Sequence[str], paths: Iterable[str]) -> list[str]:
    """Return those of ``paths`` that ``keep`` names, by themselves, by a pattern or by a folder around them."""
    return [path for path in paths if any(_is_protected(path, each.rstrip("/")) for each in keep)]


def _is_protected(path: str, pattern: str) -> bool:
    return fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern}/*")


LARGEST = 20_000_000
"""Bytes that a pack may unfold to; our own come to 100 kB."""


def unpack(packed: bytes) -> dict[str, File]:
    """Return the tree in a pack, in memory.

    Raises ValueError for anything that this tool does not write: links, devices, paths that lead
    out of the folder, the same path twice, more than LARGEST bytes.
    """
    tree: dict[str, File] = {}
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as zipped:
            unfolded = zipped.read(LARGEST + 1)
        if len(unfolded) > LARGEST:
            raise ValueError("too large")
        with tarfile.open(fileobj=io.BytesIO(unfolded), mode="r:") as archive:
            for member in archive:
                parts = member.name.encode().decode().split("/")  # ValueError for what is no UTF-8
                content = archive.extractfile(member) if member.isreg() else None
                if (
                    content is None
                    or {"", ".", "..", ".git"} & set(parts)
                    or "\\" in member.name
                    or member.name in tree
                ):
                    raise ValueError(member.name)
                tree[member.name] = File(content.read(), bool(member.mode & 0o100))
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise ValueError("not a pack") from error
    return tree
