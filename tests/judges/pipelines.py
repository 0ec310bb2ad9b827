"""Judges of the pipelines that are not GitHub's."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.helpers.support import ROOT, pip_tool, wrapped
from tests.judges.subject import Subject, distinct, files, named, output
from tests.pipelines import local
from tests.pipelines.declarative import findings, trees

GITEA = ".gitea/workflows/*.yml"
GITLAB = (".gitlab-ci.yml", ".gitlab/*.yml")
QUIET = ("--no-lint-api", "--format", "json")
ADDRESS = "https://github.com/"


def gitea(subjects: Sequence[Subject]) -> list[str]:
    """Judge each of Gitea's workflows by the parser of Gitea itself."""
    paths = distinct(subjects, GITEA)
    if not paths:
        return []
    program = str(wrapped(ROOT / "tests/pipelines/gitea", "./parse"))
    return named(subjects, output(program, *paths, codes=(0,)).splitlines())


def declarative(subjects: Sequence[Subject]) -> list[str]:
    """Judge each Jenkinsfile by a table of the declarative grammar: Jenkins' own check needs a Jenkins."""
    paths = tuple(distinct(subjects, "Jenkinsfile*"))
    if not paths:
        return []
    found = (line for path, tree in trees(paths).items() for line in findings(Path(path), tree))
    return named(subjects, found)


def gitlab(subjects: Sequence[Subject]) -> list[str]:
    """Judge each of GitLab's pipelines by gitlab-ci-local, which resolves it as GitLab does."""
    starting = (path.parent for path in distinct(subjects, GITLAB[0]))
    return named(subjects, (f"{path}:1: {said}" for each in starting for path, said in local.findings(each).items()))


def gitlab_shell(subjects: Sequence[Subject]) -> list[str]:
    """Judge the shell in each of GitLab's pipelines."""
    found = []
    for pattern in GITLAB:
        for path in distinct(subjects, pattern):
            top = path.parents[pattern.count("/")]
            said = output(pip_tool("gitlab-ci-verify"), *QUIET, "--gitlab-ci-file", path.relative_to(top), cwd=top)
            found += [f"{path}:{each['line']}: {each['code']}: {each['message']}" for each in json.loads(said)]
    return named(subjects, found)


@contextmanager
def as_at_github(subjects: Sequence[Subject]) -> Iterator[Sequence[Subject]]:
    """Yield copies that judges of GitHub's workflows understand: Gitea's have no whole addresses."""
    with TemporaryDirectory() as scratch:
        copies = []
        for subject in subjects:
            copy = Path(scratch) / subject.name
            for path in files([subject], ".git*/**/*.yml"):
                there = copy / path.relative_to(subject.folder)
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, there)
                if GITEA.partition("/")[0] in path.parts:
                    there.write_text(path.read_text().replace(f"uses: {ADDRESS}", "uses: "))
            copies.append(subject._replace(folder=copy, manifests=copy / "manifests"))
        yield copies
