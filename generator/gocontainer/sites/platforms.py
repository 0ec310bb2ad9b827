"""What makes the objects of sites on each edge platform, and where they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from gocontainer.sites import kubeedge, native, openyurt
from gocontainer.sites.base import Base, Object
from gocontainer.sites.fleet import Fleet


class Platform(NamedTuple):
    """A way to place the service on its sites."""

    folder: str
    files: Callable[[Fleet, Base], Mapping[str, list[Object]]]
    """The objects of every file of the folder."""


PLATFORMS: Mapping[str, Platform] = {
    "kubeedge": Platform("deploy/kubeedge", kubeedge.files),
    "native": Platform("deploy/native", native.files),
    "openyurt": Platform("deploy/openyurt", openyurt.files),
    "openyurt-daemonset": Platform("deploy/openyurt", openyurt.daemonset_files),
}
"""By what the Makefile of a repository says with --platform."""
