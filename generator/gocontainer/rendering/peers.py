"""What a policy and a table say of peers: the template language has no loop, so a list of them is one value.

Each function takes an answer, or a part of one, and returns its lines as deep as they stand in the template; the first
one is where the value is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from gocontainer.options.patterns import YAML_WORDS
from gocontainer.options.subjects import network

NAMESPACE, NAME = "kubernetes.io/metadata.name", "app.kubernetes.io/name"
"""The label that each namespace has, and the one that tells what a pod runs."""
CILIUM_NAMESPACE = "k8s:io.kubernetes.pod.namespace"


def callers(answer: str) -> str:
    """Return the peers of a NetworkPolicy that an answer to ``called_by`` names."""
    return _block(8, (line for each in answer.split(",") for line in _peer(each)))


def caller_namespaces(answer: str) -> str:
    """Return the namespaces that an answer to ``called_by`` names, as a list, each once."""
    names = dict.fromkeys(each.partition("/")[0] for each in answer.split(","))
    return _block(14, (f"- {_word(name)}" for name in names))


def called(services: str) -> str:
    """Return the rules of a NetworkPolicy for what is called in the cluster."""
    return _block(4, (line for each in services.split(",") for line in _rule(each)))


def ports(hosts: str) -> str:
    """Return the ports of what is called outside of the cluster, each once."""
    return _block(8, (line for port in network.ports(hosts) for line in (f"- port: {port}", "  protocol: TCP")))


def endpoints(answer: str) -> str:
    """Return the endpoints of Cilium that an answer to ``called_by`` names."""
    return _block(8, (line for each in answer.split(",") for line in _endpoint(each)))


def called_endpoints(services: str) -> str:
    """Return the rules of Cilium for what is called in the cluster."""
    return _block(4, (line for each in services.split(",") for line in _cilium_rule("toEndpoints", each, _endpoint)))


def named_hosts(hosts: str) -> str:
    """Return the rules of Cilium for what is called outside of the cluster, by name."""
    return _block(4, (line for each in hosts.split(",") for line in _cilium_rule("toFQDNs", each, _host)))


def callers_rows(answer: str) -> str:
    """Return a row of a table for each that an answer to ``called_by`` names."""
    return "\n".join(f"| {each} | the service | its own port |" for each in answer.split(","))


def called_rows(answer: str) -> str:
    """Return a row of a table for each that an answer to ``calls`` names."""
    pairs = (each.rpartition(":") for each in answer.split(","))
    return "\n".join(f"| the service | {peer} | {port} |" for peer, _, port in pairs)


FILTERS: Mapping[str, Callable[[str], str]] = {
    each.__name__: each
    for each in (
        callers,
        caller_namespaces,
        called,
        ports,
        endpoints,
        called_endpoints,
        named_hosts,
        callers_rows,
        called_rows,
    )
}


def _peer(entry: str) -> Iterator[str]:
    namespace, _, name = entry.partition("/")
    yield from ("- namespaceSelector:", "    matchLabels:", f"      {NAMESPACE}: {_word(namespace)}")
    if name:
        yield from ("  podSelector:", "    matchLabels:", f"      {NAME}: {_word(name)}")


def _rule(entry: str) -> Iterator[str]:
    peer, _, port = entry.rpartition(":")
    yield from ("- to:", *(f"    {line}" for line in _peer(peer)))
    yield from ("  ports:", f"    - port: {port}", "      protocol: TCP")


def _endpoint(entry: str) -> Iterator[str]:
    namespace, _, name = entry.partition("/")
    yield from ("- matchLabels:", f"    {CILIUM_NAMESPACE}: {_word(namespace)}")
    if name:
        yield f"    k8s:{NAME}: {_word(name)}"


def _host(name: str) -> Iterator[str]:
    yield f"- matchName: {name}"


def _cilium_rule(kind: str, entry: str, peer: Callable[[str], Iterable[str]]) -> Iterator[str]:
    named, _, port = entry.rpartition(":")
    yield from (f"- {kind}:", *(f"    {line}" for line in peer(named)))
    yield from ("  toPorts:", "    - ports:", f'        - port: "{port}"', "          protocol: TCP")


def _word(name: str) -> str:
    """Return a name as a string of YAML: quoted where it would be a number, yes, no or nothing."""
    return name if name[0].isalpha() and name not in YAML_WORDS else json.dumps(name)


def _block(depth: int, lines: Iterable[str]) -> str:
    return f"\n{' ' * depth}".join(lines)
