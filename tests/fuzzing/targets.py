"""What takes a stranger's bytes: a target for each parser, with what it begins from.

A target may refuse its bytes with an error that a user can see; anything else that it raises is a fault.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from gocontainer import Answers, render
from gocontainer.answers import lockfile, sources
from gocontainer.errors import GocontainerError
from gocontainer.options.table import OPTIONS
from gocontainer.repository import dockerfile
from gocontainer.repository.remotes import parse_remote
from gocontainer.update import lock_merge, resolvers
from gocontainer.verification import objects, texts
from tests.helpers.support import answers

SPLIT = b"\n=======\n"
"""Between the parts of an input that has several."""
_MARKED = "{0} mine\n{1}\n{3} base\n{2}\n{4}\n{2}2\n{5} theirs\n"


class Target(NamedTuple):
    """A parser, and inputs that it takes."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def accepted(act: Callable[[], object]) -> None:
    """Do something that may be refused, and read the refusal as a person would."""
    try:
        act()
    except GocontainerError as error:
        shown = str(error)
        assert shown


def answers_file(data: bytes) -> None:
    """Read an answers file, whose kind the first byte says, and merge what it says."""
    suffix = (".yaml", ".toml", ".json")[data[0] % 3] if data else ".yaml"
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(data[1:])
        file.flush()
        accepted(lambda: Answers.merge(sources.from_file(Path(file.name))))


def option(data: bytes) -> None:
    """Give one answer to every question."""
    text = data.decode("utf-8", "replace")
    for each in OPTIONS:
        accepted(lambda each=each: each.parse(text, "the fuzzer"))  # type: ignore[misc]


def lock(data: bytes) -> None:
    """Read a lock file and ask what a repository has that it belongs to."""
    accepted(lambda: _answered(lockfile.parse(data, Path(lockfile.LOCK))))


def _answered(read: lockfile.Lock) -> None:
    lockfile.order(read.version)
    Answers.merge(*read.layers())


def locks(data: bytes) -> None:
    """Merge the locks of two branches, as they were before and on each side."""
    accepted(lambda: _merged(lockfile.parse(part, Path(lockfile.LOCK)) for part in data.split(SPLIT)))


def _merged(sides: Iterable[lockfile.Lock]) -> None:
    before, ours, theirs, *_ = (*sides, None, None, None)
    if before and ours and theirs:
        lock_merge.merged(before, ours, theirs, theirs)


def pack(data: bytes) -> None:
    """Unfold a pack."""
    with suppress(ValueError):
        lockfile.unpack(data)


def markers(data: bytes) -> None:
    """Decide the conflicts in a file, whose name stands first."""
    name, _, marked = data.partition(SPLIT)
    resolvers.resolve(name.decode("utf-8", "replace"), marked.decode("utf-8", "replace"))


def image_names(data: bytes) -> None:
    """Look for images in a Dockerfile."""
    dockerfile.images(data.decode("utf-8", "replace"))


def remote(data: bytes) -> None:
    """Understand the address of a repository."""
    parse_remote(data.decode("utf-8", "replace"))


def planted(data: bytes) -> None:
    """Fail for some bytes, as a parser with a fault does: it shows that faults are found."""
    if data[:2] == b"a=" and b"\0" in data:
        raise ZeroDivisionError


def manifests(data: bytes) -> None:
    """Look for objects in YAML, and for what is wrong with a text."""
    for each in objects.objects(objects.parsed(data)):
        assert each.names
    for name in ("a.yaml", "a.json", "a.toml", "go.mod", "main.go", "Makefile"):
        texts.find(name, data)


def _marked(name: str, *lines: str) -> bytes:
    sign = resolvers.MARKER
    return name.encode() + SPLIT + _MARKED.format("<" * sign, *lines, "|" * sign, "=" * sign, ">" * sign).encode()


def _lock(**more: object) -> bytes:
    said = answers()
    document = json.loads(lockfile.lock({}, said))
    return json.dumps({**document, **more}).encode()


def _files(paths: Iterable[str]) -> tuple[bytes, ...]:
    tree = render(answers())
    return tuple(tree[path].content for path in paths)


def targets() -> Mapping[str, Target]:
    """Return every target by its name."""
    kept = _lock()
    return {
        "answers-file": Target(
            answers_file,
            (
                b"\x00service: orders\nport: 8080\nowner: &a [x, *a]\n",
                b"\x01port = 0x1f\n[a]\nb = 1\n",
                b'\x02{"port": 1}',
            ),
        ),
        "option": Target(
            option, (b"orders", b"64Mi", b"250m", b"true", b"a=1,b=2", b"linux/amd64,linux/arm64", b"1.30")
        ),
        "lock": Target(lock, (kept, _lock(keep=["deploy/**"]), _lock(answers={"service": "a", "port": "1"}))),
        "locks": Target(locks, (SPLIT.join([kept, _lock(keep=["a"]), kept]),)),
        "pack": Target(pack, (lockfile.pack(dict(list(render(answers()).items())[:3])),)),
        "markers": Target(
            markers,
            (
                _marked("go.mod", "\ta.b/c v1.2.3", "\ta.b/c v1.2.4"),
                _marked("go.sum", "a.b/c v1.2.3 h1:x=", "a.b/c v1.2.4 h1:y="),
                _marked("Dockerfile", "FROM golang:1.26", "FROM golang:1.27"),
            ),
        ),
        "image-names": Target(image_names, (*_files(["Dockerfile"]), b"ARG A=${B:-c}\nFROM $A AS x\nFROM x\n")),
        "planted": Target(planted, (b"a=1", b"a=12")),
        "remote": Target(remote, (b"git@github.com:acme/orders.git", b"https://a@dev.azure.com/o/p/_git/r")),
        "manifests": Target(manifests, _files(["deploy/base/deployment.yaml", "go.mod", "Makefile"])),
    }
