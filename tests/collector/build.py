"""Builds what takes long: `python -m tests.collector.build`, to be started in the background before the tests."""

from __future__ import annotations

from pathlib import Path

from tests.helpers import background_build
from tests.helpers.support import ROOT, wrapped

MODULE = ROOT / "tests/collector/otelcol"
"""The components that a rendered configuration names, in the version of the image that the manifests name."""


def otelcol() -> Path:
    """Return the program of the collector."""
    return wrapped(MODULE, "example.com/gocontainer/otelcol")


if __name__ == "__main__":
    background_build.build({"otelcol": otelcol})
