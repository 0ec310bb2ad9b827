"""The rendered program behind `make sites`, built once for each state of its sources."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.helpers.support import CACHE, Run, go, locked, ok, pip_tool
from tests.sites.interpreter import Document, effective

PROGRAM = ("cmd/sites", "internal/sites")
FILE = "deploy/sites.yaml"
FOLDERS = ("kubeedge", "openyurt", "native")


def program(repository: Path) -> Path:
    """Build the program. Repositories that differ in the name of their module alone share it."""
    paths = sorted(path for part in PROGRAM for path in (repository / part).glob("*.go"))
    sources = [path for path in paths if not path.name.endswith("_test.go")]
    module = (repository / "go.mod").read_bytes().split(b"\n", 1)[0].split()[1]
    text = b"".join(path.name.encode() + path.read_bytes().replace(module, b"") for path in sources)
    folder = CACHE / f"sites-{hashlib.sha256(text).hexdigest()[:16]}"
    built = folder / "sites"
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        if not built.exists():
            mine = folder / f"sites.{os.getpid()}"
            ok(go(repository, "build", "-o", str(mine), "./cmd/sites", CGO_ENABLED="0"), "go build ./cmd/sites")
            mine.replace(built)
    return built


def sites(repository: Path, *arguments: str, **environment: str) -> Run:
    """Run the program in a repository, with the development environment's kubectl."""
    path = f"{Path(pip_tool('kubectl')).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [program(repository), *arguments],
        check=False,
        cwd=repository,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
    )
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
    if (repository / "deploy/devices").is_dir():
        texts |= {path.stem: path.read_text() for path in (repository / "deploy/devices").iterdir()}
    common = (folder(repository) / "common.yaml").read_text()
    site, workload = next(iter(effective(written(repository)).items()))
    texts[site] = f"{common}---\n{yaml.safe_dump(workload, sort_keys=False)}"
    return texts


def copy(repository: Path, target: Path) -> Path:
    """Copy a repository, to change it."""
    return Path(shutil.copytree(repository, target))
