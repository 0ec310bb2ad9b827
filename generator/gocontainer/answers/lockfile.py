"""The lock file and the pack of a repository: its answers, the template's version, and the first render.

``.gocontainer.lock`` holds the answers and the digest of the pristine render; ``.gocontainer/base.pack`` is that
render itself, the base of a three-way merge that survives clone, squash, rebase and shallow clone.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from gocontainer import __version__
from gocontainer.answers import migrations
from gocontainer.answers.adopted import Adopted
from gocontainer.answers.model import AnswerSet, Layer
from gocontainer.errors import CannotUpdate, CannotUse, NotARepository, UnreadableLock
from gocontainer.options.table import OPTIONS
from gocontainer.options.types import Value
from gocontainer.repository.kept import ONCE
from gocontainer.repository.tree import File, Tree, digest
from gocontainer.texts import mark, tr

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
    """Paths and patterns of paths that the owner keeps from updates, and what the template writes once."""
    name: str = NAME
    commit: str = ""
    directory: str = ""
    trusted: bool = False
    adopted: Adopted | None = None
    """What is known of the code, where that is not the template's."""

    @property
    def template(self) -> Template:
        """What the repository was rendered from."""
        return Template(self.name, self.version, self.commit, self.directory, self.trusted)

    def layers(self) -> tuple[Layer, ...]:
        """Return the answers as they were: what was only a default still is one."""
        label = tr("{name} in {file}", name="{name}", file=LOCK)
        given = {name: value for name, value in self.answers.items() if name not in self.defaults}
        rest = {name: value for name, value in self.answers.items() if name in self.defaults}
        rest |= _before(self.answers) if self.name == NAME else {}
        own = Layer("lock", given, label, self.adopted)
        return Layer("profile", {"profile": self.profile}, label), Layer("default", rest, label), own


def _before(answers: Mapping[str, Any]) -> dict[str, Value]:
    """Return what renders what a repository had, for each option that ``answers`` are from before of."""
    values: dict[str, Value] = {}
    for option in OPTIONS:
        asked = all(answers.get(name) in accepted for name, accepted in option.when.items())
        if option.before and asked and option.name not in answers:
            with suppress(KeyError, TypeError, ValueError):  # what is wrong with an answer is said later, by its name
                values[option.name] = option.before(answers)
    return values


def order(version: str) -> tuple[list[int], bool]:
    """Return the sort key of a version of gocontainer; a .dev version sorts below its release."""
    release, _, development = version.partition(".dev")
    return [int(part[:9]) for part in release.split(".") if part.isascii() and part.isdigit()], not development


def top(folder: Path, *markers: str) -> Path:
    """Return the repository that ``folder`` is or lies in: as git, look in the folders above, up to the first ``.git``.

    It is known by its lock, or by a file of ``markers``. Raises CannotUse or NotARepository.
    """
    if not folder.is_dir():
        raise CannotUse(tr("there is no folder {path}", path=folder), tr("Name one that is there."))
    for place in (folder, *folder.parents):
        if any((place / name).exists() for name in (LOCK, *markers)):
            return place
        if (place / ".git").exists():
            break
    raise NotARepository(str(folder))


def read(repository: Path) -> Lock:
    """Return the lock of ``repository``; raise NotARepository or UnreadableLock."""
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
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if b"\n<<<<<<< " in text:
            hint = mark("Two branches met in it: run 'gocontainer update --continue' in the merge.")
            raise UnreadableLock(str(path), hint) from error
        raise UnreadableLock(str(path)) from error


def _parse(text: bytes) -> Lock:
    document = json.loads(text)
    template = document["template"]
    "".join([*document["defaults"], *document["keep"]])  # TypeError where one is no text
    said = dict(document["answers"].items()), tuple(document["defaults"])
    answers, defaults = migrations.migrated(*said) if template.get("name", NAME) == NAME else said
    return Lock(
        version=str(template["version"]),
        profile=str(document.get("profile", "service")),
        answers=answers,
        defaults=defaults,
        digest=str(document["digest"]),
        keep=tuple(document["keep"]),
        name=str(template.get("name", NAME)),
        commit=str(template.get("commit", "")),
        directory=str(template.get("directory", "")),
        trusted=template.get("trusted") is True,
        adopted=Adopted.parse(document["adopted"]) if "adopted" in document else None,
    )


def with_lockfile(tree: Tree, answers: AnswerSet, keep: Sequence[str] = (), template: Template = OWN) -> Tree:
    """Return ``tree`` with its lock and its pack."""
    return {**tree, LOCK: File(lock(tree, answers, keep, template)), PACK: File(pack(tree))}


def lock(tree: Tree, answers: AnswerSet, keep: Sequence[str] = (), template: Template = OWN) -> bytes:
    """Return the lock file: JSON, written by this tool only."""
    once = [path for path in tree if path in ONCE and path not in keep] if template.name == NAME else []
    document = {
        "schema": SCHEMA,
        "template": template.document(),
        **({"profile": answers.profile} if answers.profile else {}),
        **({"adopted": answers.adopted.document()} if answers.adopted else {}),
        "answers": answers.applicable(),
        "defaults": list(answers.defaults()),
        "digest": digest(tree),
        "keep": sorted([*keep, *once]),
    }
    return written(document)


def written(document: Mapping[str, object]) -> bytes:
    """Return the document of a lock file as it lies on the disk."""
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def pack(tree: Tree) -> bytes:
    """Return ``tree`` as a tar.gz without times, owners or any other chance."""
    archive = _archive(tree) if all(path.isascii() and len(path) <= _LONGEST for path in tree) else _pax(tree)
    sums = zlib.crc32(archive).to_bytes(4, "little") + len(archive).to_bytes(4, "little")
    return _GZIP + zlib.compress(archive, 6, -zlib.MAX_WBITS) + sums


_GZIP = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
"""What a gzip file begins with that has neither name nor time."""
_LONGEST = 100
"""Bytes of a path that the header of a member has room for."""
_RECORD = 10240
"""An archive is a multiple of this."""


def _archive(tree: Tree) -> bytes:
    """Return a tar as ``tarfile`` writes it, whose import alone takes longer."""
    parts = []
    for path, file in sorted(tree.items()):
        parts += [_header(path, file), file.content, bytes(-len(file.content) % 512)]
    size = sum(map(len, parts)) + 2 * 512
    return b"".join([*parts, bytes(2 * 512 + -size % _RECORD)])


def _header(path: str, file: File) -> bytes:
    """Return the 512 bytes before a file's content."""
    start = path.encode().ljust(_LONGEST, b"\0") + b"%07o\0" % int(file.mode, 8) + 2 * b"0000000\0"
    start += b"%011o\0" % len(file.content) + b"%011o\0" % 0
    end = b"0" + bytes(_LONGEST) + b"ustar\x0000" + bytes(2 * 32 + 2 * 8 + 155 + 12)
    return start + b"%06o\0 " % (sum(start) + sum(end) + 8 * ord(" ")) + end


def _pax(tree: Tree) -> bytes:
    import io
    import tarfile

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
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
    reason = tr("{file} is gone or was changed", file=PACK)
    raise CannotUpdate(reason, tr("Bring it back, say with 'git checkout'."))


LARGEST = 20_000_000
"""Bytes that a pack may unfold to; our own are about 100 kB."""


def unpack(packed: bytes) -> dict[str, File]:
    """Return the tree in a pack, in memory.

    Raises ValueError for anything that this tool does not write: links, devices, paths that lead
    out of the folder, the same path twice, more than LARGEST bytes.
    """
    tree: dict[str, File] = {}
    for path, file in _files(_unzip(packed)):
        if {"", ".", "..", ".git"} & set(path.split("/")) or "\\" in path or path in tree:
            raise ValueError(path)
        tree[path] = file
    return tree


def _unzip(packed: bytes) -> bytes:
    try:
        archive = (inflate := zlib.decompressobj(zlib.MAX_WBITS | 16)).decompress(packed, LARGEST + 1)
    except zlib.error as error:
        raise ValueError("not a pack") from error
    if len(archive) > LARGEST or not inflate.eof or inflate.unused_data:
        raise ValueError("too large, too short, or followed by something")
    return archive


def _files(archive: bytes) -> Iterator[tuple[str, File]]:
    """Yield the files of an archive."""
    at = 0
    while (header := archive[at : at + 512]).strip(b"\0"):
        path, size = header[:_LONGEST].rstrip(b"\0").decode(), header[124:135]
        content = archive[at + 512 : at + 512 + int(size, 8)] if size.isdigit() else b""
        found = [file for file in (File(content), File(content, executable=True)) if _header(path, file) == header]
        if not found:  # what follows is written another way
            yield from _tar_files(archive[at:])
            return
        yield path, found[0]
        at += 512 + len(content) + -len(content) % 512


def _tar_files(archive: bytes) -> Iterator[tuple[str, File]]:
    import io
    import tarfile

    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as members:
            for member in members:
                content = members.extractfile(member) if member.isreg() else None
                if content is None:
                    raise ValueError(member.name)
                name = member.name.encode().decode()  # ValueError for what is no UTF-8
                yield name, File(content.read(), bool(member.mode & 0o100))
    except (OSError, EOFError, tarfile.TarError) as error:
        raise ValueError("not a pack") from error
