"""What the judges look at, and how their programs are run."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gocontainer.repository import tree
from tests.helpers.result_cache import asked
from tests.helpers.support import ROOT, pip_tool, rendered, row_id
from tests.sites.program import rendered_sites

NAMESPACES = "namespace.yaml"
OLDEST, NEWEST = "1.30", "1.37"
"""Versions of Kubernetes."""


IMAGES = ("ghcr.io/acme/orders", "registry.example.com:5000/acme/orders")
"""To the first the release workflow logs in with GitHub's own token, to the other with secrets."""


class Subject(NamedTuple):
    """A repository with its manifests as a cluster gets them."""

    name: str
    folder: Path
    manifests: Path
    """One file for each overlay, and the namespaces."""
    oldest: str = OLDEST
    """The oldest Kubernetes that the manifests must suit."""


NAIVE = Subject("naive", ROOT / "tests/naive", ROOT / "tests/naive/deploy")
"""The way articles write it: each judge must find something here."""


def from_row(folder: Path, number: int, row: Mapping[str, Any]) -> Subject:
    """Write the repository of a row, and its manifests beside it."""
    name = f"{number:02d}-{row_id(row)}"
    repository = rendered(folder / name, image=IMAGES[number % len(IMAGES)], **row)
    manifests = write(repository, folder / name / "manifests")
    return Subject(name, repository, manifests, str(row.get("kubernetes_min", OLDEST)))


def write(repository: Path, manifests: Path) -> Path:
    """Write what a cluster gets into a folder: a file for each environment, and the namespaces."""
    manifests.mkdir(parents=True)
    for environment, text in rendered_by(repository).items():
        (manifests / f"{environment}.yaml").write_text(text)
    for namespaces in repository.glob(f"deploy/namespace/{NAMESPACES}"):
        shutil.copy(namespaces, manifests)
    return manifests


def rendered_by(repository: Path) -> dict[str, str]:
    """Return the manifests of each environment, as a cluster gets them."""
    if (repository / "deploy/sites.yaml").is_file():
        return dict(rendered_sites(repository))
    if (repository / "deploy/knative").is_dir():
        return {"knative": kustomize(repository / "deploy/knative")}
    return {overlay.name: kustomize(overlay) for overlay in sorted((repository / "deploy/overlays").iterdir())}


def kustomize(overlay: Path) -> str:
    """Return what an overlay renders to; it is rendered once for each state of the folder ``deploy`` that it is in."""
    folder = next((each for each in overlay.parents if each.name == "deploy"), None)
    if folder is None:  # what else it reads is not known
        return built(overlay)
    kept = (part for path, file in sorted(tree.load(folder).items()) for part in (path, file.content))
    return asked((TOOLS.read_bytes(), str(overlay.relative_to(folder)), *kept), lambda: built(overlay))


TOOLS = ROOT / "requirements-dev.lock"
"""Says which kubectl it is."""


def built(overlay: Path) -> str:
    """Let kubectl render an overlay."""
    done = subprocess.run([pip_tool("kubectl"), "kustomize", overlay], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "kustomize warns of what is deprecated"
    return done.stdout


def output(program: str, *arguments: str | Path, codes: Sequence[int] = (0, 1), cwd: Path | None = None) -> str:
    """Return what a program printed; any other exit code means that it judged nothing."""
    done = subprocess.run([program, *arguments], check=False, capture_output=True, text=True, cwd=cwd)
    assert done.returncode in codes, f"{program}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def files(subjects: Sequence[Subject], pattern: str) -> list[Path]:
    """Return the files of all repositories that match."""
    return [path for subject in subjects for path in sorted(subject.folder.glob(pattern))]


def distinct(subjects: Sequence[Subject], pattern: str) -> list[Path]:
    """Return the first file of each content that matches: what many repositories share is judged once."""
    return list({path.read_bytes(): path for path in reversed(files(subjects, pattern)) if path.is_file()}.values())


def manifests(subjects: Sequence[Subject]) -> Iterator[tuple[Subject, Path]]:
    """Yield each file of manifests with its subject."""
    for subject in subjects:
        for path in sorted(subject.manifests.glob("*.yaml")):
            yield subject, path


def named(subjects: Sequence[Subject], lines: Iterable[str]) -> list[str]:
    """Say the subject's name instead of its folder."""
    found = []
    for line in lines:
        for subject in subjects:
            line = line.replace(f"{subject.manifests}/", f"{subject.name}/manifests/")  # noqa: PLW2901
            line = line.replace(f"{subject.folder}/", f"{subject.name}/")  # noqa: PLW2901
        found.append(line)
    return found
