"""Every base image, with and without C, with and without traces: built unchanged, run locked down, stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gocontainer.errors import GocontainerError
from gocontainer.options.subjects.base_images import BASE_IMAGES
from tests.helpers.daemons import until
from tests.helpers.support import answers, rendered
from tests.images.container import Container, container
from tests.images.engine import Build, Engine

MEBIBYTE = 1024 * 1024
INTERPRETER = b"/ld-linux-"


def possible(**given: Any) -> bool:
    try:
        answers(**given)
    except GocontainerError:
        return False
    return True


VARIANTS = [
    {"base_image": base, "cgo": cgo, "tracing": tracing, "platforms": "linux/amd64"}
    for base in BASE_IMAGES
    for cgo in (False, True)
    for tracing in (True, False)
    if possible(base_image=base, cgo=cgo, platforms="linux/amd64")
]


def variant_id(variant: dict[str, Any]) -> str:
    return "-".join([variant["base_image"], *(name for name in ("cgo", "tracing") if variant[name])])


@pytest.fixture(scope="module", params=VARIANTS, ids=variant_id)
def variant(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(request.param)


@pytest.fixture(scope="module")
def build(engine: Engine, variant: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Build:
    # The shortest period for a HEALTHCHECK, since the engine waits one before it asks.
    repository = rendered(tmp_path_factory.mktemp("variant"), liveness_period=2, liveness_timeout=1, **variant)
    return engine.build(repository)


@pytest.fixture(scope="module")
def service(engine: Engine, build: Build) -> Iterator[Container]:
    with container(engine, engine.load(build)) as running:
        yield running


def test_all_bases_and_both_values_of_cgo_are_here() -> None:
    assert {variant["base_image"] for variant in VARIANTS} == set(BASE_IMAGES)
    with_glibc = {name for name, image in BASE_IMAGES.items() if image.libc == "glibc"}
    assert {variant["base_image"] for variant in VARIANTS if variant["cgo"]} == with_glibc


def test_one_layer_comes_on_top_of_the_base(build: Build, variant: dict[str, Any]) -> None:
    # Certificates are the second one, where the base has none.
    base = 0 if variant["base_image"] == "scratch" else 1
    own = 1 if BASE_IMAGES[variant["base_image"]].certificates else 2
    assert len(build.image.layers()) == base + own


def test_it_is_linked_against_a_libc_only_with_cgo(build: Build, variant: dict[str, Any]) -> None:
    binary = build.image.layers()[-1].files()["usr/local/bin/orders"]
    assert (INTERPRETER in binary[:8192]) == variant["cgo"]


def test_it_serves(service: Container) -> None:
    assert service.post()["total"] == 700


def test_it_has_no_rights(service: Container) -> None:
    status = service.status()
    assert set(status["Uid"].split()) == {"65532"}
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    root = next(
        line.split() for line in Path(f"/proc/{service.pid}/mountinfo").read_text().splitlines() if " / / " in line
    )
    assert "ro" in root[5].split(",")


def test_it_heeds_its_own_limit(service: Container) -> None:
    started = service.log()[0]
    cgo = INTERPRETER in Path(f"/proc/{service.pid}/exe").read_bytes()[:8192]
    limit = 128 * MEBIBYTE
    # 30 % are left with cgo; without it 10 % would be less than the 16 MiB that are left at least.
    assert started["gomemlimit_bytes"] == limit - (limit // 100 * 30 if cgo else 16 * MEBIBYTE)


def test_it_turns_healthy(service: Container) -> None:
    until(lambda: service.state()["Health"]["Status"] == "healthy", "the HEALTHCHECK")
    assert service.state()["Health"]["FailingStreak"] == 0


def test_sigterm_ends_it_in_order(service: Container) -> None:
    assert service.stop() == 0
    assert service.log()[-1]["msg"] == "stopped"
