"""`make verify` takes what a release of this repository signed without a key, and no other job's signature."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.helpers.support import ROOT, go_tool, missing, need
from tests.signing.keyless import FULCIO, JOBS
from tests.signing.registry import SOURCE
from tests.signing.tools import tools

pytestmark = [pytest.mark.slow, pytest.mark.proof("Makefile", "hack/verify.sh", runs=("template",))]
Story = dict[str, tuple[int, str, str, str]]
WORKFLOW = f"{SOURCE}/.github/workflows/release.yml"
REASONS = dict.fromkeys([*JOBS, "another issuer"], f"is not signed by {WORKFLOW} for a tag") | {
    "another source": "is not signed by https://x.org/y/.github/workflows/release.yml for a tag"
}
del REASONS["own"]


@pytest.fixture(scope="module")
def story() -> Story:
    """What `make verify` said of images that jobs signed, in a network of their own."""
    need("unshare", "ip", "openssl")
    if os.geteuid() != 0:
        missing("root, which a network of its own needs,")
    go_tool(*FULCIO)
    tools()
    inside = 'ip link set lo up && exec "$0" -m tests.signing.keyless'
    command = ["unshare", "--net", "sh", "-c", inside, sys.executable]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_what_the_release_of_a_tag_signed_passes(story: Story) -> None:
    code, out, err, image = story["own"]
    assert (code, err) == (0, "")
    assert out == f"{image} was released from {SOURCE}\n"


@pytest.mark.parametrize("job", REASONS)
def test_what_another_signed_is_refused(story: Story, job: str) -> None:
    code, out, err, image = story[job]
    assert (code, out) == (2, "")
    assert f"{image} {REASONS[job]}\n" in err
