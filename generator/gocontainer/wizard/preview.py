"""What would be written for the answers: the files, and an estimate of their size in a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gocontainer.answers.lockfile import LOCK, PACK
from gocontainer.options.types import Value
from gocontainer.rendering import language, layout
from gocontainer.rendering.engine import render
from gocontainer.rendering.estimate import Estimate, estimate
from gocontainer.repository.tree import Tree
from gocontainer.texts import tr
from gocontainer.wizard.settling import Settled, shown


class Leaf(NamedTuple):
    """One line of a tree of files."""

    depth: int
    path: str
    """From the top; a folder's ends in a slash."""
    reason: str = ""
    """The answers that it is there for; nothing where it always is."""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rstrip("/").rpartition("/")[2] + ("/" if self.path.endswith("/") else "")


class Preview:
    """Files and estimate of settled answers, each rendered once."""

    def __init__(self) -> None:
        self._trees: dict[tuple[tuple[str, Value], ...], Tree] = {}

    def tree(self, settled: Settled) -> Tree:
        """Return the files without lock and pack, which every answer changes."""
        key = tuple(settled.answers.items())
        if key not in self._trees:
            self._trees[key] = render(settled.answers)
        return self._trees[key]

    def paths(self, settled: Settled) -> list[str]:
        """Return the path of every file that would be written."""
        return sorted([*self.tree(settled), LOCK, PACK])

    def estimate(self, settled: Settled) -> Estimate:
        """Return the size of the image, the pods and the probes' times."""
        return estimate(settled.answers, language.load()["pins"])

    def leaves(self, settled: Settled) -> list[Leaf]:
        """Return the files as a tree, each with the answers that it is there for."""
        context = settled.answers.context()
        return [leaf._replace(reason=_reason(leaf.path, context)) for leaf in grown(self.paths(settled))]

    def difference(self, before: Settled, after: Settled) -> dict[str, str]:
        """Return the paths in which the files differ, each with ``+``, ``-`` or ``~``."""
        old, new = self.tree(before), self.tree(after)
        changed = {path for path in old.keys() & new.keys() if old[path] != new[path]}
        marks = dict.fromkeys(new.keys() - old.keys(), "+") | dict.fromkeys(old.keys() - new.keys(), "-")
        return dict(sorted((marks | dict.fromkeys(changed, "~")).items()))

    def there_for(self, option: str, settled: Settled) -> dict[str, str]:
        """Return the files that the answer to ``option`` is a condition of, each with ``+``."""
        rows = [
            path
            for path, when in layout.FILES.items()
            if any(option == name or option in layout.FLAGS.get(name, "").split() for name in when)
        ]
        return {path: "+" for path in self.tree(settled) if any(layout.covers(row, path) for row in rows)}


def grown(paths: Iterable[str]) -> Iterator[Leaf]:
    """Yield every folder and file of a tree, folders first."""
    told: set[str] = set()
    for path in sorted(paths, key=_folders_first):
        parts = path.split("/")
        for depth in range(len(parts)):
            here = "/".join(parts[: depth + 1]) + ("/" if depth < len(parts) - 1 else "")
            if here not in told:
                told.add(here)
                yield Leaf(depth, here)


def _folders_first(path: str) -> list[tuple[bool, str]]:
    parts = path.split("/")
    return [(depth == len(parts) - 1, part) for depth, part in enumerate(parts)]


def _reason(path: str, context: Mapping[str, Value]) -> str:
    conditions = layout.FILES.get(path, {})
    flags = {name: tr(text) for name, text in layout.FLAGS.items()}
    return tr(" and ").join(flags.get(name) or f"{name} {shown(context[name])}" for name in conditions)
