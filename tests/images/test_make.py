"""`make image`, `make push` and `make pin` by a real BuildKit and against a real registry, in a home that is new."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.helpers import reads
from tests.helpers.snippets import go_caches
from tests.helpers.support import GOCONTAINER
from tests.images.engine import DOCKER, Engine, buildkit
from tests.images.test_pin import wrong

DOCKER_FOR_BUILDX = '''#!{python}
"""What `docker buildx build` does, by BuildKit's own client: Debian has no buildx."""
import os, subprocess, sys

if sys.argv[1:] == ["buildx", "version"]:
    sys.exit()
words, options, output = iter(sys.argv[1:]), [], ""
assert (next(words), next(words)) == ("buildx", "build")
for word in words:
    if word == "--push":
        output = "type=image,push=true,name="
    elif word == "--load":
        output = "type=docker,dest={scratch}/made.tar,name="
    elif word == "--platform":
        options.append(f"--opt=platform={{next(words)}}")
    elif word == "--build-arg":
        name, equals, value = next(words).partition("=")
        options.append(f"--opt=build-arg:{{name}}={{value if equals else os.environ[name]}}")
    elif word == "--tag":
        tag = next(words)
    else:
        folder = word
command = ["{buildctl}", "--addr=unix://{engine}/buildkitd.sock", "build", "--frontend=dockerfile.v0"]
command += [f"--local=context={{folder}}", f"--local=dockerfile={{folder}}", *options]
command += ["--opt=build-arg:GOPROXY={proxy}", "--opt=build-arg:GOSUMDB=off", f"--output={{output}}{{tag}}"]
subprocess.run(command, check=True)
if "type=docker" in output:
    subprocess.run(["{docker}", "--host=unix://{engine}/docker.sock", "load", "--input={scratch}/made.tar"], check=True)
'''


class Home:
    """A home in which git knows nobody, with a repository that nothing of is committed."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        reads.gocontainer()
        (folder / "bin").mkdir()
        docker = folder / "bin/docker"
        python = Path(GOCONTAINER).with_name("python")
        docker.write_text(
            DOCKER_FOR_BUILDX.format(
                python=python, scratch=folder, engine=engine.scratch, proxy=engine.proxy, docker=DOCKER,
                buildctl=buildkit("cmd/buildctl"),
            )
        )  # fmt: skip
        docker.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GOCONTAINER_"))}
        path = f"{docker.parent}{os.pathsep}{os.environ['PATH']}"
        self.env = kept | go_caches() | {"HOME": str(folder), "GIT_CONFIG_SYSTEM": "/dev/null", "PATH": path}
        self.repository = folder / "orders"
        self.run(folder, GOCONTAINER, "new", "orders", "--no-input", "--image", "registry.example.com/acme/orders")
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
