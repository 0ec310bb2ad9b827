"""One API server for all tests of a session: OpenBao asks it who is who."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers.support import ok
from tests.kube.engine import ControlPlane, control_plane


@pytest.fixture(scope="package")
def plane() -> Iterator[ControlPlane]:
    with control_plane() as started:
        for line in (
            "create namespace orders",
            "-n orders create serviceaccount orders",
            "-n orders create serviceaccount default",
            "-n default create serviceaccount vault",
            "create clusterrolebinding vault --clusterrole=system:auth-delegator --serviceaccount=default:vault",
        ):
            ok(started.kubectl(*line.split()))
        yield started
