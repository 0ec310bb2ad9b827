"""The files that name the image that runs: the project's alone, wherever the template has them.

    one for all environments <--(moved)--> one for each: in base and in mine before they are merged

Where both have what the template moved, there is no rename left that git could see otherwise.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from gocontainer.answers.keep import protected
from gocontainer.repository.objects import Entries, Entry
from gocontainer.repository.tree import Tree
from gocontainer.update.git_merge import ScratchRepository

SHARED = "deploy/components/image/kustomization.yaml"
_OVERLAYS = "deploy/overlays/"
_PROD = f"{_OVERLAYS}prod/image/kustomization.yaml"
_KUSTOMIZATIONS = ("/kustomization.yaml", "/kustomization.yml", "/Kustomization")


class Moved(NamedTuple):
    """Base and last commit, as if the image had always been named where the newest template names it."""

    base: Tree
    mine: Mapping[str, Entry | None]
    """What becomes of paths of the last commit; None is gone."""


def is_image_file(path: str) -> bool:
    """Whether a file names the image, and nothing else."""
    return path == SHARED or (path.startswith(_OVERLAYS) and path.endswith("/image/kustomization.yaml"))


def moved(scratch: ScratchRepository, base: Tree, theirs: Tree, keep: Sequence[str]) -> Moved:
    """Return ``base`` and the last commit with the image named in the files that ``theirs`` has for it.

    What ``keep`` names stays as it is.
    """
    mine = scratch.project.mine
    new = {path for path in theirs if is_image_file(path)} - base.keys() - mine.keys()
    if SHARED in new:
        return _joined(base, theirs, mine)
    if new and SHARED not in theirs:
        return _parted(scratch, base, theirs, new, keep)
    return Moved(base, {})


def _joined(base: Tree, theirs: Tree, mine: Entries) -> Moved:
    """Name the image of production in the one file."""
    gone = {path for path in base if is_image_file(path)} - theirs.keys()
    kept = {path: file for path, file in base.items() if path not in gone}
    kept |= {SHARED: base[_PROD]} if _PROD in base else {}
    changes: dict[str, Entry | None] = dict.fromkeys(gone & mine.keys())
    return Moved(kept, changes | ({SHARED: mine[_PROD]} if _PROD in mine else {}))


def _parted(scratch: ScratchRepository, base: Tree, theirs: Tree, new: Iterable[str], keep: Sequence[str]) -> Moved:
    """Name the image of all environments in each of them, the project's own among them."""
    mine, changes, kept = scratch.project.mine, dict[str, Entry | None](), dict(base)
    files = [path for path, each in mine.items() if _is_kustomization(path) and each.is_file]
    texts = dict(zip(files, scratch.project.read([mine[path].oid for path in files]), strict=True))
    if SHARED in mine:
        kept_files = protected(keep, texts)
        edited = {path: text for path, text in _with_own_images(texts, mine) if path not in kept_files}
        for path, text in edited.items():
            changes[path] = mine[path]._replace(oid=scratch.objects.blob(text))
        changes |= dict.fromkeys(_places(edited, texts, new), mine[SHARED])
        texts |= edited
    if SHARED in base:
        before = {path: file.content for path, file in base.items() if _is_kustomization(path)}
        edited = dict(_with_own_images(before, base))
        kept |= {path: base[path]._replace(content=text) for path, text in edited.items()}
        kept |= dict.fromkeys(_places(edited, before, new), base[SHARED])
    if not any(b"components/image" in text for path, text in texts.items() if path not in base or path in theirs):
        kept.pop(SHARED, None)
        changes |= {SHARED: None} if SHARED in mine else {}
    scratch.write()
    return Moved(kept, changes)


def _is_kustomization(path: str) -> bool:
    return path.startswith("deploy/") and path.endswith(_KUSTOMIZATIONS)


def _with_own_images(texts: Mapping[str, bytes], there: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the overlays that name the shared file, with a component of their own in its place."""
    taken = {parent for path in there for parent in (path, posixpath.dirname(path))}
    for path, text in texts.items():
        folder = posixpath.dirname(path)
        shared = posixpath.relpath(posixpath.dirname(SHARED), folder)
        reference = rb"(?<![\w./-])" + re.escape(shared.encode()) + rb"/?(?=[\"'\s,\]]|$)"
        if path.startswith(_OVERLAYS) and f"{folder}/image" not in taken and re.search(reference, text):
            yield path, re.sub(reference, b"image", text)


def _places(edited: Iterable[str], texts: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    """Yield where the image is named now: in those overlays, and in those that only the template has."""
    overlays = {posixpath.dirname(path) for path in texts}
    yield from (f"{posixpath.dirname(path)}/image/kustomization.yaml" for path in edited)
    yield from (path for path in new if posixpath.dirname(posixpath.dirname(path)) not in overlays)
