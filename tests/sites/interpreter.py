"""What each platform's controller makes of the objects: one workload for each site.

By the platforms' sources: kubeedge/kubeedge 16cd8548eedb, cloud/pkg/controllermanager/edgeapplication/overridemanager;
openyurtio/openyurt fbefb6baca66, pkg/yurtmanager/controller/yurtappset/workloadmanager. Their oddities are in it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tests.checks.edge import REFERENCES

Document = dict[str, Any]
GROUP, POOL = "apps.kubeedge.io/belonging-to", "apps.openyurt.io/nodepool"
POOL_NAME = "apps.openyurt.io/pool-name"


def effective(objects: Sequence[Document]) -> dict[str, Document]:
    """Return the workload of each site, by the site that its pods are told."""
    found = [workload for each in objects for workload in KINDS.get(each["kind"], _nothing)(each, objects)]
    by_site = {site(each): each for each in found}
    assert len(by_site) == len(found), "two workloads for one site"
    return by_site


def site(workload: Mapping[str, Any]) -> str:
    """Return the site that a workload's pods are told."""
    container = workload["spec"]["template"]["spec"]["containers"][0]
    (value,) = (each["value"] for each in container["env"] if each["name"] == "APP_SITE")
    return str(value)


def _nothing(_: Document, __: Sequence[Document]) -> Iterator[Document]:
    return iter(())


def _as_it_is(workload: Document, _: Sequence[Document]) -> Iterator[Document]:
    yield workload


def edge_application(app: Document, objects: Sequence[Document]) -> Iterator[Document]:
    """Yield the Deployments of an EdgeApplication; what is no Deployment is applied as it is."""
    groups = {each["metadata"]["name"] for each in objects if each["kind"] == "NodeGroup"}
    targets = app["spec"]["workloadScope"]["targetNodeGroups"]
    assert len({target["name"] for target in targets}) == len(targets), (
        "a group twice in one EdgeApplication is an error"
    )
    for target in targets:
        assert target["name"] in groups, f"no NodeGroup {target['name']}"
        for manifest in app["spec"]["workloadTemplate"]["manifests"]:
            assert manifest["kind"] == "Deployment"
            yield _overridden(copy.deepcopy(manifest), target)


def _overridden(deployment: Document, target: Document) -> Document:
    overriders = target["overriders"]
    assert set(overriders) <= {"envOverriders", "resourcesOverriders"}, "this interpreter knows no others"
    deployment["metadata"]["name"] += f"-{target['name']}"
    pod = deployment["spec"]["template"]["spec"]
    # The whole selector is replaced, whatever was in it.
    pod["nodeSelector"] = {GROUP: target["name"]}
    for each in overriders.get("envOverriders", ()):
        for container in _named(pod, each["containerName"]):
            container["env"] = _env(container.get("env"), each)
    for each in overriders.get("resourcesOverriders", ()):
        for container in _named(pod, each["containerName"]):
            for kind, amounts in each["value"].items():
                for name, amount in amounts.items():
                    assert name in container["resources"][kind], "a replacement of what is not there fails"
                    container["resources"][kind][name] = amount
    return deployment


def _named(pod: Document, name: str) -> list[Document]:
    return [each for each in pod["containers"] if each["name"] == name]


def _env(env: list[Document] | None, overrider: Document) -> list[Document]:
    assert overrider["operator"] == "add", "replace puts the variables into any order, which rolls the pods for nothing"
    return [*(_kept(each) for each in env or ()), *overrider["value"]]


def _kept(variable: Document) -> Document:
    """Return what is left of a variable that an overrider had in its hands, though it was not meant."""
    if "valueFrom" not in variable:
        return variable
    whole = {
        kind: {field: reference[field] for field in REFERENCES[kind]}
        for kind, reference in variable["valueFrom"].items()
        if kind in REFERENCES and all(field in reference for field in REFERENCES[kind])
    }
    return {"name": variable["name"], "valueFrom": whole}


def yurt_app_set(app: Document, objects: Sequence[Document]) -> Iterator[Document]:
    """Yield the Deployments of a YurtAppSet; what would be random in their names is the pool's name once more."""
    pools = {each["metadata"]["name"] for each in objects if each["kind"] == "NodePool"}
    workload = app["spec"]["workload"]
    for pool in app["spec"]["pools"]:
        assert pool in pools, f"no NodePool {pool}"
        template = copy.deepcopy(workload["workloadTemplate"]["deploymentTemplate"])
        yield _tweaked(template, app, pool, [each for each in workload["workloadTweaks"] if pool in each["pools"]])


def _tweaked(template: Document, app: Document, pool: str, tweaks: Sequence[Document]) -> Document:
    owned = {**template["metadata"]["labels"], POOL_NAME: pool, "apps.openyurt.io/yurtappset": app["metadata"]["name"]}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": f"{app['metadata']['name']}-{pool}-{pool}",
            "namespace": app["metadata"]["namespace"],
            "labels": owned,
            "annotations": {**template["metadata"]["annotations"], "apps.openyurt.io/ref-nodepool": pool},
        },
        "spec": template["spec"],
    }
    deployment["spec"]["selector"]["matchLabels"][POOL_NAME] = pool
    pod = deployment["spec"]["template"]
    pod["metadata"]["labels"][POOL_NAME] = pool
    pod["spec"]["nodeSelector"] = {**pod["spec"].get("nodeSelector", {}), POOL: pool}
    for each in tweaks:
        assert set(each["tweaks"]) == {"patches"}, "this interpreter knows no others"
        for patch in each["tweaks"]["patches"]:
            _patch(deployment, patch)
    return deployment


def _patch(document: Document, patch: Document) -> None:
    """Apply an operation of JSON Patch (RFC 6902)."""
    assert patch["operation"] == "add"
    *path, last = patch["path"].removeprefix("/").split("/")
    at: Any = document
    for key in path:
        at = at[int(key)] if isinstance(at, list) else at[key]
    at[last] = copy.deepcopy(patch["value"])


KINDS: Mapping[str, Callable[[Document, Sequence[Document]], Iterator[Document]]] = {
    "Deployment": _as_it_is,
    "DaemonSet": _as_it_is,
    "EdgeApplication": edge_application,
    "YurtAppSet": yurt_app_set,
}
