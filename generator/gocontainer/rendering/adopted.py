"""The files of a repository that was adopted: what is written beside code that is not the template's.

A file in ``template/adopted`` stands for that of the template by the same path; SHARED has those that are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gocontainer.answers.adopted import IGNORE_FILES
from gocontainer.rendering import layout

if TYPE_CHECKING:
    from gocontainer.answers.adopted import Adopted

FOLDER = "adopted"
"""Beside the template's own folder."""
SHARED = (
    ".github/dependabot.yml",
    "deploy/components/autoscaling/",
    "deploy/components/disruption-budget/",
    "deploy/components/network-policy/kustomization.yaml",
    "deploy/namespace/",
    "deploy/overlays/dev/image/",
    "deploy/overlays/prod/",
)
"""Files of the template that are written as they are."""
_PARTS = {
    **dict.fromkeys(("Dockerfile", *IGNORE_FILES), "image"),
    "deploy/": "deploy",
    ".github/": "ci",
    ".gitea/": "ci",
}
"""Which part a file, or a folder, belongs to."""


def part_of(path: str) -> str:
    """Return the part that a file belongs to; nothing where each part needs it."""
    return next((part for place, part in _PARTS.items() if layout.covers(place, path)), "")


def programs(
    files: Mapping[str, Any], own: Mapping[str, Any], known: Adopted, context: Mapping[str, str | bool]
) -> Iterator[tuple[str, Any]]:
    """Yield the path and the program of each file that exists for these answers."""
    shared = {path: files[path] for path in files if any(layout.covers(each, path) for each in SHARED)}
    for path, program in {**shared, **own}.items():
        if part_of(path) in ("", *known.parts) and layout.included(path, context):
            yield known.ignore_file if path == ".dockerignore" else path, program
