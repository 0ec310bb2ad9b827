"""The files that are their owner's, byte for byte.

They are those of a fresh remote that a new repository is written beside, and those that the template writes once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gocontainer.repository.tree import KEPT, Tree
from gocontainer.texts import series, tr

ONCE: Mapping[str, str] = {
    "deploy/components/image/kustomization.yaml": "0.1.0",
    "deploy/overlays/dev/image/kustomization.yaml": "0.1.0",
    "deploy/overlays/prod/image/kustomization.yaml": "0.1.0",
    "internal/config/configtest/configtest.go": "0.2.0.dev0",
    "internal/config/own.go": "0.2.0.dev0",
    "internal/deps/deps.go": "0.2.0.dev0",
    "internal/httpapi/discount.go": "0.2.0.dev0",
    "internal/httpapi/discount_test.go": "0.2.0.dev0",
    "internal/httpapi/quotes.go": "0.2.0.dev0",
    "internal/httpapi/quotes_test.go": "0.2.0.dev0",
    "internal/httpapi/routes.go": "0.2.0.dev0",
    "internal/summary/summary.go": "0.2.0.dev0",
    "internal/summary/summary_test.go": "0.2.0.dev0",
}
"""Files of the template that are written once, each with the version since which it is.

Each lies in every lock that knows it, and stays as it is whatever is switched on or off: what it says has to compile
under every answer.
"""
LISTS = frozenset([".gitattributes", ".gitignore"])
"""Files in which every line counts by itself."""


class KeptFile(NamedTuple):
    """A file that was there, beside what the template has in its place."""

    path: str
    differs: bool
    """Whether the template's is another one; False also where the template has none."""
    missing: tuple[str, ...] = ()
    """The template's lines that it lacks, of a file in which each line counts by itself."""

    @property
    def sentence(self) -> str:
        """What a person should know of it."""
        if self.missing:
            return tr("{path} lacks lines of the template's: {lines}", path=self.path, lines=series(self.missing))
        if self.differs:
            return tr("{path} differs from the template's", path=self.path)
        return self.path


def kept_files(target: Path, rendered: Tree) -> tuple[KeptFile, ...]:
    """Return the files that are kept at ``target``, which holds nothing else, beside what is ``rendered``."""
    names = sorted(each.name for each in target.iterdir() if each.name in KEPT) if target.is_dir() else []
    return tuple(_beside(name, (target / name).read_bytes(), rendered) for name in names)


def _beside(name: str, theirs: bytes, rendered: Tree) -> KeptFile:
    if name not in rendered:
        return KeptFile(name, differs=False)
    differs = theirs.replace(b"\r\n", b"\n") != rendered[name].content
    return KeptFile(name, differs, missing_lines(name, theirs, rendered))


def missing_lines(name: str, theirs: bytes, rendered: Tree) -> tuple[str, ...]:
    """Return the lines of a rendered list that ``theirs`` lacks; none where the file is no list."""
    if name not in LISTS or name not in rendered:
        return ()
    known = {_covered(line) for line in _entries(theirs)}
    return tuple(line for line in _entries(rendered[name].content) if _covered(line) not in known)


def _entries(text: bytes) -> Iterator[str]:
    """Yield the lines of a list that say something."""
    lines = (line.strip() for line in text.decode("utf-8", "replace").splitlines())
    return (line for line in lines if line and not line.startswith("#"))


def _covered(line: str) -> str:
    """Return what a line of a list is about: ``bin`` ignores all that ``/bin/`` does."""
    return line.strip("/")


def is_fresh(names: Sequence[str] | None) -> bool:
    """Whether a commit with these ``names`` at its top, or none at all, is all that a host makes by itself."""
    return names is None or (bool(names) and KEPT.issuperset(names))


def is_blocked(folder: Path, path: str) -> bool:
    """Whether a link, a file or the like is where a folder of ``path`` has to be: it would be written through."""
    folders = (folder / parent for parent in list(Path(path).parents)[:-1])
    return any(each.is_symlink() or (each.exists() and not each.is_dir()) for each in folders)
