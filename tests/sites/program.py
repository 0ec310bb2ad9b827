"""The command behind `make sites`, as the Makefile of a repository calls it."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from unittest import mock

import yaml

from gocontainer.cli.main import run
from tests.helpers import reads
from tests.helpers.support import ROOT, Run, clean_environment, ok, pip_tool
from tests.sites.interpreter import Document, effective

FILE = "deploy/sites.yaml"
FOLDERS = ("kubeedge", "openyurt", "native")


def platform(repository: Path) -> str:
    """Return what a repository's Makefile says with --platform."""
    (found,) = re.findall(r" sites --platform (\S+)$", (repository / "Makefile").read_text(), re.MULTILINE)
    return str(found)


def sites(repository: Path, *arguments: str, code: Path | None = None, **environment: str) -> Run:
    """Run the command in a repository, with the development environment's kubectl; in a process where ``code`` is."""
    reads.path("generator/gocontainer/sites")
    path = f"{Path(pip_tool('kubectl')).parent}{os.pathsep}{os.environ['PATH']}"
    call = ["sites", "--platform", platform(repository), *arguments]
    environment = {**clean_environment(), "PATH": path, **environment}
    if code is None:
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(repository),
            mock.patch.dict(os.environ, environment),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            return Run(run(call), out.getvalue(), err.getvalue())
    environment["PYTHONPATH"] = str(code)
    command = [sys.executable, "-m", "gocontainer", *call]
    done = subprocess.run(command, check=False, cwd=repository, env=environment, capture_output=True, text=True)
    return Run(done.returncode, done.stdout, done.stderr)


def folder(repository: Path) -> Path:
    """Return the folder of what the program wrote."""
    (found,) = (each for name in FOLDERS if (each := repository / "deploy" / name).is_dir())
    return found


def written(repository: Path) -> list[Document]:
    """Return every object that the program wrote."""
    return [
        document
        for path in sorted(folder(repository).rglob("*.yaml"))
        for document in yaml.load_all(path.read_text(), yaml.CSafeLoader)
        if document
    ]


def rendered_sites(repository: Path) -> Mapping[str, str]:
    """Return the manifests as a cluster gets them, and for one site what its platform makes of them."""
    ok(sites(repository, "render"), "render")
    texts = {}
    for path in sorted(folder(repository).rglob("*.yaml")):
        text = path.read_text()
        # The workloads themselves are below, as their platform has them; here is what only the platform knows.
        if path.name != "common.yaml" and not re.search(r"^kind: (Deployment|DaemonSet)$", text, re.MULTILINE):
            texts["-".join(path.relative_to(folder(repository)).with_suffix("").parts)] = text
    for beside in ("devices", "rbac"):
        texts |= {path.stem: path.read_text() for path in repository.glob(f"deploy/{beside}/*.yaml")}
    common = (folder(repository) / "common.yaml").read_text()
    site, workload = next(iter(effective(written(repository)).items()))
    texts[site] = f"{common}---\n{yaml.safe_dump(workload, sort_keys=False)}"
    return texts


def copied_code(target: Path) -> Path:
    """Copy the code of the command, to change it."""
    return Path(shutil.copytree(ROOT / "generator", target, ignore=shutil.ignore_patterns("__pycache__", "locale")))
