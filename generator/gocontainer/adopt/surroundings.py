"""What lies around the code: images, manifests, pipelines, bots, databases."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gocontainer.adopt.sources import Evidence, Found, Sources
from gocontainer.repository.dockerfile import is_dockerfile

_EXPOSE = re.compile(r"^[ \t]*EXPOSE[ \t]+(\d{2,5})", re.MULTILINE | re.IGNORECASE)
_COPY = re.compile(r"^[ \t]*(?:COPY|ADD)[ \t]+(?!--from)(\S.*)$", re.MULTILINE | re.IGNORECASE)
_STARTED = re.compile(r"^[ \t]*(ENTRYPOINT|CMD)[ \t]+(\S.*)$", re.MULTILINE | re.IGNORECASE)
_INITS = ("tini", "dumb-init", "catatonit")
"""What starts another program, which it is told behind two hyphens."""
_COMPILES = re.compile(r"\bgo[ \t]+(?:build|install)\b|\bmake\b")
_FROM = re.compile(r"^[ \t]*FROM[ \t]", re.MULTILINE | re.IGNORECASE)
_KIND = re.compile(r"^kind:\s*(?:Deployment|StatefulSet|DaemonSet|Service|Kustomization)\s*$", re.MULTILINE)
_CONTAINER_PORT = re.compile(r"^[ \t]*(?:-[ \t]*)?containerPort:[ \t]*(\d{2,5})[ \t]*$", re.MULTILINE)
_ANYTHING = re.compile(r"^.+$", re.MULTILINE)
DATABASES: Mapping[str, str] = {
    "PostgreSQL": r"github\.com/(?:jackc/pgx|lib/pq)",
    "MySQL": r"github\.com/go-sql-driver/mysql",
    "SQLite": r"(?:github\.com/(?:mattn/go-sqlite3|glebarez/sqlite)|modernc\.org/sqlite)",
    "MongoDB": r"go\.mongodb\.org/mongo-driver",
    "Redis": r"github\.com/(?:redis/go-redis|go-redis/redis|gomodule/redigo)",
    "Kafka": r"github\.com/(?:segmentio/kafka-go|(?:IBM|Shopify)/sarama|twmb/franz-go|confluentinc/confluent-)",
    "etcd": r"go\.etcd\.io/etcd/client",
}
"""Servers that a module in go.mod speaks with."""
PIPELINES: Mapping[str, str] = {
    "github": r"\.github/workflows/[^/]+\.ya?ml",
    "gitea": r"\.(?:gitea|forgejo)/workflows/[^/]+\.ya?ml",
    "GitLab CI": r"\.gitlab-ci\.yml",
    "Jenkins": r"Jenkinsfile",
    "CircleCI": r"\.circleci/config\.yml",
    "Travis CI": r"\.travis\.yml",
    "Drone": r"\.drone\.ya?ml",
    "Azure Pipelines": r"azure-pipelines\.ya?ml",
    "Buildkite": r"\.buildkite/.+\.ya?ml",
}
"""By whom a pipeline is run, and where it lies; those that are answers of the option ci are called as these are."""
_BOTS = r"\.github/(?:dependabot\.ya?ml|renovate\.json5?)|\.?renovate(?:\.json5?|rc(?:\.json)?)"


class Surroundings(NamedTuple):
    """What is there, each with the place that says so."""

    dockerfiles: list[Evidence]
    exposed: list[tuple[int, Evidence]]
    """Ports by Dockerfiles and manifests."""
    copied: list[Evidence]
    """What the last stage of the Dockerfile takes from the folder, if it compiles nothing."""
    arguments: tuple[list[str], Evidence] | None
    """With what it starts the program."""
    manifests: list[Evidence]
    charts: list[Evidence]
    pipelines: dict[str, Evidence]
    bot: Evidence | None
    databases: dict[str, Evidence]


def look(sources: Sources) -> Surroundings:
    """Return what lies around the code."""
    dockerfiles = sources.named(lambda path: is_dockerfile(path) and path.count("/") <= 2)  # noqa: PLR2004
    top = [path for path in dockerfiles if path == "Dockerfile"]
    manifests = sources.named(lambda path: path.endswith((".yaml", ".yml")) and "/templates/" not in path)
    ports = [*sources.find(_EXPOSE, top or dockerfiles[:1]), *sources.find(_CONTAINER_PORT, manifests)]
    found: dict[str, Evidence] = {}
    for name, pattern in PIPELINES.items():
        where = next(_head(sources, pattern), None)
        found |= {name: where} if where else {}
    return Surroundings(
        dockerfiles=[each for path in dockerfiles for each in _head(sources, re.escape(path))],
        exposed=[(int(each.match[1]), each.where) for each in ports],
        copied=_copied(sources, top),
        arguments=_arguments(sources, top),
        manifests=_once(sources.find(_KIND, manifests)),
        charts=[*_head(sources, r"(?:.+/)?Chart\.yaml")],
        pipelines=found,
        bot=next(_head(sources, _BOTS), None),
        databases=_databases(sources),
    )


def _head(sources: Sources, pattern: str) -> Iterator[Evidence]:
    """Yield the first line that says something of each file whose path is as the pattern says."""
    for path in sources.named(lambda path: re.fullmatch(pattern, path)):
        found = next(sources.find(_ANYTHING, [path]), None)
        yield found.where if found else Evidence(path, 1, "")


def _once(found: Iterator[Found]) -> list[Evidence]:
    files: dict[str, Evidence] = {}
    for each in found:
        files.setdefault(each.where.path, each.where)
    return list(files.values())


def _last_stage(sources: Sources, pattern: re.Pattern[str], dockerfiles: list[str]) -> list[Found]:
    """Return what of the last stage matches."""
    start = max((each.where.line for each in sources.find(_FROM, dockerfiles)), default=0)
    return [each for each in sources.find(pattern, dockerfiles) if each.where.line > start]


def _copied(sources: Sources, dockerfiles: list[str]) -> list[Evidence]:
    compiles = _last_stage(sources, _COMPILES, dockerfiles)
    return [] if compiles else [each.where for each in _last_stage(sources, _COPY, dockerfiles)]


def _arguments(sources: Sources, dockerfiles: list[str]) -> tuple[list[str], Evidence] | None:
    said = {each.match[1].upper(): each for each in _last_stage(sources, _STARTED, dockerfiles)}
    words = [word for kind in ("ENTRYPOINT", "CMD") if kind in said for word in _words(said[kind].match[2])]
    if words and posixpath.basename(words[0]) in _INITS and "--" in words:
        words = words[words.index("--") + 1 :]
    where = said.get("CMD") or said.get("ENTRYPOINT")
    return (words[1:], where.where) if where and words[1:] else None


def _words(text: str) -> list[str]:
    """Return the words of a command, which is a list in JSON or a line of a shell; none where it is neither."""
    try:
        found = json.loads(text) if text.startswith("[") else shlex.split(text)
    except ValueError:
        return []
    return [str(each) for each in found]


def _databases(sources: Sources) -> dict[str, Evidence]:
    found: dict[str, Evidence] = {}
    for name, pattern in DATABASES.items():
        line = re.compile(rf"^(?:require[ \t]+|[ \t]+)({pattern}\S*)[ \t]+v(?!.*// indirect)", re.MULTILINE)
        first = next(sources.find(line, ["go.mod"]), None)
        found |= {name: first.where} if first else {}
    return found
