"""What each pipeline keeps, read from it as `make bench-ci` reads it: by which files, and nothing for a release."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.support import ROOT, ROWS, files_of, rendered
from tests.pipelines.caches import BUILT, FINDINGS, MODULES, Cache, caches
from tests.pipelines.commands import scripts

COMPILED = Cache((BUILT, MODULES), ("go.sum", "Makefile"))
HOME = Cache((BUILT, FINDINGS, MODULES))
KEPT = {
    ".github/workflows/ci.yml": {"test": COMPILED},
    ".gitea/workflows/ci.yml": {"test": COMPILED},
    ".gitlab-ci.yml": {"check": COMPILED, "smoke": COMPILED},
    "Jenkinsfile": {"": HOME},
}
SPOILT = {
    "a key without the tools": (".github/workflows/ci.yml", "            Makefile\n", "", "test", ("go.sum",)),
    "a key that nobody named": (
        ".gitea/workflows/ci.yml",
        "          cache-dependency-path: |\n            go.sum\n            Makefile\n", "", "test", ("go.mod",),
    ),
    "a key without modules": (".gitlab-ci.yml", "[go.sum, Makefile]", "[Makefile]", "check", ("Makefile",)),
}  # fmt: skip
"""Each is the pipeline, what is replaced in it, by what, and by which files what job is keyed then."""
NONE = {
    "no cache": (
        ".github/workflows/ci.yml",
        "          cache-dependency-path: |",
        "          cache: false\n          x: |",
    ),
    "an agent for each stage": ("Jenkinsfile", "    agent any\n", "    agent none\n"),
}
OTHER = re.compile(r"/cache@|cache-(?:from|to):|--cache-(?:from|to)|(?m:^ +cache-path:)")


def files(path: str) -> dict[str, str]:
    ci = next(name for name in ("github", "gitea", "gitlab", "jenkins") if name in path.lower())
    elsewhere = {"deps_bot": "renovate", "signing": "none"}
    given = {"ci": ci, **({} if ci == "github" else elsewhere)}
    return {path: file.content.decode() for path, file in files_of(given).items()}


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("ci")


@pytest.mark.parametrize("path", KEPT)
def test_what_is_kept_goes_with_the_locks_of_modules_and_tools(path: str) -> None:
    assert caches(path, files(path)[path]) == KEPT[path]


@pytest.mark.parametrize("fault", SPOILT)
def test_a_key_that_names_too_little_is_found(fault: str) -> None:
    path, old, new, job, keyed = SPOILT[fault]
    text = files(path)[path]
    assert text.count(old) == 1
    assert caches(path, text.replace(old, new))[job].files == keyed


@pytest.mark.parametrize("fault", NONE)
def test_a_pipeline_that_keeps_nothing_is_found(fault: str) -> None:
    path, old, new = NONE[fault]
    text = files(path)[path]
    assert text.count(old) == 1
    assert caches(path, text.replace(old, new)) == {}


@pytest.mark.parametrize(
    ("old", "new", "folders"),
    [
        ("GOCACHE: $CI_PROJECT_DIR/bin/.go/build", "GOCACHE: /root/.cache/go-build", (MODULES,)),
        ("GOPATH: $CI_PROJECT_DIR/bin/.go", "GOPATH: /go", (BUILT,)),
        ("paths: [bin/.go]", "paths: [bin/.g]", ()),
    ],
)
def test_a_folder_that_gitlab_would_not_keep_is_found(old: str, new: str, folders: tuple[str, ...]) -> None:
    text = files(".gitlab-ci.yml")[".gitlab-ci.yml"]
    assert re.search(rf"{re.escape(old)}\n", text)
    assert caches(".gitlab-ci.yml", text.replace(f"{old}\n", f"{new}\n"))["check"].folders == folders


def test_no_pipeline_of_any_row_keeps_anything_else_and_no_release_anything() -> None:
    seen = set()
    for row in ROWS:
        for path, file in files_of(row).items():
            text = file.content.decode(errors="replace")
            if scripts(path, text) and not path.startswith("Jenkinsfile"):
                assert OTHER.findall(text) == [], path
                seen |= {(path.rpartition("/")[2], *each) for each in caches(path, text).items()}
    scans = COMPILED._replace(files=("Makefile",))
    kept = {
        (path.rpartition("/")[2], *each)
        for path, jobs in KEPT.items()
        if path != "Jenkinsfile"
        for each in jobs.items()
    }
    assert seen == kept | {("scan.yml", "released", scans), (".gitlab-ci.yml", "scan-released", COMPILED)}


def test_a_release_that_keeps_something_is_found() -> None:
    path = ".github/workflows/release.yml"
    text = files(path)[path]
    assert text.count("          cache: false\n") == 1
    assert caches(path, text.replace("          cache: false\n", "")) == {"test": Cache((BUILT, MODULES), ("go.mod",))}


@pytest.mark.parametrize("line", ["uses: actions/cache@v6", "    cache-from: type=gha", "docker build --cache-to x"])
def test_another_cache_would_be_found(line: str) -> None:
    assert OTHER.search(line)


@pytest.mark.parametrize("path", KEPT)
def test_the_bench_has_each_pipeline_run_its_checks_with_what_it_keeps(path: str, bench: Any, tmp_path: Path) -> None:
    (ci,) = (name for name, (known, _) in bench.PIPELINES.items() if known == path)
    works = bench.jobs(ci, rendered(tmp_path))
    jobs = {work.name.partition(" for ")[0]: (work, cache) for work, cache in works.items()}
    assert jobs["check"][0].commands == (("make", "lint"), ("make", "test"), ("make", "vuln"))
    both = {name: cache for name, (_, cache) in jobs.items() if name != "image"}
    assert [*both.values()] == [*KEPT[path].values()]
    platforms = [[word for word in command if word.startswith("GOARCH=")] for command in jobs["image"][0].commands]
    assert len(platforms) == (2 if ci == "github" else 1)
    assert jobs["image"][1] == (HOME if ci == "jenkins" else bench.NOTHING)


@pytest.mark.parametrize(
    ("change", "keyed", "found"),
    [
        ("one changed line", ("go.sum", "Makefile"), True),
        ("another version of a tool", ("go.sum", "Makefile"), False),
        ("another version of a tool", ("go.sum",), True),
        ("another version of a tool", (), True),
    ],
)
def test_the_bench_looks_at_the_files_that_a_key_names(
    change: str, keyed: tuple[str, ...], bench: Any, tmp_path: Path, *, found: bool
) -> None:
    repository = rendered(tmp_path)
    before = bench.tops(repository)
    bench.CHANGES[change](repository)
    assert bench.finds(Cache((BUILT,), keyed), before, bench.tops(repository)) is found


def test_the_module_that_the_bench_adds_is_new(tmp_path: Path, bench: Any) -> None:
    assert f"{bench.MODULE.partition('@')[0]} " not in (rendered(tmp_path) / "go.sum").read_text()


def shares(table: str) -> list[float]:
    """Read a table that the bench wrote: what a run after one changed line costs of a cold one."""
    rows = {
        name: [float(cell) for cell in cells.split("|")]
        for name, cells in re.findall(r"\| (cold|one.*line) \|(.*) \|", table)
    }
    return [line / cold for cold, line in zip(rows["cold"], rows["one changed line"], strict=True)]


def test_what_was_measured_is_what_is_promised_and_what_the_pages_say(bench: Any) -> None:
    found = shares((ROOT / "docs/measured/ci.md").read_text())
    assert len(found) == len(bench.PIPELINES)
    assert max(found) <= 1 / bench.TARGET
    assert max(found) == found[0] == pytest.approx(1 / 3, abs=0.02), "a third at GitHub, and less elsewhere"


def test_a_pipeline_that_saves_too_little_is_found() -> None:
    assert max(shares("| cold | 434 | 300 |\n| one changed line | 147 | 150 |\n")) == 0.5
