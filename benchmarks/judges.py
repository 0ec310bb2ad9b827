"""Count what third-party judges find in our default repository, in the naive sample and in what others write.

``RIVALS`` names a folder with one repository for each other tool, as the tool left it; the manifests that
a cluster would get lie in each as ``.rendered.yaml``. docs/explanation/judges.md says how to make them.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.judges import JUDGES
from tests.judges.subject import NAIVE, Subject, from_row

FLOOR = TARGET = 0
ASKED = {
    "Dockerfile": ("hadolint", "buildkit"),
    ".github/workflows/*.yml": ("actionlint", "zizmor", "check-jsonschema"),
    "manifests": ("kubernetes-validate", "kubeconform", "kube-score"),
    "any": ("checkov", "yamllint"),
}
"""What a judge looks at. Two compile or run what they judge, which foreign code is spared: staticcheck, shellcheck."""


def subjects(scratch: Path) -> Iterator[Subject]:
    """Yield ours first, then the naive sample, then the others, without the manifests that are rendered already."""
    yield from_row(scratch, 0, {"base_image": "distroless-static", "resources": "strict", "port": 8080, "cgo": False})
    yield NAIVE
    rivals = os.environ.get("RIVALS")
    for folder in sorted(Path(rivals).iterdir()) if rivals else ():
        copy, manifests = scratch / "rivals" / folder.name, scratch / "manifests" / folder.name
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".rendered.yaml"), symlinks=True)
        manifests.mkdir(parents=True)
        if (folder / ".rendered.yaml").exists():
            shutil.copy(folder / ".rendered.yaml", manifests / "all.yaml")
        yield Subject(folder.name, copy, manifests)


def count(name: str, pattern: str, subject: Subject) -> int | None:
    """Return how much a judge finds, or nothing where there is nothing to judge."""
    there = subject.manifests.glob("*.yaml") if pattern == "manifests" else subject.folder.glob(pattern)
    if pattern != "any" and not any(there):
        return None
    return len(JUDGES[name]([subject]))


def table(found: dict[str, list[int | None]], names: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield f"| judge | {' | '.join(names)} |"
    yield f"| --- |{' --- |' * len(names)}"
    for judge, counts in found.items():
        yield f"| {judge} | {' | '.join('-' if each is None else str(each) for each in counts)} |"


def main() -> int:
    """Print the table; return 1 where a judge finds something in ours or nothing in the naive sample."""
    with tempfile.TemporaryDirectory() as scratch:
        judged = list(subjects(Path(scratch)))
        found = {
            name: [count(name, pattern, subject) for subject in judged]
            for pattern, judges in ASKED.items()
            for name in judges
        }
    print("\n".join(table(found, ["gocontainer", *(subject.name for subject in judged[1:])])))
    ours, naive, *others = (sum(each or 0 for each in column) for column in zip(*found.values(), strict=True))
    best = f"{min(others)} in the best of the others" if others else f"{naive} in the naive sample"
    blind = [name for name, counts in found.items() if counts[1] == 0]
    print(f"\njudges: {ours} findings, {best}, floor {FLOOR}, target {TARGET}")
    return int(ours > FLOOR or bool(blind))


if __name__ == "__main__":
    sys.exit(main())
