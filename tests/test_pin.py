"""`make pin` of the rendered repository: it writes the digests that a registry has for the tags, all or none."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gocontainer.kinds import Select
from gocontainer.options import BY_NAME
from tests.judges import JUDGES
from tests.judges.subject import Subject
from tests.support import PINS, Run, go_tool, missing, need, rendered

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
SYNTAX = "docker/dockerfile:1"
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}\b")


def full(image: str) -> str:
    """The name with its registry, as docker completes it."""
    first, slash, _ = image.partition("/")
    if not slash:
        return f"docker.io/library/{image}"
    return image if "." in first or ":" in first else f"docker.io/{image}"


def pin(repository: Path, *variables: str, **environment: str) -> Run:
    """Run `make pin` with the pinned crane, built once; it takes what ``variables`` say."""
    need("make")
    crane = go_tool("github.com/google/go-containerregistry/cmd/crane", PINS["tool"]["crane"]["value"])
    command = ["make", "--silent", "pin", f"CRANE={crane}", *variables]
    done = subprocess.run(
        command, cwd=repository, check=False, capture_output=True, text=True, env={**os.environ, **environment}
    )
    return Run(done.returncode, done.stdout, done.stderr)


def index_digest(mirror: str, image: str) -> str:
    """The digest of an image's index, as another client than the Makefile's reads it: over the bytes themselves."""
    source = f"docker://{mirror}/{full(image)}"
    command = ["skopeo", "inspect", "--raw", "--tls-verify=false", source]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    assert json.loads(raw)["mediaType"].endswith(("image.index.v1+json", "manifest.list.v2+json")), image
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def named(dockerfile: str) -> list[str]:
    """The images that a rendered Dockerfile names, with their digests."""
    found = re.findall(r"^(?:# syntax=|FROM (?:--\S+ )?)(\S+)", dockerfile, re.MULTILINE)
    return [each for each in found if each != "scratch"]


def wrong(dockerfile: str, mirror: str) -> list[str]:
    """The images of a rendered Dockerfile that are not pinned to the index that ``mirror`` has for their tag."""
    images = named(dockerfile)
    assert len(images) >= 2, "the syntax and the compiler at least"
    return [
        each for each in images if each != f"{each.partition('@')[0]}@{index_digest(mirror, each.partition('@')[0])}"
    ]


def check_pin(repository: Path, mirror: str) -> None:
    """Pin a rendered repository by a registry that has all its images below their full names, and hold all of it."""
    path = repository / "Dockerfile"
    before = {each: each.read_bytes() for each in repository.rglob("*") if each.is_file()}
    done = pin(repository, f"MIRROR={mirror}")
    assert (done.code, done.out, done.err) == (0, "", "")
    after = {each: each.read_bytes() for each in repository.rglob("*") if each.is_file()}
    assert {each for each in after if after[each] != before.get(each)} <= {path}
    assert DIGEST.sub("", path.read_text()) == DIGEST.sub("", before[path].decode())
    assert wrong(path.read_text(), mirror) == []


# A registry, and small images


def write_blob(folder: Path, document: dict[str, Any]) -> dict[str, Any]:
    content = json.dumps(document).encode()
    name = hashlib.sha256(content).hexdigest()
    (folder / "blobs/sha256").mkdir(parents=True, exist_ok=True)
    (folder / "blobs/sha256" / name).write_bytes(content)
    return {"mediaType": document.get("mediaType", CONFIG), "digest": f"sha256:{name}", "size": len(content)}


def layout(folder: Path, word: str) -> list[str]:
    """Write an image without layers for two platforms; return the digest of its index, then those of the platforms."""
    manifests = []
    for machine in ("amd64", "arm64"):
        labels = {"config": {"Labels": {"word": word}}, "rootfs": {"type": "layers", "diff_ids": []}}
        config = write_blob(folder, {"architecture": machine, "os": "linux", **labels})
        made = write_blob(folder, {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []})
        manifests.append({**made, "platform": {"architecture": machine, "os": "linux"}})
    index = write_blob(folder, {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
    name = {"org.opencontainers.image.ref.name": "it"}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [{**index, "annotations": name}]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return [index["digest"], *(each["digest"] for each in manifests)]


def push(folder: Path, registry: str, path: str, word: str) -> list[str]:
    """Push an image made of ``word``; return its digests."""
    digests = layout(folder / word, word)
    target = f"docker://{registry}/{path}"
    command = ["skopeo", "copy", "--quiet", "--all", "--preserve-digests", "--dest-tls-verify=false"]
    subprocess.run([*command, f"oci:{folder / word}:it", target], check=True, capture_output=True)
    return digests


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """A registry on this machine that has nothing yet."""
    need("docker-registry", "skopeo")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    settings = {
        "version": "0.1",
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(tmp_path / "registry")}},
        "http": {"addr": host},
    }
    (tmp_path / "registry.yml").write_text(json.dumps(settings))
    with subprocess.Popen(
        ["docker-registry", "serve", tmp_path / "registry.yml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            wait_for(host)
            yield host
        finally:
            server.terminate()


def wait_for(host: str) -> None:
    name, _, port = host.partition(":")
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection((name, int(port)), timeout=1):
            return
        time.sleep(0.1)
    missing("a registry that answers")


BASES = BY_NAME["base_image"]
assert isinstance(BASES, Select)
FROM = [PINS["base_image"][value]["value"] for value in BASES.values if value != "scratch"]
IMAGES = [SYNTAX, PINS["base_image"]["build"]["value"], *FROM]


@pytest.fixture
def mirror(registry: str, tmp_path: Path) -> str:
    """The registry with every image that the template may name, each another."""
    for image in IMAGES:
        push(tmp_path / "images", registry, full(image), re.sub(r"\W", "-", image))
    return registry


# What it writes


@pytest.mark.parametrize("base_image", BASES.values)
def test_every_image_gets_the_digest_of_its_index_and_nothing_else_changes(
    tmp_path: Path, mirror: str, base_image: str
) -> None:
    repository = rendered(tmp_path, base_image=base_image)
    check_pin(repository, mirror)
    text = (repository / "Dockerfile").read_text()
    assert len(named(text)) == (2 if base_image == "scratch" else 3)
    subject = Subject("pinned", repository, repository / "none")
    assert [*JUDGES["hadolint"]([subject]), *JUDGES["buildkit"]([subject])] == []


def test_what_is_not_pinned_or_pinned_to_one_platform_is_found(tmp_path: Path, registry: str) -> None:
    old, *_ = push(tmp_path, registry, full("alpine:3.24"), "old")
    right, platform, _ = push(tmp_path, registry, full("alpine:3.24"), "new")
    syntax, *_ = push(tmp_path, registry, full(SYNTAX), "syntax")
    for digest, found in ((f"@{right}", 0), ("", 1), (f"@{platform}", 1), (f"@{old}", 1)):
        assert len(wrong(f"# syntax={SYNTAX}@{syntax}\nFROM alpine:3.24{digest} AS build\n", registry)) == found


def test_the_tool_runs_at_its_pinned_version_without_being_installed(tmp_path: Path, mirror: str) -> None:
    repository = rendered(tmp_path)
    go_tool("github.com/google/go-containerregistry/cmd/crane", PINS["tool"]["crane"]["value"])
    done = subprocess.run(
        ["make", "--silent", "pin", f"MIRROR={mirror}"], cwd=repository, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert wrong((repository / "Dockerfile").read_text(), mirror) == []


def test_run_again_it_takes_the_digests_that_the_same_tags_have_now(tmp_path: Path, mirror: str) -> None:
    repository = rendered(tmp_path)
    check_pin(repository, mirror)
    first = (repository / "Dockerfile").read_text()
    check_pin(repository, mirror)
    assert (repository / "Dockerfile").read_text() == first
    moved, *_ = push(tmp_path / "moved", mirror, full(SYNTAX), "moved")
    check_pin(repository, mirror)
    second = (repository / "Dockerfile").read_text()
    assert second == DIGEST.sub(f"@{moved}", first, count=1) != first


OWN = """\
#syntax = {syntax}
ARG GO=1.26
from --platform=$BUILDPLATFORM   {golang} as Build
RUN echo FROM {alpine} AS nothing
FROM build AS test
FROM {own}
FROM {short} AS last
FROM {alpine}
FROM acme/fixed@sha256:{zeros}
FROM scratch
COPY --from=Build /a /b
"""


def test_an_own_dockerfile_is_pinned_too(tmp_path: Path, mirror: str) -> None:
    """Its stages are no images, and a digest without a tag stays: there is nothing to ask for."""
    repository = rendered(tmp_path)
    plain = {
        "syntax": SYNTAX,
        "golang": PINS["base_image"]["build"]["value"],
        "alpine": PINS["base_image"]["alpine"]["value"],
        "own": f"{mirror}/acme/base:1.0_x-Y",
        "short": "alpine",
    }
    own, *_ = push(tmp_path / "own", mirror, "acme/base:1.0_x-Y", "own")  # a mirror is asked for its own as they are
    latest, *_ = push(tmp_path / "own", mirror, "docker.io/library/alpine", "latest")
    digests = {name: index_digest(mirror, image) for name, image in plain.items() if name not in ("own", "short")}
    digests |= {"own": own, "short": latest}
    (repository / "Dockerfile").write_text(OWN.format(**plain, zeros="0" * 64))
    assert pin(repository, f"MIRROR={mirror}").err == ""
    pinned = {name: f"{image}@{digests[name]}" for name, image in plain.items()}
    expected = OWN.format(**pinned, zeros="0" * 64)
    expected = expected.replace(f"echo FROM {pinned['alpine']}", f"echo FROM {plain['alpine']}")
    assert (repository / "Dockerfile").read_text() == expected


def test_without_a_mirror_the_registry_in_the_name_is_asked(tmp_path: Path, registry: str) -> None:
    repository = rendered(tmp_path)
    digest, *_ = push(tmp_path / "image", registry, "acme/base:1", "one")
    (repository / "Dockerfile").write_text(f"FROM {registry}/acme/base:1\n")
    assert pin(repository) == Run(0, "", "")
    assert (repository / "Dockerfile").read_text() == f"FROM {registry}/acme/base:1@{digest}\n"


AWKS = [name for name in ("mawk", "gawk", "original-awk") if shutil.which(name)]
SEDS = ["sed", *(["busybox"] if shutil.which("busybox") else [])]


@pytest.mark.parametrize("awk", AWKS)
@pytest.mark.parametrize("sed", SEDS)
def test_any_awk_and_sed_will_do(tmp_path: Path, mirror: str, awk: str, sed: str) -> None:
    """original-awk is that of macOS."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, program in (("awk", awk), ("sed", sed)):
        (programs / name).symlink_to(shutil.which(program) or "")
    repository = rendered(tmp_path)
    done = pin(repository, f"MIRROR={mirror}", PATH=f"{programs}:{os.environ['PATH']}")
    assert (done.code, done.err) == (0, "")
    assert wrong((repository / "Dockerfile").read_text(), mirror) == []


# What it refuses


def refused(repository: Path, done: Run, before: str, name: str) -> None:
    """Hold that nothing was written, and that one sentence names the image."""
    assert done.code != 0
    assert done.out == ""
    sentences = [line for line in done.err.splitlines() if line.endswith(": nothing is pinned")]
    assert [line.partition(" cannot be resolved at ")[0] for line in sentences] == [name]
    assert (repository / "Dockerfile").read_text() == before
    assert not (repository / "Dockerfile.new").exists()


@pytest.mark.parametrize("lacking", IMAGES[:3])
def test_where_one_cannot_be_resolved_it_is_named_and_none_is_pinned(
    tmp_path: Path, registry: str, lacking: str
) -> None:
    for image in IMAGES[:3]:
        if image != lacking:
            push(tmp_path / "images", registry, full(image), "it")
    repository = rendered(tmp_path)
    before = (repository / "Dockerfile").read_text()
    done = pin(repository, f"MIRROR={registry}")
    refused(repository, done, before, lacking)
    assert f" at {registry}/{full(lacking)}: nothing is pinned\n" in done.err


def test_a_registry_that_does_not_answer_leaves_everything_as_it_was(tmp_path: Path) -> None:
    repository = rendered(tmp_path)
    before = (repository / "Dockerfile").read_text()
    refused(repository, pin(repository, "MIRROR=127.0.0.1:1"), before, SYNTAX)


@pytest.mark.parametrize(
    "value",
    ["$(shell touch pwned)", "`touch pwned`", "$(touch pwned)", "x;touch pwned", "--insecure", "a b", "'", "https://x"],
)
def test_a_mirror_that_is_none_is_refused_and_never_run(tmp_path: Path, value: str) -> None:
    repository = rendered(tmp_path)
    before = (repository / "Dockerfile").read_text()
    refused(repository, pin(repository, f"MIRROR={value}"), before, SYNTAX)
    refused(repository, pin(repository, MIRROR=value), before, SYNTAX)
    assert not (repository / "pwned").exists()


@pytest.mark.parametrize(
    "image",
    ["$BASE", "golang:${GO}", "x|y:1", "x&y:1", "$(touch${IFS}pwned):1", "`touch${IFS}pwned`", "a:1;touch", "A:1"],
)
def test_a_name_that_is_none_is_refused_and_never_run(tmp_path: Path, image: str) -> None:
    repository = rendered(tmp_path)
    before = f"FROM {image}\n"
    (repository / "Dockerfile").write_text(before)
    refused(repository, pin(repository, "MIRROR=127.0.0.1:1"), before, image)
    assert not (repository / "pwned").exists()
