"""What the targets of a rendered Makefile need of this machine, and what of it is here."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gocontainer.rendering import language
from gocontainer.repository.worktree import OLDEST_GIT
from gocontainer.texts import mark, series, tr

_PATIENCE = 20
"""Seconds after which a program that says nothing is taken for missing."""


class Tool(NamedTuple):
    """A program that a target calls; its texts are English, and looked up where they are shown."""

    name: str
    commands: Sequence[Sequence[str]]
    """Each prints a version, of the program itself or of one that does as well; the first that succeeds counts."""
    purpose: str
    get: str
    needed: bool = False
    """Whether `make run` calls it."""
    says: str = r"(\d+\.\d+(?:\.\d+)?)"
    """Where its version stands in what the command prints."""


TOOLS = (
    Tool(
        name="go",
        commands=[["go", "env", "GOVERSION"]],
        purpose=mark("compiles, runs and tests the service"),
        get=mark("Install it as its documentation says, or from your system's packages if they are as new."),
        needed=True,
    ),
    Tool(
        name="make",
        commands=[["make", "--version"]],
        purpose=mark("has a target for everything that is done with the service"),
        get=mark("Install GNU Make from your system's packages; on macOS it comes with the command line tools."),
        needed=True,
        says=r"GNU Make (\d+\.\d+(?:\.\d+)?)",
    ),
    Tool(
        name="git",
        commands=[["git", "--version"]],
        purpose=mark("keeps the repository, and merges what an update brings"),
        get=mark("Install it from your system's packages."),
    ),
    Tool(
        name=mark("git user"),
        commands=[["git", "var", "GIT_COMMITTER_IDENT"]],
        purpose=mark("is the author of commits"),
        get=mark("Run 'git config --global user.name NAME' and 'git config --global user.email ADDRESS'."),
        says=r"^(.* <.*>)",
    ),
    Tool(
        name=mark("builder"),
        commands=[
            ["docker", "buildx", "version"],
            ["podman", "--version"],
            ["buildah", "--version"],
            ["nerdctl", "--version"],
        ],
        purpose=mark("builds the image: 'make image' calls the first of docker, podman, buildah and nerdctl"),
        get=mark("Install Docker with its buildx plugin, or one of the others."),
    ),
    Tool(
        name="kubectl",
        commands=[["kubectl", "version", "--client", "--output=json"]],
        purpose=mark("prints the manifests, since it has kustomize in it, and applies them"),
        get=mark("Install it from your system's packages, or as the documentation of Kubernetes says."),
        says=r'"gitVersion": *"v(\d+\.\d+(?:\.\d+)?)',
    ),
)


class Found(NamedTuple):
    """A tool on this machine."""

    tool: Tool
    program: str = ""
    """What was asked, such as podman for a builder; nothing where there is none."""
    version: str = ""
    least: str = ""
    """The oldest version that will do, where one is known."""

    @property
    def ok(self) -> bool:
        """Whether it is here and new enough."""
        return bool(self.version) and (not self.least or _number(self.version) >= _number(self.least))

    @property
    def name(self) -> str:
        """What the tool is called; of a builder, which one it is."""
        return self.program if self.tool.name == "builder" and self.program else self.tool.name

    def line(self) -> str:
        """Return what a person reads."""
        given = {"name": tr(self.name), "version": self.version, "purpose": tr(self.tool.purpose)}
        if self.ok:
            return "+ " + tr("{name} {version}: {purpose}", **given)
        how = tr(self.tool.get)
        if self.version:
            return "- " + tr(
                "{name} {version} is older than {least}: {purpose}. {how}", **given, least=self.least, how=how
            )
        if self.least:
            return "- " + tr(
                "{name} is missing, {least} or newer: {purpose}. {how}", **given, least=self.least, how=how
            )
        return "- " + tr("{name} is missing: {purpose}. {how}", **given, how=how)

    def as_json(self) -> dict[str, Any]:
        """Return what a program reads."""
        return {
            "name": self.tool.name,
            "program": self.program or None,
            "version": self.version or None,
            "least": self.least or None,
            "ok": self.ok,
            "needed": self.tool.needed,
            "purpose": self.tool.purpose,
            "get": self.tool.get,
        }


class Examination(NamedTuple):
    """All tools on this machine."""

    tools: Sequence[Found]

    @property
    def lacking(self) -> list[str]:
        """What `make run` needs and has not."""
        return [found.name for found in self.tools if found.tool.needed and not found.ok]

    def as_json(self) -> dict[str, Any]:
        """Return the document that ``doctor --json`` prints."""
        return {"ready": not self.lacking, "tools": [found.as_json() for found in self.tools]}

    def lines(self) -> Iterator[str]:
        """Yield what a person reads."""
        yield from (found.line() for found in self.tools)
        if self.lacking:
            yield tr("'make run' lacks {names}.", names=series(self.lacking))
        else:
            yield tr("'make run' has what it needs.")


def examine() -> Examination:
    """Look for every tool in PATH, and ask it for its version; nothing is fetched."""
    least = _least()
    return Examination([_find(tool, least.get(tool.name, "")) for tool in TOOLS])


def _least() -> dict[str, str]:
    """Return the oldest version that will do of each tool for which one is known."""
    pins = language.load()["pins"]
    git = ".".join(map(str, OLDEST_GIT))
    return {"go": pins["tool"]["go"], "git": git, "kubectl": pins["least"]["kubectl"]}


def _find(tool: Tool, least: str) -> Found:
    for command in tool.commands:
        said = re.search(tool.says, _output(command))
        if said:
            return Found(tool, command[0], said[1], least)
    return Found(tool, least=least)


def _output(command: Sequence[str]) -> str:
    """Return what a program prints; nothing where it is missing or fails."""
    import subprocess

    quiet: Mapping[str, str] = {"LC_ALL": "C", "GOTOOLCHAIN": "local"}  # go might fetch another one first
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            env={**os.environ, **quiet},
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _number(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
