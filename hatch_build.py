"""Build hooks: the wheel carries the template as one compiled file, and a README whose links are absolute."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

URLS = {"Source": "", "Documentation": "/tree/HEAD/docs", "Changelog": "/blob/HEAD/CHANGELOG.md", "Issues": "/issues"}
"""The links of the project, below the address of its repository."""
_LINK = re.compile(r"(?P<picture>!?)\[(?P<text>[^\]]*)\]\((?!\w+:|#)(?P<path>[^)]+)\)")


class CustomMetadataHook(MetadataHookInterface):
    """Gives the wheel its README and its links, from the address that pyproject.toml has."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the README and, where the address of the repository is known, the links."""
        repository = self.config["repository"]
        text = with_absolute_links((Path(self.root) / "README.md").read_text("utf-8"), repository)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        metadata["urls"] = {name: f"{repository}{path}" for name, path in URLS.items()} if repository else {}


def with_absolute_links(readme: str, repository: str) -> str:
    """Return a README that can be read anywhere: without an address its links are words, and it has no pictures."""

    def link(found: re.Match[str]) -> str:
        if not repository:
            return "" if found["picture"] else found["text"]
        kind = "raw" if found["picture"] else "blob"
        return f"{found['picture']}[{found['text']}]({repository}/{kind}/HEAD/{found['path']})"

    return _LINK.sub(link, readme)


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds gocontainer/rendering/program.json to a wheel; an editable install reads the sources instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the template into a scratch file and include it."""
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root) / "generator"))
        from gocontainer.rendering import language

        self.scratch = tempfile.TemporaryDirectory()
        compiled = Path(self.scratch.name) / "program.json"
        compiled.write_text(json.dumps(language.compile_checkout(Path(self.root))), "utf-8")
        build_data["force_include"][str(compiled)] = "gocontainer/rendering/program.json"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the scratch file."""
        del build_data, artifact_path
        if version != "editable":
            self.scratch.cleanup()
