"""What templates need beyond the answers: derived values (``__name``) and filters.

A derived value is a string, and a flag is "true" or "", since plain cookiecutter can carry nothing
else. The same functions serve our own renderer and, through an extension, cookiecutter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from gocontainer import __version__
from gocontainer.options.subjects import edge, network
from gocontainer.options.subjects.base_images import BASE_IMAGES
from gocontainer.options.subjects.config_centers import CONFIG_CENTERS
from gocontainer.options.subjects.delivery import CI_PROVIDERS
from gocontainer.options.subjects.monitoring import OBJECTIVES
from gocontainer.options.subjects.policies import POLICIES
from gocontainer.options.subjects.secrets import SECRET_SOURCES
from gocontainer.options.subjects.targets import EDGE_PLATFORMS, TARGETS, WAYS_IN, knows
from gocontainer.options.text_kinds import entries
from gocontainer.options.types import Value, When, holds
from gocontainer.rendering import peers, scale_out
from gocontainer.rendering.failover import Failover
from gocontainer.rendering.sizing import POLLING, Sizes

LICENSES = {"apache-2.0": "Apache-2.0", "mit": "MIT", "none": ""}
"""SPDX identifiers (spdx.org/licenses)."""
HARDENED: When = {
    "network_policy": ("kubernetes", "cilium"),
    "policy": POLICIES,
    "scan": ("trivy", "grype"),
    "digests": ("required",),
}
"""What makes a repository a hardened one, which has a page about it."""
INGRESS_NGINX = "ingress-nginx"
"""The namespace that the controller whose annotations an Ingress has runs in, by its own manifests."""


def template_variables(answers: Mapping[str, Value], pins: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return every derived value for valid ``answers``, which may hold numbers as strings, as cookiecutter does."""
    flags, values = _flags(answers), _values(answers, pins)
    return (
        {name: "true" if flag else "" for name, flag in flags.items()}
        | {name: str(value) for name, value in values.items()}
        | {f"__{name}": str(value) for name, value in Sizes.of(answers).values().items()}
        | {f"__{name}": str(value) for name, value in Failover.of(answers).values().items()}
        | {f"__pin_{name}": value for name, value in pins["tool"].items()}
        | {f"__action_{name}": value for name, value in pins["action"].items()}
        | {f"__least_{name}": pins["least"][name] for name in ("declarative", "gitlab", "jenkins")}
    )


def _flags(answers: Mapping[str, Value]) -> dict[str, bool]:
    few, many = int(answers["min_replicas"]), int(answers["max_replicas"])
    keda, platform, target = answers["scale_on"] == "lag", edge.platform(answers), str(answers["target"])
    sites, center, oldest = target in EDGE_PLATFORMS, answers["config_center"] != "none", answers["kubernetes_min"]
    policy = "none" if sites else network.NETWORK_POLICY.meant(answers["network_policy"])
    overlays = target == "kubernetes" or keda
    secrets = SECRET_SOURCES[str(answers["secrets"])]
    same_zone = bool(platform) and edge.PLACEMENTS[platform].same_zone
    return {
        "__activation_scale": few > 1 and answers["scale_to_zero"] is True,
        "__autoscaling": not sites and (keda or many > few),
        "__center": center,
        "__certificate": answers["expose_issuer"] != "",
        "__certificate_elsewhere": answers["expose_issuer"] != "" and answers["expose"] == "gateway",
        "__container_metrics": knows(oldest, "metrics.containerResource"),
        "__deployment": TARGETS[target].deployment or keda,
        "__device_router": edge.has(answers, "device-router"),
        "__disruption_budget": not sites and (keda or many > 1),
        "__edge": sites,
        "__hardened": holds(HARDENED, {**answers, "network_policy": str(policy)}),
        "__held_upgrade": edge.has(answers, "held-upgrade"),
        "__keda": keda,
        "__knative": target == "knative" and not keda,
        "__local_volume": sites and not edge.has(answers, "host-path"),
        "__model": edge.has(answers, "model"),
        "__needs_certificates": bool(answers["ca_bundle"]) or not BASE_IMAGES[str(answers["base_image"])].certificates,
        **_network_flags(answers, str(policy), overlays=overlays),
        "__netrc": "://" in str(answers["go_proxy"])
        or any(each and not each.startswith("ssh://") for each in str(answers["private_modules"]).split(",")),
        "__node_groups": platform == "kubeedge",
        "__node_pools": platform == "openyurt",
        "__overlays": overlays,
        "__own_sleep": not knows(oldest, "preStop.sleep") and (keda or TARGETS[target].deployment),
        "__probe_grace": knows(oldest, "livenessProbe.terminationGracePeriodSeconds"),
        "__pull_secret": answers["pull_secret"] != "",
        "__registry_is_github": registry(str(answers["image"])) == CI_PROVIDERS[str(answers["ci"])].registry,
        "__same_zone": same_zone,
        "__secret_files": secrets.in_files,
        "__secret_volume": secrets.in_a_secret,
        "__separate_settings": target == "kubernetes" and center,
        "__short_tasks": int(answers["task_seconds"]) <= POLLING,
        "__single": few == 1,
        "__stores_results": answers["eventing"] == "kafka",
        "__spread_by_rollout": knows(oldest, "topologySpreadConstraints.matchLabelKeys"),
        "__unready_evicted": knows(oldest, "spec.unhealthyPodEvictionPolicy"),
        "__update_bot": answers["update_wheel"] != "",
    }


def _network_flags(answers: Mapping[str, Value], policy: str, *, overlays: bool) -> dict[str, bool]:
    """Return what a ``policy`` of the network knows of the peers."""
    is_there, calls = policy != "none", str(answers["calls"])
    return {
        "__called_by": is_there and answers["called_by"] != "",
        "__called_outside": is_there and network.outside(calls) != "",
        "__called_within": is_there and network.within(calls) != "",
        "__cilium": policy == "cilium",
        "__native_network_policy": policy == "kubernetes",
        "__network_policy": is_there,
        "__network_policy_component": policy == "cilium" or (policy == "kubernetes" and overlays),
    }


def _values(answers: Mapping[str, Value], pins: Mapping[str, Mapping[str, str]]) -> dict[str, Value]:
    center, platforms = CONFIG_CENTERS[str(answers["config_center"])], str(answers["platforms"])
    knative = answers["target"] == "knative" and answers["scale_on"] != "lag"
    platform = edge.platform(answers)
    ci, (private_modules, over_ssh) = CI_PROVIDERS[str(answers["ci"])], _private(str(answers["private_modules"]))
    return {
        "__architectures": architectures(platforms),
        "__build_tags": ",".join(_build_tags(answers)),
        "__center_address": "deploy/knative/config.yaml" if knative else "deploy/components/config-center",
        "__center_cache": f"/{'data' if platform else 'tmp'}/last-good.yaml",
        "__center_credentials": center.credentials,
        "__center_name": center.name,
        "__center_place_dev": center.place.format(overlay="dev", service=answers["service"]),
        "__center_place_note": center.place_note,
        "__center_place_prod": center.place.format(overlay="prod", service=answers["service"]),
        "__center_port": center.port,
        "__cgo_enabled": "1" if answers["cgo"] else "0",
        "__edge_node": edge.PLACEMENTS[platform].node if platform else "",
        "__error_budget": OBJECTIVES[str(answers["slo"])].budget,
        "__exposed": WAYS_IN[str(answers["expose"])].file,
        "__five_fold": scale_out.five_fold(answers),
        "__first_architecture": architectures(platforms).partition(",")[0],
        "__image_folder": str(answers["image"]).rpartition("/")[0],
        "__license": LICENSES[str(answers["license"])],
        "__min_scale": 0 if answers["scale_to_zero"] is True else answers["min_replicas"],
        "__policy_kind": policy_kind(str(answers["service"])),
        "__policy_template": policy_kind(str(answers["service"])).lower(),
        "__private_modules": private_modules,
        "__program": "function" if answers["eventing"] == "kafka" else "server",
        "__registry": registry(str(answers["image"])),
        "__runner": _runner(answers, pins),
        "__runs": ci.runs,
        "__signer": ci.signer,
        "__signer_issuer": ci.issuer,
        "__sites_folder": f"deploy/{platform}",
        "__sites_platform": edge.sites_platform(answers),
        "__ssh_hosts": " ".join(over_ssh),
        "__version": __version__,
        "__zone_preference": _zone_preference(answers["kubernetes_min"]),
        **_images(answers, pins),
        **_peers(answers),
    }


def _images(answers: Mapping[str, Value], pins: Mapping[str, Mapping[str, str]]) -> dict[str, Value]:
    """Return the images that are named, where they are pulled from."""
    pinned = {
        "__base_image": pins["base_image"][str(answers["base_image"])],
        "__build_image": pins["base_image"]["build"],
        "__buildkit_image": pins["builder_image"]["buildkit"],
        **{f"__{name}_image": image for name, image in pins["observe_image"].items()},
        "__rootless_image": pins["builder_image"]["rootless"],
        "__sbom_image": pins["builder_image"]["sbom"],
        "__syntax_image": pins["builder_image"]["syntax"],
        "__trivy_db": pins["builder_image"]["trivy_db"],
    }
    return {name: mirrored(image, str(answers["registry_mirrors"])) for name, image in pinned.items()}


def _peers(answers: Mapping[str, Value]) -> dict[str, Value]:
    """Return what a policy names: what is called, which paths are served, and where outside requests come from."""
    calls, (namespace, _, gateway) = str(answers["calls"]), str(answers["expose_gateway"]).partition("/")
    return {
        "__called_hosts": network.outside(calls),
        "__called_services": network.within(calls),
        "__gateway_name": gateway,
        "__gateway_namespace": namespace,
        "__served_paths": "/" if answers["eventing"] == "kafka" else "/(v1/.*)?",
        "__way_in": namespace if answers["expose"] == "gateway" else INGRESS_NGINX,
    }


def policy_kind(service: str) -> str:
    """Return what Gatekeeper calls the rules of a service: OrdersApiPolicy of orders-api."""
    return f"{service.title().replace('-', '')}Policy"


def _private(modules: str) -> tuple[str, list[str]]:
    """Return the answer to ``private_modules`` as GOPRIVATE takes it, and the hosts that are asked over SSH."""
    over_ssh = [each.removeprefix("ssh://") for each in modules.split(",") if each.startswith("ssh://")]
    paths = (re.sub(r"^ssh://([^/:]+)(?::[0-9]+)?", r"\1", each) for each in modules.split(","))
    return ",".join(dict.fromkeys(paths)), list(dict.fromkeys(each.partition("/")[0] for each in over_ssh))


def _zone_preference(oldest: Value) -> str:
    """Return by which name a Service prefers pods in the caller's zone; nothing where none is known."""
    if knows(oldest, "spec.trafficDistribution=PreferSameZone"):
        return "PreferSameZone"
    return "PreferClose" if knows(oldest, "spec.trafficDistribution") else ""


def _runner(answers: Mapping[str, Value], pins: Mapping[str, Mapping[str, str]]) -> str:
    """Return the machine that the pipeline runs on: C code is compiled on the platform that it runs on."""
    runners = CI_PROVIDERS[str(answers["ci"])].runners
    needs_arm = answers["cgo"] and answers["platforms"] == "linux/arm64"
    return pins[runners]["arm64" if needs_arm else "amd64"] if runners else ""


def architectures(platforms: str) -> str:
    """Return what the nodes for ``platforms`` have as their label kubernetes.io/arch: arm of linux/arm/v7."""
    return ", ".join(platform.strip().partition("/")[2].partition("/")[0] for platform in platforms.split(","))


def registry(image: str) -> str:
    """Return the host that ``image`` is pulled from; Docker Hub's where it names none."""
    host, slash, _ = image.partition("/")
    return host if slash and (host == "localhost" or {".", ":"} & set(host)) else "docker.io"


def mirrored(image: str, mirrors: str) -> str:
    """Return where an image comes from by the answer ``registry_mirrors``; a mirror for all has a path by registry."""
    host, places = registry(image), entries(mirrors) if image not in ("", "scratch") else {}
    path = image.removeprefix(f"{host}/")
    if host == "docker.io" and "/" not in path:
        path = f"library/{path}"
    if "" in places:
        return f"{places['']}/{host}/{path}"
    return f"{places[host]}/{path}" if host in places else image


def _build_tags(answers: Mapping[str, Value]) -> Iterator[str]:
    """Yield the tags that Go builds with."""
    exporter = answers["tracing"] and answers["eventing"] == "none"  # a function has one of its own, without grpc
    if exporter or CONFIG_CENTERS[str(answers["config_center"])].grpc:
        yield "grpcnotrace"
    if not BASE_IMAGES[str(answers["base_image"])].time_zones:
        yield "timetzdata"


def markdown(text: str) -> str:
    """Escape ``text`` so that Markdown shows it as it is."""
    escaped = re.sub(r"([\\`*_\[\]<>|~$&])", r"\\\1", text)
    return re.sub(r"^(\d+(?=[.)])|(?=[#+=-]))", r"\1\\", escaped)


def quoted(text: str) -> str:
    """Return ``text`` as a double-quoted string of a Dockerfile."""
    return '"' + re.sub(r'(["\\$])', r"\\\1", text) + '"'


FILTERS: Mapping[str, Callable[[str], str]] = {"markdown": markdown, "quoted": quoted, **peers.FILTERS}
