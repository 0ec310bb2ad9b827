"""`gocontainer doctor`: what a service needs of a machine, what is there, and how to get the rest."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gocontainer.inspection.doctor import TOOLS
from tests.helpers.support import PINS, ROOT, Run, gocontainer, need, ok, rendered

SAYS = {
    "go": 'echo "go1.26.8"',
    "make": 'echo "GNU Make 4.3"; echo "Built for x86_64-pc-linux-gnu"',
    "git": 'case "$1" in var) echo "Ada <ada@example.com> 1700000000 +0100" ;; *) echo "git version 2.47.1" ;; esac',
    "docker": 'test "$1" = buildx && echo "github.com/docker/buildx v0.30.1 0123abc"',
    "kubectl": """echo '{"clientVersion": {"gitVersion": "v1.37.1"}, "kustomizeVersion": "v5.8.1"}'""",
}
"""What each program prints where all is well."""
NEEDED = {"go", "make"}


def machine(folder: Path, says: Mapping[str, str]) -> dict[str, str]:
    """An environment in which there are these programs and no other."""
    folder.mkdir(exist_ok=True)
    for name, script in says.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return {"PATH": str(folder)}


def doctor(folder: Path, says: Mapping[str, str], *arguments: str) -> Run:
    return gocontainer("doctor", *arguments, env=machine(folder / "bin", says))


def found(folder: Path, says: Mapping[str, str]) -> tuple[bool, dict[str, Any]]:
    """Whether the machine is ready, and the tools by their names."""
    run = doctor(folder, says, "--json")
    document = json.loads(run.out)
    assert run.code == (0 if document["ready"] else 1)
    assert run.err == ""
    return document["ready"], {each["name"]: each for each in document["tools"]}


def test_where_all_is_there_each_is_said_with_its_version_and_purpose(tmp_path: Path) -> None:
    run = doctor(tmp_path, SAYS)
    lines = ok(run).splitlines()
    assert lines[-1] == "'make run' has what it needs."
    assert [line.split(":")[0] for line in lines[:-1]] == [
        "+ go 1.26.8",
        "+ make 4.3",
        "+ git 2.47.1",
        "+ git user Ada <ada@example.com>",
        "+ docker 0.30.1",
        "+ kubectl 1.37.1",
    ]
    ready, tools = found(tmp_path, SAYS)
    assert ready
    assert [tools[name]["version"] for name in tools] == [
        "1.26.8", "4.3", "2.47.1", "Ada <ada@example.com>", "0.30.1", "1.37.1",
    ]  # fmt: skip
    assert all(tool["ok"] for tool in tools.values())


@pytest.mark.parametrize("program", SAYS)
def test_what_is_missing_is_said_with_what_it_is_for_and_how_to_get_it(tmp_path: Path, program: str) -> None:
    less = {name: script for name, script in SAYS.items() if name != program}
    missing = {"git": ["git", "git user"], "docker": ["builder"]}.get(program, [program])
    ready, tools = found(tmp_path, less)
    assert ready is (program not in NEEDED)
    assert [name for name in tools if not tools[name]["ok"]] == missing
    assert {tools[name]["version"] for name in missing} == {None}
    run = doctor(tmp_path, less)
    assert run.code == (1 if program in NEEDED else 0)
    lines = [line for line in run.out.splitlines() if line.startswith("- ")]
    for name, line in zip(missing, lines, strict=True):
        assert line.startswith(f"- {name} is missing")
        assert tools[name]["purpose"] in line
        assert line.endswith(tools[name]["get"])
    end = f"'make run' lacks {program}." if program in NEEDED else "'make run' has what it needs."
    assert run.out.splitlines()[-1] == end


@pytest.mark.parametrize(
    ("program", "script", "version", "least"),
    [
        ("go", 'echo "go1.25.9"', "1.25.9", "1.26"),
        ("go", 'echo "go1.9"', "1.9", "1.26"),
        ("git", 'echo "git version 2.37.4 (Apple Git-137)"', "2.37.4", "2.38"),
        ("kubectl", """echo '{"clientVersion": {"gitVersion": "v1.21.14"}}'""", "1.21.14", "1.22"),
    ],
)
def test_what_is_too_old_is_said_with_what_is_needed(
    tmp_path: Path, program: str, script: str, version: str, least: str
) -> None:
    ready, tools = found(tmp_path, {**SAYS, program: script})
    assert (tools[program]["version"], tools[program]["least"], tools[program]["ok"]) == (version, least, False)
    assert ready is (program not in NEEDED)
    assert f"- {program} {version} is older than {least}: " in doctor(tmp_path, {**SAYS, program: script}).out


@pytest.mark.parametrize(
    ("program", "script", "version"),
    [
        ("go", 'echo "go1.26"', "1.26"),
        ("go", 'echo "go1.27rc1"', "1.27"),
        ("git", 'test "$1" = var || echo "git version 2.38.0.windows.1"', "2.38.0"),
        ("make", 'echo "GNU Make 3.81"', "3.81"),
        ("kubectl", """echo '{"clientVersion": {"gitVersion": "v1.37.1-gke.5"}}'""", "1.37.1"),
    ],
)
def test_a_version_is_read_as_each_prints_it(tmp_path: Path, program: str, script: str, version: str) -> None:
    _, tools = found(tmp_path, {**SAYS, program: script})
    assert (tools[program]["version"], tools[program]["ok"]) == (version, True)


@pytest.mark.parametrize("builder", ["podman", "buildah", "nerdctl"])
def test_another_builder_does_and_docker_without_buildx_does_not(tmp_path: Path, builder: str) -> None:
    says = {**SAYS, "docker": "exit 1"}
    _, tools = found(tmp_path, says)
    assert (tools["builder"]["ok"], tools["builder"]["program"]) == (False, None)
    _, tools = found(tmp_path, {**says, builder: f'echo "{builder} version 5.2.0"'})
    assert (tools["builder"]["program"], tools["builder"]["version"]) == (builder, "5.2.0")
    assert f"+ {builder} 5.2.0: builds the image" in doctor(tmp_path, says).out


@pytest.mark.parametrize("script", ["exit 1", "echo nonsense", 'echo "make 4.3"', "kill $$"])
def test_what_fails_or_is_another_program_counts_as_missing(tmp_path: Path, script: str) -> None:
    ready, tools = found(tmp_path, {**SAYS, "make": script})
    assert (ready, tools["make"]["version"]) == (False, None)


def test_git_without_a_user_is_told_by_git_itself(tmp_path: Path) -> None:
    need("git")
    says = {name: script for name, script in SAYS.items() if name != "git"}
    env = machine(tmp_path / "bin", says)
    (tmp_path / "bin/git").symlink_to(shutil.which("git") or "")
    nobody = {"HOME": str(tmp_path), "GIT_CONFIG_SYSTEM": "/dev/null", "EMAIL": "", "GIT_COMMITTER_NAME": ""}
    run = gocontainer("doctor", env={**env, **nobody})
    assert "- git user is missing: is the author of commits. Run 'git config --global user.name NAME'" in ok(run)
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.com\n")
    somebody = {**nobody, "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com"}
    assert "+ git user Ada <ada@example.com>: " in ok(gocontainer("doctor", env={**env, **somebody}))


def test_what_is_needed_at_least_is_what_is_pinned_and_what_the_go_code_says(tmp_path: Path) -> None:
    _, tools = found(tmp_path, SAYS)
    assert tools["go"]["least"] == PINS["tool"]["go"]["value"]
    assert tools["kubectl"]["least"] == PINS["least"]["kubectl"]["value"]
    said = re.search(r"^go (\d+\.\d+)", (rendered(tmp_path) / "go.mod").read_text(), re.MULTILINE)
    assert said
    assert tools["go"]["least"] == said[1]


def test_all_that_the_makefile_calls_is_looked_for(tmp_path: Path) -> None:
    text = (rendered(tmp_path) / "Makefile").read_text()
    named = {command[0] for tool in TOOLS for command in tool.commands}
    for program in ("go", "kubectl"):
        assert re.search(rf"^\t.*\b{program} ", text, re.MULTILINE)
        assert program in named
    builders = set(re.findall(r"(?m)^BUILD_(\w+) ", text))
    assert builders == {command[0] for tool in TOOLS if tool.name == "builder" for command in tool.commands}
    page = (ROOT / "docs/how-to/doctor.md").read_text()
    assert [tool.name for tool in TOOLS if tool.name not in page] == []


def test_nothing_that_it_says_names_a_host() -> None:
    texts = [text for tool in TOOLS for text in (tool.purpose, tool.get)]
    assert [text for text in texts if re.search(r"\b[\w-]+\.(com|io|org|dev)\b|https?:", text)] == []
