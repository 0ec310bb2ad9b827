"""The images that the node's registry has."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.support import rendered
from tests.images.container import able_to_hold
from tests.images.engine import Engine
from tests.kube.node import Node, node

IMAGE, NEWER, FAULTY = "localhost/orders:v0.1.0", "localhost/orders:v0.2.0", "localhost/orders:v0.1.0-faulty"
"""The first is what the manifests name; the last can be made to hold memory, and has handlers that wait."""


@contextmanager
def stocked(engine: Engine, scratch: Path, sync: int = 1) -> Iterator[Node]:
    """Build the images, and start a node that can pull them; its autoscaler decides every ``sync`` seconds."""
    repository = rendered(scratch)
    builds = {image: engine.build(repository, arguments={"VERSION": image}) for image in (IMAGE, NEWER)}
    builds[FAULTY] = engine.build(_with_faults(able_to_hold(repository)))
    with node(sync) as running:
        for image, build in builds.items():
            running.push(build, image)
        yield running


def _with_faults(repository: Path) -> Path:
    """Add handlers that wait, as an owner would add a route."""
    shutil.copy(Path(__file__).with_name("faults") / "faults.go", repository / "internal/httpapi")
    routes = repository / "internal/httpapi/routes.go"
    before = "\tmux := http.NewServeMux()\n"
    assert before in routes.read_text()
    routes.write_text(routes.read_text().replace(before, f"{before}\taddFaults(mux)\n"))
    return repository
