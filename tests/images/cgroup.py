"""A control group that counts the CPU time of a daemon and of every container below it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


class Group:
    """Named under the root; ``folder`` is where the kernel accounts for CPU time, in version 1 or 2."""

    def __init__(self, name: str) -> None:
        self.name = name
        version1 = [ROOT / each for each in ("cpuacct", "cpu,cpuacct") if (ROOT / each).is_dir()]
        self.folder = (version1[0] if version1 else ROOT) / name

    def take(self, pid: int) -> None:
        """Put a process here, into a group of its own: version 2 wants processes in the leaves."""
        leaf = self.folder / "daemon"
        leaf.mkdir(parents=True, exist_ok=True)
        (leaf / "cgroup.procs").write_text(str(pid))

    def cpu(self) -> float:
        """Return the seconds of processors that were used so far, by those who left too."""
        version1 = self.folder / "cpuacct.usage"
        if version1.exists():
            return int(version1.read_text()) / 1e9
        stat = dict(line.split() for line in (self.folder / "cpu.stat").read_text().splitlines())
        return int(stat["usage_usec"]) / 1e6


@contextmanager
def group(purpose: str) -> Iterator[Group]:
    """Make a group of this process's for a purpose and remove it, and what is left below it, at the end."""
    made = Group(f"gocontainer-{purpose}-{os.getpid()}")
    made.folder.mkdir(parents=True)
    try:
        yield made
    finally:
        # Version 1 has a hierarchy for each resource, and runc makes the group in all of them.
        for top in (ROOT / made.name, *ROOT.glob(f"*/{made.name}")):
            for folder in sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True):
                _remove(folder)
            _remove(top)


def _remove(folder: Path) -> None:
    with suppress(OSError):  # not there, or somebody is still in it
        folder.rmdir()
