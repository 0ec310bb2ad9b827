"""What ``deploy/edge`` asks for, the same at every site."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import yaml

from gocontainer.errors import CannotUse
from gocontainer.sites import yaml_format
from gocontainer.sites.fleet import FILE, Version
from gocontainer.texts import tr

FOLDER = "deploy/edge"
Object = dict[str, Any]
"""A manifest, or a part of one."""


class Base(NamedTuple):
    """The manifests of one site: a Deployment with a container of its name, and the rest."""

    name: str
    namespace: str
    others: list[Object]
    deployment: Object

    def workload(self, version: Version) -> Object:
        """Return the Deployment of a version."""
        found: Object = copy.deepcopy(self.deployment)
        container(found, self.name)["image"] = version.image
        model = named(found, "initContainers", "model")
        if (model is None) != (not version.model):
            reason = tr(
                "either {file} names a model or {folder} has an init container 'model'", file=FILE, folder=FOLDER
            )
            raise CannotUse(reason, tr("Have both, or none."))
        if model is not None:
            model["image"] = version.model
            for each in (model, container(found, self.name)):
                set_variable(each, "APP_MODEL_VERSION", version.model_version)
        return found


def read(manifests: str) -> Base:
    """Return what manifests ask for that kubectl printed; raise CannotUse where they are not of one service."""
    try:
        documents = [each for each in yaml_format.load_all(manifests) if isinstance(each, dict)]
    except yaml.YAMLError as error:
        raise _unusable(str(error)) from error
    deployments = [each for each in documents if each.get("kind") == "Deployment"]
    if len(deployments) != 1:
        raise _unusable(tr("it makes {count} Deployments", count=len(deployments)))
    (deployment,) = deployments
    metadata = child(deployment, "metadata")
    base = Base(
        str(metadata.get("name", "")),
        str(metadata.get("namespace", "")),
        [each for each in documents if each is not deployment],
        deployment,
    )
    if named(deployment, "containers", base.name) is None:
        raise _unusable(tr("its Deployment has no container {name}", name=base.name))
    return base


def _unusable(reason: str) -> CannotUse:
    hint = tr("Have one Deployment there, with a container of the same name.")
    return CannotUse(
        tr("the manifests of {folder} are of no use for sites: {reason}", folder=FOLDER, reason=reason), hint
    )


def rename(workload: Object, name: str, key: str, text: str) -> None:
    """Give a workload a name and a label of its own, by which it also finds its pods."""
    child(workload, "metadata")["name"] = name
    for path in (
        ("metadata", "labels"),
        ("spec", "selector", "matchLabels"),
        ("spec", "template", "metadata", "labels"),
    ):
        child(workload, *path)[key] = text


def container(workload: Object, name: str) -> Object:
    """Return the service's container."""
    found = named(workload, "containers", name)
    assert found is not None, name
    return found


def set_variable(container: Object, name: str, text: str) -> None:
    """Give a container a variable, in the place of one of that name."""
    env = container.get("env")
    kept = [each for each in env if not (isinstance(each, dict) and each.get("name") == name)] if env else []
    container["env"] = [*kept, {"name": name, "value": text}]


def named(workload: Object, names: str, name: str) -> Object | None:
    """Return a container of a pod, if there is one of that name."""
    return next((each for each in containers(workload, names) if each.get("name") == name), None)


def containers(workload: Object, names: str) -> list[Object]:
    """Return the containers of a pod, or its init containers."""
    return [each for each in child(workload, "spec", "template", "spec").get(names) or () if isinstance(each, dict)]


def child(document: Object, *path: str) -> Object:
    """Return what is at a path, and make what is not there."""
    for key in path:
        if not isinstance(document.get(key), dict):
            document[key] = {}
        document = document[key]
    return document
