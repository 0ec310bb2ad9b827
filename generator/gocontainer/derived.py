"""What templates need beyond the answers: derived values (``__name``) and filters.

A derived value is a string, and a flag is "true" or "", since plain cookiecutter can carry nothing
else. The same functions serve our own renderer and, through an extension, cookiecutter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from gocontainer import __version__
from gocontainer.centers import CREDENTIALS, PORTS
from gocontainer.kinds import Value
from gocontainer.sizing import Sizes

LICENSES = {"apache-2.0": "Apache-2.0", "mit": "MIT", "none": ""}
"""SPDX identifiers (spdx.org/licenses)."""
_WITHOUT_CERTIFICATES = ("scratch", "debian-slim", "ubuntu")
_WITHOUT_TIME_ZONES = ("scratch", "alpine", "debian-slim", "ubuntu")


def derive(answers: Mapping[str, Value], pins: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return every derived value for valid ``answers``.

    ``answers`` may hold numbers as strings, as cookiecutter does.
    """
    function, keda = answers["eventing"] == "kafka", answers["scaler"] == "keda"
    few, many = int(answers["min_replicas"]), int(answers["max_replicas"])
    to_zero = answers["scale_to_zero"] is True
    flags = {
        "__activation_scale": to_zero and few > 1,
        "__autoscaling": keda or many > few,
        "__center": answers["config_center"] != "none",
        "__disruption_budget": many > 1,
        "__keda": keda,
        "__knative": answers["target"] == "knative" and not keda,
        "__needs_certificates": answers["base_image"] in _WITHOUT_CERTIFICATES,
        "__overlays": answers["target"] == "kubernetes" or keda,
        "__own_sleep": answers["kubernetes_min"] == "1.27",
        "__single": few == 1,
        "__registry_is_github": registry(str(answers["image"])) == "ghcr.io",
    }
    values = {
        "__architectures": architectures(str(answers["platforms"])),
        "__base_image": pins["base_image"][str(answers["base_image"])],
        "__build_image": pins["base_image"]["build"],
        "__build_tags": _build_tags(answers),
        "__center_credentials": CREDENTIALS[str(answers["config_center"])],
        "__center_port": PORTS[str(answers["config_center"])],
        "__cgo_enabled": "1" if answers["cgo"] else "0",
        "__example": "events.go" if function else "quotes.go",
        "__hot": "" if answers["config_center"] == "none" else "+hot",
        "__license": LICENSES[str(answers["license"])],
        "__min_scale": 0 if to_zero else few,
        "__program": "function" if function else "server",
        "__registry": registry(str(answers["image"])),
        "__route": _route(answers),
        "__runner": pins["runner"]["arm64" if answers["cgo"] and answers["platforms"] == "linux/arm64" else "amd64"],
        "__version": __version__,
    }
    return (
        {name: "true" if flag else "" for name, flag in flags.items()}
        | {name: str(value) for name, value in values.items()}
        | {f"__{name}": str(value) for name, value in Sizes.of(answers).values().items()}
        | {f"__pin_{name}": value for name, value in pins["tool"].items()}
        | {f"__action_{name}": value for name, value in pins["action"].items()}
    )


def architectures(platforms: str) -> str:
    """Return what the nodes for ``platforms`` have as their label kubernetes.io/arch: arm of linux/arm/v7."""
    return ", ".join(platform.strip().partition("/")[2].partition("/")[0] for platform in platforms.split(","))


def registry(image: str) -> str:
    """Return the host that ``image`` is pulled from; Docker Hub's where it names none."""
    host = image.partition("/")[0]
    return host if host == "localhost" or {".", ":"} & set(host) else "docker.io"


def _build_tags(answers: Mapping[str, Value]) -> str:
    tags = []
    if answers["tracing"] or answers["config_center"] == "etcd":
        tags.append("grpcnotrace")  # the exporter and the client link grpc and would bring its debug pages
    if answers["base_image"] in _WITHOUT_TIME_ZONES:
        tags.append("timetzdata")  # the zone database inside the binary
    return ",".join(tags)


def _route(answers: Mapping[str, Value]) -> str:
    """Return the example's pattern and handler, as Go has them."""
    if answers["eventing"] == "kafka":
        return '"POST /", receive(function.New(cfg))'
    most = "cfg.QuoteMaxLines" if answers["config_center"] == "none" else "func() int { return cfg.Now().QuoteMaxLines }"
    return f'"POST /v1/quotes", createQuote({most})'


def markdown(text: str) -> str:
    """Escape ``text`` so that Markdown shows it as it is."""
    escaped = re.sub(r"([\\`*_\[\]<>|~$&])", r"\\\1", text)
    return re.sub(r"^(\d+(?=[.)])|(?=[#+=-]))", r"\1\\", escaped)


def quoted(text: str) -> str:
    """Return ``text`` as a double-quoted string of a Dockerfile."""
    return '"' + re.sub(r'(["\\$])', r"\\\1", text) + '"'


FILTERS: Mapping[str, Callable[[str], str]] = {"markdown": markdown, "quoted": quoted}
