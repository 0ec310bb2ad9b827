"""The policy of a repository with a host path, on a real API server: one folder of the node, and nothing else."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.support import ok, rendered
from tests.judges.subject import rendered_by
from tests.kube import manifests
from tests.kube.engine import ControlPlane, Document, joined

Change = Callable[[dict[str, Any]], object]
CONTAINER: Mapping[str, Any] = {"name": "other", "image": "other:v1"}


def container(pod: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = pod["containers"][0]
    return found


REFUSED: Mapping[str, tuple[Change, str]] = {
    "another folder": (
        lambda pod: pod["volumes"].append({"name": "etc", "hostPath": {"path": "/etc"}}),
        "the only folder of the node is /var/lib/boxes",
    ),
    "a folder above": (
        lambda pod: pod["volumes"].append({"name": "lib", "hostPath": {"path": "/var/lib"}}),
        "the only folder of the node is /var/lib/boxes",
    ),
    "the way out of the folder": (
        lambda pod: pod["volumes"].append({"name": "up", "hostPath": {"path": "/var/lib/boxes/../.."}}),
        "must not contain '..'",
    ),
    "a disk": (
        lambda pod: pod["volumes"].append({"name": "nfs", "nfs": {"server": "x", "path": "/"}}),
        "the only folder of the node is /var/lib/boxes",
    ),
    "the node's network": (lambda pod: pod.update(hostNetwork=True), "are not for pods"),
    "the node's processes": (lambda pod: pod.update(hostPID=True), "are not for pods"),
    "a port of the node": (
        lambda pod: container(pod)["ports"][0].update(hostPort=container(pod)["ports"][0]["containerPort"]),
        "are not for pods",
    ),
    "privileges": (
        lambda pod: container(pod)["securityContext"].update(privileged=True, allowPrivilegeEscalation=True),
        "every container gives up its privileges",
    ),
    "a capability": (
        lambda pod: container(pod)["securityContext"]["capabilities"].update(add=["SYS_ADMIN"]),
        "every container gives up its privileges",
    ),
    "a container that says nothing": (
        lambda pod: pod["containers"].append(dict(CONTAINER)),
        "every container gives up its privileges",
    ),
    "an init container that says nothing": (
        lambda pod: pod.update(initContainers=[dict(CONTAINER)]),
        "every container gives up its privileges",
    ),
    "root": (
        lambda pod: container(pod)["securityContext"].update(runAsNonRoot=False, runAsUser=0),
        "nothing runs as root",
    ),
    "any system call": (
        lambda pod: container(pod)["securityContext"].update(seccompProfile={"type": "Unconfined"}),
        "nothing runs as root",
    ),
}


@pytest.fixture(scope="module")
def pod(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Document]:
    folder: Path = tmp_path_factory.mktemp("host-path")
    answers = {"edge_features": "plain-deployments,host-path"}
    repository = rendered(folder, service="boxes", profile="edge", **answers)
    objects = manifests.documents(rendered_by(repository)["site-1"])
    plane.create(joined([each for each in objects if each["kind"] != "Deployment"]))
    (deployment,) = (each for each in objects if each["kind"] == "Deployment")
    template = deployment["spec"]["template"]
    metadata = {**template["metadata"], "name": "boxes", "namespace": "boxes"}
    document = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
    refused = copy.deepcopy(document)
    refused["spec"]["hostPID"] = True
    # A policy takes effect a moment after it was stored.
    plane.until(lambda: "are not for pods" in asked(plane, refused), "the policy of boxes", 60)
    yield document
    ok(plane.kubectl("delete", "namespace", "boxes", "--wait=false"))


def asked(plane: ControlPlane, document: Document) -> str:
    """Return what the server says against a pod; of what Pod Security would only warn of, nothing."""
    done = plane.kubectl("create", "--dry-run=server", "-f", "-", given=json.dumps(document))
    return "" if done.code == 0 else done.out + done.err


def test_the_rendered_pod_is_admitted(plane: ControlPlane, pod: Document) -> None:
    assert asked(plane, pod) == ""


@pytest.mark.parametrize("what", REFUSED)
def test_more_of_the_node_is_refused(plane: ControlPlane, pod: Document, what: str) -> None:
    change, words = REFUSED[what]
    spoiled = copy.deepcopy(pod)
    change(spoiled["spec"])
    assert words in asked(plane, spoiled)


def test_other_namespaces_are_not_asked(plane: ControlPlane, pod: Document) -> None:
    other = copy.deepcopy(pod)
    other["metadata"]["namespace"] = "default"
    other["spec"] |= {"serviceAccountName": "default", "hostPID": True}
    assert "are not for pods" not in asked(plane, other)
