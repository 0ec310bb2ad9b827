"""What a build of private modules needs and no image may have: a password, and the certificates of an own authority."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.helpers.support import git, rendered
from tests.images.by_ssh import WORD, made_by_key_alone, private_module
from tests.images.engine import Engine
from tests.images.test_make import Home

TOKEN = "glpat-planted-7f3a9c"
ADDRESS = "git.corp.cn"
AUTHORITY = b"-----BEGIN CERTIFICATE-----\nplanted-authority\n-----END CERTIFICATE-----\n"
GIVEN = {"private_modules": f"{ADDRESS}/*", "tracing": False, "platforms": "linux/amd64"}


def seen(folder: Path, words: str) -> Path:
    """Let the step that builds fail unless it sees the password."""
    dockerfile = folder / "Dockerfile"
    text = dockerfile.read_text()
    assert text.count("    GOOS=$TARGETOS") == 1
    dockerfile.write_text(text.replace("    GOOS=$TARGETOS", f"    {words} && GOOS=$TARGETOS"))
    return folder


def places(token: str, *folders: Path) -> list[str]:
    """The files in which a token stands."""
    done = subprocess.run(
        ["grep", "-rlaF", "--", token, *map(str, folders)], check=False, capture_output=True, text=True
    )
    return done.stdout.splitlines()


def test_a_password_is_seen_by_the_build_and_kept_nowhere(engine: Engine, tmp_path: Path) -> None:
    repository = seen(rendered(tmp_path, **GIVEN), f"grep -q 'machine {ADDRESS}' /root/.netrc")
    secret = tmp_path / "netrc"
    secret.write_text(f"machine {ADDRESS} login ci password {TOKEN}\n")
    git(repository, "init", "--quiet")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=x")
    with pytest.raises(AssertionError, match=r"exit code: [12]"):
        engine.build(repository)
    built = engine.build(repository, f"--secret=id=netrc,src={secret}")
    assert TOKEN not in built.log
    layers = [content for layer in built.image.layers() for content in layer.files().values()]
    assert [content for content in layers if TOKEN.encode() in content] == []
    assert "usr/local/bin/orders" in built.image.layers()[-1].files()
    assert places(TOKEN, built.archive, engine.state, repository) == [], "neither archive, cache nor history"
    assert places(TOKEN, secret) == [str(secret)], "it would be found"


def test_a_module_comes_over_ssh_and_no_key_is_kept(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    home = Home(tmp_path / "home", engine)
    with private_module(tmp_path) as found:
        said = made_by_key_alone(found, home.env)
        image = tmp_path / "image.tar"
        engine.docker("save", "--output", str(image), "localhost/orders:dev")
        assert WORD.encode() in image.read_bytes(), "it is in the binary"
        assert found.key not in said
        assert places(found.key, image, engine.state, found.repository) == []
        assert places(found.key, tmp_path / "mine") == [str(tmp_path / "mine")], "it would be found"


def test_a_password_that_a_step_writes_down_is_found(engine: Engine, tmp_path: Path) -> None:
    words = "mkdir -p /out && cp /root/.netrc /out/netrc"
    repository = seen(rendered(tmp_path, **GIVEN), words)
    secret = tmp_path / "netrc"
    secret.write_text(f"machine {ADDRESS} login ci password {TOKEN}-kept\n")
    engine.build(repository, f"--secret=id=netrc,src={secret}")
    assert places(f"{TOKEN}-kept", engine.state), "the layer of the stage is in the cache"


@pytest.mark.parametrize("base_image", ["scratch", "distroless-static"])
def test_an_own_authority_is_trusted_in_the_build_and_in_the_image(
    engine: Engine, tmp_path: Path, base_image: str
) -> None:
    given = {"base_image": base_image, "ca_bundle": "certs/corp.pem", "tracing": False, "platforms": "linux/amd64"}
    repository = rendered(tmp_path, **given)
    (repository / "certs").mkdir()
    (repository / "certs/corp.pem").write_bytes(AUTHORITY)
    seen(repository, "grep -q planted-authority /etc/ssl/certs/ca-certificates.crt")
    files = {path: text for layer in engine.build(repository).image.layers() for path, text in layer.files().items()}
    trusted = files["etc/ssl/certs/ca-certificates.crt"]
    assert trusted.endswith(AUTHORITY)
    assert trusted.count(b"BEGIN CERTIFICATE") > 50, "beside all others"
