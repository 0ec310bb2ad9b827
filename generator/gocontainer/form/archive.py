"""A tree of files as a zip archive."""

from __future__ import annotations

import io
import zipfile

from gocontainer.repository.tree import Tree


def zipped(tree: Tree, folder: str) -> bytes:
    """Return an archive in which all files lie in ``folder``: the same bytes for the same files, at any time."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, file in sorted(tree.items()):
            entry = zipfile.ZipInfo(f"{folder}/{path}")  # of 1980, where the time of an archive begins
            entry.create_system = 3  # Unix, which alone has modes
            entry.external_attr = (0o100000 | int(file.mode, 8)) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.content)
    return content.getvalue()
