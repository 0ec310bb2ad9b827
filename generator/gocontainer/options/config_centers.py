"""The question for a config centre, and what differs between the choices."""

from __future__ import annotations

from collections.abc import Mapping

from gocontainer.options.types import Choice, Select

CONFIG_CENTER = Select(
    name="config_center",
    group="runtime",
    help="Where settings can be changed while the service runs.",
    why="A change needs no rollout then, and the service one more server, without which it goes on.",
    default="none",
    choices=(
        Choice(value="none", label="nowhere: a change rolls the pods"),
        Choice(value="nacos", label="Nacos 3, asked every two seconds"),
        Choice(value="apollo", label="Apollo, which tells of a change; gray releases"),
        Choice(value="etcd", label="etcd, which tells of a change; its client is the largest"),
    ),
    dependencies=True,
)
NAMES: Mapping[str, str] = {"none": "", "nacos": "Nacos", "apollo": "Apollo", "etcd": "etcd"}
"""What each is called in a sentence."""
PORTS: Mapping[str, str] = {"none": "", "nacos": "8848", "apollo": "8080", "etcd": "2379"}
"""Where each listens by default."""
_LOGIN = "`username` and `password`"
CREDENTIALS: Mapping[str, str] = {"none": "", "nacos": _LOGIN, "apollo": "`secret`, the access key", "etcd": _LOGIN}
"""The files of the Secret by which each knows the service."""
