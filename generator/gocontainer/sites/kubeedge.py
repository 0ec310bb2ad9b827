"""Sites on KubeEdge: for each a NodeGroup, for each wave an EdgeApplication, and a job that pulls the release ahead."""

from __future__ import annotations

import hashlib

from gocontainer.sites.base import Base, Object, container, rename
from gocontainer.sites.fleet import Fleet, Site, Wave
from gocontainer.sites.native import ZONE, metadata


def files(fleet: Fleet, base: Base) -> dict[str, list[Object]]:
    """Return the objects of every file."""
    found = {"common.yaml": base.others, "nodegroups.yaml": [_node_group(site) for site in fleet.sites]}
    for wave in fleet.waves:
        found[f"wave-{wave.number}.yaml"] = [_application(fleet, base, wave)]
        found[f"prepull/wave-{wave.number}.yaml"] = [_prepull(fleet, base, wave)]
    return found


def _node_group(site: Site) -> Object:
    return {
        "apiVersion": "apps.kubeedge.io/v1alpha1",
        "kind": "NodeGroup",
        "metadata": metadata(site),
        "spec": {"matchLabels": {ZONE: site.name}, "topologyEnabled": True},
    }


def _application(fleet: Fleet, base: Base, wave: Wave) -> Object:
    """Return the wave's object, its image in the template, with the digest if there is one: an overrider knows none."""
    workload, name = base.workload(wave.version), f"{base.name}-wave-{wave.number}"
    rename(workload, name, "wave", str(wave.number))
    _complete(workload, base.name)
    groups = [_group(base.name, site, fleet.memory[site.memory]) for site in fleet.of(wave.number)]
    return {
        "apiVersion": "apps.kubeedge.io/v1alpha1",
        "kind": "EdgeApplication",
        "metadata": {"name": name, "namespace": base.namespace},
        "spec": {
            "workloadScope": {"targetNodeGroups": groups},
            "workloadTemplate": {"manifests": [workload]},
        },
    }


def _group(name: str, site: Site, memory: str) -> Object:
    """Return what is a site's own."""
    # add, never replace: that would put the variables in another order each time, and roll the pods.
    variable = {"containerName": name, "operator": "add", "value": [{"name": "APP_SITE", "value": site.name}]}
    amounts = {"containerName": name, "value": {"requests": {"memory": memory}, "limits": {"memory": memory}}}
    return {"name": site.name, "overriders": {"envOverriders": [variable], "resourcesOverriders": [amounts]}}


def _complete(workload: Object, name: str) -> None:
    """Write out what Kubernetes would take for granted: an env overrider drops a reference that is not complete."""
    for each in container(workload, name).get("env") or ():
        source = each.get("valueFrom") or {}
        if "fieldRef" in source:
            source["fieldRef"].setdefault("apiVersion", "v1")
        if "resourceFieldRef" in source:
            source["resourceFieldRef"].setdefault("containerName", name)


def _prepull(fleet: Fleet, base: Base, wave: Wave) -> Object:
    """Return the job that brings the release to a wave's nodes before it begins. It runs once, and is named so."""
    image, model = fleet.release
    release = hashlib.sha256(f"{image} {model}".encode()).hexdigest()[:8]
    nodes = {"key": ZONE, "operator": "In", "values": [site.name for site in fleet.of(wave.number)]}
    return {
        "apiVersion": "operations.kubeedge.io/v1alpha2",
        "kind": "ImagePrePullJob",
        "metadata": {"name": f"{base.name}-wave-{wave.number}-{release}"},
        "spec": {
            "imagePrePullTemplate": {
                "images": [each for each in (image, model) if each],
                "labelSelector": {"matchExpressions": [nodes]},
                # Thin links and small registries: three nodes at a time, a quarter of an hour each, twice again; one in
                # ten may be offline. KubeEdge's own defaults are 1, 300 and 0.
                "concurrency": 3,
                "timeoutSeconds": 900,
                "retryTimes": 2,
                "failureTolerate": "0.1",
            }
        },
    }
