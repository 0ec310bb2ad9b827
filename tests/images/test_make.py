"""`make image`, `smoke`, `push` and `pin` by a real BuildKit and against a real registry, in a home that is new."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.helpers import reads
from tests.helpers.snippets import go_caches
from tests.helpers.support import GOCONTAINER
from tests.images.engine import DOCKER, Engine, docker_by_buildctl
from tests.images.test_pin import wrong
from tests.signing.registry import SOURCE
from tests.signing.tools import tool, tools


class Home:
    """A home in which git knows nobody, with a repository that nothing of is committed."""

    def __init__(self, folder: Path, engine: Engine, *answers: str) -> None:
        reads.gocontainer()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GOCONTAINER_"))}
        path = f"{docker_by_buildctl(folder / 'bin')}{os.pathsep}{os.environ['PATH']}"
        builder = {
            "BUILDKIT_HOST": f"unix://{engine.scratch}/buildkitd.sock",
            "DOCKER_ENGINE": f"{DOCKER} --host=unix://{engine.scratch}/docker.sock",
            "BUILD_ARGS": f"GOPROXY={engine.proxy} GOSUMDB=off",
        }
        self.env = kept | go_caches() | builder | {"HOME": str(folder), "GIT_CONFIG_SYSTEM": "/dev/null", "PATH": path}
        self.repository = folder / "orders"
        image = "registry.example.com/acme/orders"
        self.run(folder, GOCONTAINER, "new", "orders", "--no-input", "--image", image, *answers)
        self.run(self.repository, "go", "mod", "download")

    def run(self, folder: Path, *command: str) -> str:
        done = subprocess.run(command, cwd=folder, env=self.env, check=False, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def make(self, *arguments: str) -> str:
        return self.run(self.repository, "make", "--silent", *arguments)


@pytest.fixture
def home(tmp_path: Path, engine: Engine) -> Home:
    return Home(tmp_path, engine)


def test_the_image_is_in_the_engine_and_says_what_it_is(home: Home, engine: Engine) -> None:
    home.make("image")
    name = "registry.example.com/acme/orders:dev"
    (found,) = json.loads(engine.docker("image", "inspect", name))
    labels = found["Config"]["Labels"]
    assert labels["org.opencontainers.image.version"] == "dev"
    assert labels["org.opencontainers.image.revision"] == "unknown"


def test_the_image_is_started_and_asked_and_then_gone(home: Home, engine: Engine) -> None:
    before = engine.docker("ps", "--all", "--quiet")
    home.make("smoke")
    assert engine.docker("ps", "--all", "--quiet") == before


def test_an_image_that_does_not_start_is_found(home: Home, engine: Engine) -> None:
    before = engine.docker("ps", "--all", "--quiet")
    with (home.repository / "Dockerfile").open("a") as dockerfile:
        dockerfile.write('CMD ["-addr", "nonsense"]\n')
    with pytest.raises(AssertionError, match="nonsense"):
        home.make("smoke")
    assert engine.docker("ps", "--all", "--quiet") == before


def test_what_is_pinned_is_pushed_for_every_platform_and_named_in_the_manifests(home: Home, engine: Engine) -> None:
    home.make("pin", f"MIRROR={engine.registry}")
    assert wrong((home.repository / "Dockerfile").read_text(), engine.registry) == []
    image = f"{engine.registry}/acme/orders:v1.2.3"
    home.make("push", f"IMAGE={image}")
    inspect = ("skopeo", "inspect", "--tls-verify=false")
    index = json.loads(home.run(home.repository, *inspect, "--raw", f"docker://{image}"))
    platforms = {(each["platform"]["os"], each["platform"]["architecture"]) for each in index["manifests"]}
    assert {("linux", "amd64"), ("linux", "arm64")} <= platforms
    digest = json.loads(home.run(home.repository, *inspect, f"docker://{image}"))["Digest"]
    home.make("set-image", "ENV=dev", f"IMAGE={image}@{digest}")
    home.make("promote")
    assert f"digest: {digest}" in (home.repository / "deploy/overlays/prod/image/kustomization.yaml").read_text()


def test_what_buildkit_says_of_a_release_passes_once_it_is_signed(tmp_path: Path, engine: Engine) -> None:
    home = Home(tmp_path, engine, "--signing", "key", "--platforms", "linux/amd64")
    home.env |= {"COSIGN_PASSWORD": "", "KEY": f"{tmp_path}/orders.key"}
    home.run(home.repository, "git", "remote", "add", "origin", "git@github.com:acme/orders.git")
    home.make(*tools(), "signing-key", f"KEY={tmp_path}/orders")
    run = f"builder-id={SOURCE}/actions/runs/7/attempts/1"  # which docker/build-push-action adds
    attest = f"--provenance mode=max,version=v1,{run} --sbom true"
    image = f"{engine.registry}/acme/orders:v1.2.3"
    home.make("push", "VERSION=v1.2.3", f"IMAGE={image}", f"ATTEST_docker-buildx={attest}")
    with pytest.raises(AssertionError, match="is not signed by the key"):
        home.make(*tools(), "verify", f"IMAGE={image}")
    named = home.run(home.repository, tool("CRANE"), "digest", image).strip()
    home.make(*tools(), "sign", f"IMAGE={image}@{named}")
    assert home.make(*tools(), "verify", f"IMAGE={image}") == f"{image}@{named} was released from {SOURCE}\n"
