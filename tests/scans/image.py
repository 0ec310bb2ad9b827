"""Archives of images as `docker save` writes them, and a docker that has one of them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

DOCKER = """#!/bin/sh
[ "$1 $2" = 'buildx version' ] && exit 1
[ "$1" != save ] || exec cp {archive} "$3"
"""
"""Builds whatever it is asked for, and saves the archive."""


def layer(files: Mapping[str, bytes]) -> bytes:
    """Return a layer with some files."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for path, text in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(text), 0o755
            tar.addfile(entry, io.BytesIO(text))
    return content.getvalue()


OLD = "{}/layer.tar"
"""What a layer is called by engines before Docker 25, by its digest."""
OCI = "blobs/sha256/{}"
"""What newer ones call it, and BuildKit."""


def archive(path: Path, *layers: Mapping[str, bytes], called: str = OLD, packed: bool = False) -> Path:
    """Write an image of layers, each of which is some files, compressed where they are packed."""
    plain = {hashlib.sha256(each).hexdigest(): each for each in map(layer, layers)}
    kept = {name: gzip.compress(each) if packed else each for name, each in plain.items()}
    blobs = {called.format(hashlib.sha256(each).hexdigest()): each for each in kept.values()}
    diffs = [f"sha256:{name}" for name in plain]
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diffs}, "config": {}}
    text = json.dumps(config).encode()
    name = f"{hashlib.sha256(text).hexdigest()}.json"
    manifest = [{"Config": name, "RepoTags": ["localhost/orders:dev"], "Layers": list(blobs)}]
    path.write_bytes(layer({**blobs, name: text, "manifest.json": json.dumps(manifest).encode()}))
    return path


def docker(folder: Path, saved: Path) -> str:
    """Return a PATH on which a docker comes first that saves an archive, whatever it built."""
    folder.mkdir(exist_ok=True)
    (folder / "docker").write_text(DOCKER.format(archive=saved))
    (folder / "docker").chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"
