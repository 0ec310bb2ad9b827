"""Judges of rendered manifests."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

from tests.helpers import crds
from tests.helpers.result_cache import asked
from tests.helpers.support import PINS, go_tool
from tests.judges.subject import NEWEST, TOOLS, Subject, manifests, named, output

SCHEMAS = Path(str(resources("kubernetes_validate"))) / "kubernetes-json-schema"
OLDER = Path(__file__).with_name("schemas")
"""Those of versions that the package has no more, a file for each."""
REFERENCE = re.compile(r"\"#/\$defs/([^\"]+)")
FULL_MARKS = 10


def validate(subjects: Sequence[Subject]) -> list[str]:
    """Compare each manifest with the API of the oldest version that is served, and of the newest; or with its CRD."""
    return [
        f"{subject.name}/manifests/{path.name}: {document['kind']} in {version}: {message}"
        for subject, path in manifests(subjects)
        for document in yaml.safe_load_all(path.read_text())
        for version in (subject.oldest, NEWEST)
        if (message := wrong(document, version))
    ]


def wrong(document: dict[str, Any], version: str) -> str:
    """Say what is wrong with a document of any kind, as far as its CRD is there."""
    if not crds.is_custom(document):
        return invalid(json.dumps(document), version)
    return "; ".join(crds.objections(document)) if crds.are_there() else ""


@cache
def invalid(document: str, version: str) -> str:
    """Say what is wrong with a document. Most rows share theirs, as runs do, and a schema takes long to read."""
    schemas = json.dumps(older(version)).encode()
    what = ("kubernetes-validate", TOOLS.read_bytes(), schemas, version, document)
    return asked(what, lambda: objection(document, version))


def objection(document: str, version: str) -> str:
    if older(version):
        return by_older(json.loads(document), version)
    try:
        kubernetes_validate.validate(json.loads(document), version, strict=True)
    except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
        return str(error.message)
    return ""


def by_older(document: dict[str, Any], version: str) -> str:
    """The same, by the schemas that lie here."""
    name = definition(document["kind"], document["apiVersion"])
    if name not in older(version):
        return f"no schema of {document['apiVersion']} {document['kind']}"
    schema = {"$ref": f"#/definitions/{name}", "definitions": older(version)}
    return "; ".join(each.message for each in jsonschema.Draft7Validator(schema).iter_errors(document))


@cache
def older(version: str) -> dict[str, Any]:
    """Return the definitions of a version that lie here; nothing where the package has them."""
    path = OLDER / f"{version}.json"
    found: dict[str, Any] = json.loads(path.read_text())["definitions"] if path.exists() else {}
    return found


def definition(kind: str, api: str) -> str:
    """Name a kind as its definition does: io.k8s.api.apps.v1.Deployment."""
    group, _, version = api.rpartition("/")
    return f"io.k8s.api.{group.partition('.')[0] or 'core'}.{version}.{kind}"


def kubeconform(subjects: Sequence[Subject]) -> list[str]:
    """Compare each manifest with the API once more, with duplicate keys refused."""
    found = []
    for version in sorted({NEWEST, *(subject.oldest for subject in subjects)}):
        paths = [path for subject, path in manifests(subjects) if version in (subject.oldest, NEWEST)]
        found += [f"{line} in {version}" for line in conform(version, paths)]
    return named(subjects, found)


def conform(version: str, paths: Sequence[Path]) -> list[str]:
    program = go_tool("github.com/yannh/kubeconform/cmd/kubeconform", PINS["own_tool"]["kubeconform"]["value"])
    documents = [document for path in paths for document in yaml.safe_load_all(path.read_text())]
    custom = {f"{each['apiVersion']}/{each['kind']}": each for each in documents if crds.is_custom(each)}
    skipped = [] if crds.are_there() else list(custom)
    with tempfile.TemporaryDirectory() as folder:
        for document in () if skipped else custom.values():
            schema = json.dumps(crds.schema_of(document))
            (Path(folder) / f"{document['kind'].lower()}-{suffix(document['apiVersion'])}.json").write_text(schema)
        for kind, api in {(each["kind"], each["apiVersion"]) for each in documents if not crds.is_custom(each)}:
            standalone(version, kind, api, Path(folder))
        location = f"{folder}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
        arguments = (
            "-strict",
            "-summary",
            "-output=json",
            "-kubernetes-version",
            f"{version}.0",
            "-skip",
            ",".join(skipped),
        )
        said = json.loads(output(program, *arguments, "-schema-location", location, *paths))
    assert bool(said["summary"]["skipped"]) == bool(skipped)
    assert said["summary"]["valid"] > 0
    return [f"{each['filename']}: {each['kind']}: {each['msg']}" for each in said["resources"]]


def suffix(api: str) -> str:
    """Name an API as its schemas do: networking.k8s.io/v1 is networking-v1."""
    group, _, version = api.rpartition("/")
    return f"{group.partition('.')[0]}-{version}" if group else version


def standalone(version: str, kind: str, api: str, target: Path) -> None:
    """Put a schema and the definitions that it needs into one file: kubeconform does not find them elsewhere."""
    name = f"{kind.lower()}-{suffix(api)}.json"
    if definition(kind, api) in older(version):
        schema = {"$ref": f"#/definitions/{definition(kind, api)}", "definitions": older(version)}
        (target / name).write_text(json.dumps(schema))
        return
    path = SCHEMAS / f"v{version}.0-local-strict" / name
    if not path.exists():
        return
    text = path.read_text().replace("/api/_definitions.json#", "#")
    wanted, needed = REFERENCE.findall(text), {}
    while wanted:
        each = wanted.pop()
        if each not in needed:
            needed[each] = definitions(version)[each]
            wanted += REFERENCE.findall(json.dumps(needed[each]))
    (target / name).write_text(json.dumps({**json.loads(text), "$defs": needed}))


@cache
def definitions(version: str) -> dict[str, Any]:
    text = (SCHEMAS / f"v{version}.0-local-strict/_definitions.json").read_text()
    found: dict[str, Any] = json.loads(text.replace("/api/_definitions.json#", "#"))["$defs"]
    return found


def kube_score(subjects: Sequence[Subject]) -> list[str]:
    """Judge each overlay by itself: another's policy or budget must not count for it."""
    return [
        f"{subject.name}/manifests/{path.name}: {each['type_meta']['kind']}: "
        f"{check['check']['id']}: {comment['summary']}"
        for subject, path in manifests(subjects)
        for each in json.loads(scores(path.read_text())) or []
        for check in each["checks"]
        if check["grade"] < FULL_MARKS and not check["skipped"]
        for comment in check["comments"]
    ]


@cache
def scores(documents: str) -> str:
    """Return what kube-score says of some manifests, which it is asked once for each content."""
    version = PINS["own_tool"]["kube_score"]["value"]
    arguments = ("score", "--output-format=json", f"--kubernetes-version=v{NEWEST}")

    def ask() -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "manifests.yaml"
            path.write_text(documents)
            return output(go_tool("github.com/zegl/kube-score/cmd/kube-score", version), *arguments, path)

    return asked(("kube-score", version, *arguments, documents), ask)
