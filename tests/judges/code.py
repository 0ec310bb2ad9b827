"""The judge of Go code."""

from __future__ import annotations

import json
from collections.abc import Sequence

from gocontainer.repository import tree
from tests.helpers.distinct_packages import Package, new_in, packages
from tests.helpers.standing_repositories import holding
from tests.helpers.support import PINS, go_tool
from tests.judges.subject import Subject, named, output


def staticcheck(subjects: Sequence[Subject]) -> list[str]:
    """Judge all Go code; where rows differ in numbers and texts it is read once, since it has to be compiled."""
    program = go_tool("honnef.co/go/tools/cmd/staticcheck", PINS["own_tool"]["staticcheck"]["value"])
    distinct = zip(subjects, new_in([go_code(subject) for subject in subjects]), strict=True)
    return [line for subject, new in distinct if new for line in judged(program, subject, new)]


def judged(program: str, subject: Subject, packages: Sequence[str]) -> list[str]:
    """Judge packages of a subject at a path that staticcheck's cache knows, wherever the subject lies."""
    with holding(f"judged-{subject.name}", tree.load(subject.folder)) as repository:
        said = output(program, "-f", "json", *packages, cwd=repository)
    found = [json.loads(line) for line in said.splitlines()]
    places = ((each["location"], each["code"], each["message"]) for each in found)
    lines = (f"{at['file']}:{at['line']}: {code}: {message}" for at, code, message in places)
    return named([subject._replace(folder=repository)], lines)


def go_code(subject: Subject) -> dict[str, Package]:
    """Return the packages of a subject."""
    module = (subject.folder / "go.mod").read_text().splitlines()[0].removeprefix("module ")
    return packages(tree.load(subject.folder), module)
