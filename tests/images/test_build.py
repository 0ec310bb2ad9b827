"""What a real BuildKit makes of the rendered Dockerfile, unchanged."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.helpers.support import rendered
from tests.images.archive import Image
from tests.images.engine import Engine

MEGABYTE = 1_000_000
MACHINES = {"linux/amd64": 62, "linux/arm64": 183, "linux/arm/v7": 40}
"""e_machine of ELF (elf(5), /usr/include/elf.h)."""
SECRET = "a-planted-secret-3f1c"
PLANTED = (".env", ".git/config", ".gocontainer/token", "id_rsa", "internal/app/.env", "deploy/key.pem", "vendor.key")


def binary(image: Image, platform: str) -> bytes:
    return image.layers(platform)[-1].files()["usr/local/bin/orders"]


def test_the_default_image_is_small(engine: Engine, repository: Path) -> None:
    layers = engine.build(repository).image.layers()
    base, own = layers
    assert sum(len(layer.compressed) for layer in layers) <= 6.0 * MEGABYTE
    assert sum(len(layer.tar) for layer in layers) <= 17.5 * MEGABYTE
    assert [name for name in own.files() if name not in base.files()] == ["usr/local/bin/orders"]


def test_without_traces_it_is_smaller_still(engine: Engine, tmp_path: Path) -> None:
    layers = engine.build(rendered(tmp_path, tracing=False)).image.layers()
    assert sum(len(layer.compressed) for layer in layers) <= 4.8 * MEGABYTE


def test_every_platform_is_built_on_one(engine: Engine, tmp_path: Path) -> None:
    repository = rendered(tmp_path, platforms=",".join(MACHINES))
    image = engine.build(repository, f"--opt=platform={','.join(MACHINES)}", kind="oci").image
    machines = {platform: int.from_bytes(binary(image, platform)[18:20], "little") for platform in image.platforms}
    assert machines == MACHINES


def test_two_builds_give_one_digest(engine: Engine, repository: Path, tmp_path: Path) -> None:
    elsewhere = shutil.copytree(repository, tmp_path / "elsewhere")
    for path in elsewhere.rglob("*.go"):
        path.touch()
    first = engine.build(repository, kind="oci", epoch=1_700_000_000)
    # Cache mounts of its own: no package that the first one compiled is in it.
    own = {"BUILDKIT_CACHE_MOUNT_NS": "elsewhere"}
    second = engine.build(elsewhere, kind="oci", epoch=1_700_000_000, arguments=own)
    compiled = re.search(r"^(#\d+) \[build .* go build ", second.log, re.MULTILINE)
    assert compiled
    assert f"{compiled[1]} CACHED" not in second.log
    later = engine.build(repository, kind="oci", epoch=1_700_000_001)
    assert first.image.digest == second.image.digest != later.image.digest


def test_provenance_and_a_bill_of_materials_come_with_it(engine: Engine, repository: Path) -> None:
    attested = engine.build(repository, "--opt=attest:provenance=mode=max", "--opt=attest:sbom=", kind="oci").image
    statements = attested.attestations()
    assert {name.rpartition("/v")[0] or name for name in statements} == {
        "https://slsa.dev/provenance",
        "https://spdx.dev/Document",
    }
    provenance = next(value for name, value in statements.items() if "provenance" in name)
    assert "docker/golang@1.26-trixie" in str(provenance)


def test_the_stamps_reach_the_labels(engine: Engine, repository: Path) -> None:
    image = engine.build(repository, arguments={"VERSION": "1.2.3", "REVISION": "f" * 40}).image
    labels = image.config()["config"]["Labels"]
    assert labels["org.opencontainers.image.version"] == "1.2.3"
    assert labels["org.opencontainers.image.revision"] == "f" * 40
    assert b"f" * 40 in image.layers()[-1].tar


@pytest.fixture
def planted(repository: Path, tmp_path: Path) -> Path:
    """The repository with secrets in it, where people leave them."""
    copy = shutil.copytree(repository, tmp_path / "planted")
    for name in PLANTED:
        path = copy / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{SECRET}\n")
    return copy


def leaks(content: dict[str, bytes]) -> list[str]:
    return sorted(name for name, data in content.items() if SECRET.encode() in data)


def test_no_secret_reaches_the_builder_or_a_layer(engine: Engine, planted: Path) -> None:
    image = engine.build(planted).image
    assert not any(SECRET.encode() in layer.tar for layer in image.layers())
    sent = engine.context(planted)
    assert leaks(sent) == []
    assert {"go.mod", "cmd/server/main.go"} <= set(sent)
    kept = subprocess.run(["grep", "-rqF", SECRET, engine.state], check=False)
    assert kept.returncode == 1, "the builder keeps a secret"


def test_the_search_for_secrets_finds_them(engine: Engine, planted: Path) -> None:
    (planted / ".dockerignore").unlink()
    assert leaks(engine.context(planted)) == sorted(PLANTED)


def test_with_vendored_modules_nothing_is_fetched(engine: Engine, tmp_path: Path) -> None:
    repository = rendered(tmp_path, tracing=False, platforms="linux/amd64")
    dockerfile = repository / "Dockerfile"
    cache = "type=cache,target=/go/pkg/mod"
    text = dockerfile.read_text()
    assert cache in text
    dockerfile.write_text(text.replace(cache, f"{cache},id=nothing-was-fetched"))
    with pytest.raises(AssertionError, match="module lookup disabled by GOPROXY=off"):
        engine.build(repository, arguments={"GOPROXY": "off"})
    subprocess.run(["go", "mod", "vendor"], cwd=repository, check=True, env={**os.environ, "GOFLAGS": ""})
    binary = engine.build(repository, arguments={"GOPROXY": "off"}).image.layers()[-1].files()
    assert "usr/local/bin/orders" in binary
