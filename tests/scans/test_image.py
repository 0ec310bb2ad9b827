"""`make scan` refuses an image for a secret, or for what is vulnerable and mended elsewhere, by the real scanners."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.proofs import everything
from tests.helpers.support import Run, git
from tests.scans.advisories import Advisory, grype, served, write
from tests.scans.image import OCI, OLD, archive, docker
from tests.scans.repository import NOWHERE, TOKEN, Repository, repository
from tests.signing.registry import registry
from tests.signing.tools import tool

pytestmark = [pytest.mark.slow, pytest.mark.proof("Makefile", "hack/scan.sh", "*", runs=("template",))]
GRYPE = pytest.mark.skipif(not everything(), reason="Grype takes minutes to compile: ALL=1")
LINKED = "github.com/docker/cli"
"""A module that is in the program of the image, which is crane."""
SERVICE = "usr/local/bin/orders"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return repository(tmp_path_factory.mktemp("scanned"))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database that knows of one advisory for what is linked, as the address of its listing."""
    folder = tmp_path_factory.mktemp("database")
    write(folder, Advisory(LINKED, "99.0.0"))
    with served(folder) as address:
        yield address


def scan(
    here: Repository, folder: Path, *layers: dict[str, bytes], called: str = OLD, packed: bool = False, **given: str
) -> Run:
    """Scan an image of some layers; what is given is told to make, and stands in its environment."""
    path = docker(folder / "bin", archive(folder / "saved.tar", *layers, called=called, packed=packed))
    cache = {"GRYPE_DB_CACHE_DIR": str(folder / "cache"), "XDG_CACHE_HOME": str(folder / "home")}
    return here.make("scan", "BUILDER=docker", *map("=".join, given.items()), PATH=path, **cache)


def passes(done: Run) -> None:
    """Hold that an image passed, and that the database was asked."""
    assert (done.code, done.err) == (0, "")


def program() -> dict[str, bytes]:
    """A layer with a program that Go built."""
    return {SERVICE: Path(tool("CRANE")).read_bytes()}


@pytest.mark.parametrize("deleted", [False, True])
@pytest.mark.parametrize(
    ("called", "packed", "found"),
    [(OLD, False, "layer.tar!"), (OCI, False, ".tar!"), (OCI, True, ".tar.gz!")],
    ids=["before Docker 25", "Docker", "BuildKit"],
)
def test_a_secret_in_any_layer_is_found(
    here: Repository,
    tmp_path: Path,
    called: str,
    packed: bool,  # noqa: FBT001
    found: str,
    deleted: bool,  # noqa: FBT001
) -> None:
    layers = [{"etc/token": f'token = "{TOKEN}"\n'.encode()}, *([{"etc/.wh.token": b""}] if deleted else [])]
    done = scan(here, tmp_path, *layers, called=called, packed=packed)
    assert done.code == 2
    assert "bin/image.tar has a secret" in done.err.splitlines()
    assert f"{found}etc/token:github-pat:1" in done.out
    assert TOKEN not in done.out + done.err
    assert not (here.folder / "bin/scan/image/etc").exists(), "no layer is unpacked"


def test_an_exception_past_its_day_fails_a_scan_too(here: Repository, tmp_path: Path) -> None:
    here.write(".scanignore", "CVE-2026-1 2026-01-01 not reachable\n")
    done = scan(here, tmp_path, {"etc/motd": b"hello\n"})
    (here.folder / ".scanignore").unlink()
    assert done.code == 2
    assert done.err.splitlines()[0] == ".scanignore: CVE-2026-1 was excepted until 2026-01-01"


@GRYPE
@pytest.mark.parametrize(("release", "code"), [("", 0), ("yes", 2)])
def test_a_database_out_of_reach_is_one_sentence_and_fails_a_release_only(
    here: Repository, tmp_path: Path, release: str, code: int
) -> None:
    nowhere = f"{NOWHERE}/latest.json"
    done = scan(here, tmp_path, program(), SCANNER=grype(), RELEASE=release, GRYPE_DB_UPDATE_URL=nowhere)
    assert done.code == code
    assert "the database cannot be reached: no vulnerabilities were looked for" in done.err.splitlines()


@GRYPE
def test_what_is_vulnerable_and_mended_elsewhere_is_refused(here: Repository, tmp_path: Path, database: str) -> None:
    done = scan(here, tmp_path, program(), GRYPE_DB_UPDATE_URL=database, SCANNER=grype())
    assert done.code == 2
    assert "GHSA-made-by-hand" in done.out
    assert "bin/image.tar has what is vulnerable and mended elsewhere: build it of newer parts" in done.err.splitlines()
    said = json.loads((here.folder / "bin/scan/vulnerabilities.sarif").read_text())
    assert "GHSA-made-by-hand" in said["runs"][0]["results"][0]["ruleId"]


@GRYPE
def test_what_is_excepted_passes_until_its_day(here: Repository, tmp_path: Path, database: str) -> None:
    here.write(".scanignore", "GHSA-made-by-hand 9999-12-31 crane calls none of it\n")
    done = scan(here, tmp_path, program(), GRYPE_DB_UPDATE_URL=database, SCANNER=grype())
    (here.folder / ".scanignore").unlink()
    passes(done)


@GRYPE
@pytest.mark.parametrize("advisory", [Advisory(LINKED, "0.0.1"), Advisory(LINKED, "99.0.0", "medium")], ids=str)
def test_what_is_mended_already_or_is_less_than_high_passes(
    here: Repository, tmp_path: Path, advisory: Advisory
) -> None:
    write(tmp_path / "database", advisory)
    with served(tmp_path / "database") as address:
        done = scan(here, tmp_path, program(), GRYPE_DB_UPDATE_URL=address, SCANNER=grype())
    passes(done)


def test_without_a_release_there_is_nothing_to_scan_at_night(here: Repository) -> None:
    done = here.make("scan-released")
    assert (done.code, done.out, done.err) == (0, "", "no tag names a release yet: nothing was looked at\n")


def test_what_was_released_last_is_looked_at_by_its_digest(tmp_path: Path) -> None:
    leak, clean = {"etc/token": f'token = "{TOKEN}"\n'.encode()}, {"etc/motd": b"hello\n"}
    with registry(tmp_path) as images:
        here = repository(tmp_path, image=images.name)
        for tag, files in (("v1.9.0", clean), ("v1.10.0", leak)):
            saved = archive(tmp_path / f"{tag}.tar", files)
            subprocess.run([tool("CRANE"), "push", saved, f"{images.name}:{tag}"], check=True, capture_output=True)
            git(here.folder, "tag", tag)
        last, other = here.make("scan-released"), here.make("scan-released", "SCANNER=false", "VERSION=v1.9.0")
    assert (last.code, "bin/image.tar has a secret" in last.err.splitlines()) == (2, True), last.err
    assert other.code == 0, other.err
    assert "the database cannot be reached" in other.err
