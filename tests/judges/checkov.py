"""Checkov, which lives in a virtual environment of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.helpers.locked_tools import environment
from tests.helpers.result_cache import key, recall, remember
from tests.helpers.support import ROOT
from tests.judges.subject import Subject, files, manifests, named

LOCK = ROOT / "requirements-checkov.lock"
SCRIPT = Path(__file__).with_name("inside_checkov.py")


class Report(NamedTuple):
    """What checkov found, and what it looked at: it passes over in silence what it does not understand."""

    findings: list[str]
    seen: dict[str, set[str]]
    """The resources of each file: of manifests such as Service.orders.orders, of a Dockerfile its instructions."""


def checkov(subjects: Sequence[Subject]) -> list[str]:
    """Judge the image, the manifests and the workflows."""
    return report(subjects).findings


def report(subjects: Sequence[Subject]) -> Report:
    """Judge every file once for each content and name: checkov takes long to read one."""
    names = {path: question(path) for group in groups(subjects) for path in group}
    new = {name: path for path, name in names.items() if recall(name) is None}
    if new:
        judge([mine for group in groups(subjects) if (mine := [path for path in group if path in new.values()])])
    failed: list[str] = []
    seen: dict[str, set[str]] = {}
    for path, name in names.items():
        said = json.loads((recall(name) or "").replace(PLACE, str(path)))
        failed += [f"{path}:{line}: {': '.join(words)}" for line, *words in said["failed"]]
        seen[named(subjects, [str(path)])[0]] = set(said["seen"])
    return Report(named(subjects, failed), seen)


def judge(asked: Sequence[Sequence[Path]]) -> None:
    """Remember what checkov says of each file of some groups."""
    given = json.dumps([[str(path) for path in group] for group in asked])
    done = subprocess.run([program(), "-I", SCRIPT], check=False, input=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    for group, line in zip(asked, done.stdout.splitlines(), strict=True):
        said = json.loads(line)
        for path in group:
            of_it = {kind: [rest for where, *rest in said[kind] if where == str(path)] for kind in ("failed", "seen")}
            answer = {"failed": of_it["failed"], "seen": [resource for (resource,) in of_it["seen"]]}
            remember(question(path), json.dumps(answer).replace(str(path), PLACE))


def groups(subjects: Sequence[Subject]) -> Iterator[list[Path]]:
    """Yield manifests overlay by overlay, or one's NetworkPolicy would count for another's pods."""
    for pattern in ("Dockerfile", ".github/workflows/*.yml"):
        if paths := files(subjects, pattern):
            yield paths
    for _, path in manifests(subjects):
        yield [path]


PLACE = "<path>"
"""Stands for the file in what is remembered, which is so of any file like it."""


def question(path: Path) -> str:
    """Name a file for checkov: its content, and the last names of its path, by which checkov knows what it is."""
    return key(LOCK.read_bytes(), SCRIPT.read_bytes(), *path.parts[-2:], path.read_bytes())


def program() -> str:
    """Return the Python that has checkov."""
    return str(environment(LOCK) / "bin/python")
