"""Builds what takes long: `python -m tests.kube.build`, to be started in the background before the tests.

Whoever needs a program while it is built here waits for it.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.images.engine import buildkit
from tests.support import PINS, ROOT, wrapped

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


def main() -> None:
    """Build everything, and say what each program cost."""
    os.nice(19)
    builds = {name: partial(kubernetes, name) for name in (*PROGRAMS, *NODE)}
    builds |= {name: partial(buildkit, name) for name in BUILDKITS}
    for name, build in builds.items():
        wall, cpu = time.monotonic(), processors()
        try:
            build()
        except (pytest.skip.Exception, pytest.fail.Exception) as failure:
            sys.exit(str(failure))
        sys.stdout.write(f"{name}: {time.monotonic() - wall:.0f} s, {processors() - cpu:.0f} s of processors\n")
        sys.stdout.flush()


def processors() -> float:
    """Return the seconds of processors that our children took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
