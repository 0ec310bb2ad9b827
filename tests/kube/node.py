"""A real node, with its control plane, in a machine of its own: containerd, kubelet, kube-proxy, and a registry.

What is deployed there is what `kubectl apply -k` makes of a rendered repository, its image pulled as from any registry.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from docs.demo import free_ports

from tests.helpers.daemons import debian
from tests.images import bases, cgroup
from tests.images.engine import Build, registry_command
from tests.kube.build import NODE, PROGRAMS, kubernetes
from tests.kube.engine import TIMES, ControlPlane, Document, control_plane
from tests.kube.machine import ADDRESS, Machine, machine

DEBIAN = (
    *("busybox-static", "containerd", "containernetworking-plugins", "curl", "docker-registry", "hey", "iproute2"),
    *("iptables", "kmod", "nftables", "runc", "skopeo"),
)
NAME = "node"
PAUSE = "localhost/pause:1"
"""What holds a pod's network while its containers come and go."""
PODS = "10.244.0.0/24"
FORGIVING = 30
"""Seconds beyond a computed time that a busy machine may need."""


class Node:
    """A running cluster of one node."""

    def __init__(self, plane: ControlPlane, there: Machine, registry: str) -> None:
        self.plane, self.there, self.registry = plane, there, registry
        self.ctr = ("ctr", f"--address={plane.scratch}/containerd.sock")

    def push(self, build: Build, name: str) -> None:
        """Push an image to the registry that the node pulls localhost/... from."""
        self._copy(f"docker-archive:{build.archive}", name)

    def _copy(self, source: str, name: str) -> None:
        to = f"docker://{self.registry}/{name.removeprefix('localhost/')}"
        self.there.run("skopeo", "copy", "-q", "--dest-tls-verify=false", source, to)

    def process(self, container: str) -> int:
        """Return the first process of a container, by its id as the kubelet knows it."""
        listed = self.there.run(*self.ctr, "--namespace=k8s.io", "tasks", "list")
        processes = {name: int(pid) for name, pid, *_ in map(str.split, listed.splitlines()[1:])}
        return processes[container.removeprefix("containerd://")]

    def pause(self) -> None:
        """Push the image that every pod begins with."""
        tar = bases.Tar().folders("bin").file("bin/busybox", Path("/bin/busybox").read_bytes(), 0o755).end()
        image = bases.Standin(tar, {"Entrypoint": ["/bin/busybox", "sleep", "2147483647"]})
        layout = bases.layout(image, self.plane.scratch / "pause")
        self._copy(f"oci:{layout}:latest", PAUSE)


AWAITED: dict[str, Callable[[Node], Sequence[str]]] = {
    "registry": lambda running: ("busybox", "wget", "-q", "-O-", f"http://{running.registry}/v2/"),
    "containerd": lambda running: (*running.ctr, "version"),
}
"""What must work before the next daemon is started."""


@contextmanager
def node(sync: int = 1) -> Iterator[Node]:
    """Install and start everything; end it and drop its state at the end. Skips without root or Debian.

    ``sync`` is how often the autoscaler decides, in seconds.
    """
    debian(*DEBIAN)
    for program in (*PROGRAMS, *NODE):
        kubernetes(program)
    began = time.monotonic()
    with (
        cgroup.group("node") as group,
        machine() as there,
        control_plane(there.within) as plane,
        ExitStack() as daemons,
    ):
        for hierarchy in cgroup.ROOT.iterdir():
            (hierarchy / group.name).mkdir(exist_ok=True)
        running = Node(plane, there, f"127.0.0.1:{free_ports(1)[0]}")
        for name, command in _commands(running, group, sync).items():
            daemons.enter_context(plane.daemon(name, *command))
            if name in AWAITED:
                plane.until(partial(there.succeeds, *AWAITED[name](running)), name)
        running.pause()
        plane.until(lambda: _ready(plane), "the node")
        TIMES.setdefault("start of the node, with its control plane", time.monotonic() - began)
        yield running


def _ready(plane: ControlPlane) -> bool:
    conditions = [each for node in plane.get("nodes") for each in node["status"]["conditions"]]
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _commands(running: Node, group: cgroup.Group, sync: int) -> dict[str, list[str | Path]]:
    """Return what runs beside the API server, in this order."""
    scratch, kubeconfig = running.plane.scratch, f"--kubeconfig={running.plane.kubeconfig}"
    alone = ("--leader-elect=false", "--bind-address=127.0.0.1")
    return {
        "registry": registry_command(scratch / "registry", scratch, running.registry),
        "containerd": ["containerd", "--config", _containerd(running)],
        "kube-controller-manager": [
            kubernetes("kube-controller-manager"),
            *(kubeconfig, *alone, f"--cert-dir={scratch}/controllers"),
            f"--service-account-private-key-file={scratch}/accounts.key",
            f"--root-ca-file={scratch}/certificates/apiserver.crt",
            "--controllers=*,-node-ipam-controller,-certificatesigningrequest-signing-controller",
            f"--horizontal-pod-autoscaler-sync-period={sync}s",
        ],
        "kube-scheduler": [kubernetes("kube-scheduler"), kubeconfig, *alone, f"--cert-dir={scratch}/scheduler"],
        "kubelet": [
            kubernetes("kubelet"),
            *(kubeconfig, f"--config={_written(scratch / 'kubelet.json', _kubelet(scratch, group))}"),
            *(f"--hostname-override={NAME}", f"--node-ip={ADDRESS}"),
            *(f"--root-dir={scratch}/kubelet", f"--cert-dir={scratch}/kubelet-certificates"),
        ],
        "kube-proxy": [kubernetes("kube-proxy"), f"--config={_written(scratch / 'proxy.json', _proxy(running.plane))}"],
    }


def _written(path: Path, document: Document) -> Path:
    path.write_text(json.dumps(document))
    return path


def _containerd(running: Node) -> Path:
    scratch = running.plane.scratch
    registry = f"http://{running.registry}"
    hosts = scratch / "hosts/localhost/hosts.toml"
    hosts.parent.mkdir(parents=True)
    hosts.write_text(f'server = "{registry}"\n[host."{registry}"]\n  capabilities = ["pull", "resolve"]\n')
    network = {"cniVersion": "0.4.0", "name": "pods", "plugins": [_bridge(), {"type": "portmap"}]}
    (scratch / "cni").mkdir()
    _written(scratch / "cni/10-pods.conflist", network)
    settings = scratch / "containerd.toml"
    settings.write_text(f"""
version = 2
root = "{scratch}/containerd"
state = "{scratch}/run"
[grpc]
  address = "{scratch}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  # Without CAP_SYS_RESOURCE no pod could begin.
  restrict_oom_score_adj = true
  sandbox_image = "{PAUSE}"
  stream_server_address = "127.0.0.1"
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{scratch}/hosts"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{scratch}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
""")
    return settings


def _bridge() -> Document:
    return {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "hairpinMode": True,
        "ipam": {"type": "host-local", "ranges": [[{"subnet": PODS}]], "routes": [{"dst": "0.0.0.0/0"}]},
    }


def _kubelet(scratch: Path, group: cgroup.Group) -> Document:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": ADDRESS,
        # This machine may have control groups of version 1 only.
        "failCgroupV1": False,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{group.name}",
        "enforceNodeAllocatable": [],
        "containerRuntimeEndpoint": f"unix://{scratch}/containerd.sock",
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "failSwapOn": False,
        # What else this machine does should evict nobody.
        "evictionHard": {"memory.available": "100Mi"},
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "podLogsDir": f"{scratch}/logs",
        "resolvConf": "",
        "clusterDomain": "cluster.local",
    }


def _proxy(plane: ControlPlane) -> Document:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "bindAddress": "127.0.0.1",
        "clientConnection": {"kubeconfig": str(plane.kubeconfig)},
        "mode": "nftables",
        "clusterCIDR": PODS,
        "hostnameOverride": NAME,
        # Not ours to set: they are those of the whole machine.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    }
