"""`make image` and `make push` by Debian's buildah and podman, older than most: they read no `# syntax=` line."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.helpers.daemons import debian
from tests.helpers.support import CACHE, download, rendered
from tests.images import bases
from tests.images.by_ssh import made_by_key_alone, private_module
from tests.images.engine import module_proxy, running_registry, stocked, under_registry
from tests.images.test_every_image import VARIANTS, variant_id
from tests.images.test_private import ADDRESS, GIVEN, TOKEN, places, seen

EVERY = [variant for variant in VARIANTS if not variant["tracing"]]
"""Each base image, with and without C."""
BUILDERS = ("buildah", "podman")
TARGET = "/usr/local/bin/orders"


class Buildah(NamedTuple):
    """Debian's buildah with storage of its own, a registry of stand-ins and a proxy for modules."""

    registry: str
    env: Mapping[str, str]

    def run(self, folder: Path, *command: str) -> str:
        done = subprocess.run(command, cwd=folder, env=self.env, check=False, capture_output=True, text=True)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout


@pytest.fixture(scope="module")
def buildah() -> Iterator[Buildah]:
    debian(*bases.NEEDED, *BUILDERS, "docker-registry", "skopeo")
    # Both keep their cache mounts below it: those outlive the session, as BuildKit's do.
    (kept := CACHE / "buildah").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="buildah-") as place:
        scratch = Path(place)
        with running_registry(stocked(), scratch) as address, module_proxy() as proxy:
            (scratch / "registries.conf").write_text(registries(address))
            (scratch / "storage.conf").write_text(
                f'[storage]\ndriver = "overlay"\ngraphroot = "{scratch}/graph"\nrunroot = "{scratch}/run"\n'
            )
            env = {
                "CONTAINERS_REGISTRIES_CONF": str(scratch / "registries.conf"),
                "CONTAINERS_STORAGE_CONF": str(scratch / "storage.conf"),
                "BUILDAH_ISOLATION": "chroot",
                "TMPDIR": str(kept),
                "GOPROXY": proxy,
                "GOSUMDB": "off",
            }
            engine = Buildah(address, {**os.environ, **env})
            yield engine
            engine.run(scratch, "buildah", "rm", "--all")
            engine.run(scratch, "buildah", "rmi", "--all", "--force")


def registries(address: str) -> str:
    """Return settings that put the registry's stand-ins behind every name, as the how-to for closed networks has it."""
    hosts = sorted({under_registry(name).partition("/")[0] for name in bases.names()})
    own = f'[[registry]]\nlocation = "{address}"\ninsecure = true\n'
    mirrors = (
        f'[[registry]]\nprefix = "{host}"\nlocation = "{host}"\n'
        f'[[registry.mirror]]\nlocation = "{address}/{host}"\ninsecure = true\n'
        for host in hosts
    )
    return 'unqualified-search-registries = ["docker.io"]\n' + own + "".join(mirrors)


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("variant", EVERY, ids=variant_id)
def test_every_image_is_built_with_its_health_check(
    buildah: Buildah, tmp_path: Path, variant: dict[str, Any], builder: str
) -> None:
    repository = rendered(tmp_path, **variant)
    download(repository)
    buildah.run(repository, "make", "image", f"BUILDER={builder}", "VERSION=v1.0.0+b1")
    found = json.loads(buildah.run(tmp_path, "buildah", "inspect", "--type", "image", "localhost/orders:v1.0.0-b1"))
    buildah.run(tmp_path, "buildah", "rmi", "localhost/orders:v1.0.0-b1")
    config = found["Docker"]["config"]
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == [TARGET]
    assert config["Healthcheck"]["Test"] == ["CMD", TARGET, "-healthcheck"]
    assert config["Labels"]["org.opencontainers.image.version"] == "v1.0.0+b1"


@pytest.mark.parametrize("builder", BUILDERS)
def test_it_pushes_an_index_of_every_platform(buildah: Buildah, tmp_path: Path, builder: str) -> None:
    repository, image = rendered(tmp_path, tracing=False), f"{buildah.registry}/acme/orders:{builder}"
    download(repository)
    buildah.run(repository, "make", "push", f"BUILDER={builder}", f"IMAGE={image}", "PUSH_FLAGS=--tls-verify=false")
    index = json.loads(buildah.run(tmp_path, "skopeo", "inspect", "--tls-verify=false", "--raw", f"docker://{image}"))
    assert {each["platform"]["architecture"] for each in index["manifests"]} == {"amd64", "arm64"}


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_module_comes_over_ssh_and_no_key_is_kept(buildah: Buildah, tmp_path: Path, builder: str) -> None:
    with private_module(tmp_path) as found:
        said = made_by_key_alone(found, buildah.env, f"BUILDER={builder}")
        assert found.key not in said
        assert places(found.key, Path(buildah.env["CONTAINERS_STORAGE_CONF"]).parent, found.repository) == []
    buildah.run(tmp_path, "buildah", "rmi", "localhost/orders:dev")


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_password_is_seen_by_the_build_and_kept_nowhere(buildah: Buildah, tmp_path: Path, builder: str) -> None:
    repository = seen(rendered(tmp_path, **GIVEN), f"grep -q 'machine {ADDRESS}' /root/.netrc")
    download(repository)
    secret = tmp_path / "netrc"
    with pytest.raises(AssertionError, match=r"exit status [12]"):
        buildah.run(repository, "make", "image", f"BUILDER={builder}", f"NETRC={secret}")
    secret.write_text(f"machine {ADDRESS} login ci password {TOKEN}\n")
    assert TOKEN not in buildah.run(repository, "make", "image", f"BUILDER={builder}", f"NETRC={secret}")
    storage, cache = Path(buildah.env["CONTAINERS_STORAGE_CONF"]).parent, Path(buildah.env["TMPDIR"])
    assert places(TOKEN, storage, cache, repository) == []
    assert places(TOKEN, secret) == [str(secret)], "it would be found"
    buildah.run(tmp_path, "buildah", "rmi", "localhost/orders:dev")


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_relative_target_would_be_noticed(buildah: Buildah, tmp_path: Path, builder: str) -> None:
    repository = rendered(tmp_path)
    dockerfile = repository / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace("target=/src", "target=."))
    with pytest.raises(AssertionError, match="must be an absolute path"):
        buildah.run(repository, "make", "image", f"BUILDER={builder}")
