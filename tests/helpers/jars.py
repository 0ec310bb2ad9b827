"""The jars of servers in Java, which Maven brings."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.helpers.daemons import debian
from tests.helpers.support import PINS, missing


def pin(name: str) -> str:
    """Return a version that pins.toml names."""
    return str(PINS["own_tool"][name]["value"])


def java() -> None:
    """Install Java and Maven unless they are there."""
    if not (shutil.which("mvn") and shutil.which("javac")):
        debian("default-jdk-headless", "maven")


def collect(project: Path, version: str, target: Path) -> None:
    """Put the jars of a project's ``pom.xml``, with its server in this version, into a folder."""
    goal = f"org.apache.maven.plugins:maven-dependency-plugin:{pin('maven_dependency_plugin')}:copy-dependencies"
    maven = ["mvn", "--batch-mode", "--quiet", f"--file={project}/pom.xml", goal]
    options = [f"-Dserver={version}", f"-DoutputDirectory={target}", "-DincludeScope=runtime"]
    if subprocess.run([*maven, *options], check=False).returncode != 0:
        missing(f"{project.name}'s server, which Maven brings,")
