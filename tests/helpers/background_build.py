"""What takes long is built in the background, before a test needs it; a test that does waits for it."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable, Mapping

import pytest


def build(builds: Mapping[str, Callable[[], object]]) -> None:
    """Build everything, in its order, and say what each cost."""
    os.nice(19)
    for name, make in builds.items():
        wall, cpu = time.monotonic(), processors()
        try:
            make()
        except (pytest.skip.Exception, pytest.fail.Exception) as failure:
            sys.exit(str(failure))
        sys.stdout.write(f"{name}: {time.monotonic() - wall:.0f} s, {processors() - cpu:.0f} s of processors\n")
        sys.stdout.flush()


def processors() -> float:
    """Return the seconds of processors that our children took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
