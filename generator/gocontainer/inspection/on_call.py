"""What an update changes for whoever is on call: the numbers, what the cluster is given, and the image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gocontainer.inspection import explain
from gocontainer.repository.tree import Tree
from gocontainer.texts import listed, tr

_IN_THE_IMAGE = ("Dockerfile", "go.mod", "go.sum")


def changes(before: Tree, after: Tree, paths: Iterable[str], service: str) -> Iterator[str]:
    """Yield a line for each thing that is another in the render ``after``; ``paths`` are the files that change."""
    found = list(_changes(before, after, sorted(paths), service))
    yield tr("For whoever is on call:")
    yield from (f"  {line}" for line in found or [tr("nothing that runs changes")])


def _changes(before: Tree, after: Tree, paths: list[str], service: str) -> Iterator[str]:
    for row in explain.numbers().values():
        old, new = (next((value for _, value in explain.found_in(row, tree, service)), "") for tree in (before, after))
        title, buys = row["title"], row["buys"]
        known = {"title": tr(title), "buys": tr(buys)}
        if old and new and old != new:
            yield tr("{title}: {before}, now {now} ({buys})", before=old, now=new, **known)
        elif new and not old:
            yield tr("{title}: now {now} ({buys})", now=new, **known)
        elif old and not new:
            yield tr("{title}: {before}, now gone ({buys})", before=old, **known)
    if manifests := [path for path in paths if path.startswith("deploy/")]:
        yield tr("what the cluster is given: {paths}", paths=listed(manifests))
    if any(path in _IN_THE_IMAGE or (path.endswith(".go") and not path.endswith("_test.go")) for path in paths):
        yield tr("the image, from the next release on")
