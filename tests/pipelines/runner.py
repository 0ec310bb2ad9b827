"""A runner of workflows: act, on this machine, with a stand-in for each action and for what make starts."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.helpers.support import clean_environment, pip_tool
from tests.pipelines.commands import DIGEST, SECRETS, TAG

ADDRESS = "https://github.com/"
# A checkout copies what is there; what others do on the machine of a forge is not ours.
ACTION = """\
name: stand-in
description: does nothing
outputs:
  digest:
    value: {digest}
runs:
  using: composite
  steps:
    - run: {does}
      shell: sh
"""
SHOWN = ("USERNAME", "PASSWORD", "COSIGN_PRIVATE_KEY", "COSIGN_PASSWORD", "TEMPLATE_TOKEN")
# Notes what it was asked for, which image it is told and which secrets reach it, and fails where it is told to. What is
# given a secret reads it, as the program itself does: else the shell that writes it may meet a pipe that is closed.
PROGRAM = """#!/bin/sh
for each in {shown}; do
  if printenv $each > /dev/null; then has="$has \\$$each"; fi
done
printf '%s\\n' "${{0##*/}} $*${{IMAGE:+ IMAGE=$IMAGE}}$has" >> {record}
case " $* " in
*" - "* | *" --password-stdin "*) cat > /dev/null ;;
esac
case " $* " in
*" {fails} "*) exit 3 ;;
" release "*) mkdir -p bin; echo registry/image@{digest} > bin/released ;;
esac
"""


class Step(NamedTuple):
    """A step that ran: its job, what it is called, and how it ended."""

    job: str
    name: str
    result: str


class Ran(NamedTuple):
    """What came of a workflow: each step, and what was asked of the programs."""

    steps: list[Step]
    asked: list[str]

    @property
    def jobs(self) -> set[str]:
        """The jobs of which anything ran."""
        return {step.job for step in self.steps}

    @property
    def failed(self) -> list[str]:
        """The steps that ended otherwise than well."""
        return [step.name for step in self.steps if step.result != "success"]


def act(
    folder: Path, workflow: str, event: str = "push", reference: str = "refs/heads/main", fails: str = "nothing"
) -> Ran:
    """Run a workflow for an event in an empty repository; ``fails`` is what make fails at."""
    repository = folder / "repository"
    repository.mkdir(parents=True)
    (folder / "workflow.yml").write_text(workflow.replace(f"uses: {ADDRESS}", "uses: "))
    (folder / "event.json").write_text(json.dumps({"ref": reference, "repository": {"default_branch": "main"}}))
    for command in (["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "x"], ["tag", TAG]):
        subprocess.run(["git", *command], cwd=repository, check=True, env=clean_environment())
    command = [
        pip_tool("act"), event, "--json", "--workflows", str(folder / "workflow.yml"), "--eventpath",
        str(folder / "event.json"), "--platform", "ubuntu-24.04=-self-hosted", "--platform",
        "ubuntu-24.04-arm=-self-hosted", "--container-daemon-socket", "-", "--no-cache-server", "--no-skip-checkout",
        # Each has a machine of its own at a forge; here they share a home, whose settings git locks.
        "--concurrent-jobs", "1",
        *actions(folder / "actions", workflow), *(f"--secret={name}={value}" for name, value in SECRETS.items()),
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=repository, check=False, capture_output=True, text=True, env=machine(folder, fails)
    )
    steps = list(steps_of(done.stdout))
    assert steps, done.stdout + done.stderr
    record = folder / "asked"
    return Ran(steps, record.read_text().splitlines() if record.exists() else [])


def actions(folder: Path, workflow: str) -> list[str]:
    """Write the stand-in of each action, and return by which flags it is taken for the action."""
    flags = []
    for name in sorted(set(re.findall(r"uses: (\S+)", workflow.replace(ADDRESS, "")))):
        place = folder / name.replace("/", "+")
        place.mkdir(parents=True)
        does = f"cp -R {folder.parent}/repository/. ." if "/checkout@" in name else "exit 0"
        (place / "action.yml").write_text(ACTION.format(digest=DIGEST, does=does))
        flags.append(f"--local-repository={name}={place}")
    return flags


def machine(folder: Path, fails: str) -> Mapping[str, str]:
    """Return the environment of a machine whose programs note what they are asked for."""
    programs, home = folder / "bin", folder / "home"
    for each in (programs, home / ".config/act"):
        each.mkdir(parents=True)
    text = PROGRAM.format(record=folder / "asked", fails=fails, digest=DIGEST, shown=" ".join(SHOWN))
    for name in ("make", "docker", "ssh-agent", "ssh-add", ".gocontainer/propose.sh"):
        program = folder / "repository" / name if "/" in name else programs / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return {**clean_environment(), "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"), "PATH": path}


def steps_of(printed: str) -> Iterator[Step]:
    """Yield the steps of which act says how they ended, those of its own aside."""
    for line in printed.splitlines():
        said = json.loads(line) if line.startswith("{") else {}
        if "stepResult" in said and said.get("stage") == "Main" and len(said["stepID"]) == 1:
            yield Step(said["jobID"], said["step"], said["stepResult"])
