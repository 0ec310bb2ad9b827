"""Sites without a platform's objects: for each a plain Deployment."""

from __future__ import annotations

from collections import defaultdict

from gocontainer.options.subjects.edge import PLACEMENTS
from gocontainer.sites.base import Base, Object, child, container, rename, set_variable
from gocontainer.sites.fleet import Fleet, Site, Wave

ZONE = PLACEMENTS["native"].node
"""The label by which a site is the nodes with its name."""


def files(fleet: Fleet, base: Base) -> dict[str, list[Object]]:
    """Return the objects of every file."""
    found = defaultdict(list, {"common.yaml": base.others})
    for wave in fleet.waves:
        for site in fleet.of(wave.number):
            workload = at(fleet, base, wave, site)
            selector = {"kubernetes.io/arch": site.arch, ZONE: site.name}
            child(workload, "spec", "template", "spec")["nodeSelector"] = selector
            found[f"wave-{wave.number}.yaml"].append(workload)
    return found


def at(fleet: Fleet, base: Base, wave: Wave, site: Site) -> Object:
    """Return the workload of one site, where the platform does not make it from a wave's."""
    workload = base.workload(wave.version)
    rename(workload, f"{base.name}-{site.name}", "site", site.name)
    service = container(workload, base.name)
    set_variable(service, "APP_SITE", site.name)
    for kind in ("requests", "limits"):
        child(service, "resources", kind)["memory"] = fleet.memory[site.memory]
    return workload


def metadata(site: Site) -> Object:
    """Return the metadata of the object that stands for a site."""
    return {"name": site.name, **({"labels": dict(site.labels)} if site.labels else {})}
