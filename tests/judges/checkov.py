"""Checkov, which lives in a virtual environment of its own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.helpers.result_cache import key, recall, remember
from tests.helpers.support import CACHE, ROOT, missing, pip_tool
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


@cache
def program() -> str:
    """Install checkov once for each state of its lock, into the cache; return its Python."""
    folder = CACHE / f"checkov-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]}"
    if not folder.exists():
        # Under a name of its own first: another worker may be installing it too.
        mine = folder.with_name(f"{folder.name}.{os.getpid()}")
        venv = [pip_tool("uv"), "venv", "--quiet", "--relocatable", str(mine)]
        install = [pip_tool("uv"), "pip", "sync", "--quiet", "--require-hashes", "--python", str(mine), str(LOCK)]
        for command in (venv, install):
            if subprocess.run(command, check=False).returncode != 0:
                missing("checkov")
        try:
            mine.rename(folder)
        except OSError:
            shutil.rmtree(mine)
    return str(folder / "bin/python")
