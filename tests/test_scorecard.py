"""Scorecard's checks of files: nothing takes a point from us, nor from what is rendered, and bad samples do."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.proofs import everything
from tests.helpers.snippets import snippets
from tests.helpers.support import PINS, ROOT, ROWS, Row, files_of, git, row_id, wrapped
from tests.judges import JUDGES
from tests.judges.subject import Subject
from tests.scorecard.rules import OWNERS, RULES, Files
from tests.test_digests import pinned

SAMPLES = ("benchmarks/dockerfiles/", "template/", "tests/goldens/", "tests/naive/", "tests/releases/")
"""What we never build or run: how others write it, what is rendered, and the template, whose Dockerfile is none yet."""
LOCAL = {"License": 9}
"""What a check gives at most where no forge is asked."""


def ours() -> dict[str, bytes]:
    paths = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    return {path: (ROOT / path).read_bytes() for path in paths
            if not path.startswith(SAMPLES) and (ROOT / path).is_file()}  # fmt: skip


def theirs(row: Row) -> dict[str, bytes]:
    """What a row renders, as its owner has it who ran `make pin`."""
    files = {path: file.content for path, file in files_of(row).items()}
    return {path: pinned(content.decode()).encode() if path.rpartition("/")[2] in ("Dockerfile", "Dockerfile.model")
            else content for path, content in files.items()}  # fmt: skip


def found(files: Files, *besides: str) -> Iterator[str]:
    for name, rule in RULES.items():
        if name not in besides:
            yield from (f"{name}: {each}" for each in rule(files))


def written(folder: Path, files: Files) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def scores(*folders: Path) -> list[dict[str, int]]:
    """What the real Scorecard gives each folder, by check."""
    program = wrapped(ROOT / "tests/scorecard", "example.com/gocontainer/scorecard")
    done = subprocess.run([program, *folders], check=True, capture_output=True, text=True)
    said = json.loads(done.stdout)
    return [{name: each["score"] for name, each in said[str(folder)].items()} for folder in folders]


def spoiled(path: str, old: str, new: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    def spoil(files: dict[str, bytes]) -> dict[str, bytes]:
        before = files.get(path, b"").decode()
        assert old in before
        return {**files, path: before.replace(old, new).encode()}

    return spoil


def without(*paths: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda files: {path: content for path, content in files.items() if not path.startswith(paths)}


CI, RELEASE = ".github/workflows/ci.yml", ".github/workflows/release.yml"
SPOILS = {
    "a program": ("Binary-Artifacts", spoiled("tool", "", "\x7fELF\x02\x01\x01" + "\0" * 60)),
    "compiled code": ("Binary-Artifacts", spoiled("a/tool.pyc", "", "\x03\x01\0\0\0")),
    "a title in a command": (
        "Dangerous-Workflow",
        spoiled(CI, "run: make demo", "run: echo '${{ github.event.pull_request.title }}'"),
    ),
    "no bot": ("Dependency-Update-Tool", without(".github/dependabot.yml", "renovate.json")),
    "no target": ("Fuzzing", without("tests/fuzzing/")),
    "no licence": ("License", without("LICENSE")),
    "an action by its tag": (
        "Pinned-Dependencies",
        spoiled(CI, "@3d3c42e5aac5ba805825da76410c181273ba90b1 #", "@v7 #"),
    ),
    "a script off the network": (
        "Pinned-Dependencies",
        spoiled(CI, "run: make demo", "run: curl -s https://a.b/c | sh"),
    ),
    "a package by its name": ("Pinned-Dependencies", spoiled(CI, "run: make demo", "run: pip install black")),
    "a program by its newest": ("Pinned-Dependencies", spoiled(CI, "run: make demo", "run: go install a.b/c@latest")),
    "no analysis": ("SAST", without(".github/workflows/scan.yml")),
    "no policy": ("Security-Policy", without("SECURITY.md")),
    "no address": ("Security-Policy", spoiled("SECURITY.md", "https://", "")),
    "all rights": ("Token-Permissions", spoiled(CI, "permissions: {}", "permissions: write-all")),
    "rights unsaid": ("Token-Permissions", spoiled(RELEASE, "permissions: {}\n", "")),
}
OFFLINE = {
    **SPOILS,
    "an image by its tag": ("Pinned-Dependencies", spoiled("Dockerfile", "@sha256:", ":")),
    "a stranger's code": (
        "Dangerous-Workflow",
        lambda files: spoiled(CI, "fetch-depth: 0", "ref: ${{ github.event.pull_request.head.sha }}")(
            spoiled(CI, "  pull_request:\n", "  pull_request_target:\n")(files)
        ),
    ),
}
"""Scorecard itself would ask a registry for the digest of an image that has none."""


def test_nothing_takes_a_point_from_us() -> None:
    assert list(found(ours())) == []


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_nothing_takes_a_point_from_what_is_rendered(row: Row) -> None:
    files = theirs({**row, "license": "mit", "image": "ghcr.io/acme/orders"})
    assert list(found(files, *OWNERS, *(["Dependency-Update-Tool"] if row["deps_bot"] == "none" else []))) == []


def owned() -> dict[str, bytes]:
    """What an owner adds by the page on scans."""
    text = (ROOT / "docs/how-to/scan.md").read_text()
    (workflow,) = (each for each in snippets(text) if each.kind == "file")
    (policy,) = re.findall(r"\$ echo '(.*)' > SECURITY\.md\n", text)
    assert workflow.argument == "orders/.github/workflows/codeql.yml"
    return {".github/workflows/codeql.yml": workflow.text.encode(), "SECURITY.md": policy.encode()}


def test_what_an_owner_adds_leaves_nothing_to_find() -> None:
    files = theirs({**ROWS[0], "ci": "github", "license": "mit", "deps_bot": "dependabot"})
    assert {each.partition(":")[0] for each in found(files)} == set(OWNERS)
    assert list(found(files | owned())) == []


def test_what_an_owner_adds_is_pinned_as_ours_is_and_no_judge_finds_anything(tmp_path: Path) -> None:
    folder = written(tmp_path, owned())
    used = re.findall(r"uses: (.*)", (folder / ".github/workflows/codeql.yml").read_text())
    assert len(used) == 4
    assert set(used) <= {pin["value"] for table in ("action", "own_action") for pin in PINS[table].values()}
    for name in ("actionlint", "check-jsonschema", "zizmor"):
        assert JUDGES[name]([Subject("owned", folder, folder / "no manifests")]) == []


@pytest.mark.parametrize("name", OFFLINE)
def test_each_bad_sample_takes_points_from_its_check_alone(name: str) -> None:
    check, spoil = OFFLINE[name]
    assert {each.partition(":")[0] for each in found(spoil(ours()))} == {check}


@pytest.mark.skipif(not everything(), reason="Scorecard is built with ALL=1 only")
@pytest.mark.slow
def test_scorecard_itself_says_the_same(tmp_path: Path) -> None:
    mine, rendered = ours(), theirs({**ROWS[0], "license": "mit"})
    folders = {name: written(tmp_path / name, spoil(mine)) for name, (_, spoil) in SPOILS.items()}
    good, other, *bad = scores(
        written(tmp_path / "ours", mine), written(tmp_path / "rendered", rendered), *folders.values()
    )
    best = {name: LOCAL.get(name, 10) for name in RULES}
    assert good == best
    assert other == best | dict.fromkeys(OWNERS, 0)
    for (check, _), said in zip(SPOILS.values(), bad, strict=True):
        assert said[check] < best[check], check
        assert {name: said[name] for name in RULES if name != check} == {
            name: best[name] for name in RULES if name != check
        }
