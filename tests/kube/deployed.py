"""A rendered repository on the node, brought there as its owner would: with make, kubectl and an editor."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.helpers.support import Run, ok
from tests.kube.engine import Document
from tests.kube.node import Node

CONTAINER = "/containers/0"
"""Where the service's container is, for ``Deployed.patch``."""
WITHOUT_PRE_STOP: Mapping[str, Any] = {"op": "remove", "path": f"{CONTAINER}/lifecycle"}
STRICT = ("--validate=strict", "--warnings-as-errors")


class Deployed:
    """One overlay of a repository in its namespace."""

    def __init__(self, node: Node, repository: Path, overlay: str = "dev", namespace: str = "") -> None:
        self.node, self.repository = node, repository
        self.name = repository.name
        self.overlay = repository / "deploy/overlays" / overlay
        self.namespace = namespace or (self.name if overlay == "prod" else f"{self.name}-{overlay}")

    def kubectl(self, *arguments: str | Path, given: str = "") -> Run:
        """Run kubectl in the namespace."""
        return self.node.plane.kubectl(f"--namespace={self.namespace}", *arguments, given=given)

    def apply(self, image: str = "") -> None:
        """Apply the namespaces and the overlay as they are; before it, say which image runs where one is named."""
        if image:
            named = (f"ENV={self.overlay.name}", f"IMAGE={image}")
            subprocess.run(["make", "--silent", "set-image", *named], check=True, cwd=self.repository)
        ok(self.kubectl("apply", *STRICT, f"--filename={self.repository}/deploy/namespace"))
        ok(self.kubectl("apply", *STRICT, f"--kustomize={self.overlay}"))

    def remove(self) -> None:
        """Take the namespaces away, with all that is in them: the node has room for few pods."""
        ok(self.kubectl("delete", "--wait=false", f"--filename={self.repository}/deploy/namespace"))

    def patch(self, *operations: Mapping[str, Any]) -> None:
        """Change the Deployment's pod by operations of JSON Patch (RFC 6902), whose paths begin at its spec."""
        below = "/spec/template/spec"
        changes = [{**each, "path": below + each["path"]} for each in operations]
        ok(self.kubectl("patch", f"deployment/{self.name}", "--type=json", f"--patch={json.dumps(changes)}"))

    def as_articles_write_it(self) -> None:
        """Take away every wait: no preStop, a listener closed at SIGTERM, a new pod that counts at once."""
        self.patch(WITHOUT_PRE_STOP)
        ok(self.kubectl("set", "env", f"deployment/{self.name}", "APP_SHUTDOWN_DELAY=0s"))
        ok(self.kubectl("patch", f"deployment/{self.name}", '--patch={"spec": {"minReadySeconds": 0}}'))

    def restart(self) -> None:
        """Begin a rollout of the same."""
        ok(self.kubectl("rollout", "restart", f"deployment/{self.name}"))

    def rolled_out(self) -> None:
        """Wait until the rollout is complete: all pods are new and available, and no old one is left."""
        done = self.kubectl("rollout", "status", f"deployment/{self.name}", "--timeout=120s", "--request-timeout=0")
        assert done.code == 0, done.out + done.err + self.kubectl("describe", "pods").out
        self.until(lambda: not self._leaving(), "the last old pod")

    def _leaving(self) -> Sequence[Document]:
        return [pod for pod in self.pods() if "deletionTimestamp" in pod["metadata"]]

    def until(self, ready: Callable[[], object], what: str, seconds: float = 120) -> None:
        """Wait for something."""
        self.node.plane.until(ready, f"{what} of {self.namespace}", seconds)

    def pods(self) -> list[Document]:
        """Return the pods, old and new."""
        return self.node.plane.get("pods", f"--namespace={self.namespace}")

    def pod(self) -> Document:
        """Return the only pod."""
        (pod,) = self.pods()
        return pod

    def status(self) -> dict[str, Any]:
        """Return what the kubelet says of the only pod's container."""
        (status,) = self.pod()["status"]["containerStatuses"]
        return dict(status)

    def signal(self, name: str) -> None:
        """Send a signal to the service in every pod, where it is the container's first process."""
        for pod in self.pods():
            (status,) = pod["status"]["containerStatuses"]
            self.node.there.run("kill", f"-{name}", str(self.node.process(status["containerID"])))

    @property
    def address(self) -> str:
        """Where the Service is, as any pod would reach it."""
        (service,) = self.node.plane.get("services", f"--namespace={self.namespace}")
        return f"{service['spec']['clusterIP']}:{service['spec']['ports'][0]['port']}"


def ready(pod: Document) -> bool:
    """Say whether a pod takes requests."""
    conditions = pod["status"].get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def variable(name: str, value: str) -> Mapping[str, Any]:
    """Return the operation that adds an environment variable."""
    return {"op": "add", "path": f"{CONTAINER}/env/-", "value": {"name": name, "value": value}}
