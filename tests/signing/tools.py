"""The tools that a rendered Makefile runs to sign and to verify, each built once at its pinned version."""

from __future__ import annotations

from tests.helpers.support import PINS, go_tool

TOOLS = {
    "COSIGN": ("github.com/sigstore/cosign/v3/cmd/cosign", "cosign"),
    "CRANE": ("github.com/google/go-containerregistry/cmd/crane", "crane"),
    "JQ": ("github.com/itchyny/gojq/cmd/gojq", "gojq"),
}
"""By the variable of the Makefile that runs it: its package, and its pin."""


def tool(name: str) -> str:
    """Return the program that a variable of the Makefile runs, at its pinned version."""
    package, pin = TOOLS[name]
    return go_tool(package, PINS["tool"][pin]["value"])


def tools() -> list[str]:
    """Return the variables by which make runs the pinned tools as they were built once."""
    return [f"{name}={tool(name)}" for name in TOOLS]
