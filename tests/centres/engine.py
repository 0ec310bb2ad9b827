"""The config centres that tests and benchmarks start: each a context manager, whose state is dropped at the end.

Everything listens on 127.0.0.1 or in a network of its own, and is stopped by its pid.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

from tests.centres.apollo import Apollo
from tests.centres.build import class_path
from tests.centres.centre import Centre
from tests.centres.etcd import Etcd
from tests.centres.nacos import Nacos
from tests.centres.nacos2 import Nacos2
from tests.helpers.daemons import debian

SomeCentre = TypeVar("SomeCentre", bound=Centre)


@contextmanager
def nacos(*, secured: bool = True) -> Iterator[Nacos]:
    """Run a Nacos; ``secured`` says whether it asks for a user and a password."""
    debian("iproute2", "openssl", "socat")
    class_path("nacos")
    with _scratch() as scratch, _started(Nacos(scratch, secured=secured)) as centre:
        yield centre


@contextmanager
def nacos2(*, secured: bool = True) -> Iterator[Nacos2]:
    """Run a Nacos 2; ``secured`` says whether it asks for a user and a password."""
    debian("iproute2", "openssl", "socat")
    class_path("nacos2")
    with _scratch() as scratch, _started(Nacos2(scratch, secured=secured)) as centre:
        yield centre


@contextmanager
def apollo(*, secured: bool = True) -> Iterator[Apollo]:
    """Run Apollo's test server; ``secured`` says whether the app has an access key."""
    debian("openssl", "socat")
    class_path("apollo")
    with _scratch() as scratch, _started(Apollo(scratch, secured=secured)) as centre:
        try:
            yield centre
        finally:
            centre.close()


@contextmanager
def etcd(*, secured: bool = True) -> Iterator[Etcd]:
    """Run an etcd; ``secured`` says whether it asks for a user and a password."""
    debian("etcd-server", "openssl", "socat")
    with _scratch() as scratch, _started(Etcd(scratch, secured=secured)) as centre:
        yield centre


CENTRES: dict[str, Callable[..., AbstractContextManager[Centre]]] = {"nacos": nacos, "apollo": apollo, "etcd": etcd}


@contextmanager
def _scratch() -> Iterator[Path]:
    scratch = Path(tempfile.mkdtemp(prefix="centre-"))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def _started(centre: SomeCentre) -> Iterator[SomeCentre]:
    centre.start()
    try:
        yield centre
    finally:
        centre.stop()
