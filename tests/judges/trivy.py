"""Trivy's own checks of Dockerfiles and manifests, by the engine of Trivy without its database."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.helpers.result_cache import asked
from tests.helpers.support import wrapped
from tests.judges.subject import Subject, output

MODULE = Path(__file__).with_name("trivy_checks")


def trivy(subjects: Sequence[Subject]) -> list[str]:
    """Judge the images and the manifests of each subject."""
    return [line for subject in subjects for line in findings(subject)]


def findings(subject: Subject) -> Iterator[str]:
    """Yield what Trivy says of a subject, which it is asked once for each content."""
    files = dict(judged(subject))
    kept = (part for path, content in sorted(files.items()) for part in (path, content))
    sources = (path.read_bytes() for path in sorted(MODULE.iterdir()))
    *found, last = map(json.loads, asked(("trivy", *sources, *kept), lambda: said(files)).splitlines())
    assert last["passed"], "Trivy looked at nothing"
    for each in found:
        yield f"{subject.name}/{place(each)}:{each['line']}: {each['id']}: {each['text']}"


def place(finding: dict[str, Any]) -> str:
    """Say where a finding is; of an image only its Dockerfile, as everywhere."""
    return str(finding["path"]).removeprefix("images/")


def judged(subject: Subject) -> Iterator[tuple[str, bytes]]:
    """Yield the files that Trivy has checks for, as it is to find them."""
    for path in subject.folder.glob("Dockerfile*"):
        if path.suffix != ".dockerignore":
            yield f"images/{path.name}", path.read_bytes()
    for path in subject.manifests.glob("*.yaml"):
        yield f"manifests/{path.name}", path.read_bytes()


def said(files: dict[str, bytes]) -> str:
    """Let Trivy's checks judge some files."""
    program = wrapped(MODULE, "example.com/gocontainer/trivy", GOEXPERIMENT="jsonv2")
    folder = Path(tempfile.mkdtemp())
    try:
        for path, content in files.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_bytes(content)
        return output(str(program), ".", codes=(0,), cwd=folder)
    finally:
        shutil.rmtree(folder)
