"""The workflow that proposes a newer template, run step by step: a runner, a forge, and gocontainer as installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from gocontainer.answers import lockfile
from gocontainer.repository.tree import File, Tree
from tests.helpers.snippets import go_caches
from tests.helpers.support import answers, clean_environment, committed, git, rendered
from tests.helpers.updates import Repository, as_tree

BRANCH = "gocontainer-update"
WORKFLOW, SCRIPT, CHECK = ".github/workflows/template.yml", ".gocontainer/propose.sh", ".github/workflows/ci.yml"
WHEEL = f"https://files.example.com/gocontainer-1.0.0-py3-none-any.whl#sha256={'1' * 64}"
SECRET, TOKEN = "${{ secrets.TEMPLATE_TOKEN }}", "the-token"
WEEK = 7 * 24 * 60 * 60
"""Seconds from one job to the next: of two proposals in the same second the second would be the first."""

# Waits for calls, and forks for each: what gocontainer does is its own, only its start is not paid each time.
SERVER = """
import json, os, socket, sys, traceback
from pathlib import Path
import yaml
from gocontainer.cli import main
from gocontainer.cli import asking, flags, update_report
from gocontainer.external import dispatch
from gocontainer.repository.tree import File
from gocontainer.update import apply, base, resolvers, steps

place, releases = sys.argv[1:]
listening = socket.socket(socket.AF_UNIX)
listening.bind(place)
listening.listen()
print(flush=True)
while True:
    caller, _ = listening.accept()
    text, fds, _, _ = socket.recv_fds(caller, 65536, 3)
    if not (child := os.fork()):
        code = 1
        try:
            call = json.loads(text)
            for number, fd in enumerate(fds):
                os.dup2(fd, number)
            sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)
            os.environ.clear()
            os.environ.update(call["env"])
            os.chdir(call["folder"])
            newest = json.loads(Path(releases).read_text())
            if newest:
                tree = {path: File(text.encode(), path.endswith(".sh")) for path, text in newest.items()}
                steps.render = base.render = lambda answers: tree
            code = main.run(call["arguments"])
            sys.stdout.flush()
        except BaseException:
            traceback.print_exc()
        os._exit(code)
    for fd in fds:
        os.close(fd)
    caller.sendall(b"%d" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    caller.close()
"""
CALLER = """#!{python} -IS
import json, os, socket, sys
calling = socket.socket(socket.AF_UNIX)
calling.connect({place!r})
call = {{"folder": os.getcwd(), "arguments": sys.argv[1:], "env": dict(os.environ)}}
socket.send_fds(calling, [json.dumps(call).encode()], [0, 1, 2])
sys.exit(int(calling.recv(9)))
"""
# The forge allows what a real one refuses: two pull requests from one branch.
FORGE = """#!{python} -IS
import json, subprocess, sys
place, origin = {place!r}, {origin!r}
def tip(): return subprocess.run(["git", "-C", origin, "rev-parse", "--verify", "-q", "refs/heads/{branch}"],
    capture_output=True, text=True).stdout.strip()
with open(place) as file: requests = json.load(file)
call = sys.argv[1:]
def after(flag): return call[call.index(flag) + 1]
match call[:2]:
    case ["auth", "setup-git"]: pass
    case ["pr", "list"]:
        assert after("--head") == "{branch}"
        if after("--state") == "open":
            print(*[each["number"] for each in requests if each["state"] == "open"][:1])
        else:
            print(*[tip() if each["state"] == "open" else each["tip"] for each in requests], sep="\\n")
    case ["pr", "create"]:
        assert after("--head") == "{branch}" and after("--base") == "main" and after("--body-file") == "-" and tip()
        requests.append(dict(number=len(requests) + 1, state="open", tip=tip(), draft="--draft" in call,
            title=after("--title"), body=sys.stdin.read()))
    case ["pr", "edit"]:
        requests[int(call[2]) - 1].update(title=after("--title"), body=sys.stdin.read())
    case ["pr", "ready"]: requests[int(call[2]) - 1]["draft"] = "--undo" in call
    case _: sys.exit(f"unknown: {{call}}")
with open(place, "w") as file: json.dump(requests, file)
"""
# Where a virtual environment would be made: what is installed by hash is what the test has.
PYTHON = """#!/bin/sh
[ "$1 $2" = "-m venv" ] || exit 9
mkdir -p "$3/bin"
cp {installed} "$3/bin/gocontainer"
ln -s {pip} "$3/bin/pip"
"""


class Installed(NamedTuple):
    """gocontainer as a pipeline would install it; ``release`` is the file with the template that it renders."""

    program: Path
    release: Path

    def publish(self, files: Mapping[str, str]) -> None:
        """Make ``files`` what the newest release renders; nothing is the template of this version."""
        self.release.write_text(json.dumps(files))


@contextmanager
def installed(folder: Path) -> Iterator[Installed]:
    """Have gocontainer wait for calls."""
    folder.mkdir(exist_ok=True)
    place, program, release = folder / "socket", folder / "gocontainer", folder / "release.json"
    release.write_text("{}")
    write(program, CALLER.format(python=sys.executable, place=str(place)))
    command = [sys.executable, "-c", SERVER, str(place), str(release)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=clean_environment()) as process:
        assert process.stdout
        process.stdout.readline()
        yield Installed(program, release)
        process.kill()


def write(program: Path, text: str) -> None:
    """Write a program."""
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(text)
    program.chmod(0o755)


def rendered_bot(folder: Path, workflow: str = WORKFLOW, **given: Any) -> dict[str, str]:
    """The files of the bot, as they are rendered."""
    repository = rendered(folder, update_wheel=WHEEL, **given)
    names = (workflow, SCRIPT, ".gocontainer/requirements.txt")
    return {name: (repository / name).read_text() for name in names}


class Step(NamedTuple):
    """How a step ended, and what it printed."""

    code: int
    said: str


class Runner(NamedTuple):
    """Where a job runs: its checkout, where it leaves the proposal, and its environment."""

    work: Path
    proposal: Path
    environment: Mapping[str, str]

    def run(self, script: str, given: Mapping[str, str]) -> Step:
        """Run a script as a runner does, which ends it with what fails first."""
        command = ["bash", "-e", "-c", script]
        environment = {**self.environment, **given}
        done = subprocess.run(command, cwd=self.work, check=False, capture_output=True, text=True, env=environment)
        return Step(done.returncode, done.stdout + done.stderr)


def act(step: Mapping[str, Any], proposal: Path, artifact: Path) -> None:
    """Do what an action does."""
    match step["uses"].removeprefix("https://github.com/").partition("@")[0]:
        case "actions/upload-artifact":
            shutil.copytree(proposal, artifact, symlinks=True)
        case "actions/download-artifact":
            shutil.copytree(artifact, proposal, symlinks=True)
        case "actions/checkout":
            assert step["with"] == {"fetch-depth": 0, "persist-credentials": False}
        case "actions/setup-go":
            assert step["with"]["cache"] is False, "what runs here would reach jobs with a secret"
        case other:
            raise AssertionError(other)


class Forge:
    """A bare remote with pull requests, and runners that hold nothing but what a step gives them."""

    workflow = WORKFLOW
    more: Mapping[str, str] = {}
    """What each runner has in its environment beside what all of them have."""
    token = TOKEN
    """The secret of the job that pushes."""

    def __init__(self, folder: Path, program: Installed, start: Mapping[str, str | File]) -> None:
        sealed = lockfile.with_lockfile(as_executable(start), answers(update_wheel=WHEEL))
        folder.mkdir(parents=True, exist_ok=True)
        self._host(folder, program, Repository.at(committed(folder / "person", sealed)))

    @classmethod
    def of(cls, folder: Path, program: Installed, person: Repository) -> Forge:
        """One to which somebody pushed a repository."""
        self = cls.__new__(cls)
        folder.mkdir(parents=True, exist_ok=True)
        self._host(folder, program, person)
        return self

    def _host(self, folder: Path, program: Installed, person: Repository) -> None:
        self.folder, self.origin, self.installed, self.person = folder, folder / "origin.git", program, person
        self.requests_file, self.bin, self.runs = folder / "requests.json", folder / "bin", 0
        self.runner = {**go_caches()}
        """What is set on each runner: the caches of Go, so that nothing is fetched or compiled anew."""
        self.requests_file.write_text("[]")
        person.git("remote", "add", "origin", self.open_remote())
        person.git("push", "--quiet", "origin", "main")
        known = {"python": sys.executable, "place": str(self.requests_file), "origin": str(self.origin)}
        write(self.bin / "gh", FORGE.format(branch=BRANCH, **known))
        write(self.bin / "pip", "#!/bin/sh\n")
        write(self.bin / "python3", PYTHON.format(installed=program.program, pip=self.bin / "pip"))

    def open_remote(self) -> str:
        """Make the remote, and return where a person finds it."""
        git(self.folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.origin))
        return str(self.origin)

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The pull requests; those whose branch is gone or merged are not open any more."""
        found = json.loads(self.requests_file.read_text())
        tip = self.tip(BRANCH)
        for each in found:
            if each["state"] == "open":
                each["tip"] = tip or each["tip"]
                if not tip:
                    each["state"] = "closed"
                elif self.holds("main", tip):
                    each["state"] = "merged"
        self.requests_file.write_text(json.dumps(found))
        return list(found)

    @property
    def open(self) -> list[dict[str, Any]]:
        """Those that are open."""
        return [each for each in self.requests if each["state"] == "open"]

    def is_draft(self, request: Mapping[str, Any]) -> bool:
        """Whether a request cannot be merged yet."""
        return bool(request["draft"])

    def close(self) -> None:
        """Close all of them, as somebody does who wants none."""
        found = self.requests
        for each in found:
            each["state"] = "closed" if each["state"] == "open" else each["state"]
        self.requests_file.write_text(json.dumps(found))

    def ask(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """Ask git about the remote."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.origin, check=False, capture_output=True, text=True, env=clean_environment()
        )
        assert done.returncode in codes, done.stderr
        return done.stdout.strip()

    def tip(self, branch: str) -> str:
        """The commit of a branch, or nothing."""
        return self.ask("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", codes=(0, 1))

    def holds(self, branch: str, commit: str) -> bool:
        """Whether a branch has a commit in its history."""
        done = subprocess.run(["git", "merge-base", "--is-ancestor", commit, branch], cwd=self.origin, check=False)
        return done.returncode == 0

    def checkout(self, name: str, commit: str = "main") -> Path:
        """A fresh clone of all branches, as the action makes it."""
        folder = self.folder / name
        command = ["clone", "--quiet", "--template=", "--branch", commit, str(self.origin), str(folder)]
        git(self.folder, *command)
        return folder

    def start(self, name: str, path: str = "", settings: str = "") -> Runner:
        """A runner of its own for a job; ``settings`` are those of git on it."""
        self.runs += 1
        work = self.checkout(f"{self.runs}-{name}")
        temporary = self.folder / f"{self.runs}-{name}.temp"
        (temporary / "home").mkdir(parents=True)
        (temporary / "home/.gitconfig").write_text(settings)
        environment = {
            "PATH": path or f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": str(temporary),
            "HOME": str(temporary / "home"),
            "GOCONTAINER_LANG": "en",
            **self.runner,
            **self.more,
            **dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), f"{1_800_000_000 + self.runs * WEEK} +0000"),
        }
        return Runner(work, temporary / "proposal", environment)

    def job(self, name: str, artifact: Path, path: str = "", settings: str = "") -> Step:
        """Run a job of the workflow on a runner of its own; only ``artifact`` goes from one to the next."""
        runner = self.start(name, path, settings)
        said = ""
        for step in yaml.safe_load((runner.work / self.workflow).read_text())["jobs"][name]["steps"]:
            if "uses" in step:
                act(step, runner.proposal, artifact)
                continue
            given = {key: value.replace(SECRET, self.token) for key, value in step.get("env", {}).items()}
            done = runner.run(step["run"], given)
            said += done.said
            if done.code:
                return Step(done.code, said)
        return Step(0, said)

    def run(self) -> Step:
        """Run the whole workflow."""
        artifact = self.folder / f"artifact-{self.runs}"
        merged = self.job("merge", artifact)
        return merged if merged.code else self.job("propose", artifact)

    def is_green(self, commit: str) -> bool:
        """Whether the check of each change passes on a commit."""
        self.runs += 1
        folder = self.folder / f"{self.runs}-check"
        git(self.folder, "clone", "--quiet", "--template=", "--no-checkout", str(self.origin), str(folder))
        git(folder, "checkout", "--quiet", commit)
        return subprocess.run([SCRIPT, "check"], cwd=folder, check=False, capture_output=True).returncode == 0


def as_executable(files: Mapping[str, str | File]) -> Tree:
    """The files as a tree; scripts can be run."""
    tree = as_tree(files)
    return {path: File(file.content, path.endswith(".sh")) for path, file in tree.items()}
