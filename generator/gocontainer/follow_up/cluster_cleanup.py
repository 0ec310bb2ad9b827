"""What an update means where the manifests are applied already: `kubectl apply` deletes no object."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from gocontainer.repository.tree import Tree

_DEPLOY = "deploy/"
_AUTOSCALERS = ("HorizontalPodAutoscaler", "ScaledObject.keda.sh")
_TOPS = ("deploy/overlays/", "deploy/knative/")
"""Where the kustomizations are that are applied: those that name a namespace."""
_KUSTOMIZATION = "kustomization.yaml"
_TELLING = (b"---", b"kind:", b"apiVersion:", b"metadata:", b"  name:", b"  namespace:")
"""How lines of a manifest begin that say what it makes, as the template writes them."""


class _Object(NamedTuple):
    """What an overlay makes."""

    namespace: str
    kind: str
    name: str


class FollowUp(NamedTuple):
    """Commands for a cluster that runs the manifests, in the order in which they are due."""

    hand_over: list[str]
    """Before the next apply: they leave the number of replicas to an autoscaler that is new."""
    delete: list[str]
    """After it: they delete what is made no more."""


def follow_up(before: Tree, after: Tree) -> FollowUp:
    """Return what applying ``after`` over ``before``, both as rendered, leaves to be done.

    Without the first commands the apply would delete the number of replicas, and so set it to 1 until the autoscaler
    looks again (kubernetes.io: Horizontal Pod Autoscaling, Migrating Deployments and StatefulSets to horizontal
    autoscaling).
    """
    if telling_lines(before) == telling_lines(after):
        return FollowUp([], [])
    old, new = objects(before), objects(after)
    return FollowUp(
        [
            f"kubectl -n {namespace} apply view-last-applied deployment/{name} -o yaml | sed '/^  replicas:/d' | "
            f"kubectl -n {namespace} apply set-last-applied -f -"
            for namespace, kind, name in sorted(old & new)
            if kind == "Deployment" and {_Object(namespace, each, name) for each in _AUTOSCALERS} & (new - old)
        ],
        [f"kubectl -n {namespace} delete {kind.lower()}/{name}" for namespace, kind, name in sorted(old - new)],
    )


def telling_lines(tree: Tree) -> dict[str, list[bytes]]:
    """Return the lines of each manifest that could say that it makes another object; reading YAML takes far longer."""
    return {
        path: [line for line in file.content.splitlines() if path.endswith(_KUSTOMIZATION) or line.startswith(_TELLING)]
        for path, file in tree.items()
        if path.startswith(_DEPLOY)
    }


def objects(tree: Tree) -> set[_Object]:
    """Return what the kustomizations make that are applied."""
    return {
        _Object(str(document["namespace"]), _kind(each), each["metadata"]["name"])
        for path in tree
        if path.startswith(_TOPS) and path.endswith(_KUSTOMIZATION)
        for document in _documents(tree, path)
        if "namespace" in document
        for each in _made_by(tree, path)
    }


def _kind(document: Mapping[str, Any]) -> str:
    """Return the kind, with its group where that is not Kubernetes' own: a Service may be Knative's."""
    group = document["apiVersion"].rpartition("/")[0]
    return f"{document['kind']}.{group}" if "." in group and not group.endswith(".k8s.io") else document["kind"]


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

    # The one in C, where libyaml is there, is ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [each for each in yaml.load_all(tree[path].content, loader) if each] if path in tree else []
