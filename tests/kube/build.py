"""Builds what takes long: `python -m tests.kube.build`, to be started in the background before the tests.

Whoever needs a program while it is built here waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.helpers import background_build
from tests.helpers.support import PINS, ROOT, go_tool, wrapped
from tests.images.engine import buildkit

MODULE = ROOT / "tests/kube/kubernetes"
"""The wrapper module of Kubernetes, whose own replaces the modules of its staging folder."""
VERSION = str(PINS["own_tool"]["kubernetes"]["value"])
PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
NODE = ("kubelet", "kube-proxy")
BUILDKITS = ("cmd/buildkitd", "cmd/buildctl", "frontend/dockerfile/cmd/dockerfile-frontend")


def kubernetes(program: str) -> Path:
    """Return a program of Kubernetes', with the version that its own build would have given it."""
    major, minor, _ = VERSION.removeprefix("v").split(".")
    stamps = {"gitVersion": VERSION, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    package = "k8s.io/component-base/version"
    return wrapped(
        MODULE,
        f"k8s.io/kubernetes/cmd/{program}",
        tuple(f"{package}.{name}={value}" for name, value in stamps.items()),
    )


def metrics_server() -> str:
    """Return metrics-server."""
    return go_tool("sigs.k8s.io/metrics-server/cmd/metrics-server", PINS["own_tool"]["metrics_server"]["value"])


def kube_router() -> str:
    """Return kube-router."""
    router = "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"
    return go_tool(router, PINS["own_tool"]["kube_router"]["value"])


if __name__ == "__main__":
    builds: dict[str, Callable[[], object]] = {name: partial(kubernetes, name) for name in (*PROGRAMS, *NODE)}
    builds |= {name: partial(buildkit, name) for name in BUILDKITS}
    background_build.build(builds | {"kube-router": kube_router, "metrics-server": metrics_server})
