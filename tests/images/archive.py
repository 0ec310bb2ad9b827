"""What an image's archive holds, in the layout of OCI, which BuildKit's docker archives have too."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple


class Layer(NamedTuple):
    """A layer as a registry keeps it and as a node unpacks it."""

    compressed: bytes
    tar: bytes

    def files(self) -> dict[str, bytes]:
        """Return the content of every file."""
        with tarfile.open(fileobj=io.BytesIO(self.tar)) as tar:
            return {entry.name: tar.extractfile(entry).read() for entry in tar if entry.isfile()}  # type: ignore[union-attr]


def _platform(document: Mapping[str, Any]) -> str:
    return "/".join(filter(None, (document["os"], document["architecture"], document.get("variant"))))


class Image:
    """An archive of one image, of an image for several platforms, or of one with attestations."""

    def __init__(self, archive: Path) -> None:
        with tarfile.open(archive) as tar:
            self._files = {entry.name: tar.extractfile(entry).read() for entry in tar if entry.isfile()}  # type: ignore[union-attr]

    def _blob(self, digest: str) -> bytes:
        return self._files[f"blobs/{digest.replace(':', '/')}"]

    def _document(self, digest: str) -> dict[str, Any]:
        return dict(json.loads(self._blob(digest)))

    @property
    def digest(self) -> str:
        """The digest that the whole is known by."""
        return str(json.loads(self._files["index.json"])["manifests"][0]["digest"])

    @cached_property
    def _manifests(self) -> list[tuple[str, dict[str, Any]]]:
        top = self._document(self.digest)
        if "manifests" not in top:
            return [(_platform(self._document(top["config"]["digest"])), top)]
        return [(_platform(entry["platform"]), self._document(entry["digest"])) for entry in top["manifests"]]

    @property
    def platforms(self) -> list[str]:
        """What it runs on; an attestation counts as unknown/unknown."""
        return [platform for platform, _ in self._manifests]

    def config(self, platform: str | None = None) -> dict[str, Any]:
        """Return an image's configuration."""
        return self._document(self._manifest(platform)["config"]["digest"])

    def layers(self, platform: str | None = None) -> list[Layer]:
        """Return an image's layers, the base's first."""
        blobs = [self._blob(layer["digest"]) for layer in self._manifest(platform)["layers"]]
        return [Layer(blob, gzip.decompress(blob)) for blob in blobs]

    def _manifest(self, platform: str | None) -> dict[str, Any]:
        return next(manifest for name, manifest in self._manifests if platform in (None, name))

    def attestations(self) -> dict[str, dict[str, Any]]:
        """Return the statements about the image, by the type of what they say."""
        found = {}
        for platform, manifest in self._manifests:
            if platform == "unknown/unknown":
                for layer in manifest["layers"]:
                    found[layer["annotations"]["in-toto.io/predicate-type"]] = self._document(layer["digest"])
        return found
