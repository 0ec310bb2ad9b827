"""What of the service a newer template changed: limits, each with the line that keeps the old one, and moved parts."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
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
        'r.Header.Del("Content-Type")',
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


class MovedPart(NamedTuple):
    """A part of the code that stands in another file since a version."""

    since: str
    what: str
    old: str
    new: str


MOVED: Sequence[MovedPart] = (
    MovedPart("0.2.0.dev0", mark("routes"), "internal/httpapi/httpapi.go", "internal/httpapi/routes.go"),
    MovedPart("0.2.0.dev0", mark("what handlers are given"), "internal/httpapi/httpapi.go", "internal/deps/deps.go"),
    MovedPart("0.2.0.dev0", mark("settings of your own"), "internal/config/config.go", "internal/config/own.go"),
    MovedPart(
        "0.2.0.dev0",
        mark("values of settings that tests must say"),
        "internal/config/config_test.go",
        "internal/config/configtest/configtest.go",
    ),
    MovedPart("0.2.0.dev0", mark("what is opened and closed"), "internal/app/app.go", "internal/deps/deps.go"),
    MovedPart(
        "0.2.0.dev0",
        mark("tests of the example"),
        "internal/httpapi/httpapi_test.go",
        "internal/httpapi/quotes_test.go",
    ),
)


def moved(before: str, edited: Container[str], theirs: Tree) -> Iterator[str]:
    """Yield where each part stands now that moved since version ``before`` out of an ``edited`` file."""
    for part in MOVED:
        if part.old in edited and part.new in theirs and order(before) < order(part.since):
            yield tr(
                "{part}: no longer in {old}, which you changed, but in {new}",
                part=tr(part.what),
                old=part.old,
                new=part.new,
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
