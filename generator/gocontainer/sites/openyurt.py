"""Sites on OpenYurt: for each a NodePool, and for each wave a YurtAppSet or for each site a DaemonSet."""

from __future__ import annotations

import copy
from collections import defaultdict

from gocontainer.options.subjects.edge import PLACEMENTS
from gocontainer.sites import native
from gocontainer.sites.base import Base, Object, child, container, containers, rename, set_variable
from gocontainer.sites.fleet import Fleet, Site, Wave

_POOL = PLACEMENTS["openyurt"].node
"""The label by which a node joins a pool."""


def files(fleet: Fleet, base: Base) -> dict[str, list[Object]]:
    """Return the objects of every file, a workload for each wave."""
    waves = {f"wave-{wave.number}.yaml": [_app_set(fleet, base, wave)] for wave in fleet.waves}
    return {"common.yaml": base.others, "nodepools.yaml": _node_pools(fleet), **waves}


def daemonset_files(fleet: Fleet, base: Base) -> dict[str, list[Object]]:
    """Return the objects of every file, a workload for each site, which upgrades it with hack/ota.sh."""
    found = defaultdict(list, {"common.yaml": base.others, "nodepools.yaml": _node_pools(fleet)})
    for wave in fleet.waves:
        for site in fleet.of(wave.number):
            found[f"wave-{wave.number}.yaml"].append(_daemon_set(native.at(fleet, base, wave, site), site))
    return found


def _node_pools(fleet: Fleet) -> list[Object]:
    return [
        {
            "apiVersion": "apps.openyurt.io/v1beta2",
            "kind": "NodePool",
            "metadata": native.metadata(site),
            # The labels are those that nodes of the pool get: by its zone a Service keeps requests at the site.
            "spec": {"type": "Edge", "interConnectivity": True, "labels": {native.ZONE: site.name}},
        }
        for site in fleet.sites
    ]


def _app_set(fleet: Fleet, base: Base, wave: Wave) -> Object:
    """Return the wave's object: its image in the template, and a tweak for each site, valid by itself."""
    workload, name = base.workload(wave.version), f"{base.name}-wave-{wave.number}"
    rename(workload, name, "wave", str(wave.number))
    sites = fleet.of(wave.number)
    tweaks = [
        {"pools": [site.name], "tweaks": {"patches": _patches(base.name, workload, site, fleet.memory[site.memory])}}
        for site in sites
    ]
    metadata = {key: child(workload, "metadata", key) for key in ("labels", "annotations")}
    template = {"deploymentTemplate": {"metadata": metadata, "spec": workload["spec"]}}
    return {
        "apiVersion": "apps.openyurt.io/v1beta1",
        "kind": "YurtAppSet",
        "metadata": {"name": name, "namespace": base.namespace},
        "spec": {
            "pools": [site.name for site in sites],
            "workload": {"workloadTemplate": template, "workloadTweaks": tweaks},
        },
    }


def _patches(name: str, workload: Object, site: Site, memory: str) -> list[Object]:
    """Return JSON patches of the Deployment: the list of variables as a whole, since there may be none yet."""
    service = copy.deepcopy(container(workload, name))
    place = [each.get("name") for each in containers(workload, "containers")].index(name)
    set_variable(service, "APP_SITE", site.name)
    values = {"env": service["env"], "resources/requests/memory": memory, "resources/limits/memory": memory}
    path = f"/spec/template/spec/containers/{place}"
    return [{"path": f"{path}/{what}", "operation": "add", "value": value} for what, value in values.items()]


def _daemon_set(workload: Object, site: Site) -> Object:
    """Return a site's workload as a DaemonSet, whose own controller never upgrades a pod."""
    workload["kind"] = "DaemonSet"
    child(workload, "metadata", "annotations")["apps.openyurt.io/update-strategy"] = "OTA"
    spec = child(workload, "spec")
    for field in ("replicas", "strategy", "progressDeadlineSeconds"):
        spec.pop(field, None)
    # Without it the annotation has no effect.
    spec["updateStrategy"] = {"type": "OnDelete"}
    selector = {_POOL: site.name, "kubernetes.io/arch": site.arch}
    child(spec, "template", "spec")["nodeSelector"] = selector
    return workload
