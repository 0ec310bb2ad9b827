"""Derived from the tables by `gocontainer dev derive`; edits are lost."""

from collections.abc import Mapping, Sequence
from typing import Literal, Required, TypedDict


class AnswerValues(TypedDict, total=False):
    """The keywords of ``gocontainer.Answers``."""

    profile: Literal["minimal", "service", "serverless", "edge", "hardened"]
    service: Required[str]
    module: str
    description: str
    owner: str
    license: Literal["apache-2.0", "mit", "none"]
    image: str
    port: int
    base_image: Literal["scratch", "distroless-static", "distroless-base", "alpine", "debian-slim", "ubuntu"]
    cgo: bool
    platforms: str | Sequence[str]
    config_center: Literal["none", "nacos", "apollo", "etcd"]
    streams: bool
    tracing: bool
    monitoring: Literal["annotations", "operator", "none"]
    slo: Literal["99", "99.5", "99.9", "99.95", "99.99"]
    target: Literal["kubernetes", "knative", "kubeedge", "openyurt"]
    collector: Literal["none", "deployment"]
    eventing: Literal["none", "kafka"]
    scale_on: Literal["cpu", "requests", "lag"]
    concurrency: int
    task_seconds: int
    scale_to_zero: bool
    edge_features: str | Sequence[str]
    kubernetes_min: Literal[
        "1.23", "1.24", "1.25", "1.26", "1.27", "1.28", "1.29", "1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36"
    ]
    user_namespaces: bool
    cpu: str
    memory: str
    resources: Literal["strict", "latency"]
    startup_seconds: int
    liveness_period: int
    liveness_timeout: int
    liveness_failures: int
    drain_seconds: int
    min_replicas: int
    max_replicas: int
    network_policy: bool | Literal["none", "kubernetes", "cilium"]
    called_by: str | Sequence[str]
    calls: str | Sequence[str]
    policy: Literal["none", "native", "kyverno", "gatekeeper"]
    expose: Literal["none", "gateway", "ingress"]
    expose_host: str
    expose_gateway: str
    expose_issuer: str
    mesh: Literal["none", "istio"]
    pull_secret: str
    secrets: Literal["environment", "files", "external-secrets", "vault"]
    registry_mirrors: str | Mapping[str, str]
    go_proxy: str
    go_sumdb: str
    go_vulndb: str
    private_modules: str
    ca_bundle: str
    ci: Literal["github", "gitlab", "gitea", "jenkins", "none"]
    signing: Literal["keyless", "key", "none"]
    scan: Literal["trivy", "grype", "none"]
    digests: Literal["optional", "required"]
    deps_bot: Literal["dependabot", "renovate", "none"]
    update_wheel: str
