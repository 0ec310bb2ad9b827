"""A Secret that rotates under load on a real node is taken; one that is broken changes nothing."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

import pytest

from tests.helpers.secret_file import KEY, PATH, add_secret, fingerprint
from tests.helpers.support import ok, rendered
from tests.images.engine import Engine
from tests.kube.conftest import Deploy
from tests.kube.deployed import Deployed
from tests.kube.engine import SAID
from tests.kube.load import load
from tests.kube.node import FORGIVING, Node

IMAGE = "localhost/orders:v0.1.0-secret"
PERIOD = 90 + FORGIVING
"""Seconds from one look of the kubelet at a pod to the next, at most, and what the service and the machine need more.

pkg/kubelet/pod_workers.go at v1.37.2 has one and a half times --sync-frequency, which is a minute.
"""
FIRST, SECOND, THIRD, BROKEN = "planted-0ne-b1c7", "planted-tw0-92fa", "planted-thr33-4d10", "p-5h0rt"


@pytest.fixture(scope="module")
def sealed(engine: Engine, node: Node, deploy: Deploy, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """A service with a secret of its owner's, whose Secret is not there yet."""
    repository = rendered(tmp_path_factory.mktemp("secret"), secrets="files")
    add_secret(repository)
    node.push(engine.build(repository), IMAGE)
    service = deploy("sealed", IMAGE, secrets="files")
    service.rolled_out()
    return service


def write(service: Deployed, secret: str, folder: Path) -> None:
    """Make the Secret, or change it, as the README says."""
    (folder / KEY).write_text(f"{secret}\n")
    made = ("create", "secret", "generic", "sealed-secrets", f"--from-file={folder / KEY}", "--dry-run=client")
    ok(service.kubectl("apply", "--server-side", "--filename=-", given=ok(service.kubectl(*made, "--output=yaml"))))


def taken(service: Deployed, secret: str) -> bool:
    """Say whether the service goes on with a secret."""
    answer = service.node.there.run("curl", "--silent", f"http://{service.address}{PATH}")
    return answer == f'"{fingerprint(secret)}"\n'


def logs(service: Deployed) -> str:
    return ok(service.kubectl("logs", f"deployment/{service.name}"))


def rotated(service: Deployed, secret: str, folder: Path) -> None:
    """Change the Secret, and wait until the service goes on with it."""
    began = time.monotonic()
    write(service, secret, folder)
    service.until(partial(taken, service, secret), "the secret", PERIOD)
    SAID.append(f"a secret that rotates: taken after {time.monotonic() - began:.0f} s")


def refused(service: Deployed, secret: str, folder: Path) -> None:
    """Change the Secret for one that a check of the service refuses."""
    before = logs(service).count("secrets refused")
    write(service, secret, folder)
    service.until(lambda: logs(service).count("secrets refused") > before, "the refusal", PERIOD)
    assert f'{KEY} \\"(secret)\\" is short' in logs(service)


def test_a_secret_rotates_under_load(sealed: Deployed, tmp_path: Path) -> None:
    assert taken(sealed, ""), "it starts without"
    write(sealed, FIRST, tmp_path)
    sealed.restart()
    sealed.rolled_out()
    assert taken(sealed, FIRST)
    with load(sealed.node.there, sealed.address) as counted:
        rotated(sealed, SECOND, tmp_path)
        if os.environ.get("ALL"):
            refused(sealed, BROKEN, tmp_path)
            assert taken(sealed, SECOND), "the old one stays"
            rotated(sealed, THIRD, tmp_path)
    SAID.append(f"a secret that rotates: {counted}")
    assert counted.answered > 0
    assert not counted.failed
    assert sealed.status()["restartCount"] == 0


def test_only_the_group_of_the_pod_reads_the_file_and_nothing_else_has_it(sealed: Deployed) -> None:
    there, process = sealed.node.there, sealed.node.process(sealed.status()["containerID"])
    path = f"/proc/{process}/root/etc/sealed-secrets/{KEY}"
    assert there.run("stat", "--dereference", "--format=%a %u:%g", path) == "440 0:65532\n"
    seen = [logs(sealed), ok(sealed.kubectl("get", "pods,configmaps,events", "--output=yaml"))]
    seen += [there.run("cat", f"/proc/{process}/{name}") for name in ("environ", "cmdline")]
    assert [text for text in seen if any(secret in text for secret in (FIRST, SECOND, THIRD, BROKEN))] == []
