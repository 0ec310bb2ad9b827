"""What a check says, and where the pods are in manifests of any kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Document = Mapping[str, Any]
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job")


class Finding(NamedTuple):
    """One thing that is wrong, with what it costs and the way out."""

    id: str
    message: str
    object: str
    """Kind and name."""
    hint: str


Check = Callable[[Sequence[Document]], Iterator[Finding]]


class PodTemplate(NamedTuple):
    """A pod template and what it stands in."""

    top: Document
    """The document: an EdgeApplication, say."""
    workload: Document
    """The object whose template it is: a Deployment inside it, say."""
    template: Document

    @property
    def spec(self) -> Document:
        """The pod's own specification."""
        spec: Document = self.template.get("spec", {})
        return spec

    @property
    def containers(self) -> Sequence[Document]:
        """All its containers, those that run first included."""
        return [*self.spec.get("initContainers", ()), *self.spec.get("containers", ())]


def named(document: Document) -> str:
    """Name an object in a few words."""
    return f"{document.get('kind')} {document.get('metadata', {}).get('name', '')}".strip()


def group(document: Document) -> str:
    """Return the API group of an object; nothing for Kubernetes' first kinds."""
    return str(document.get("apiVersion", "")).rpartition("/")[0]


def at(document: Document, path: str) -> Any:
    """Return what a path of keys with dots leads to, or an empty mapping."""
    value: Any = document
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return {} if value is None else value


def objects(documents: Sequence[Document]) -> Iterator[tuple[Document, Document]]:
    """Yield each document, and each object inside one, with its document."""
    for document in documents:
        yield document, document
        for inner in at(document, "spec.workloadTemplate.manifests") or ():
            yield document, inner
        for kind in ("Deployment", "StatefulSet"):
            key = kind[0].lower() + kind[1:] + "Template"
            if inner := at(document, f"spec.workload.workloadTemplate.{key}"):
                yield document, {"apiVersion": "apps/v1", "kind": kind, **inner}


def pods(documents: Sequence[Document]) -> Iterator[PodTemplate]:
    """Yield every pod template."""
    for top, each in objects(documents):
        if each.get("kind") in WORKLOADS or group(each) == "serving.knative.dev":
            yield PodTemplate(top, each, at(each, "spec.template"))
        elif each.get("kind") == "Pod":
            yield PodTemplate(top, each, each)
