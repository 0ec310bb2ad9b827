"""The images that Dockerfiles name, and until when each is supported as far as this version's pins know."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gocontainer.console import padded
from gocontainer.rendering import language
from gocontainer.rendering.variables import mirrored
from gocontainer.repository.dockerfile import images, is_dockerfile
from gocontainer.repository.tree import Tree
from gocontainer.texts import tr

SOON = dt.timedelta(days=90)
"""So long before its last day an image is spoken of."""
_FOREIGN = frozenset([".git", "node_modules", "vendor"])


class EndOfLife(NamedTuple):
    """An image whose support has ended or soon will, and what to take instead."""

    path: str
    image: str
    last_day: dt.date
    past: bool
    update: bool
    """Whether an update replaces it."""
    instead: str
    """What this version takes in its place; empty where it knows nothing newer."""

    def as_json(self) -> dict[str, Any]:
        """Return what a program reads."""
        return {**self._asdict(), "last_day": self.last_day.isoformat(), "instead": self.instead or None}

    def line(self) -> str:
        """Return what a person reads."""
        known = {"path": self.path, "image": self.image, "day": self.last_day, "hint": self._hint()}
        if self.past:
            what, line = tr("past its end of life"), tr("{path}: {image} was supported until {day}; {hint}", **known)
        else:
            what, line = tr("ends soon"), tr("{path}: {image} is supported until {day}; {hint}", **known)
        return f"  {padded(what, 20)} {line}"

    def _hint(self) -> str:
        if self.update and self.instead:
            return tr("'gocontainer update' brings {image}", image=self.instead)
        if self.update:
            return tr("'gocontainer update' brings another")
        if self.instead:
            return tr("take {image}", image=self.instead)
        return tr("look for a newer tag, or a newer gocontainer")


def today() -> dt.date:
    """Return the day on which this runs."""
    return dt.datetime.now(tz=dt.UTC).date()


def ends_of_life(folder: Path, base: Tree, newest: Tree, mirrors: str = "") -> Iterator[EndOfLife]:
    """Yield the images in ``folder`` that are past their last day, or nearly so.

    ``base`` and ``newest`` tell what an update would bring, and ``mirrors`` where images come from.
    """
    pins, now = language.load()["pins"], today()
    for path, text in _dockerfiles(folder):
        for image in dict.fromkeys(images(text)):
            last_day = ends(image, pins["end_of_life"])
            if last_day and last_day < now + SOON:
                replaced = image in _rendered(base, path) and image not in _rendered(newest, path)
                instead = mirrored(_instead(image, last_day, pins), mirrors)
                yield EndOfLife(path, image, last_day, last_day < now, replaced, instead)


def _rendered(tree: Tree, path: str) -> list[str]:
    return images(tree[path].content.decode("utf-8", "replace")) if path in tree else []


def ends(image: str, last_days: Mapping[str, str]) -> dt.date | None:
    """Return the last day of what an image is made of first out of support; None where no row is about it."""
    name = image.rpartition("/")[2]
    known = (day for words, day in last_days.items() if any(_is_in(word, name) for word in words.split()))
    return min(map(dt.date.fromisoformat, known), default=None)


def _is_in(word: str, name: str) -> bool:
    """Whether a name has the word, or a version below it: alpine:3.2 is in alpine:3.2.1, but not in alpine:3.22.

    A code name, such as bookworm, counts in the tag only.
    """
    where = name if {":", "-"} & set(word) else name.partition(":")[2]
    return word in where and re.search(rf"(?<![\w.]){re.escape(word)}(?![a-zA-Z0-9])", where) is not None


def _instead(image: str, last_day: dt.date, pins: Mapping[str, Mapping[str, str]]) -> str:
    """Return the pin of the same product where it is supported longer."""
    for pin in pins["base_image"].values():
        if _product(pin) == _product(image):
            other = ends(pin, pins["end_of_life"])
            return pin if other is None or other > last_day else ""
    return ""


def _product(image: str) -> str:
    """Return the last part of a name, without tag and release: golang, or static-debian."""
    return image.rpartition("/")[2].partition(":")[0].rstrip("0123456789")


def _dockerfiles(folder: Path) -> Iterator[tuple[str, str]]:
    found: list[Path] = []
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _FOREIGN]
        found += [Path(root, name) for name in names if is_dockerfile(name)]
    for path in sorted(found):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_text("utf-8", "replace")
