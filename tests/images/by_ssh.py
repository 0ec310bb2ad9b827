"""A module that a git server gives over SSH to whoever has its key, and a repository that needs it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from docs.demo import free_ports

from tests.helpers.daemons import listens, process, until
from tests.helpers.support import ROOT, Run, git, need, ok, rendered, wrapped

SERVER = ROOT / "tests/images/git_by_ssh"
MODULE = "127.0.0.1/platform/greet.git"
WORD = "a word from the private module"
OWN = f'package main\n\nimport (\n\t"log/slog"\n\n\t"{MODULE}"\n)\n\nfunc init() {{ slog.Debug(greet.Word) }}\n'


class Private(NamedTuple):
    """A repository of somebody who has the key in an agent, and what their environment says."""

    repository: Path
    env: Mapping[str, str]
    key: str
    """A line of the private key."""
    wrong: Mapping[str, Mapping[str, str]]
    """What others say in theirs, by who they are."""


@contextmanager
def private_module(folder: Path) -> Iterator[Private]:
    """Serve the module on this machine, under a version that nothing has in a cache."""
    need("ssh-agent", "ssh-add", "ssh-keygen")
    port = free_ports(1)[0]
    for name in ("host", "mine", "other"):
        _run(folder, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", name)
    _module(folder, version := f"v1.{os.getpid()}.{port}")
    server: list[str | Path] = [
        *(wrapped(SERVER, "git_by_ssh"), f"--address=127.0.0.1:{port}", f"--own={folder}/host"),
        *(f"--allowed={folder}/mine.pub", f"--repositories={folder}/repositories"),
    ]
    host, another = ((folder / f"{name}.pub").read_text() for name in ("host", "other"))
    for name, public in (("known", host), ("changed", another)):
        (folder / name).write_text(f"[127.0.0.1]:{port} {public}")
    env = {"SSH_AUTH_SOCK": f"{folder}/mine.sock", "KNOWN_HOSTS": f"{folder}/known"}
    with (
        process(server, folder / "server.log"),
        process(["ssh-agent", "-D", "-a", env["SSH_AUTH_SOCK"]], folder / "mine.log"),
        process(["ssh-agent", "-D", "-a", f"{folder}/other.sock"], folder / "other.log"),
    ):
        until(lambda: listens(port), "the git server")
        for name in ("mine", "other"):
            until((folder / f"{name}.sock").exists, "the agent")
            _run(folder, "ssh-add", "-q", name, SSH_AUTH_SOCK=f"{folder}/{name}.sock")
        repository = rendered(folder, private_modules=f"ssh://127.0.0.1:{port}", tracing=False)
        _use(repository, f"{MODULE}@{version}", port, env)
        wrong = {
            "another key": {**env, "SSH_AUTH_SOCK": f"{folder}/other.sock"},
            "nobody's key": {**env, "SSH_AUTH_SOCK": ""},
            "who takes another for the host": {**env, "KNOWN_HOSTS": f"{folder}/changed"},
        }
        yield Private(repository, env, (folder / "mine").read_text().splitlines()[3], wrong)


def made_by_key_alone(found: Private, env: Mapping[str, str], *arguments: str) -> str:
    """Make the image by whoever has the key, once all others were refused; return all that was said."""

    def make(more: Mapping[str, str]) -> Run:
        command = ["make", "image", *arguments]
        done = subprocess.run(
            command, cwd=found.repository, env={**env, **more}, check=False, capture_output=True, text=True
        )
        return Run(done.returncode, done.stdout, done.stderr)

    said = []
    for whose, theirs in found.wrong.items():
        done = make(theirs)
        said.append(done.out + done.err)
        assert done.code, f"it was made by {whose}"
        assert "no secure protocol found for repository" in said[-1], said[-1][-3000:]
    done = make(found.env)
    return "".join([*said, ok(done, "make image"), done.err])


def _run(folder: Path, *command: str, **more: str) -> None:
    done = subprocess.run(command, cwd=folder, env={**os.environ, **more}, check=False, capture_output=True, text=True)
    ok(Run(done.returncode, done.stdout, done.stderr), command)


def _module(folder: Path, version: str) -> None:
    work = folder / "greet"
    work.mkdir()
    git(work, "init", "--quiet", "--initial-branch=main")
    (work / "go.mod").write_text(f"module {MODULE}\n\ngo 1.26\n")
    (work / "greet.go").write_text(
        f'// Package greet is private.\npackage greet\n\n// Word greets.\nconst Word = "{WORD}"\n'
    )
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message=Greet")
    git(work, "tag", version)
    git(work, "clone", "--quiet", "--bare", str(work), str(folder / "repositories/platform/greet.git"))


def _use(repository: Path, module: str, port: int, env: Mapping[str, str]) -> None:
    """Have the service need the module; nothing of it stays in this machine's cache."""
    (repository / "cmd/server/greet.go").write_text(OWN)
    cache = subprocess.check_output(["go", "env", "GOMODCACHE"], text=True).strip()
    _run(repository, "go", "mod", "download", GOFLAGS="")
    told = {
        "GIT_SSH_COMMAND": f"ssh -F none -o UserKnownHostsFile={env['KNOWN_HOSTS']}",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.ssh://git@127.0.0.1:{port}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://127.0.0.1/",
        "GOFLAGS": "-mod=mod -modcacherw",
        "GOMODCACHE": str(repository.parent / "modules"),
        "GOPRIVATE": "127.0.0.1",
        "GOPROXY": f"file://{cache}/cache/download",
        "GOSUMDB": "off",
    }
    _run(repository, "go", "get", module, **env, **told)
