"""What an update changes in a service: limits that are others now, keys that are gone, and parts that moved."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import NamedTuple

from gocontainer.answers.lockfile import order
from gocontainer.options.subjects.targets import KNOWN, knows
from gocontainer.options.types import Value
from gocontainer.repository.objects import Entry
from gocontainer.repository.tree import File, Tree
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
        mark("A body that does not say that it is JSON is refused with 415"),
        'r.Header.Set("Content-Type", "application/json")',
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
    ChangedLimit(
        "0.2.0.dev0",
        mark("No secret is mounted, so the pod has no group for files in one; yours may need it"),
        "fsGroup: 65532",
        "deploy/base/deployment.yaml",
        of="deploy/base/deployment.yaml",
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
        there = not limit.of or limit.of in theirs
        if place and there and order(before) < order(limit.since) and not _says(theirs, place, limit.keeps):
            yield tr(
                "{change}: '{setting}' in {file} keeps the old limit.",
                change=tr(limit.what),
                setting=limit.keeps,
                file=place,
            )


def _says(tree: Tree, path: str, words: str) -> bool:
    return path in tree and words in tree[path].content.decode()


def unheeded(before: Tree, theirs: Tree, oldest: Value) -> Iterator[str]:
    """Yield a sentence for each line of the manifests that is written no more: Kubernetes ``oldest`` heeds none."""
    lines = {what: what.rpartition(".")[2].replace("=", ": ") for what in KNOWN if not knows(oldest, what)}
    lost = [what for what, line in lines.items() if _deploys(before, line) and not _deploys(theirs, line)]
    for what in lost:
        if not any(other.startswith(f"{what}=") for other in lost):
            since = KNOWN[what].since
            yield tr(
                "Kubernetes heeds '{line}' from {version} on, so it is written no more: '{command}' keeps it.",
                line=lines[what],
                version=since,
                command=f"gocontainer update --set kubernetes_min={since}",
            )


def _deploys(tree: Tree, line: str) -> bool:
    """Whether a manifest has a line that begins so."""
    found = re.compile(rb"^[ -]*" + re.escape(line.encode()) + rb"\b", re.MULTILINE)
    return any(path.startswith("deploy/") and found.search(file.content) for path, file in tree.items())


BRINGS_BACK: Mapping[str, str] = {"cpu-request": "resources=latency", "sleep": "kubernetes_min=1.27"}
"""The answer by which a service still has a key that others lost."""
_KEY = re.compile(r'\b(?:fs|set)\.\w+\((?:&[\w.]+, )?"([a-z0-9-]+)"')
"""A key, where the template's Go code names it."""
_NAMES_KEYS = re.compile(r"internal/(?:config|center)/\w+(?<!_test)\.go")
_SETS_KEYS = re.compile(r"(?:.*/)?(?:.*\.(?:ya?ml|json|toml|sh|env|mk|service)|\.env|(?:Docker|Make)file.*)")
_EMBEDDED = re.compile(rf"\b{re.escape(SETTINGS)}: [|>]")
"""Where a ConfigMap that is written by hand begins to say what is in the settings file."""


def keys(tree: Tree) -> set[str]:
    """Return the keys and flags that the service of ``tree`` knows."""
    code = (file.content.decode("utf-8", "replace") for path, file in tree.items() if _NAMES_KEYS.fullmatch(path))
    return {key for text in code for key in _KEY.findall(text)}


def gone(
    before: Tree, merged: Mapping[str, Entry], contents: Tree, read: Callable[[Sequence[str]], Sequence[bytes]]
) -> Iterator[str]:
    """Yield a sentence for each line that sets a key which only the service of ``before`` knows.

    What was merged is in ``contents``, or else for ``read``: all that may set a key, only where one is gone.
    """

    def after(names: re.Pattern[str]) -> Tree:
        paths = [path for path, each in merged.items() if each.is_file and names.fullmatch(path)]
        stored = [path for path in paths if path not in contents]
        found = dict(zip(stored, read([merged[path].oid for path in stored]), strict=True))
        return {path: File(found[path]) if path in found else contents[path] for path in paths}

    lost = sorted(keys(before) - keys(after(_NAMES_KEYS)))
    if lost:
        yield from _set_in(after(_SETS_KEYS), lost)


def _set_in(after: Tree, lost: Sequence[str]) -> Iterator[str]:
    found = set[str]()
    for path in sorted(after):
        embedded = False
        for number, line in enumerate(after[path].content.decode("utf-8", "replace").splitlines(), 1):
            embedded = embedded or bool(_EMBEDDED.search(line))
            for key in lost:
                sentence = _unknown(key, line, f"{path}:{number}", embedded=embedded)
                if sentence:
                    found.add(key)
                    yield sentence
    for key in sorted(found & BRINGS_BACK.keys()):
        command = f"gocontainer update --set {BRINGS_BACK[key]}"
        yield tr("'{command}' gives the service {key} again.", command=command, key=key)


def _unknown(key: str, line: str, place: str, *, embedded: bool) -> str:
    """Return what is said of a line that sets ``key``; nothing where it does not."""
    variable = f"APP_{key.replace('-', '_').upper()}"
    indent = r"\s*" if embedded else ""
    if line.lstrip().startswith("#"):
        return ""
    if re.search(rf"^{indent}[\"']?{key}[\"']?\s*:|(?<![\w-])--?{key}(?![\w-])", line):
        return tr("{place} sets {key}, which the service refuses now: delete it.", place=place, key=key)
    if re.search(rf"\b{variable}\b", line):
        return tr("{place} sets {key}, which the service ignores now: delete it.", place=place, key=variable)
    return ""


_BOT = ".github/workflows/template.yml"
INSTALLED = ".gocontainer/requirements.txt"
"""What the bot installs."""
BY_NAME = re.compile(rb"(?m)^gocontainer==[\w.]+$")
"""What 0.1.0 installed gocontainer by."""


def replaced(before: Tree, theirs: Tree) -> Iterator[str]:
    """Yield a sentence for each program of a repository for which something else stands now."""
    if _BOT not in theirs and BY_NAME.search(before.get(INSTALLED, File(b"")).content):
        yield tr(
            "{file}, which proposed newer templates, goes: it installed gocontainer by its name alone. '{command}' "
            "brings one that installs by hash.",
            file=_BOT,
            command="gocontainer update --set update_wheel=ADDRESS#sha256=HASH",
        )
    if "cmd/sites/main.go" in before and "cmd/sites/main.go" not in theirs and "deploy/sites.yaml" in theirs:
        yield tr(
            "'make sites' and 'make wave' run 'gocontainer sites' now, which reads the same files and writes the same "
            "manifests: delete cmd/sites and internal/sites where you changed them."
        )
