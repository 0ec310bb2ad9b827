"""External templates in real git, as their authors would write them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.helpers.support import clean_environment

VARIABLES = {"name": "Orders", "slug": "{{ cookiecutter.name | lower }}", "license": ["mit", "none"], "ci": False}
FILES = {
    "{{cookiecutter.slug}}/README.md": "# {{ cookiecutter.name }}\n\none\ntwo\nthree\nfour\nfive\n",
    "{{cookiecutter.slug}}/{{cookiecutter.license}}.txt": "{{ cookiecutter.license }}\n",
}


class Template:
    """A cookiecutter template in a folder; ``release`` makes it a repository with a tag."""

    def __init__(self, folder: Path, files: Mapping[str, str] = FILES, **variables: object) -> None:
        self.folder = folder
        self.variables: dict[str, object] = {**VARIABLES, **variables}
        self.write(files)

    def write(self, files: Mapping[str, str], **variables: object) -> None:
        """Write some files and variables; a script of hooks is executable."""
        self.variables.update(variables)
        for path, text in {**files, "cookiecutter.json": json.dumps(self.variables)}.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
            place.chmod(0o755 if path.startswith("hooks/") or text.startswith("#!") else 0o644)

    def link(self, path: str, to: str) -> None:
        """Write a symbolic link."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).symlink_to(to)

    def git(self, *arguments: str) -> str:
        """Run git in the template."""
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *arguments],
            cwd=self.folder,
            check=True,
            capture_output=True,
            env=clean_environment(),
            encoding="utf-8",
        )
        return done.stdout.strip()

    def release(self, tag: str | None = None) -> str:
        """Commit everything, tag it, and return the commit."""
        if not (self.folder / ".git").exists():
            self.git("init", "--quiet", "--initial-branch=main")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", tag or "work")
        if tag:
            self.git("tag", tag)
        return self.git("rev-parse", "HEAD")
