"""The question for a config centre, and what is known of each."""

from __future__ import annotations

from gocontainer.options.types import LACKING, Choice, Select, by_value


class ConfigCenter(Choice):
    """A config centre; its client is a file of the template's ``internal/center``."""

    name: str = LACKING
    """What it is called in a sentence."""
    port: str = LACKING
    """Where it listens by default."""
    port_source: str = LACKING
    """Who says so."""
    credentials: str = LACKING
    """The files of the Secret by which it knows the service."""
    place: str = LACKING
    """The setting that gives an overlay a place of its own, with ``{overlay}`` and ``{service}`` to be filled in."""
    place_note: str = LACKING
    """What a comment says of that setting, where its name does not say it."""
    grpc: bool = LACKING
    """Whether its client links grpc."""
    binary_mb: float = LACKING
    """Megabytes of the compressed binary with its client and tracing: ``make bench-config``."""
    binary_mb_without_tracing: float = LACKING


_LOGIN = "`username` and `password`"
CONFIG_CENTERS = by_value(
    ConfigCenter(
        value="none",
        label="nowhere: a change rolls the pods",
        name="",
        port="",
        port_source="",
        credentials="",
        place="",
        place_note="",
        grpc=False,
        binary_mb=5.15,
        binary_mb_without_tracing=4.09,
    ),
    ConfigCenter(
        value="nacos",
        label="Nacos 2 or 3, asked every two seconds",
        name="Nacos",
        port="8848",
        port_source="nacos.io: the ports of Nacos",
        credentials=_LOGIN,
        place="APP_CENTER_NAMESPACE={overlay}",
        place_note="A namespace in Nacos, by its id.",
        grpc=False,
        binary_mb=5.23,
        binary_mb_without_tracing=4.23,
    ),
    ConfigCenter(
        value="apollo",
        label="Apollo, which tells of a change; gray releases",
        name="Apollo",
        port="8080",
        port_source="apollo-build-scripts: config_server_url in demo.sh",
        credentials="`secret`, the access key",
        place="APP_CENTER_ADDRESS=http://apollo-{overlay}:8080",
        place_note="The config service of this environment.",
        grpc=False,
        binary_mb=5.23,
        binary_mb_without_tracing=4.23,
    ),
    ConfigCenter(
        value="etcd",
        label="etcd, which tells of a change; its client is the largest",
        name="etcd",
        port="2379",
        port_source="etcd: its sample configuration",
        credentials=_LOGIN,
        place="APP_CENTER_PREFIX=/{overlay}/{service}/",
        place_note="",
        grpc=True,
        binary_mb=5.92,
        binary_mb_without_tracing=5.24,
    ),
)
"""The sizes were measured on 2026-11-25."""
CONFIG_CENTER = Select(
    name="config_center",
    group="runtime",
    title="Config centre",
    question="Where are settings changed while the service runs?",
    help="Where settings can be changed while the service runs.",
    why="A change needs no rollout then, and the service one more server, without which it goes on.",
    default="none",
    choices=tuple(CONFIG_CENTERS.values()),
    dependencies=True,
)
