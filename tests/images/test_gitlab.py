"""What GitLab's jobs have make do at BUILDKIT_HOST, by the real buildx and a real BuildKit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.proofs import everything
from tests.helpers.support import PINS, go_tool
from tests.images.engine import Engine
from tests.images.test_make import Home
from tests.scans.repository import TOKEN, gitleaks

pytestmark = pytest.mark.skipif(not everything(), reason="buildx takes minutes to compile: ALL=1")


@pytest.fixture
def home(tmp_path: Path, engine: Engine) -> Home:
    """A home in which only BuildKit builds."""
    home = Home(tmp_path, engine, "--ci", "gitlab", "--signing", "none", "--set", "scan=trivy")
    home.env |= {"BUILDER": "none", "GOPROXY": engine.proxy, "GOSUMDB": "off"}
    return home


def make(home: Home, target: str) -> str:
    """Run a target with the pinned programs, and without a database of vulnerabilities."""
    buildx = go_tool("github.com/docker/buildx/cmd/buildx", PINS["tool"]["buildx"]["value"])
    return home.make(f"BUILDKIT={buildx}", f"GITLEAKS={gitleaks()}", "SCANNER=false", target)


def test_the_image_is_built_and_started(home: Home) -> None:
    make(home, "smoke")
    assert (home.repository / "bin/image/usr/local/bin/orders").is_file()


def test_the_image_is_scanned_before_it_is_pushed(home: Home) -> None:
    make(home, "scan")
    dockerfile = home.repository / "Dockerfile"
    dockerfile.write_text(f'{dockerfile.read_text()}COPY <<END /etc/token\ntoken = "{TOKEN}"\nEND\n')
    with pytest.raises(AssertionError, match=r"bin/image\.tar has a secret"):
        make(home, "scan")
