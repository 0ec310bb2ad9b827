"""The judge of Go code."""

from __future__ import annotations

import json
from collections.abc import Sequence

from gocontainer import tree
from tests.judges.subject import Subject, named, output
from tests.support import PINS, go_tool, shape


def staticcheck(subjects: Sequence[Subject]) -> list[str]:
    """Judge all Go code; where rows differ in numbers and texts it is read once, since it has to be compiled."""
    program = go_tool("honnef.co/go/tools/cmd/staticcheck", PINS["own_tool"]["staticcheck"]["value"])
    distinct = {shape(tree.load(subject.folder)): subject for subject in subjects}
    found = [
        json.loads(line)
        for subject in distinct.values()
        for line in output(program, "-f", "json", "./...", cwd=subject.folder).splitlines()
    ]
    places = ((each["location"], each["code"], each["message"]) for each in found)
    return named(subjects, (f"{at['file']}:{at['line']}: {code}: {message}" for at, code, message in places))
