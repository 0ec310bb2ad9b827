"""Conflicts of versions, which lines are the wrong unit for: who raised more wins, and what gave way is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.updates import Repository
from tests.witness import conflicts, merge

MODULE = """module example.com/orders

go {go}

require (
\tgithub.com/acme/a {a}
\tgithub.com/acme/b {b}
)
"""
SUMS = "github.com/acme/a v1.0.0 h1:old=\ngithub.com/acme/z v1.0.0 h1:z=\n"
A, B, C = (f"@sha256:{letter * 64}" for letter in "abc")


def module(go: str = "1.25.0", a: str = "v1.0.0", b: str = "v1.0.0") -> str:
    return MODULE.format(go=go, a=a, b=b)


def both(folder: Path, path: str, before: str, yours: str, template: str) -> tuple[dict[str, Any], str]:
    """Merge two changes of one file; return the report and the file."""
    repository = Repository(folder / "orders", {path: before})
    repository.write(path, yours)
    repository.commit()
    report = merge(repository, {path: template})
    return report, repository.read(path)


def test_of_two_versions_of_a_module_the_higher_wins(tmp_path: Path) -> None:
    yours, template = module("1.25.3", "v1.10.0", "v1.1.0"), module("1.26.0", "v1.9.0", "v1.1.0")
    report, text = both(tmp_path, "go.mod", module(), yours, template)
    assert (report["conflicts"], text) == ([], module("1.26.0", "v1.10.0", "v1.1.0"))
    assert report["decided"] == {
        "go.mod": [
            {"taken": "go 1.26.0", "other": "go 1.25.3"},
            {"taken": "github.com/acme/a v1.10.0", "other": "github.com/acme/a v1.9.0"},
        ]
    }


def test_what_gave_way_is_said_to_people_too(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", {"go.mod": module()})
    repository.write("go.mod", module(a="v1.1.0"))
    repository.commit()
    out = repository.update({"go.mod": module(a="v1.2.0")}).out
    assert "  go.mod: 'github.com/acme/a v1.2.0' was taken, not 'github.com/acme/a v1.1.0'\n" in out


def test_modules_that_each_side_raised_side_by_side(tmp_path: Path) -> None:
    report, text = both(tmp_path, "go.mod", module(), module(a="v1.1.0"), module(b="v1.2.0"))
    assert (report["conflicts"], report["decided"], text) == ([], {}, module(a="v1.1.0", b="v1.2.0"))


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("v1.2.0", "v1.10.0"),
        ("v1.2.0-rc.1", "v1.2.0"),
        ("v1.2.0-rc.2", "v1.2.0-rc.10"),
        ("v1.0.1-0.20260101000000-aaaaaaaaaaaa", "v1.0.1-0.20260201000000-000000000000"),
        ("v2.0.0+incompatible", "v3.0.0+incompatible"),
    ],
)
def test_versions_are_compared_as_go_does(tmp_path: Path, lower: str, higher: str) -> None:
    for number, (yours, template) in enumerate([(lower, higher), (higher, lower)]):
        report, text = both(tmp_path / str(number), "go.mod", module(), module(a=yours), module(a=template))
        assert (report["conflicts"], text) == ([], module(a=higher))


def test_a_version_that_the_user_lowered_is_a_conflict(tmp_path: Path) -> None:
    report, text = both(tmp_path, "go.mod", module(), module(a="v0.9.0"), module(a="v1.1.0"))
    assert list(conflicts(report)) == ["go.mod"]
    assert "v0.9.0" in text


def test_a_module_that_was_replaced_is_a_conflict(tmp_path: Path) -> None:
    other = module(a="v1.2.0").replace("acme/a", "fork/a")
    report, _ = both(tmp_path, "go.mod", module(), other, module(a="v1.3.0"))
    assert list(conflicts(report)) == ["go.mod"]


@pytest.mark.parametrize("end", ["", "\n"])
def test_the_sums_of_both_are_kept(tmp_path: Path, end: str) -> None:
    yours = SUMS.replace("v1.0.0 h1:old=", "v1.1.0 h1:yours=")
    template = SUMS.replace("v1.0.0 h1:old=", "v1.2.0 h1:theirs=")
    report, text = both(tmp_path, "go.sum", SUMS, yours.rstrip("\n") + end, template)
    assert report["conflicts"] == []
    assert text.splitlines() == sorted({*yours.splitlines(), *template.splitlines()})


@pytest.mark.parametrize(
    ("before", "yours", "template", "result"),
    [
        (f"golang:1.25.0{A}", f"golang:1.25.3{B}", f"golang:1.26.0{C}", f"golang:1.26.0{C}"),
        (f"golang:1.25.0{A}", f"golang:1.26.1{B}", f"golang:1.26.0{C}", f"golang:1.26.1{B}"),
        (f"golang:1.25.0{A}", f"golang:1.25.0{B}", f"golang:1.25.0{C}", f"golang:1.25.0{B}"),
        (f"golang:1.25{A}", f"golang:1.25{B}", f"golang:1.26{C}", f"golang:1.26{C}"),
        (f"golang:1.25-trixie{A}", f"golang:1.25.4-trixie{B}", f"golang:1.26-trixie{C}", f"golang:1.26-trixie{C}"),
        (f"distroless/static:nonroot{A}", f"distroless/static:nonroot{B}", f"distroless/static:nonroot{C}", None),
    ],
)
def test_the_higher_tag_of_an_image_brings_its_digest(
    tmp_path: Path, before: str, yours: str, template: str, result: str | None
) -> None:
    texts = [f"FROM {image} AS build\nUSER 65532\n" for image in (before, yours, template)]
    report, text = both(tmp_path, "Dockerfile", *texts)
    assert (report["conflicts"], text) == ([], f"FROM {result or yours} AS build\nUSER 65532\n")


@pytest.mark.parametrize(("yours", "template"), [("1.26-alpine", "1.26-trixie"), ("1.25-alpine", "1.26-bookworm")])
def test_another_variant_of_an_image_is_a_conflict(tmp_path: Path, yours: str, template: str) -> None:
    texts = [f"FROM golang:{tag}\n" for tag in ("1.25-bookworm", yours, template)]
    report, _ = both(tmp_path, "Dockerfile", *texts)
    assert list(conflicts(report)) == ["Dockerfile"]


def step(letter: str, version: str) -> str:
    return f"    steps:\n      - uses: actions/checkout@{letter * 40} # v{version}\n"


@pytest.mark.parametrize(
    ("yours", "template", "result"),
    [
        (("b", "7.0.2"), ("c", "7.1.0"), ("c", "7.1.0")),
        (("b", "8.0.0"), ("c", "7.1.0"), ("b", "8.0.0")),
        (("b", "7.1.0"), ("c", "7.1.0"), ("b", "7.1.0")),
    ],
)
def test_the_higher_version_of_an_action_brings_its_commit(
    tmp_path: Path, yours: tuple[str, str], template: tuple[str, str], result: tuple[str, str]
) -> None:
    report, text = both(tmp_path, ".github/workflows/ci.yml", step("a", "7.0.1"), step(*yours), step(*template))
    assert (report["conflicts"], text) == ([], step(*result))


def test_a_commit_without_a_version_is_a_conflict(tmp_path: Path) -> None:
    texts = [f"- uses: actions/checkout@{letter * 40}\n" for letter in "abc"]
    report, _ = both(tmp_path, "ci.yml", *texts)
    assert list(conflicts(report)) == ["ci.yml"]


def test_the_higher_version_of_a_program_that_make_runs(tmp_path: Path) -> None:
    texts = [f"LINT := go run example.com/lint/v2@{version}\n" for version in ("v2.1.0", "v2.2.0", "v2.15.0")]
    report, text = both(tmp_path, "Makefile", *texts)
    assert (report["conflicts"], text) == ([], texts[2])


@pytest.mark.parametrize("line", ["cpu: {}\n", "see chapter {}\n", "timeout = {}\n", '{{"ratio": {}}}\n'])
def test_a_number_that_is_no_version_is_a_conflict(tmp_path: Path, line: str) -> None:
    report, _ = both(tmp_path, "file.txt", line.format("0.5"), line.format("0.7"), line.format("1.5"))
    assert list(conflicts(report)) == ["file.txt"]


def test_a_file_with_another_conflict_is_left_whole_to_a_person(tmp_path: Path) -> None:
    texts = [f"FROM golang:{tag}\n\n\n\n\nUSER {user}\n" for tag, user in (("1.1", "a"), ("1.2", "b"), ("1.3", "c"))]
    report, text = both(tmp_path, "Dockerfile", *texts)
    assert (list(conflicts(report)), report["decided"]) == (["Dockerfile"], {})
    assert text.count("<<<<<<< yours") == 2


def test_versions_in_crlf(tmp_path: Path) -> None:
    yours = module(a="v1.1.0").replace("\n", "\r\n")
    report, text = both(tmp_path, "go.mod", module(), yours, module(a="v1.2.0"))
    assert (report["conflicts"], text) == ([], module(a="v1.2.0").replace("\n", "\r\n"))
