"""What a newer template changed that its owner has to know: limits, with the line that keeps the old one; programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gocontainer.answers.lockfile import order
from gocontainer.repository.tree import Tree
from gocontainer.texts import mark, tr

SETTINGS = "config.yaml"
"""The service's settings file, wherever its target has it."""


class ChangedLimit(NamedTuple):
    """A limit that is another one since a version."""

    since: str
    what: str
    keeps: str
    """The line that keeps the limit of before."""
    place: str = SETTINGS
    """The file that it belongs to."""
    of: str = ""
    """The file without which a repository has no such limit."""


CHANGED: Sequence[ChangedLimit] = (
    ChangedLimit("0.2.0.dev0", mark("A body may have 64 KiB, no longer 1 MiB"), "max-body-bytes: 1048576"),
    ChangedLimit("0.2.0.dev0", mark("A header may have 16 KiB, no longer 64 KiB"), "max-header-bytes: 65536"),
    ChangedLimit(
        "0.2.0.dev0",
        mark("As many requests are in flight as there is memory for, and twice as many connections, no longer 1024"),
        "max-in-flight: 1024",
        of="internal/httpapi/quotes.go",
    ),
    ChangedLimit(
        "0.2.0.dev0",
        mark("A body that says that it is no JSON is refused with 415"),
        "return func(w",
        "internal/httpapi/quotes.go",
        of="internal/httpapi/quotes.go",
    ),
    ChangedLimit(
        "0.2.0.dev0",
        mark("A config centre may send what there is memory for, no longer 1 MiB"),
        "return 1024 * 1024",
        "internal/memory/memory.go",
        of="internal/center/http.go",
    ),
    ChangedLimit(
        "0.2.0.dev0",
        mark("A service that is told to send traces by gRPC does not start, where it sent them by HTTP"),
        "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        "the environment",
        of="internal/telemetry/tracing.go",
    ),
)


def crossed(before: str, theirs: Tree) -> Iterator[str]:
    """Yield a sentence for each limit that changed since version ``before``; ``theirs`` is the newest render."""
    settings = next((path for path in theirs if path.startswith("deploy/") and path.endswith(f"/{SETTINGS}")), None)
    for limit in CHANGED:
        place = settings if limit.place == SETTINGS else limit.place
        if place and (not limit.of or limit.of in theirs) and order(before) < order(limit.since):
            yield tr(
                "{change}: '{setting}' in {file} keeps the old limit.",
                change=tr(limit.what),
                setting=limit.keeps,
                file=place,
            )


def replaced(before: Tree, theirs: Tree) -> Iterator[str]:
    """Yield a sentence for each program of a repository that a command of gocontainer stands for now."""
    if "cmd/sites/main.go" in before and "cmd/sites/main.go" not in theirs and "deploy/sites.yaml" in theirs:
        yield tr(
            "'make sites' and 'make wave' run 'gocontainer sites' now, which reads the same files and writes the same "
            "manifests: delete cmd/sites and internal/sites where you changed them."
        )
