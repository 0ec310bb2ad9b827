"""A machine within this one: a network, mounts and processes of its own, and all of it ends with its first process."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.daemons import until
from tests.helpers.support import Run, need, ok

ADDRESS = "10.200.0.1"
"""The machine's own, which nobody outside can reach."""


class Machine:
    """A command runs there with ``within`` before it, and with ``network`` only on its network, as a process of ours.

    Files are those of this machine.
    """

    def __init__(self, first: int) -> None:
        self.network: Sequence[str | Path] = ("nsenter", f"--target={first}", "--net")
        self.within: Sequence[str | Path] = (*self.network, "--mount", "--pid")

    def run(self, *command: str | Path) -> str:
        """Run a command there and return what it printed; raises AssertionError where it fails."""
        return ok(self.done(*command), [str(each) for each in command])

    def succeeds(self, *command: str | Path) -> bool:
        """Run a command there and say whether it ended with 0."""
        return self.done(*command).code == 0

    def done(self, *command: str | Path) -> Run:
        """Run a command there, whatever it ends with."""
        done = subprocess.run([*self.within, *command], check=False, capture_output=True, text=True)
        return Run(done.returncode, done.stdout, done.stderr)


@contextmanager
def machine() -> Iterator[Machine]:
    """Start a machine with a loopback, an address and a default route; end every process in it at the end."""
    need("unshare", "nsenter", "setpriv", "ip")
    own = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
    with subprocess.Popen(["setpriv", "--pdeathsig=KILL", "unshare", *own, "sleep", "infinity"]) as parent:
        try:
            until(lambda: _first(parent.pid), "the machine's first process")
            running = Machine(_first(parent.pid))
            _network(running)
            yield running
        finally:
            parent.kill()


def _first(parent: int) -> int:
    """Return the first process of the machine, as this one counts, or 0 as long as it is not prepared."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    if not children or Path(f"/proc/{children[0]}/comm").read_text() != "sleep\n":
        return 0
    return int(children[0])


def _network(there: Machine) -> None:
    for command in (
        "ip link set lo up",
        "ip link add node0 type bridge",
        f"ip address add {ADDRESS}/24 dev node0",
        "ip link set node0 up",
        # Programs look for it to learn their address; it leads nowhere.
        "ip route add default dev node0",
        "sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1",
    ):
        there.run(*command.split())
