"""Trivy's own checks of Dockerfiles and manifests, by the engine of Trivy, which needs no database for them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.helpers.result_cache import key, recall, remember
from tests.helpers.support import wrapped
from tests.judges.subject import Subject, output

MODULE = Path(__file__).with_name("trivy_checks")
EXCUSES: Mapping[str, bytes] = {
    "KSV-0011": b": CKV_K8S_11=",  # checkov asks for the same CPU limit; its annotation has the reason
    "KSV-0023": b"has(volume.hostPath) ? volume.hostPath.path == ",  # an answer asks for it, and a policy bounds it
    "KSV-0125": b"",  # which registries are trusted is a setting; by itself Trivy knows those of three clouds
    "KSV-01010": b"s3-endpoint: ",  # takes the port in an address for the number of a passport
}
"""What has to stand in the file, so that a finding is none."""
Files = Mapping[str, bytes]


def trivy(subjects: Sequence[Subject]) -> list[str]:
    """Judge the images and the manifests of each subject, once for each content."""
    asked = {subject: dict(judged(subject)) for subject in subjects}
    said = answers({question(files): files for files in asked.values()})
    found = []
    for subject, files in asked.items():
        *findings, last = map(json.loads, said[question(files)].splitlines())
        assert last["passed"], f"Trivy looked at nothing of {subject.name}"
        for each in findings:
            where = str(each["path"]).removeprefix("images/")
            if each["id"] not in EXCUSES or EXCUSES[each["id"]] not in files[each["path"]]:
                found.append(f"{subject.name}/{where}:{each['line']}: {each['id']}: {' '.join(each['text'].split())}")
    return found


def judged(subject: Subject) -> Iterator[tuple[str, bytes]]:
    """Yield the files that Trivy has checks for, as it is to find them."""
    yield "images/Dockerfile", (subject.folder / "Dockerfile").read_bytes()
    for path in sorted(subject.manifests.glob("*.yaml")):
        yield f"manifests/{path.name}", path.read_bytes()


def question(files: Files) -> str:
    """Name what Trivy is asked by its version and by what it reads."""
    sources = (path.read_bytes() for path in sorted(MODULE.iterdir()))
    return key(*sources, *(part for path, content in sorted(files.items()) for part in (path, content)))


def answers(asked: Mapping[str, Files]) -> dict[str, str]:
    """Return what Trivy says of some repositories; what it was not asked before in one process, which starts slowly."""
    new = {name: files for name, files in asked.items() if recall(name) is None}
    if new:
        for name, lines in judge(new).items():
            remember(name, "\n".join(lines))
    return {name: recall(name) or "" for name in asked}


def judge(asked: Mapping[str, Files]) -> dict[str, list[str]]:
    """Let Trivy's checks judge some repositories; return its lines of JSON of each."""
    program = wrapped(MODULE, "example.com/gocontainer/trivy", GOEXPERIMENT="jsonv2")
    with tempfile.TemporaryDirectory() as scratch:
        for name, files in asked.items():
            write(Path(scratch) / name, files.items())
        lines = output(str(program), *asked, codes=(0,), cwd=Path(scratch)).splitlines()
    return {name: [line for line in lines if json.loads(line)["folder"] == name] for name in asked}


def write(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write some files below a folder."""
    for path, content in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
