"""Sites on SuperEdge: for each a plain Deployment on the nodes of its node unit."""

from __future__ import annotations

from gocontainer.options.subjects.edge import PLACEMENTS
from gocontainer.sites import native
from gocontainer.sites.base import Base, Object, child
from gocontainer.sites.fleet import Fleet


def files(fleet: Fleet, base: Base) -> dict[str, list[Object]]:
    """Return the objects of every file."""
    found = {"common.yaml": base.others}
    for wave in fleet.waves:
        workloads = [native.at(fleet, base, wave, site) for site in fleet.of(wave.number)]
        for workload in workloads:
            child(workload, "spec", "template", "spec")["nodeSelector"] = {PLACEMENTS["superedge"].node: "yes"}
        found[f"wave-{wave.number}.yaml"] = workloads
    return found
