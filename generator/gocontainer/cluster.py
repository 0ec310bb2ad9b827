"""What an update means where the manifests are applied already: `kubectl apply` deletes no object."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from gocontainer.tree import Tree

_DEPLOY = "deploy/"
_KUSTOMIZATION = "kustomization.yaml"


class Removed(NamedTuple):
    """An object that an overlay made and makes no longer."""

    namespace: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"kubectl -n {self.namespace} delete {self.kind.lower()}/{self.name}"


def removed(before: Tree, after: Tree) -> list[Removed]:
    """Return what is left behind in each namespace once ``after`` is applied over ``before``, both as rendered."""
    return sorted(_objects(before) - _objects(after))


def handed_over(before: Tree, after: Tree) -> list[str]:
    """Return the commands that leave the number of replicas to an autoscaler, where ``after`` has one and no number.

    The next apply would delete the number, and so set it to 1 until the autoscaler looks again
    (kubernetes.io: Horizontal Pod Autoscaling, Migrating Deployments and StatefulSets to horizontal autoscaling).
    """
    return [
        f"kubectl -n {namespace} apply view-last-applied deployment/{name} -o yaml | sed '/^  replicas:/d' | "
        f"kubectl -n {namespace} apply set-last-applied -f -"
        for namespace, kind, name in sorted(_objects(before) & _objects(after))
        if kind == "Deployment"
        and Removed(namespace, "HorizontalPodAutoscaler", name) in _objects(after) - _objects(before)
    ]


def _objects(tree: Tree) -> set[Removed]:
    return {
        Removed(str(document["namespace"]), each["kind"], each["metadata"]["name"])
        for path in tree
        if path.startswith(f"{_DEPLOY}overlays/") and path.endswith(_KUSTOMIZATION)
        for document in _documents(tree, path)
        for each in _made_by(tree, path)
    }


def _made_by(tree: Tree, kustomization: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects that a kustomization brings together; those that it generates are nobody's to delete."""
    folder = posixpath.dirname(kustomization)
    for document in _documents(tree, kustomization):
        for name in (*document.get("resources", ()), *document.get("components", ())):
            path = posixpath.normpath(posixpath.join(folder, name))
            if path in tree:
                yield from _documents(tree, path)
            else:
                yield from _made_by(tree, f"{path}/{_KUSTOMIZATION}")


def _documents(tree: Tree, path: str) -> list[Mapping[str, Any]]:
    import yaml

    return [each for each in yaml.safe_load_all(tree[path].content) if each] if path in tree else []
