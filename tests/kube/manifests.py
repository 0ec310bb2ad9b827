"""What is put before the API server: manifests as a cluster gets them, and the pods that they lead to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.checks.finding import PodTemplate, group, pods
from tests.helpers import crds, reads
from tests.helpers.goldens import FOLDER
from tests.helpers.support import ROOT, ok
from tests.judges.subject import Subject, from_row, manifests, write
from tests.kube.engine import ControlPlane, Document, joined

ACCOUNT, NAMESPACE = "ServiceAccount", "Namespace"
KNATIVE = ("containerConcurrency", "timeoutSeconds", "responseStartTimeoutSeconds")
"""What a Knative Service says beside its pod."""


def documents(text: str) -> list[Document]:
    """Return the objects in a text of manifests."""
    return [each for each in yaml.load_all(text, yaml.CSafeLoader) if each]


def of_row(folder: Path, number: int, row: Mapping[str, Any]) -> Subject:
    """Write a row under a service's name of its own, and so in namespaces of its own."""
    return from_row(folder, number, {"service": f"row-{number:02d}", **row})


def of_golden(folder: Path, name: str) -> Subject:
    """Render the manifests of a golden, of which a copy is made: that of sites writes into its folder."""
    reads.path((FOLDER / name).relative_to(ROOT).as_posix())
    golden = Path(shutil.copytree(FOLDER / name, folder / "goldens" / name))
    return Subject(f"golden-{name}", golden, write(golden, folder / name))


def pod(found: PodTemplate) -> Document:
    """Return the pod that a workload asks for: only of pods does Pod Security refuse anything."""
    named = found.top["metadata"]
    metadata = {**found.template["metadata"], "name": named["name"], "namespace": named["namespace"]}
    spec = {name: value for name, value in found.spec.items() if name not in KNATIVE}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def prepare(plane: ControlPlane, subjects: Sequence[Subject]) -> None:
    """Create for real what a dry run cannot do without: CRDs, the namespaces, and the accounts of the pods."""
    install(plane, {group(each) for _, each in rendered(subjects) if crds.is_custom(each)})
    for kind in (NAMESPACE, ACCOUNT):
        plane.create(joined([text for text, each in rendered(subjects) if each["kind"] == kind]))


def install(plane: ControlPlane, groups: set[str]) -> None:
    """Create the CRDs of API groups, and wait until they are served."""
    names = {name for each in groups for name in crds.files(each)}
    definitions = [each for name in sorted(names) for each in crds.definitions(name)]
    if definitions:
        # Some are too large for the annotation that a plain apply would write.
        text = joined([dict(each) for each in definitions])
        ok(plane.kubectl("apply", "--server-side", "-f", "-", given=text), "CRDs")
        ok(plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"), "CRDs")


def rendered(subjects: Sequence[Subject]) -> Iterator[tuple[str, Document]]:
    """Yield every object of all overlays, as the text that was rendered and as what it says."""
    for _, path in manifests(subjects):
        for text in path.read_text().split("\n---\n"):
            for document in documents(text):
                yield text, document


def objections(plane: ControlPlane, subjects: Sequence[Subject]) -> str:
    """Return what the server says against all that was not created yet, as it was rendered, and against its pods."""
    asked = [(text, each) for text, each in rendered(subjects) if each["kind"] not in (ACCOUNT, NAMESPACE)]
    led_to = [pod(each) for each in pods([document for _, document in asked])]
    assert led_to
    return plane.objections(joined([*(text for text, _ in asked), *led_to]), len(asked) + len(led_to))


def verdicts(plane: ControlPlane, subjects: Sequence[Subject]) -> dict[str, str]:
    """Ask for all at once; where something is said, ask again for each, since a warning names nobody."""
    if not objections(plane, subjects):
        return dict.fromkeys((subject.name for subject in subjects), "")
    return {subject.name: objections(plane, [subject]) for subject in subjects}
