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

from tests.judges.subject import Subject, files, manifests, named
from tests.support import CACHE, ROOT, missing, pip_tool

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
    """Judge every file; manifests overlay by overlay, or one's NetworkPolicy would count for another's pods."""
    asked = json.dumps([[str(path) for path in group] for group in groups(subjects)])
    done = subprocess.run([program(), "-I", SCRIPT], check=False, input=asked, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    failed = [": ".join((f"{path}:{line}", *said)) for each in reports for path, line, *said in each["failed"]]
    seen: dict[str, set[str]] = {}
    for each in reports:
        for path, resource in each["seen"]:
            (name,) = named(subjects, [path])
            seen.setdefault(name, set()).add(resource)
    return Report(named(subjects, failed), seen)


def groups(subjects: Sequence[Subject]) -> Iterator[list[Path]]:
    for pattern in ("Dockerfile", ".github/workflows/*.yml"):
        if paths := files(subjects, pattern):
            yield paths
    for _, path in manifests(subjects):
        yield [path]


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
