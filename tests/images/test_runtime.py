"""The service under limits of memory and CPU, and at its end."""

from __future__ import annotations

import math
import os
import shutil
import socket
from pathlib import Path

import pytest
import yaml

from tests.helpers.support import rendered
from tests.images.collector import collector
from tests.images.container import able_to_hold, container, survives
from tests.images.engine import Engine
from tests.judges.subject import kustomize

MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def image(engine: Engine, repository: Path) -> str:
    return engine.load(engine.build(repository))


@pytest.fixture(scope="module")
def holding(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    repository = rendered(tmp_path_factory.mktemp("holding"))
    return engine.load(engine.build(able_to_hold(repository)))


def patched(repository: Path, scratch: Path, memory: str) -> str:
    """Return the memory limit, in Docker's words, of the manifests after an overlay of the user's; no GOMEMLIMIT."""
    patch = [{"op": "replace", "path": "/spec/template/spec/containers/0/resources/limits/memory", "value": memory}]
    overlay = shutil.copytree(repository / "deploy", scratch / "deploy") / "overlays/mine"
    overlay.mkdir()
    own = {"resources": ["../prod"], "patches": [{"target": {"kind": "Deployment"}, "patch": yaml.safe_dump(patch)}]}
    (overlay / "kustomization.yaml").write_text(yaml.safe_dump(own))
    deployment = next(each for each in yaml.safe_load_all(kustomize(overlay)) if each["kind"] == "Deployment")
    (pod,) = deployment["spec"]["template"]["spec"]["containers"]
    assert "GOMEMLIMIT" not in {variable["name"] for variable in pod.get("env", ())}
    limit = str(pod["resources"]["limits"]["memory"])
    assert limit.endswith("Mi")
    return f"{limit.removesuffix('Mi')}m"


@pytest.mark.parametrize("memory", ["128Mi", "96Mi", "256Mi"])
def test_its_own_limit_keeps_it_alive_whatever_an_overlay_says(
    engine: Engine, repository: Path, holding: str, tmp_path: Path, memory: str
) -> None:
    assert survives(engine, holding, patched(repository, tmp_path, memory))


@pytest.mark.parametrize("limit", ["off", f"{128 * MEBIBYTE}B"], ids=["none", "100 %"])
def test_without_it_the_kernel_kills_it(engine: Engine, holding: str, limit: str) -> None:
    # On a busy machine a heap may stay lower than it was told for once.
    assert not all(survives(engine, holding, "128m", GOMEMLIMIT=limit) for _ in range(3))


@pytest.mark.parametrize("cpus", [0.25, 0.5, 1, 2, 4])
def test_gomaxprocs_follows_the_limit_and_is_never_below_two(engine: Engine, image: str, cpus: float) -> None:
    with container(engine, image, cpus=cpus) as service:
        assert service.log()[0]["gomaxprocs"] == min(os.cpu_count() or 1, max(2, math.ceil(cpus)))


def stopped(engine: Engine, image: str, endpoint: str) -> int:
    """Stop the service once it has answered, and return its exit code."""
    with container(engine, image, env={"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}) as service:
        service.post()
        code = service.stop()
        assert service.log()[-1]["msg"] == "stopped"
        return code


def test_it_ends_in_time_and_its_last_spans_arrive(engine: Engine, image: str) -> None:
    with collector() as (endpoint, taken):
        assert stopped(engine, image, endpoint) == 0
    assert any(b"orders" in body for body in taken)


def test_it_ends_in_time_where_nobody_listens(engine: Engine, image: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
    assert stopped(engine, image, endpoint) == 0


def test_it_ends_in_time_where_the_collector_takes_the_spans_and_says_nothing(engine: Engine, image: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert stopped(engine, image, endpoint) == 0
