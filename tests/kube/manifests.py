"""What is put before the API server: manifests as kustomize renders them, and the pods of their Deployments."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.golden import FOLDER
from tests.judges.subject import Subject, from_row, kustomize, manifests
from tests.kube.engine import ControlPlane, Document, joined

NAMESPACES = "namespace.yaml"
ACCOUNT = "ServiceAccount"


def documents(text: str) -> list[Document]:
    """Return the objects in a text of manifests."""
    return [each for each in yaml.load_all(text, yaml.CSafeLoader) if each]


def of_row(folder: Path, number: int, row: Mapping[str, Any]) -> Subject:
    """Write a row under a service's name of its own, and so in namespaces of its own."""
    return from_row(folder, number, {"service": f"row-{number:02d}", **row})


def of_golden(folder: Path, name: str) -> Subject:
    """Render the manifests of a golden, which is read where it is committed."""
    golden = FOLDER / name
    target = folder / name
    target.mkdir(parents=True)
    for overlay in sorted((golden / "deploy/overlays").iterdir()):
        (target / f"{overlay.name}.yaml").write_text(kustomize(overlay))
    shutil.copy(golden / "deploy/namespace" / NAMESPACES, target)
    return Subject(f"golden-{name}", golden, target)


def pod(deployment: Document) -> Document:
    """Return the pod that a Deployment asks for: only of pods does Pod Security refuse anything."""
    template, named = deployment["spec"]["template"], deployment["metadata"]
    metadata = {**template["metadata"], "name": named["name"], "namespace": named["namespace"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def prepare(plane: ControlPlane, subjects: Sequence[Subject]) -> None:
    """Create for real what a dry run cannot do without: the namespaces, and the accounts of the pods."""
    plane.create(joined([(subject.manifests / NAMESPACES).read_text() for subject in subjects]))
    plane.create(joined([text for text, each in rendered(subjects) if each["kind"] == ACCOUNT]))


def rendered(subjects: Sequence[Subject]) -> Iterator[tuple[str, Document]]:
    """Yield every object of all overlays, as the text that was rendered and as what it says."""
    for _, path in manifests(subjects):
        if path.name != NAMESPACES:
            for text in path.read_text().split("\n---\n"):
                (document,) = documents(text)
                yield text, document


def objections(plane: ControlPlane, subjects: Sequence[Subject]) -> str:
    """Return what the server says against all that was not created yet, as it was rendered, and against its pods."""
    asked = [(text, each) for text, each in rendered(subjects) if each["kind"] != ACCOUNT]
    pods = [pod(each) for _, each in asked if each["kind"] == "Deployment"]
    assert pods
    return plane.objections(joined([*(text for text, _ in asked), *pods]), len(asked) + len(pods))


def verdicts(plane: ControlPlane, subjects: Sequence[Subject]) -> dict[str, str]:
    """Ask for all at once; where something is said, ask again for each, since a warning names nobody."""
    if not objections(plane, subjects):
        return dict.fromkeys((subject.name for subject in subjects), "")
    return {subject.name: objections(plane, [subject]) for subject in subjects}
