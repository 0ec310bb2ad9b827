"""What `gocontainer adopt` writes beside code of others is taken by a real API server, as what is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.helpers.support import ok
from tests.judges.subject import Subject, write
from tests.kube import manifests
from tests.kube.engine import ControlPlane
from tests.test_adopt import MAIN, SHOP, Files, adopt, repository

READY = MAIN.replace("/healthz", "/readyz")
SHAPES: Mapping[str, tuple[Files, tuple[str, ...]]] = {
    "alive": (SHOP, ()),
    "ready": ({**SHOP, "main.go": READY}, ()),
    "without-probes": ({**SHOP, "main.go": MAIN.replace("GET /healthz", "GET /")}, ()),
    "many-answers": (
        SHOP,
        (
            *("--set", "min_replicas=1", "--set", "kubernetes_min=1.36", "--set", "user_namespaces=true"),
            *("--set", "pull_secret=harbor", "--set", "resources=latency", "--set", "base_image=debian-slim"),
        ),
    ),
    "oldest": (SHOP, ("--set", "kubernetes_min=1.23", "--set", "max_replicas=2", "--set", "min_replicas=2")),
}
"""What is adopted, and what is answered."""


def adopted(folder: Path, name: str) -> Subject:
    """Take up a repository, and render its manifests."""
    files, arguments = SHAPES[name]
    target = repository(folder, files)
    ok(adopt(target, "--service", f"adopted-{name}", "--image", "ghcr.io/acme/shop", *arguments))
    return Subject(name, target, write(target, folder / "manifests"))


@pytest.mark.parametrize("name", SHAPES)
def test_an_adopted_repository_is_admitted_without_a_warning(plane: ControlPlane, tmp_path: Path, name: str) -> None:
    subject = adopted(tmp_path, name)
    manifests.prepare(plane, [subject])
    assert manifests.verdicts(plane, [subject]) == {name: ""}


def test_an_adopted_one_that_would_run_as_root_is_refused(plane: ControlPlane, tmp_path: Path) -> None:
    subject = adopted(tmp_path, "alive")
    manifests.prepare(plane, [subject])
    prod = subject.manifests / "prod.yaml"
    assert "runAsNonRoot: true" in prod.read_text()
    prod.write_text(prod.read_text().replace("runAsNonRoot: true", "runAsNonRoot: false"))
    assert "violates PodSecurity" in manifests.verdicts(plane, [subject])["alive"]
