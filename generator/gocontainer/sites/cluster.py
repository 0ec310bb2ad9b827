"""What kubectl says: the manifests of one site, and which of its pods run where."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gocontainer.errors import GocontainerError
from gocontainer.sites import base
from gocontainer.sites.fleet import Version
from gocontainer.texts import mark, tr


class KubectlFailed(GocontainerError):
    """kubectl ended with an error, or is not there; ``said`` is what it printed."""

    says = mark("{command} failed: {said}. Nothing was changed; mend that and run the command again.")

    def __init__(self, command: str, said: str) -> None:
        self.command, self.said = command, " ".join(said.split()).rstrip(".")


class Running(NamedTuple):
    """What a pod is."""

    version: Version
    is_ready: bool


States = Mapping[str, Sequence[Running]]
"""The pods of each site."""


def has(pods: Sequence[Running], version: Version) -> bool:
    """Whether a site has a version: some pod of it is ready, and no pod has another."""
    return all(pod.version == version for pod in pods) and any(pod.is_ready for pod in pods)


def base_of(top: Path) -> base.Base:
    """Return what ``deploy/edge`` asks for."""
    return base.read(_kubectl("kustomize", str(top / base.FOLDER)))


def states(top: Path) -> States:
    """Return what runs at each site, as far as the cluster knows."""
    service = base_of(top)
    selector = f"--selector=app.kubernetes.io/instance={service.name}"
    said = _kubectl("get", "pods", f"--namespace={service.namespace}", selector, "--output=json")
    found = defaultdict[str, list[Running]](list)
    try:
        for pod in json.loads(said)["items"]:
            # A pod that is on its way out at a site without a link stays so until the link is back.
            if not pod["metadata"].get("deletionTimestamp"):
                found[_site(pod, service.name)].append(_running(pod, service.name))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise KubectlFailed("kubectl get pods", tr("it prints no list of pods")) from error
    return found


def _site(pod: Mapping[str, Any], service: str) -> str:
    """Return the site that a pod is told."""
    env = _container(pod, "containers", service).get("env") or ()
    return next((str(each.get("value")) for each in env if each["name"] == "APP_SITE"), "")


def _running(pod: Mapping[str, Any], service: str) -> Running:
    image, model = _container(pod, "containers", service), _container(pod, "initContainers", "model")
    conditions = (pod.get("status") or {}).get("conditions") or ()
    is_ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return Running(Version(image.get("image", ""), model.get("image", "")), is_ready)


def _container(pod: Mapping[str, Any], names: str, name: str) -> Mapping[str, Any]:
    containers = pod["spec"].get(names) or ()
    return next((each for each in containers if each["name"] == name), {})


def _kubectl(*arguments: str) -> str:
    """Return what kubectl prints; raise KubectlFailed."""
    command = f"kubectl {arguments[0]}"
    try:
        done = subprocess.run(["kubectl", *arguments], check=False, capture_output=True, encoding="utf-8")
    except FileNotFoundError as error:
        raise KubectlFailed(command, tr("kubectl is not installed")) from error
    if done.returncode:
        raise KubectlFailed(command, done.stderr)
    return done.stdout
