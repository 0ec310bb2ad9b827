"""Traefik before the node: a Gateway for HTTPRoutes, and a controller of the default class for Ingresses.

It also does what cert-manager would: it makes the Secret of a Certificate, by an authority of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.centres.authority import Authority
from tests.helpers.support import Run, ok, pip_tool
from tests.kube.engine import TOKEN, Document, joined
from tests.kube.machine import ADDRESS
from tests.kube.manifests import install
from tests.kube.node import Node

PLAIN, ROUTES, INGRESSES = 8400, 8443, 8444
"""Ports of the node: the Gateway's listener without TLS and that with it, and that of the Ingresses."""
NAMESPACE = "gateway"
GROUPS = {"gateway.networking.k8s.io", "cert-manager.io"}


class Gateway:
    """What brings requests in from outside."""

    def __init__(self, node: Node, authority: Authority) -> None:
        self.node, self.authority = node, authority

    def issue(self, namespace: str) -> None:
        """Fill the Secret of each Certificate of a namespace."""
        for each in self.node.plane.get("certificates", f"--namespace={namespace}"):
            (host,) = each["spec"]["dnsNames"]
            made = self.authority.server(f"DNS:{host}")
            files = (f"--cert={made.certificate}", f"--key={made.key}")
            named = ("secret", "tls", each["spec"]["secretName"], f"--namespace={namespace}")
            ok(self.node.plane.kubectl("create", *named, *files))

    def listen(self, namespace: str, secret: str) -> None:
        """Have the listener for TLS show the certificate of a namespace."""
        self.node.plane.create(joined([_gateway(namespace, secret)]))

    def curl(self, host: str, port: int, path: str, *arguments: str | Path, scheme: str = "https") -> Run:
        """Ask for a path of a host; the status and the type of the answer are its last line."""
        found = f"{host}:{port}"
        known = () if "--cacert" in arguments else ("--cacert", self.authority.certificate)
        command = (
            *("curl", "--silent", "--show-error", "--resolve", f"{found}:{ADDRESS}", *known),
            *("--write-out", "\n%{http_code} %{content_type}", *arguments, f"{scheme}://{found}{path}"),
        )
        return self.node.there.done(*command)


@contextmanager
def gateway(node: Node, folder: Path) -> Iterator[Gateway]:
    """Install the CRDs and classes, and start Traefik on the node's network."""
    install(node.plane, GROUPS)
    node.plane.create(joined([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}]))
    node.plane.create(joined([*_classes(), _gateway()]))
    with node.plane.daemon("traefik", pip_tool("traefik"), *_options(node)):
        yield Gateway(node, Authority(folder))


def _options(node: Node) -> Iterator[str]:
    server = json.loads(node.plane.kubeconfig.read_text())["clusters"][0]["cluster"]
    for provider in ("kubernetesgateway", "kubernetesingressnginx"):
        yield f"--providers.{provider}=true"
        yield f"--providers.{provider}.endpoint={server['server']}"
        yield f"--providers.{provider}.certauthfilepath={server['certificate-authority']}"
        yield f"--providers.{provider}.token={TOKEN}"
    yield "--providers.kubernetesingressnginx.httpsentrypoint=ingresses"
    yield "--global.checknewversion=false"
    for name, port in {"plain": PLAIN, "routes": ROUTES, "ingresses": INGRESSES}.items():
        yield f"--entrypoints.{name}.address={ADDRESS}:{port}"


def _classes() -> list[Document]:
    default = {"ingressclass.kubernetes.io/is-default-class": "true"}
    return [
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "GatewayClass",
            "metadata": {"name": "traefik"},
            "spec": {"controllerName": "traefik.io/gateway-controller"},
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": "nginx", "annotations": default},
            "spec": {"controller": "k8s.io/ingress-nginx"},
        },
    ]


def _gateway(namespace: str = NAMESPACE, secret: str = "none-yet") -> Document:
    everyone = {"namespaces": {"from": "All"}}
    shown = {"certificateRefs": [{"name": secret, "namespace": namespace}]}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "public", "namespace": NAMESPACE},
        "spec": {
            "gatewayClassName": "traefik",
            "listeners": [
                {"name": "http", "port": PLAIN, "protocol": "HTTP", "allowedRoutes": everyone},
                {"name": "https", "port": ROUTES, "protocol": "HTTPS", "tls": shown, "allowedRoutes": everyone},
            ],
        },
    }
