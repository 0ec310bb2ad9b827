"""NetworkPolicies enforced by a kernel: kube-router beside a real API server, and pods that are networks alone.

Each pod is a namespace of the network with the address that its object says. No kubelet is needed: what kube-router
reads of a pod are its labels, its ports and its address.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from tests.helpers.daemons import debian
from tests.helpers.support import ok
from tests.kube.build import kube_router
from tests.kube.engine import ControlPlane, Document, control_plane, joined
from tests.kube.machine import ADDRESS, Machine, machine
from tests.networks.table import HERE, Peer, Talk
from tests.networks.weaker import Policy

NODE, GATEWAY = "node", "10.244.0.1"
LISTEN = """
import selectors, socket, sys
wanted = selectors.DefaultSelector()
for port in sys.argv[1:]:
    wanted.register(socket.create_server(("", int(port)), backlog=1000), selectors.EVENT_READ)
while True:
    for key, _ in wanted.select():
        key.fileobj.accept()[0].close()
"""
CALL = """
import asyncio, json, sys

async def reaches(address, port):
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(address, port), 20)
    except (OSError, asyncio.TimeoutError):
        return False
    writer.close()
    return True

async def main():
    return await asyncio.gather(*(reaches(*each) for each in json.load(sys.stdin)))

print(json.dumps(asyncio.run(main())))
"""


class Network:
    """A cluster of pods that listen on every port, and may call where the policies let them."""

    def __init__(self, plane: ControlPlane, there: Machine, peers: Sequence[Peer]) -> None:
        self.plane, self._there = plane, there
        self._number = {peer: number for number, peer in enumerate(peers, 2)}

    def _address(self, peer: Peer) -> str:
        """Return the address of a pod, or of a host outside of the cluster."""
        return f"{'10.244.0' if peer.namespace else '10.200.0'}.{self._number[peer]}"

    def _in(self, peer: Peer) -> tuple[str, ...]:
        return ("ip", "netns", "exec", f"p{self._number[peer]}")

    def connect(self) -> None:
        """Give each peer its network."""
        # The names of networks are files, which the machine shares with its host.
        commands = ["mkdir -p /run/netns", "mount -t tmpfs networks /run/netns"]
        # Else one caller is told once a second that it is refused, and waits in vain the other times.
        commands += ["sysctl -qw net.ipv4.icmp_ratelimit=0"]
        commands += ["ip link add pods type bridge", f"ip address add {GATEWAY}/24 dev pods", "ip link set pods up"]
        for peer, number in self._number.items():
            bridge, way = ("pods", GATEWAY) if peer.namespace else ("node0", ADDRESS)
            commands += [
                f"ip netns add p{number}",
                f"ip link add v{number} type veth peer name eth0 netns p{number}",
                f"ip link set v{number} master {bridge} up",
                f"ip -n p{number} link set lo up",
                f"ip -n p{number} address add {self._address(peer)}/24 dev eth0",
                f"ip -n p{number} link set eth0 up",
                f"ip -n p{number} route add default via {way}",
            ]
        for command in commands:
            self._there.run(*command.split())

    def create(self, ports: Mapping[Peer, Mapping[int, str]]) -> None:
        """Make the objects: the node, the namespaces, and the pods with the names of their ``ports``."""
        pods = [each for each in self._number if each.namespace]
        spaces = sorted({each.namespace for each in pods})
        self.plane.create(joined([_object("Namespace", each) for each in spaces]))
        self.plane.create(joined([_object("ServiceAccount", "default", each) for each in spaces]))
        self.plane.create(joined([_object("Node", NODE)]))
        self.plane.create(joined([_pod(each, f"p{self._number[each]}", ports.get(each, {})) for each in pods]))
        told = [{**_object("Node", NODE), "status": {"addresses": [{"type": "InternalIP", "address": ADDRESS}]}}]
        for each in pods:
            address = self._address(each)
            status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "hostIP": ADDRESS}
            status["hostIPs"] = [{"ip": ADDRESS}]
            told.append({**_object("Pod", f"p{self._number[each]}", each.namespace), "status": status})
        said = ("--server-side", "--force-conflicts", "--subresource=status", "-f", "-")
        ok(self.plane.kubectl("apply", *said, given=joined(told)), "the status of pods")

    @contextmanager
    def listening(self, ports: set[int]) -> Iterator[None]:
        """Let every peer listen on these ports."""
        with ExitStack() as daemons:
            for peer, number in self._number.items():
                command = [*self._in(peer), sys.executable, "-c", LISTEN, *map(str, sorted(ports))]
                daemons.enter_context(self.plane.daemon(f"listener-{number}", *command))
            yield

    def enforce(self, policies: Sequence[Policy]) -> None:
        """Have these policies and no others."""
        ok(self.plane.kubectl("delete", "networkpolicies", "--all", f"--namespace={HERE}"))
        if policies:
            self.plane.create(joined(policies))

    def reached(self, talks: Iterable[Talk]) -> set[Talk]:
        """Return the connections that come about; a policy refuses the others, which is told at once."""
        by_source: dict[Peer, list[Talk]] = defaultdict(list)
        for talk in talks:
            by_source[talk.source].append(talk)
        calls = [(found, self._call(source)) for source, found in by_source.items()]
        allowed: set[Talk] = set()
        for found, call in calls:
            out, err = call.communicate(json.dumps([(self._address(each.target), each.port) for each in found]))
            assert call.returncode == 0, err
            allowed |= {talk for talk, may in zip(found, json.loads(out), strict=True) if may}
        return allowed

    def _call(self, source: Peer) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        command = [*self._there.within, *self._in(source), sys.executable, "-c", CALL]
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def _object(kind: str, name: str, namespace: str = "") -> Document:
    where = {"namespace": namespace} if namespace else {}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, **where}}


def _pod(peer: Peer, name: str, ports: Mapping[int, str]) -> Document:
    pod: dict[str, Any] = _object("Pod", name, peer.namespace)
    pod["metadata"]["labels"] = {f"app.kubernetes.io/{each}": peer.name for each in ("name", "instance")}
    named = [{"name": each, "containerPort": port} for port, each in ports.items()]
    pod["spec"] = {"nodeName": NODE, "containers": [{"name": "app", "image": "none", "ports": named}]}
    return pod


@contextmanager
def network(peers: Sequence[Peer], ports: Mapping[Peer, Mapping[int, str]]) -> Iterator[Network]:
    """Start the machine, the API server and the pods; skips without root or Debian."""
    debian("iproute2", "ipset", "iptables", "kmod")
    with machine() as there, control_plane(there.within) as plane:
        running = Network(plane, there, peers)
        running.connect()
        running.create(ports)
        yield running


@contextmanager
def router(running: Network) -> Iterator[None]:
    """Let kube-router enforce policies, and do nothing else."""
    command = [
        kube_router(),
        *("--run-router=false", "--run-service-proxy=false", "--run-firewall=true", "--health-port=0"),
        f"--kubeconfig={running.plane.kubeconfig}",
        f"--hostname-override={NODE}",
        "--service-cluster-ip-range=10.96.0.0/16",
    ]
    with running.plane.daemon("kube-router", *command):
        yield
