"""The question for the image below the binary, and what is in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from gocontainer.options.types import LACKING, Choice, Select, by_value


class BaseImage(Choice):
    """An image; which one it is and how large it is stands in pins.toml, with the source."""

    libc: Literal["none", "musl", "glibc"] = LACKING
    certificates: bool = LACKING
    """Whether those of the authorities are in it; else they are copied into the image."""
    time_zones: bool = LACKING
    """Whether they are in it; else they are linked into the binary."""
    has_shell: bool = LACKING
    suits: str = LACKING
    """Those who need what: a line of docs/how-to/base-image.md."""

    @property
    def pins(self) -> Sequence[tuple[str, str]]:
        return ("base_image", self.value), ("base_image_mb", self.value)


BASE_IMAGES = by_value(
    BaseImage(
        value="scratch",
        label="nothing but the binary and certificates",
        libc="none",
        certificates=False,
        time_zones=False,
        has_shell=False,
        suits="the least: the binary and certificates",
    ),
    BaseImage(
        value="distroless-static",
        label="certificates, zoneinfo, user; no shell",
        libc="none",
        certificates=True,
        time_zones=True,
        has_shell=False,
        suits="certificates, time zones, a user, no shell",
    ),
    BaseImage(
        value="distroless-base",
        label="the same and glibc, for cgo",
        libc="glibc",
        certificates=True,
        time_zones=True,
        has_shell=False,
        suits="C code, no shell",
    ),
    BaseImage(
        value="alpine",
        label="a shell and apk",
        libc="musl",
        certificates=True,
        time_zones=False,
        has_shell=True,
        suits="a shell in the container, and a small image",
    ),
    BaseImage(
        value="debian-slim",
        label="glibc, a shell and apt",
        libc="glibc",
        certificates=False,
        time_zones=False,
        has_shell=True,
        suits="a shell, and C code or Debian's packages",
    ),
    BaseImage(
        value="ubuntu",
        label="glibc, a shell and apt, long support",
        libc="glibc",
        certificates=False,
        time_zones=False,
        has_shell=True,
        suits="a shell, and Ubuntu's support",
    ),
)
BASE_IMAGE = Select(
    name="base_image",
    group="runtime",
    title="Base image",
    question="Which image is below the binary?",
    help="Image below the binary.",
    why="The less is in it, the less there is to patch and for an intruder to use.",
    default="distroless-static",
    choices=tuple(BASE_IMAGES.values()),
)
