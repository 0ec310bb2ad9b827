"""English words in what a person reads in another language: all that is no name, flag, value, path or command."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gocontainer.cli.parameters import UPDATE
from gocontainer.options.profiles import PROFILE
from gocontainer.options.table import BY_NAME, OPTIONS
from gocontainer.options.types import Select, Text

NAMES = {
    "Actions",
    "Ampere",
    "Apache",
    "apk",
    "Apollo",
    "Apple",
    "apt",
    "arm",
    "bash",
    "Broker",
    "btrfs",
    "buildah",
    "buildx",
    "cert-manager",
    "cgo",
    "cgroup",
    "cherry-pick",
    "CI",
    "ClusterIssuer",
    "containerd",
    "cookiecutter",
    "CRI-O",
    "cruft",
    "crun",
    "Ctrl-C",
    "Ctrl-R",
    "deploy",
    "Deployment",
    "Dependabot",
    "dev",
    "Docker",
    "docker",
    "direct",
    "Dockerfile",
    "Enter",
    "Esc",
    "Etcd",
    "etcd",
    "ext4",
    "fish",
    "Forgejo",
    "Gateway",
    "Gi",
    "git",
    "Gitea",
    "GitLab",
    "glibc",
    "Cilium",
    "Go",
    "go",
    "gocontainer",
    "Graviton",
    "GOPRIVATE",
    "GOPROXY",
    "GOSUMDB",
    "gitleaks",
    "Grype",
    "Trivy",
    "govulncheck",
    "Harbor",
    "Linux",
    "netrc",
    "off",
    "PEM",
    "SSH",
    "ssh-agent",
    "HTTPRoute",
    "Envoy",
    "External",
    "Istio",
    "istiod",
    "Ingress",
    "Jinja",
    "Kafka",
    "Knative",
    "Kyverno",
    "OPA",
    "Gatekeeper",
    "Jenkins",
    "kubectl",
    "kubelet",
    "Kubernetes",
    "Kustomize",
    "kustomize",
    "License",
    "Loki",
    "Make",
    "make",
    "Makefile",
    "max",
    "max-revision-timeout-seconds",
    "max-scale",
    "Mi",
    "min",
    "Nacos",
    "nerdctl",
    "OpenBao",
    "overlay",
    "Pod",
    "podman",
    "prod",
    "Operator",
    "Prometheus",
    "queue-proxy",
    "revert",
    "Revision",
    "rollout",
    "root",
    "runc",
    "Schema",
    "Secret",
    "Secrets",
    "shop",
    "Serverless",
    "Service",
    "shell",
    "Sigstore",
    "sleep",
    "Space",
    "span",
    "stash",
    "Tab",
    "Tempo",
    "undo",
    "Vault",
    "Windows",
    "xfs",
    "zip",
    "zsh",
}
"""Names of programs, objects, keys and licences, and the words that the field uses as they are."""
_SERVICES = ("SERVICE", "my-service", "orders")
_QUOTED = r"'[^'\n]*'|`[^`\n]*`|\"[^\"\n]*\""
_COMMAND = r"^\s*(?:cd|curl|git|gocontainer|kubectl|make) [^#\u2e80-\uffff\n]*"
_CALL = r"\bgocontainer [a-z]+"
_TERM = r"^  [a-z-]+(?= {2,})"
"""A command in a list of them."""
_FLAG = r"(?<!\w)--?[A-Za-z][\w-]*(?:=\S+)?"
_TOKEN = re.compile(r"[^\s\u2e80-\uffff()\[\]{},;|<>\u2018-\u201f]+")
_WORD = re.compile(r"[A-Za-z]+(?:[-'][A-Za-z]+)*")
_VALUES = {
    *BY_NAME,
    *(name.replace("_", "-") for name in BY_NAME),
    *(value for option in (PROFILE, *OPTIONS) if isinstance(option, Select) for value in option.values),
    *(choice for parameter in UPDATE for choice in parameter.choices),
    *("true", "false"),
    *_SERVICES,
}
_SENTENCES = [
    str(option.default).replace("{service}", service)
    for option in OPTIONS
    for service in _SERVICES
    if isinstance(option, Text) and " " in str(option.default)
]
"""Default answers: they are written into files as they are."""


def english(text: str, known: Iterable[str] = ()) -> list[str]:
    """Return the English words of ``text``; ``known`` are texts that stand in it as they are, such as answers."""
    for each in sorted({*known, *_SENTENCES}, key=len, reverse=True):
        text = re.sub(r"\s+".join(map(re.escape, each.split())), " ", text)
    text = re.sub(f"(?m){_COMMAND}|{_CALL}|{_TERM}|{_QUOTED}|{_FLAG}", " ", text)
    return [word for token in _TOKEN.findall(text) for word in _words(token)]


def _words(token: str) -> list[str]:
    """Return the words of a run of letters; a path, a version, an identifier or an amount has none."""
    if re.search(r"[/_@=\\~$%0-9]|(?:^|\w)[.:]\w", token):
        return []
    return [word for word in _WORD.findall(token) if not _is_known(word)]


def _is_known(word: str) -> bool:
    is_sign = len(word) == 1 or word.upper() == word  # a unit, a placeholder, an abbreviation
    return is_sign or re.search("[a-z][A-Z]", word) is not None or word in NAMES or word in _VALUES
