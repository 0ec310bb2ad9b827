"""Build hook: the wheel carries the template as one compiled file, not as its sources."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


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
