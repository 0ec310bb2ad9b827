"""Each pin that is rendered is raised by one manager of the bot: none is forgotten, and no two propose the same.

Where a manager looks, and what it takes there, is as in Renovate 44.121.2 (lib/modules/manager) and in the tables of
docs.github.com on Dependabot; Renovate's own managers are read from the rendered file. What the files must look like
says each bot's published schema, which is one of the judges.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pytest
import yaml

from gocontainer import render
from gocontainer.repository.tree import File, Tree
from tests.helpers.support import PINS, ROWS, answers, files_of, row_id

IMAGE = r"(?:# syntax=|FROM (?:--platform=\S+ )?)(\S+:\S+)"
DIRECTIVE = r"(?m)^(?:go|require) .*|^\t\S+ v\S+"
MANIFEST = r"image: (\S+:\S+)"
"""What is taken in a manifest of Kubernetes, and in a file of compose."""
USES = r"uses: \S+@[0-9a-f]{40} # v\S+"
RENOVATE = {
    "dockerfile": (r"(^|/|\.)([Dd]ocker|[Cc]ontainer)file$|(^|/)([Dd]ocker|[Cc]ontainer)file[^/]*$", IMAGE),
    "gomod": (r"(^|/)go\.mod$", DIRECTIVE),
    "github-actions": (
        r"(^|/)(workflow-templates|\.(?:github|gitea|forgejo)/(?:workflows|actions))/.+\.ya?ml$",
        rf"{USES}|runs-on: \S+-\d\S*|go-version: \S+|cosign-release: \S+",
    ),
    "gitlabci": (r"\.gitlab-ci\.ya?ml$", r"(?:image|- name): \S+:\S+"),
    "docker-compose": (r"(^|/)(?:docker-)?compose[^/]*\.ya?ml$", MANIFEST),
}
DEPENDABOT = {
    "docker": (r"^[^/]*[Dd]ockerfile[^/]*$", r"FROM (?:--platform=\S+ )?(\S+:\S+)"),
    "gomod": (r"^go\.mod$", DIRECTIVE),
    "github-actions": (r"^\.github/workflows/[^/]+\.ya?ml$", USES),
    "docker-compose": (r"^(?:docker-)?compose[^/]*\.ya?ml$", MANIFEST),
}
TABLES = ("tool", "base_image", "builder_image", "observe_image", "runner", "action", "module")
VALUES = {str(pin["value"]) for table in TABLES for pin in PINS[table].values()} - {"scratch"}
PINNED = re.compile(rf"(?<![\w.-])(?:{'|'.join(sorted(map(re.escape, VALUES), key=len, reverse=True))})(?![\w.-])")
PROSE = re.compile(r"\s*(?:#(?! syntax=)|//)")


class Place(NamedTuple):
    """A line of a file."""

    path: str
    line: int


def pins(files: Tree) -> Iterator[tuple[Place, str]]:
    """Yield each pin that a file has where something reads it: no prose, and no sum of a module."""
    for path, file in files.items():
        if path.endswith((".md", ".sum", ".json", ".lock", ".toml", ".txt")):
            continue
        for number, line in enumerate(file.content.decode().splitlines()):
            if not PROSE.match(line):
                yield from ((Place(path, number), found) for found in PINNED.findall(line))


def taken(files: Tree) -> Iterator[tuple[Place, str]]:
    """Yield what each manager of the bot takes."""
    for inside, pattern in managers(files):
        for path, file in files.items():
            text = file.content.decode() if re.search(inside, path) else ""
            for found in re.finditer(pattern, text):
                yield Place(path, text.count("\n", 0, found.start())), found[0]


def managers(files: Tree) -> list[tuple[str, str]]:
    """Return where each manager of the bot looks, and for what; without a bot none."""
    if ".github/dependabot.yml" in files:
        return [
            manager
            for each in yaml.safe_load(files[".github/dependabot.yml"].content)["updates"]
            for folder in each.get("directories", [each.get("directory")])
            for manager in dependabot(each["package-ecosystem"], folder.strip("/"))
        ]
    if "renovate.json" in files:
        settings = json.loads(files["renovate.json"].content)
        # That of Kubernetes' manifests looks nowhere unless it is told where.
        told = settings.get("kubernetes", {}).get("managerFilePatterns", ())
        manifests = [(f"^{as_expression(each)}$", MANIFEST) for each in told]
        return [*RENOVATE.values(), *manifests, *customs(settings)]
    return []


def dependabot(ecosystem: str, folder: str) -> list[tuple[str, str]]:
    """Return where Dependabot looks in a folder, and for what."""
    inside, pattern = DEPENDABOT[ecosystem]
    if not folder:
        return [(inside, pattern)]
    below = inside.removeprefix("^")
    found = [(f"^{re.escape(folder)}/{below}", pattern)]
    return [*found, (f"^{re.escape(folder)}/[^/]+\\.ya?ml$", MANIFEST)] if ecosystem == "docker" else found


def customs(settings: Mapping[str, list[dict[str, list[str]]]]) -> Iterator[tuple[str, str]]:
    """Yield the managers that the settings of Renovate define, in which a group's name has no P."""
    for each in settings["customManagers"]:
        (expression,) = each["matchStrings"]
        inside = "|".join(map(as_expression, each["managerFilePatterns"]))
        yield f"^(?:{inside})$", expression.replace("(?<", "(?P<")


def as_expression(glob: str) -> str:
    """Return what a glob of Renovate matches."""
    return re.escape(glob).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")


def times(files: Tree) -> Counter[tuple[Place, str]]:
    """Count how often each pin is taken, those that nobody takes with a zero."""
    counted = Counter(dict.fromkeys(pins(files), 0))
    for place, text in taken(files):
        counted.update(each for each in counted if each[0] == place and each[1] in text)
    return counted


def wrong(files: Tree) -> set[tuple[str, str, int]]:
    """Return the pins that are not taken once, each with how often it is."""
    return {(place.path, pin, count) for (place, pin), count in times(files).items() if count != 1}


BY_ITS_MAKER = {
    str(pin["value"]) for table in ("base_image", "observe_image", "module", "action") for pin in PINS[table].values()
}
"""What GitHub's own bot raises. It knows no tool, no runner and no image but a stage's or a container's."""


@pytest.mark.parametrize("row", [row for row in ROWS if row["deps_bot"] != "none"], ids=row_id)
def test_each_pin_is_raised_once(row: dict[str, object]) -> None:
    files = render(answers(**row))
    assert len([*pins(files)]) > 8
    left = wrong(files)
    if row["deps_bot"] == "dependabot":
        left = {each for each in left if each[1] in BY_ITS_MAKER}
    assert left == set()


def test_a_pipeline_changes_nothing_of_what_renovate_raises_elsewhere() -> None:
    mirrors = {"registry_mirrors": "harbor.corp.cn", "image": "harbor.corp.cn/shop/orders", "deps_bot": "renovate"}
    for ci in ("github", "gitea", "gitlab", "jenkins"):
        for more in ({}, {"eventing": "kafka", "target": "knative"}):
            assert wrong(render(answers(ci=ci, **mirrors, **more))) == set()


TOOL = "RUNS := fetch example.com/tool/v3.1.3\n"


@pytest.mark.parametrize(
    ("path", "old", "new", "found"),
    [
        ("Makefile", "VERSION ", f"{TOOL}VERSION ", ("Makefile", "v3.1.3", 0)),
        ("renovate.json", "go (?:run|install)", "go build", ("Makefile", PINS["tool"]["crane"]["value"], 0)),
        ("renovate.json", '"Makefile"]', '"Dockerfile"]', ("Makefile", PINS["tool"]["crane"]["value"], 0)),
        ("renovate.json", "/buildkit(?:", "/kit(?:", ("Makefile", PINS["builder_image"]["buildkit"]["value"], 0)),
        (
            "renovate.json",
            "sha256:[0-9a-f]+))?",
            "sha256:[0-9a-f]+))?|@v[^ ]+",
            ("Makefile", PINS["tool"]["crane"]["value"], 2),
        ),
    ],
)
def test_a_pin_that_nobody_raises_or_two_do_is_found(
    path: str, old: str, new: str, found: tuple[str, str, int]
) -> None:
    files = files_of({"ci": "gitea", "deps_bot": "renovate", "signing": "key", "module": "gitea.corp.cn/shop/orders"})
    text = files[path].content.decode()
    assert old in text
    spoiled = {**files, path: File(text.replace(old, new).encode())}
    assert (wrong(files), found in wrong(spoiled)) == (set(), True)
