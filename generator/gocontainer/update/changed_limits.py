"""Limits of the service that a newer template changed, each with the setting that keeps the old one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gocontainer.answers.lockfile import order
from gocontainer.repository.tree import Tree
from gocontainer.texts import mark, tr


class ChangedLimit(NamedTuple):
    """A limit that is another one since a version."""

    since: str
    what: str
    setting: str
    """The line of the service's settings file that keeps the limit of before."""


CHANGED: Sequence[ChangedLimit] = (
    ChangedLimit("0.2.0.dev0", mark("A body may have 64 KiB, no longer 1 MiB"), "max-body-bytes: 1048576"),
)


def crossed(before: str, theirs: Tree) -> Iterator[str]:
    """Yield a sentence for each limit that changed since version ``before``; ``theirs`` is the newest render."""
    settings = next((path for path in theirs if path.startswith("deploy/") and path.endswith("/config.yaml")), None)
    for limit in CHANGED:
        if settings and order(before) < order(limit.since):
            yield tr(
                "{change}: '{setting}' in {file} keeps the old limit.",
                change=tr(limit.what),
                setting=limit.setting,
                file=settings,
            )
