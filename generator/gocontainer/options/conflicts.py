"""Answers that are fine one by one and cannot work together. Nothing else knows of such a case."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

from gocontainer.options.patterns import either
from gocontainer.options.sets import AtLeast
from gocontainer.options.subjects.base_images import BASE_IMAGES
from gocontainer.options.subjects.config_centers import CONFIG_CENTERS
from gocontainer.options.subjects.delivery import CI_PROVIDERS, WITHOUT_ISSUER
from gocontainer.options.subjects.policies import POLICIES
from gocontainer.options.subjects.serverless import KNATIVE_PORTS
from gocontainer.options.subjects.targets import ON_SITES, TARGET, too_old
from gocontainer.options.table import BY_NAME, PLATFORMS
from gocontainer.options.types import ALWAYS, Option, Record, Select, Toggle, Value, When, holds


class Move(NamedTuple):
    """A default that moves out of the way of the answer ``cause``."""

    name: str
    value: Value
    cause: str


class Conflict(Record):
    """Answers that cannot work together, why, and the way out.

    Either every answer named in ``when`` is one of its values, or the first of ``ordered`` is
    above the second.
    """

    when: When = ALWAYS
    ordered: tuple[str, str] | None = None
    reason: str
    hint: str
    of_our_code: bool = False
    """Whether the template's own code is what stands in the way: a repository that was adopted has none of it."""

    @property
    def names(self) -> tuple[str, ...]:
        return self.ordered or tuple(self.when)

    def applies(self, values: Mapping[str, Value]) -> bool:
        """Whether ``values`` have this conflict."""
        if self.ordered:
            low, high = self.ordered
            return int(values[low]) > int(values[high])
        return holds(self.when, values)

    def room(self, values: Mapping[str, Value], held: Container[str]) -> Move | None:
        """Return how an answer that is not ``held`` ends this conflict, if one can."""
        for name in self.names:
            if name in held:
                continue
            option = BY_NAME[name]
            others = [values[other] for other in self.ordered or () if other != name]
            for value in others or alternatives(option):
                if option.fits(value) and not self.applies({**values, name: value}):
                    return Move(name, value, next(other for other in self.names if other != name))
        return None


def alternatives(option: Option) -> Sequence[Value]:
    """Return the values that a default may move to; there are none where any other is as good, or is too much.

    Another target would be another service: who wants one says so.
    """
    if isinstance(option, Select) and option is not TARGET:
        return option.values
    return (False, True) if isinstance(option, Toggle) else ()


_WITH_GLIBC = [name for name, image in BASE_IMAGES.items() if image.libc == "glibc"]
CONFLICTS: tuple[Conflict, ...] = (
    Conflict(
        when={"cgo": (True,), "base_image": tuple(name for name in BASE_IMAGES if name not in _WITH_GLIBC)},
        reason="a binary with C code needs glibc at run time, and this image has none",
        hint=f"Take base_image {either(_WITH_GLIBC)}.",
    ),
    Conflict(
        when={"cgo": (True,), "platforms": PLATFORMS.several()},
        reason="C code is compiled on the platform that it runs on",
        hint="Take one platform.",
    ),
    Conflict(
        when={"cgo": (True,), "platforms": ("linux/arm/v7",)},
        reason="C code is compiled on the platform that it runs on, and no builder is 32-bit",
        hint="Take linux/amd64 or linux/arm64.",
    ),
    Conflict(
        when={"port": (6060, 8081)},
        reason="8081 is for probes and metrics and 6060 for profiles",
        hint="Take another port.",
        of_our_code=True,
    ),
    Conflict(
        when={"target": ("knative",), "port": KNATIVE_PORTS},
        reason="Knative's own proxy in the pod listens there",
        hint="Take another port.",
    ),
    Conflict(
        when={"target": ("knative",), "scale_on": ("cpu",)},
        reason="Knative scales by requests in flight",
        hint="Take scale_on requests or target kubernetes.",
    ),
    Conflict(
        when={"scale_on": ("lag",), "target": ("kubernetes",)},
        reason="only a function reads messages that could wait",
        hint="Take target knative with eventing kafka, or scale_on cpu or requests.",
    ),
    Conflict(
        when={"target": ("knative",), "scale_on": ("lag",), "eventing": ("none",)},
        reason="without events no message waits",
        hint="Take eventing kafka, or scale_on requests.",
    ),
    Conflict(
        when={"monitoring": ("annotations", "none"), "scale_on": ("requests",), "target": ("kubernetes",)},
        reason="KEDA asks Prometheus how many requests are in flight, by the labels that its operator gives them",
        hint="Take monitoring operator, or scale_on cpu.",
    ),
    Conflict(
        when={"edge_features": AtLeast(("host-path",)), "kubernetes_min": too_old("kind=ValidatingAdmissionPolicy")},
        reason="the policy that bounds a host path is known to Kubernetes from 1.30 on",
        hint="Leave host-path out, or take kubernetes_min 1.30.",
    ),
    Conflict(
        when={"edge_features": AtLeast(("plain-deployments,held-upgrade", "plain-deployments,device-router"))},
        reason="only the platform's own objects hold an upgrade or go with its devices",
        hint="Leave plain-deployments out, or else held-upgrade and device-router.",
    ),
    Conflict(
        when={
            "target": tuple(name for name in ON_SITES if name != "kubeedge"),
            "edge_features": AtLeast(("device-router",)),
        },
        reason="devices and their routes are KubeEdge's",
        hint="Take target kubeedge, or leave device-router out.",
    ),
    Conflict(
        when={"policy": ("native",), "kubernetes_min": too_old("kind=ValidatingAdmissionPolicy")},
        reason="policies of its own are known to Kubernetes from 1.30 on",
        hint="Take policy kyverno or gatekeeper, or kubernetes_min 1.30.",
    ),
    Conflict(
        when={"mesh": ("istio",), "policy": POLICIES},
        reason="the proxy's image is put into the pod later, and is neither from our registry nor named by its digest",
        hint="Take policy none or mesh none.",
    ),
    Conflict(
        when={"mesh": ("istio",), "network_policy": ("cilium",)},
        reason="Cilium looks for paths in what the proxies have encrypted",
        hint="Take network_policy kubernetes or mesh none.",
    ),
    Conflict(
        when={"mesh": ("istio",), "expose": ("ingress",)},
        reason="strict mTLS refuses an Ingress controller, which is not in the mesh",
        hint="Take expose gateway, with a Gateway of Istio's, or mesh none.",
    ),
    Conflict(
        when={"secrets": ("vault",), "policy": POLICIES},
        reason="the policy refuses the agent's image, which comes from elsewhere and by a tag",
        hint="Take secrets external-secrets, which Vault and OpenBao can fill as well, or policy none.",
    ),
    Conflict(
        when={"secrets": ("vault",), "target": ("knative",)},
        reason="Knative refuses a volume that the agent alone mounts",
        hint="Take secrets external-secrets, which Vault and OpenBao can fill as well.",
    ),
    Conflict(
        when={"secrets": ("vault",), "target": ON_SITES},
        reason="a site starts without its link, and the agent would wait for it",
        hint="Take secrets external-secrets, which Vault and OpenBao can fill as well.",
    ),
    Conflict(
        when={"user_namespaces": (True,), "kubernetes_min": too_old("spec.hostUsers")},
        reason="pods have users of their own from Kubernetes 1.33 on",
        hint="Take user_namespaces false or kubernetes_min 1.33.",
    ),
    Conflict(
        when={"policy": POLICIES, "collector": ("deployment",)},
        reason="the policy refuses the collector's image, which has no digest and comes from another registry",
        hint="Take collector none, or policy none.",
    ),
    Conflict(
        when={"signing": ("keyless",), "ci": WITHOUT_ISSUER},
        reason="only a pipeline that Sigstore knows can sign without a key",
        hint="Take signing key or none.",
    ),
    Conflict(
        when={"ci": tuple(name for name, ci in CI_PROVIDERS.items() if ci.deps_bot), "deps_bot": ("dependabot",)},
        reason="Dependabot is GitHub's, and this pipeline is for repositories elsewhere",
        hint="Take deps_bot renovate or none.",
    ),
    *(
        Conflict(
            # Messages that wait are events, too, whether that was said or follows.
            when={**event, "config_center": tuple(name for name in CONFIG_CENTERS if name != "none")},
            reason="a function starts with the first event, which would wait for the config centre as well",
            hint="Take config_center none: a change of the settings is a new revision.",
        )
        for event in ({"eventing": ("kafka",)}, {"target": ("knative",), "scale_on": ("lag",)})
    ),
    Conflict(
        ordered=("min_replicas", "max_replicas"),
        reason="the fewest replicas are more than the most",
        hint="Raise max_replicas or lower min_replicas.",
    ),
    Conflict(
        ordered=("liveness_timeout", "liveness_period"),
        reason="the next probe would start before the answer to this one is late",
        hint="Raise liveness_period or lower liveness_timeout.",
    ),
)
