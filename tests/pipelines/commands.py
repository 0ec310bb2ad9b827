"""The commands of a pipeline in the order in which they run, and a machine on which they do."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.helpers.snippets import go_caches
from tests.helpers.support import PINS, Run, clean_environment, go_tool
from tests.pipelines.declarative import Node, block

TAG = "v1.2.3"
SECRETS = {
    "REGISTRY_USERNAME": "robot$ci", "REGISTRY_PASSWORD": "hush", "NETRC": "machine x login y password z",
    "COSIGN_PRIVATE_KEY": "a key", "COSIGN_PASSWORD": "hush, too",
}  # fmt: skip
FILES = ("netrc", "cosign-key")
"""Credentials of Jenkins that are files; the others are a username with its password, but for one that is a text."""
DIGEST = f"sha256:{'0' * 64}"
# Says what it was asked for; a container is alive at the second try.
DOCKER = """#!/bin/sh
printf '%s\\n' "$*" >> {asked}
case "$*" in
'buildx create'*) echo a-builder ;;
login*) cat >> {asked}; echo >> {asked} ;;
run*) echo a-container ;;
exec*) [ -e {asked}.tried ] || {{ : > {asked}.tried; exit 1; }} ;;
*--metadata-file*)
  while [ "$1" != --metadata-file ]; do shift; done
  printf '{{\\n  "containerimage.digest": "%s"\\n}}\\n' {digest} > "$2" ;;
esac
"""
# Unpacks an image as BuildKit does, whose only file is the service.
BUILDX = """#!/bin/sh
case "$*" in 'create --driver remote tcp://buildkit:1234') echo a-builder; exit ;;
'build --builder a-builder --output bin/image '*)
  printf '%s\\n' "$*" >> {asked}
  CGO_ENABLED=0 exec go build -o bin/image/usr/local/bin/orders ./cmd/server ;;
esac
exec {docker} "$@"
"""
# Only root may change the root.
CHROOT = """#!/bin/sh
shift
root=$1 program=$2
shift 2
exec "$root$program" "$@"
"""
WORKFLOWS = (".github/workflows/", ".gitea/workflows/")
IN_JENKINS = re.compile(r"\bsh (?:'''(.*?)'''|'(.*?)')", re.DOTALL)


def scripts(path: str, text: str) -> list[str]:
    """Return what a pipeline has a shell run; nothing where a file is no pipeline."""
    if path.startswith(WORKFLOWS):
        jobs = yaml.safe_load(text)["jobs"].values()
        return [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    if path.startswith("Jenkinsfile"):
        return [block or line for block, line in IN_JENKINS.findall(text)]
    if path.startswith((".gitlab-ci.yml", ".gitlab/")):
        return re.findall(r"(?m)^    - (?!!reference|if: |\[)(.+)$", text)
    return []


class Command(NamedTuple):
    """What a pipeline runs in a shell: the job or stage, the script, and the environment that it alone has."""

    place: str
    script: str
    env: Mapping[str, str]


def of_workflow(workflow: Mapping[str, Any]) -> Iterator[Command]:
    """Yield those of a workflow, a job after those that it needs."""
    left, done = dict(workflow["jobs"]), set[str]()
    while left:
        name = next(name for name, job in left.items() if job.get("needs") in (None, *done))
        done.add(name)
        for step in left.pop(name)["steps"]:
            if "run" in step:
                given = {key: _secret(value) for key, value in step.get("env", {}).items()}
                yield Command(name, step["run"], {**given, "GITHUB_REF_NAME": TAG})


def _secret(value: str) -> str:
    name = value.removeprefix("${{ secrets.").removesuffix(" }}")
    assert name != value, "nothing but secrets is an environment of a step's own"
    return SECRETS[name]


def of_gitlab(pipeline: Mapping[str, Any], names: Sequence[str]) -> Iterator[Command]:
    """Yield those of some jobs of a pipeline of which all is resolved: the lines of one are a script."""
    for name in names:
        job = pipeline[name]
        known = SECRETS if job.get("environment") else {}
        env = {key: value for key, value in job.get("variables", {}).items() if not key.startswith("GO")}
        lines = [*job.get("before_script", []), *job["script"]]
        yield Command(name, "\n".join(lines), {"CI_COMMIT_TAG": TAG, **env, **known})


def of_jenkinsfile(tree: Sequence[Node], tag: str = "") -> Iterator[Command]:
    """Yield those of a declarative pipeline for a branch, or for a tag."""
    (pipeline,) = tree
    parts = {each["call"]: each for each in block(pipeline)}
    around = credentials(parts.get("environment"))
    for stage in block(parts["stages"]):
        inner = {each["call"]: each for each in block(stage)}
        if "when" in inner and not tag:
            continue
        env = {**around, **credentials(inner.get("environment")), **({"TAG_NAME": tag} if tag else {})}
        for step in block(inner["steps"]):
            if step["call"] == "sh":
                yield Command(stage["arguments"][0], step["arguments"][0], env)


def credentials(environment: Node | None) -> Mapping[str, str]:
    """Return the variables that credentials become."""
    found = {}
    for each in block(environment or {}):
        name = each["set"]
        (kind,) = each["value"]["arguments"]
        if kind in FILES:
            found[name] = "/dev/null"
        elif kind == "cosign-password":
            found[name] = SECRETS["COSIGN_PASSWORD"]
        else:
            found |= {f"{name}_USR": SECRETS["REGISTRY_USERNAME"], f"{name}_PSW": SECRETS["REGISTRY_PASSWORD"]}
    return found


class Machine:
    """An agent with Go and make; docker and cosign only say what they were asked for."""

    def __init__(self, folder: Path, repository: Path) -> None:
        self.repository, self.home, self.record = repository, folder / "home", folder / "asked"
        programs = folder / "bin"
        for made in (self.home, programs, folder / "db/index"):
            made.mkdir(parents=True)
        (programs / "docker").write_text(DOCKER.format(asked=self.record, digest=DIGEST))
        (programs / "cosign").write_text(f'#!/bin/sh\nprintf "cosign %s\\n" "$*" >> {self.record}\n')
        (programs / "crane").write_text(
            f'#!/bin/sh\nprintf "crane %s\\n" "$*" >> {self.record}\ncat >> {self.record}; echo >> {self.record}\n'
        )
        (programs / "buildx").write_text(BUILDX.format(asked=self.record, docker=programs / "docker"))
        if os.geteuid() != 0:
            (programs / "chroot").write_text(CHROOT)
        for program in programs.iterdir():
            program.chmod(0o755)
        for name, content in (("db", {"modified": "2026-01-01T00:00:00Z"}), ("modules", []), ("vulns", [])):
            (folder / f"db/index/{name}.json").write_text(json.dumps(content))
        linter = go_tool(
            "github.com/golangci/golangci-lint/v2/cmd/golangci-lint", PINS["tool"]["golangci_lint"]["value"]
        )
        tools = f"GOLANGCI_LINT={linter} COSIGN=cosign CRANE=crane BUILDKIT=buildx"
        self.env = {
            # Two linters refuse to run with one folder for temporary files.
            **clean_environment(), **go_caches(), "HOME": str(self.home), "TMPDIR": str(folder),
            "GOFLAGS": "-mod=readonly -buildvcs=false",
            "GOVULNDB": f"file://{folder}/db", "MAKEFLAGS": tools,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        }  # fmt: skip

    def run(self, command: Command) -> Run:
        """Run a command as an agent does, which ends it with what fails first."""
        done = subprocess.run(
            ["sh", "-e", "-c", command.script],
            cwd=self.repository, env={**self.env, **command.env}, check=False, capture_output=True, text=True,
        )  # fmt: skip
        return Run(done.returncode, done.stdout, done.stderr)

    def asked(self) -> list[str]:
        """What docker was asked for since the last time."""
        said = self.record.read_text().splitlines() if self.record.exists() else []
        self.record.unlink(missing_ok=True)
        return said
