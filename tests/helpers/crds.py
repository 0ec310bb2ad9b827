"""Custom resources against their own CRDs, strictly: a field that the CRD does not name is refused.

The CRDs of the platforms lie beside the clone. They are as their projects publish them, but for descriptions.
What only a server can tell, the rules in CEL, is asked of the real one in tests/kube.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.checks.finding import group, objects
from tests.helpers.support import ROOT

FOLDER = ROOT.parent / "shared/crds"
Document = Mapping[str, Any]
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
METADATA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "namespace": {"type": "string"}, "labels": TEXTS, "annotations": TEXTS},
    "required": ["name"],
    "additionalProperties": False,
}
"""What a manifest says of itself; labels and annotations are text, also where they look like numbers."""
BUILT_IN = ("k8s.io", "apps", "autoscaling", "batch", "policy")
"""Ends of the API groups that are Kubernetes' own."""


def needed() -> Path:
    """Return the folder of the CRDs, or skip: it is no part of the repository."""
    if not are_there():
        pytest.skip("skipped: ../shared/crds is absent")
    return FOLDER


def are_there() -> bool:
    """Whether custom resources can be judged here."""
    return FOLDER.is_dir()


def is_custom(document: Document) -> bool:
    """Whether a CRD and not Kubernetes itself defines the kind."""
    named = group(document)
    return (bool(named) and not named.endswith(BUILT_IN)) or named == "gateway.networking.k8s.io"


@cache
def definitions(name: str) -> tuple[Document, ...]:
    """Return the CRDs in one file of the folder."""
    text = (needed() / f"{name}.yaml").read_text()
    return tuple(each for each in yaml.load_all(text, yaml.CSafeLoader) if each)


@cache
def files(group: str) -> tuple[str, ...]:
    """Return the names of the files that define kinds of an API group; to parse them all takes long."""
    line = f"\n  group: {group}\n"
    return tuple(path.stem for path in sorted(needed().glob("*.yaml")) if line in path.read_text())


@cache
def schemas(group: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the strict schemas of a group by apiVersion and kind, of every version that is served."""
    found = {}
    for spec in (definition["spec"] for name in files(group) for definition in definitions(name)):
        for version in spec["versions"]:
            if version["served"] and spec["group"] == group:
                schema = strict(version["schema"]["openAPIV3Schema"])
                schema["properties"] |= {"apiVersion": {}, "kind": {}, "metadata": METADATA}
                found[f"{group}/{version['name']}", spec["names"]["kind"]] = schema
    return found


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a structural schema in which what would be pruned is an error.

    Only properties, items and additionalProperties say which fields there are; what stands under anyOf and the
    like only narrows values.
    """
    closed = dict(schema)
    closed.pop("default", None)
    if "properties" in schema:
        closed["properties"] = {name: strict(each) for name, each in schema["properties"].items()}
    if isinstance(schema.get("items"), Mapping):
        closed["items"] = strict(schema["items"])
    if isinstance(schema.get("additionalProperties"), Mapping):
        closed["additionalProperties"] = strict(schema["additionalProperties"])
    elif schema.get("type") == "object" and not schema.get("x-kubernetes-preserve-unknown-fields"):
        closed.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        closed.pop("type", None)
        closed["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    if schema.get("nullable") and "type" in schema:
        closed["type"] = [schema["type"], "null"]
    return closed


def schema_of(document: Document) -> dict[str, Any] | None:
    """Return the strict schema of a custom resource, if a CRD serves it."""
    return schemas(group(document)).get((document["apiVersion"], document["kind"]))


def objections(document: Document) -> list[str]:
    """Say what is wrong with a custom resource, and with the built-in objects inside it."""
    from tests.judges.kubernetes import invalid
    from tests.judges.subject import NEWEST

    schema = schema_of(document)
    if schema is None:
        return [f"no CRD serves {document['apiVersion']} {document['kind']}"]
    validator = jsonschema.Draft202012Validator(schema)
    found = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(dict(document))]
    return found + [said for each in inner(document) if (said := invalid(json.dumps(each), NEWEST))]


def inner(document: Document) -> Iterator[dict[str, Any]]:
    """Yield the built-in objects that a custom resource has in it, which its CRD leaves open."""
    for _, each in objects([document]):
        if each is not document:
            # A YurtAppSet names what it makes.
            yield {**each, "metadata": {"name": document["metadata"]["name"], **each.get("metadata", {})}}
