"""`make pin` against a real registry: it writes the digests that the registry has for the tags, all or none."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Select
from tests.helpers.daemons import debian
from tests.helpers.support import PINS, Run, go_tool, rendered
from tests.images import bases
from tests.images.engine import Engine, push_layout, running_registry, under_registry
from tests.judges import JUDGES
from tests.judges.subject import Subject
from tests.test_pin import SYNTAX, pin, refused

DIGEST = re.compile(r"@sha256:[0-9a-f]{64}\b")
BASES = BY_NAME["base_image"]
assert isinstance(BASES, Select)
IMAGES = [SYNTAX, *(PINS["base_image"][name]["value"] for name in ("build", "distroless-static", "alpine"))]


def index_digest(mirror: str, image: str) -> str:
    """The digest of an image's index, as another client than the Makefile's reads it: over the bytes themselves."""
    source = f"docker://{mirror}/{under_registry(image)}"
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


def push(folder: Path, registry: str, path: str, word: str) -> list[str]:
    """Push an image made of ``word``; return the digest of its index, then those of its platforms."""
    tar = bases.Tar().file("word", word.encode()).end()
    layout = bases.layout(bases.Standin(tar, {"Labels": {"word": word}}, ("amd64", "arm64")), folder / word)
    push_layout(layout, f"{registry}/{path}")
    (top,) = json.loads((layout / "index.json").read_text())["manifests"]
    index = json.loads((layout / "blobs" / top["digest"].replace(":", "/")).read_text())
    return [top["digest"], *(each["digest"] for each in index["manifests"])]


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """A registry on this machine that has nothing yet."""
    debian("docker-registry", "skopeo")
    with running_registry(tmp_path / "registry", tmp_path) as address:
        yield address


@pytest.fixture
def mirror(registry: str, tmp_path: Path) -> str:
    """The registry with what a default repository names, each another."""
    for image in IMAGES:
        push(tmp_path / "images", registry, under_registry(image), re.sub(r"\W", "-", image))
    return registry


@pytest.mark.parametrize("base_image", BASES.values)
def test_every_image_gets_the_digest_of_its_index_and_nothing_else_changes(
    tmp_path: Path, engine: Engine, base_image: str
) -> None:
    repository = rendered(tmp_path, base_image=base_image)
    check_pin(repository, engine.registry)
    text = (repository / "Dockerfile").read_text()
    assert len(named(text)) == (2 if base_image == "scratch" else 3)
    subject = Subject("pinned", repository, repository / "none")
    assert [*JUDGES["hadolint"]([subject]), *JUDGES["buildkit"]([subject])] == []


def test_what_it_pinned_is_built(tmp_path: Path, engine: Engine) -> None:
    repository = rendered(tmp_path)
    plain = engine.build(repository, kind="oci", epoch=0).image
    check_pin(repository, engine.registry)
    build = engine.build(repository, kind="oci", epoch=0)
    assert build.image.layers() == plain.layers()
    assert all(image in build.log for image in named((repository / "Dockerfile").read_text()))


def test_what_is_not_pinned_or_pinned_to_one_platform_is_found(tmp_path: Path, registry: str) -> None:
    old, *_ = push(tmp_path, registry, under_registry("alpine:3.24"), "old")
    right, platform, _ = push(tmp_path, registry, under_registry("alpine:3.24"), "new")
    syntax, *_ = push(tmp_path, registry, under_registry(SYNTAX), "syntax")
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
    moved, *_ = push(tmp_path / "moved", mirror, under_registry(SYNTAX), "moved")
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


SEDS = ["sed", *(["busybox"] if shutil.which("busybox") else [])]


@pytest.mark.parametrize("sed", SEDS)
def test_any_sed_will_do(tmp_path: Path, mirror: str, sed: str) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "sed").symlink_to(shutil.which(sed) or "")
    repository = rendered(tmp_path)
    done = pin(repository, f"MIRROR={mirror}", PATH=f"{programs}:{os.environ['PATH']}")
    assert (done.code, done.err) == (0, "")
    assert wrong((repository / "Dockerfile").read_text(), mirror) == []


@pytest.mark.parametrize("lacking", IMAGES[:3])
def test_where_one_cannot_be_resolved_it_is_named_and_none_is_pinned(
    tmp_path: Path, registry: str, lacking: str
) -> None:
    for image in IMAGES[:3]:
        if image != lacking:
            push(tmp_path / "images", registry, under_registry(image), "it")
    repository = rendered(tmp_path)
    before = (repository / "Dockerfile").read_text()
    done = pin(repository, f"MIRROR={registry}")
    refused(repository, done, before, lacking)
    assert f" at {registry}/{under_registry(lacking)}: nothing is pinned\n" in done.err
