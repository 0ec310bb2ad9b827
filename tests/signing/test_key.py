"""`make verify` takes what `make sign` signed by a key, and names what is wrong with anything else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.support import git
from tests.signing.registry import INDEX, MANIFEST, SOURCE, Registry, Release, registry
from tests.signing.signer import Signer, with_key

pytestmark = [pytest.mark.slow, pytest.mark.proof("Makefile", "hack/verify.sh", runs=("template",))]
OTHER = "https://github.com/mallory/orders"


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return with_key(tmp_path_factory.mktemp("signer"))


@pytest.fixture(scope="module")
def digest(images: Registry, signer: Signer) -> str:
    """What was released and signed, as v1.2.0."""
    return signed(images, signer, Release())


def signed(images: Registry, signer: Signer, release: Release, tag: str = "") -> str:
    """Push and sign an image, for which nobody but the registry is asked; return its digest."""
    digest = images.push(release, tag)
    done = signer.make("sign", f"IMAGE={images.name}@{digest}")
    assert (done.code, "WARNING" in done.err) == (0, False), done.err
    return digest


def refused(signer: Signer, image: str, reason: str, *arguments: str) -> None:
    """Hold that an image is refused for one reason, in one sentence."""
    done = signer.make("verify", f"IMAGE={image}", *arguments)
    assert (done.code, done.out) == (2, ""), done.out
    said = [line for line in done.err.splitlines() if line.startswith(f"{image} ")]
    assert said == [f"{image} {reason}"], done.err


@pytest.mark.parametrize("name", ["{0}:v1.2.0", "{0}@{1}", "{0}:v1.2.0@{1}"])
def test_a_signed_release_passes_by_its_tag_or_its_digest(
    images: Registry, signer: Signer, digest: str, name: str
) -> None:
    image = name.format(images.name, digest)
    done = signer.make("verify", f"IMAGE={image}")
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{image.partition('@')[0]}@{digest} was released from {SOURCE}\n"


@pytest.mark.parametrize(
    "origin",
    [
        f"{SOURCE}.git",
        "git@github.com:acme/orders.git",
        "ssh://git@github.com:22/acme/orders.git/",
        "https://ci:secret@github.com/acme/orders",
    ],
)
def test_every_address_of_the_source_is_the_same_source(
    images: Registry, signer: Signer, digest: str, origin: str
) -> None:
    assert signer.make("verify", f"IMAGE={images.name}@{digest}", f"SOURCE={origin}").code == 0
    built = signed(images, signer, Release(source=origin, version="v1.2.1"))
    assert signer.make("verify", f"IMAGE={images.name}@{built}").code == 0


def test_another_key_is_refused(images: Registry, digest: str, tmp_path: Path) -> None:
    refused(with_key(tmp_path), f"{images.name}@{digest}", "is not signed by the key of cosign.pub")


def test_an_image_that_nobody_signed_is_refused(images: Registry, signer: Signer) -> None:
    digest = images.push(Release(layer=b"unsigned"), "v1.0.0")
    refused(signer, f"{images.name}@{digest}", "is not signed by the key of cosign.pub")


def test_a_changed_layer_is_refused_even_with_the_signature_of_the_right_one(
    images: Registry, signer: Signer, digest: str
) -> None:
    changed = images.push(Release(layer=b"the service, and more"), "changed")
    images.transplant(digest, changed)
    refused(signer, f"{images.name}@{changed}", "is not signed by the key of cosign.pub")


def test_a_tag_that_was_moved_is_refused(images: Registry, signer: Signer) -> None:
    signed(images, signer, Release(version="v1.3.0"))
    old = signed(images, signer, Release(version="v1.1.0"))
    image = f"{images.name}:v1.3.0"
    assert signer.make("verify", f"IMAGE={image}").code == 0
    images.put(images.get(old), "v1.3.0")
    refused(signer, image, "was built as v1.1.0, which is not its tag")
    images.push(Release(version="v1.3.0", layer=b"of a stranger"))
    refused(signer, image, "is not signed by the key of cosign.pub")


def test_a_version_of_git_is_the_tag_that_an_image_may_have(images: Registry, signer: Signer) -> None:
    signed(images, signer, Release(version="v1.2.0+b1"), "v1.2.0-b1")
    assert signer.make("verify", f"IMAGE={images.name}:v1.2.0-b1").code == 0


WRONG: dict[str, tuple[Release, str]] = {
    "no SBOM": (Release(attests=("provenance",)), "has no SBOM for {platform}"),
    "no provenance": (Release(attests=("sbom",)), "has no provenance for {platform}"),
    "neither": (Release(attests=()), "has neither provenance nor an SBOM for {platform}"),
    "another source": (Release(source=OTHER), f"was built from {OTHER}, not from {SOURCE}"),
    "no source": (Release(source=""), f"was built from a place that it does not name, not from {SOURCE}"),
    "a longer source": (Release(source=f"{SOURCE}-2"), f"was built from {SOURCE}-2, not from {SOURCE}"),
    "another builder": (
        Release(builder=f"{OTHER}/actions/runs/7"),
        f"was built by {OTHER}/actions/runs/7, not by a run of {SOURCE}",
    ),
    "no builder": (Release(builder=""), f"was built by somebody whom it does not name, not by a run of {SOURCE}"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_was_signed_and_is_no_release_from_here_is_refused(images: Registry, signer: Signer, what: str) -> None:
    release, reason = WRONG[what]
    digest = signed(images, signer, release, "wrong")
    platform = images.get(digest)["manifests"][0]["digest"]
    refused(signer, f"{images.name}@{digest}", reason.format(platform=platform))


def test_each_platform_has_to_be_attested(images: Registry, signer: Signer, digest: str) -> None:
    index = images.get(digest)
    last = index["manifests"].pop()
    bare = last["annotations"]["vnd.docker.reference.digest"]
    one = images.put(index, "one")
    assert signer.make("sign", f"IMAGE={images.name}@{one}").code == 0
    refused(signer, f"{images.name}@{one}", f"has neither provenance nor an SBOM for {bare}")
    plain = images.put(images.get(bare), "plain")
    assert signer.make("sign", f"IMAGE={images.name}@{plain}").code == 0
    refused(signer, f"{images.name}@{plain}", "has neither provenance nor an SBOM")
    assert {index["mediaType"], images.get(plain)["mediaType"]} == {INDEX, MANIFEST}


def test_what_is_not_there_and_a_clone_from_nowhere_are_one_sentence_each(
    images: Registry, signer: Signer, tmp_path: Path
) -> None:
    refused(signer, f"{images.name}:v9.9.9", "was not found")
    lonely = with_key(tmp_path)
    git(lonely.folder, "remote", "remove", "origin")
    refused(lonely, f"{images.name}:v1", "may come from where? This clone has no origin: say SOURCE=https://...")


@pytest.mark.parametrize("image", ["$(touch pwned)", "x;touch pwned", "`touch pwned`", "-h", "a b"])
def test_what_names_no_image_is_refused_and_never_run(signer: Signer, image: str) -> None:
    for target in ("verify", "sign"):
        assert signer.make(target, IMAGE=image).code == 2
    assert not (signer.folder / "pwned").exists()


def test_only_a_digest_is_signed(signer: Signer, images: Registry) -> None:
    for arguments in ((f"IMAGE={images.name}:v1.2.0",), (f"IMAGE={images.name}@sha256:{'0' * 64}", "KEY=")):
        done = signer.make("sign", *arguments)
        assert done.code == 2
        assert done.err.startswith("say IMAGE=name@sha256:... KEY=file\n")


def test_a_key_is_made_once_and_stays_outside(signer: Signer) -> None:
    public = (signer.folder / "cosign.pub").read_text()
    assert "PRIVATE" in Path(signer.env["KEY"]).read_text()
    inside = (each.read_bytes() for each in signer.folder.rglob("*") if each.is_file())
    assert not any(b"PRIVATE KEY" in each for each in inside)
    done = signer.make("signing-key", f"KEY={signer.folder.parent}/another")
    assert done.code == 2
    assert "cosign.pub is here already" in done.err
    assert (signer.folder / "cosign.pub").read_text() == public
    assert [path.name for path in signer.folder.parent.glob("another*")] == []


def test_a_key_in_the_environment_signs_as_well(images: Registry, signer: Signer) -> None:
    key = Path(signer.env["KEY"]).read_text()
    digest = images.push(Release(layer=b"by the pipeline"), "pipeline")
    done = signer.make("sign", f"IMAGE={images.name}@{digest}", "KEY=env://COSIGN_PRIVATE_KEY", COSIGN_PRIVATE_KEY=key)
    assert done.code == 0, done.err
    assert signer.make("verify", f"IMAGE={images.name}@{digest}").code == 0
