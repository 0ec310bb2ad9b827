"""Which rows a run proves where nothing is kept of them: those that changed, and of the rest every eighth in turn."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.helpers.reads import matching
from tests.helpers.result_cache import asked
from tests.helpers.sources import Sources
from tests.helpers.support import PINS, ROOT, ROWS, clean_environment

ONE_OF = 8
_TOOL = Path(__file__).with_name("rendering_of.py")


class Rendering(NamedTuple):
    """What a checkout renders: for each row its files with a digest of each, and its choices with their facts."""

    rows: Sequence[Mapping[str, str]]
    choices: Mapping[str, str]


def is_due(row: Mapping[str, Any], patterns: Sequence[str], sources: Sources) -> bool:
    """Whether a run proves a row of which nothing is kept, for a proof that reads the files of ``patterns``."""
    number = ROWS.index(dict(row))
    if number % ONE_OF == commits() % ONE_OF or is_other(sources):
        return True
    before, now = base(), current()
    if before is None:
        return False
    return matching(before.rows[number], patterns) != matching(now.rows[number], patterns) or any(
        is_of(row, choice) for choice, facts in now.choices.items() if before.choices.get(choice) != facts
    )


@cache
def is_other(sources: Sources) -> bool:
    """Whether a test is made of something that is not as in the commit that we are compared with."""
    return sources.differ(changed(), pins_before())


def is_of(row: Mapping[str, Any], choice: str) -> bool:
    """Whether a row has a choice, which is written as option=value."""
    option, _, value = choice.partition("=")
    return value in str(row.get(option, "")).split(",")


@cache
def commits() -> int:
    """Return the number of commits, by which the turn goes round; 0 where there is no git."""
    return int(git("rev-list", "--count", "HEAD") or 0)


@cache
def base_commit() -> str:
    """Return the commit that this checkout is compared with, or nothing where its history is not here.

    That is where the branch left main, and on main itself the last release, or else the commit before.
    """
    head = git("rev-parse", "HEAD")
    for main in ("origin/main", "main"):
        if (found := git("merge-base", "HEAD", main)) and found != head:
            return found
    release = git("describe", "--tags", "--abbrev=0", "HEAD^")
    return git("rev-parse", "--verify", f"{release or 'HEAD^'}^{{commit}}")


@cache
def changed() -> frozenset[Path]:
    """Return the files that are not as in the commit that we are compared with; those of no commit are new."""
    if not base_commit():
        return frozenset()
    listed = git("diff", "--name-only", "-z", base_commit()), git("ls-files", "--others", "--exclude-standard", "-z")
    return frozenset(ROOT / name for names in listed for name in names.split("\0") if name)


@cache
def pins_before() -> Mapping[str, Any]:
    """Return the pins of the commit that we are compared with, or those of today where there is none."""
    text = git("show", f"{base_commit()}:generator/gocontainer/rendering/pins.toml") if base_commit() else ""
    return tomllib.loads(text) if text else PINS


def git(*arguments: str) -> str:
    """Return what git says of this checkout, or nothing where it cannot."""
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, check=False, capture_output=True, text=True, env=clean_environment()
    )
    return done.stdout.strip() if done.returncode == 0 else ""


@cache
def base() -> Rendering | None:
    """Return what the commit that we are compared with renders for the rows of today, unless it cannot."""
    commit = base_commit()
    if not commit:
        return None
    said = asked((commit, json.dumps(ROWS), _TOOL.read_bytes(), sys.version), lambda: _rendered_at(commit))
    return Rendering(**json.loads(said)) if said else None


@cache
def current() -> Rendering:
    """Return what this checkout renders."""
    said = _ask(ROOT)
    assert said, "this checkout does not render its rows"
    return Rendering(**json.loads(said))


def _rendered_at(commit: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "archive", commit, "generator", "template"], cwd=ROOT, check=True, stdout=-1)
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(folder, filter="data")
        return _ask(Path(folder))


def _ask(checkout: Path) -> str:
    """Return the rendering of a checkout as JSON, or nothing where it does not know all rows of today."""
    environment = {**os.environ, "PYTHONPATH": str(checkout / "generator"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, str(_TOOL)],
        check=False,
        input=json.dumps(ROWS),
        capture_output=True,
        text=True,
        env=environment,
        cwd=checkout,
    )
    return done.stdout if done.returncode == 0 else ""
