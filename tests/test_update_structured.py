"""Conflicts of versions, which lines are the wrong unit for: who raised more wins, and what gave way is said."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gocontainer.rendering.engine import render
from gocontainer.update.resolvers import MARKER, Decision, TakenVersion, resolve
from tests.helpers.support import COMMAND, answers
from tests.helpers.update_outcome import conflicts, merge
from tests.helpers.updates import Repository

pytestmark = COMMAND

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
        ("v2.0.0-rc.1", "v2.0.0+incompatible"),
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


DOCKERFILE = """\
# syntax={syntax}

# {comment}
FROM {golang} AS build
RUN true

FROM {base}
{copy}USER 65532
"""
OLD = {
    "syntax": "docker/dockerfile:1",
    "comment": "cross-compiled",
    "golang": "--platform=$BUILDPLATFORM golang:1.26-trixie",
    "base": "gcr.io/distroless/static-debian13:nonroot",
    "copy": "",
}
PINNED = {
    **OLD,
    **{name: OLD[name] + digest for name, digest in zip(("syntax", "golang", "base"), (A, B, C), strict=True)},
}


def pinned_by_its_owner(folder: Path, **template: str) -> tuple[dict[str, Any], str]:
    """Merge what a newer template changes with a Dockerfile that `make pin` has been run on."""
    texts = (DOCKERFILE.format(**each) for each in (OLD, PINNED, {**OLD, **template}))
    return both(folder, "Dockerfile", *texts)


@pytest.mark.parametrize(
    ("template", "without"),
    [
        ({"golang": "--platform=$BUILDPLATFORM golang:1.27-trixie"}, ["golang:1.27-trixie"]),
        ({"golang": "--platform=$BUILDPLATFORM golang:1.26-forky"}, ["golang:1.26-forky"]),
        ({"golang": "--platform=$BUILDPLATFORM golang:1.25-trixie"}, ["golang:1.25-trixie"]),
        ({"golang": "golang:1.27-forky", "comment": "compiled here"}, ["golang:1.27-forky"]),
        ({"base": "gcr.io/distroless/static-debian14:nonroot"}, ["gcr.io/distroless/static-debian14:nonroot"]),
        ({"base": "alpine:3.24"}, ["alpine:3.24"]),
        ({"base": "scratch", "copy": "COPY --from=build /certificates /\n"}, []),
        ({"syntax": "docker/dockerfile:2"}, ["docker/dockerfile:2"]),
        (
            {"syntax": "docker/dockerfile:1.9", "golang": "golang:1.27", "base": "debian:forky-slim"},
            ["docker/dockerfile:1.9", "golang:1.27", "debian:forky-slim"],
        ),
    ],
)
def test_a_newer_tag_never_gets_the_digest_of_the_old_one(
    tmp_path: Path, template: dict[str, str], without: list[str]
) -> None:
    report, text = pinned_by_its_owner(tmp_path, **template)
    assert (report["conflicts"], text) == ([], DOCKERFILE.format(**{**PINNED, **template}))
    assert report["unpinned"] == ({"Dockerfile": without} if without else {})
    assert {each["other"].partition("@")[2] for each in report["decided"]["Dockerfile"]}


@pytest.mark.parametrize(
    ("template", "golang"),
    [
        ({"golang": "golang:1.26-trixie"}, f"golang:1.26-trixie{B}"),
        ({"golang": "golang:1.26-trixie", "comment": "compiled here"}, f"golang:1.26-trixie{B}"),
        ({"comment": "compiled here"}, PINNED["golang"]),
        ({"copy": "COPY --from=build /certificates /\n"}, PINNED["golang"]),
    ],
)
def test_a_digest_stays_with_its_tag_where_the_template_changes_what_is_around(
    tmp_path: Path, template: dict[str, str], golang: str
) -> None:
    report, text = pinned_by_its_owner(tmp_path, **template)
    expected = {**PINNED, **template, "golang": golang}
    assert (report["conflicts"], report["unpinned"], text) == ([], {}, DOCKERFILE.format(**expected))


def test_a_higher_tag_of_the_owner_keeps_its_digest(tmp_path: Path) -> None:
    tags = (f"golang:1.26-trixie{A}", f"golang:1.28-trixie{B}", "golang:1.27-trixie")
    report, text = both(tmp_path, "Dockerfile", *(f"FROM {tag}\n" for tag in tags))
    assert (report["conflicts"], report["unpinned"], text) == ([], {}, f"FROM {tags[1]}\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("FROM gcr.io/distroless/static-debian13:nonroot", "FROM gcr.io/distroless/static-debian14:nonroot"),
        ("# syntax=docker/dockerfile:1", "# syntax=docker/dockerfile:2"),
    ],
)
def test_a_tag_that_a_bot_raised_first_keeps_the_bots_digest(tmp_path: Path, before: str, after: str) -> None:
    report, text = both(tmp_path, "Dockerfile", f"{before}{A}\n", f"{after}{B}\n", f"{after}\n")
    assert (report["conflicts"], report["unpinned"], text) == ([], {}, f"{after}{B}\n")


def test_a_lower_tag_with_a_digest_gives_way_whole(tmp_path: Path) -> None:
    tags = ("golang:1.26-trixie", f"golang:1.26.4-trixie{B}", "golang:1.27-trixie")
    report, text = both(tmp_path, "Dockerfile", *(f"FROM {tag}\n" for tag in tags))
    assert (report["conflicts"], text) == ([], f"FROM {tags[2]}\n")
    assert report["unpinned"] == {"Dockerfile": ["golang:1.27-trixie"]}


def test_a_digest_that_the_owner_took_away_stays_away(tmp_path: Path) -> None:
    tags = (f"golang:1.26{A}", "golang:1.26", f"golang:1.26{C}")
    report, text = both(tmp_path, "Dockerfile", *(f"FROM {tag}\n" for tag in tags))
    assert (report["conflicts"], text) == ([], "FROM golang:1.26\n")


@pytest.mark.parametrize(
    ("yours", "template"),
    [
        (f"FROM golang:1.26{A} AS build\nWORKDIR /mine\n", "FROM golang:1.27 AS build\nWORKDIR /src\n"),
        (f"FROM golang:1.26{A} AS mine\nWORKDIR /src\n", "FROM golang:1.27 AS build\nWORKDIR /src\n"),
        (f"FROM golang:1.26{A} AS build\nWORKDIR /src\n", "WORKDIR /src\n"),
    ],
)
def test_a_pinned_line_with_another_change_is_a_conflict(tmp_path: Path, yours: str, template: str) -> None:
    report, _ = both(tmp_path, "Dockerfile", "FROM golang:1.26 AS build\nWORKDIR /src\n", yours, template)
    assert list(conflicts(report)) == ["Dockerfile"]


def test_a_conflict_in_which_nothing_was_pinned_is_left_as_git_found_it() -> None:
    """git may see two equal changes at different places: whether both are meant is for a person."""
    marked = "\n".join([sign * MARKER for sign in "<|"] + ["=" * MARKER, "FROM golang:1.27", ">" * MARKER, ""])
    same = marked.replace("<\n", "<\nFROM golang:1.27\n")
    assert resolve("Dockerfile", same) is None
    pinned = same.replace("<\nFROM golang:1.27", f"<\nFROM golang:1.27{A}").replace("|\n", "|\nFROM golang:1.26\n")
    assert resolve("Dockerfile", pinned) == Decision(
        f"FROM golang:1.27{A}\n", (TakenVersion(f"FROM golang:1.27{A}", "FROM golang:1.27"),)
    )


def test_people_and_the_commit_are_told_to_pin_again(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", {"Dockerfile": "FROM golang:1.26\n"})
    repository.edit("Dockerfile", "golang:1.26", f"golang:1.26{A}")
    out = repository.update({"Dockerfile": "FROM golang:1.27\n"}, "--commit").out
    assert f"  Dockerfile: 'FROM golang:1.27' was taken, not 'FROM golang:1.26{A}'\n" in out
    assert "  Dockerfile: golang:1.27 has no digest yet, since its tag is another: run 'make pin' again\n" in out
    assert "\nWithout a digest, run 'make pin': golang:1.27\n" in repository.git("log", "-1", "--format=%B")


def test_our_own_dockerfile_is_updated_once_it_is_pinned(tmp_path: Path) -> None:
    base = {"Dockerfile": render(answers())["Dockerfile"]}
    repository = Repository(tmp_path / "orders", base)
    images = re.compile(r"^(# syntax=\S+|FROM (?:--\S+ )?[^\s@]+)", re.MULTILINE)
    plain = repository.read("Dockerfile")
    repository.write("Dockerfile", images.sub(rf"\g<1>{A}", plain))
    repository.commit()
    for given in ({"base_image": "scratch"}, {"base_image": "alpine"}, {"base_image": "distroless-base", "cgo": True}):
        newest = {"Dockerfile": render(answers(**given, platforms="linux/amd64"))["Dockerfile"]}
        assert merge(repository, newest)["conflicts"] == []
        text, wanted = repository.read("Dockerfile"), newest["Dockerfile"].content.decode()
        assert text.replace(A, "") == wanted
        assert text.count(A) == 2
        repository.git("reset", "--hard", "--quiet")


def test_an_image_on_a_line_of_its_own_is_one_too(tmp_path: Path) -> None:
    texts = [
        f"FROM --platform=$BUILDPLATFORM \\\n    # why\n    {tag} AS build\n" for tag in ("a:1.0", f"a:1.0{A}", "a:1.1")
    ]
    report, text = both(tmp_path, "Dockerfile", *texts)
    assert (report["conflicts"], report["unpinned"], text) == ([], {"Dockerfile": ["a:1.1"]}, texts[2])
    assert report["decided"]["Dockerfile"] == [{"taken": "a:1.1 AS build", "other": f"a:1.0{A} AS build"}]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Dockerfile", "FROM a:1\nCOPY <<EOF /notes\nFROM golang:{}\nEOF\n"),
        ("Dockerfile", "FROM a:1\nRUN x \\\nFROM golang:{}\n"),
        ("Dockerfile", "FROM a:1\n# syntax=docker/dockerfile:{}\n"),
        ("Dockerfile", "FROM gol\\\nang:{}\n"),
        ("notes.txt", "FROM golang:{}\n"),
    ],
)
def test_what_only_looks_like_an_images_name_is_a_conflict(tmp_path: Path, path: str, text: str) -> None:
    for number, (yours, template) in enumerate((("1.1", "1.2"), (f"1.0{A}", "1.2"))):
        report, _ = both(tmp_path / str(number), path, *(text.format(each) for each in ("1.0", yours, template)))
        assert list(conflicts(report)) == [path]


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


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("docs/limits.md", "range =={}.0 units\n"),
        ("docs/limits.md", "    image: acme/orders:{}.0\n"),
        ("docs/limits.md", "uses: v{}.0\n"),
        ("notes.txt", "we agreed on acme=={}.0\n"),
        ("notes.txt", "mail me@v{}.0\n"),
        ("main.go", "if got ==({}.0) {{ // image: x\n"),
        ("requirements.txt", "# acme, x == {}.0 is too slow\n"),
        ("go.mod", "module a\n\nexclude example.com/x v1.0.{}\n"),
        ("go.mod", "module a\n\nexclude (\n\texample.com/x v1.0.{}\n)\n"),
        ("go.mod", "module a\n\nretract v1.0.{}\n"),
        ("go.mod", "module a\n\nretract (\n\tv1.0.{} // wrong\n)\n"),
        ("go.mod", "module a\n\nreplace example.com/x => example.com/y v1.0.{}\n"),
        ("go.mod", "module a\n\nrequire (\n\tb.c/d v1.0.{0}\n)\n\nexclude (\n\texample.com/x v1.0.{0}\n)\n"),
        ("go.mod", "module a\n\nreplace (\n\texample.com/x v1.0.{} => ../x\n)\n"),
    ],
)
def test_a_line_that_is_no_pin_is_a_conflict(tmp_path: Path, path: str, line: str) -> None:
    report, text = both(tmp_path, path, *(line.format(each) for each in (1, 2, 3)))
    assert (list(conflicts(report)), report["decided"]) == ([path], {})
    assert "2" in text


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("requirements.txt", "acme=={}.0 --hash=sha256:aa\n"),
        ("pyproject.toml", 'dependencies = [\n    "acme[all]=={}.0",\n]\n'),
        ("Makefile", "\tpip install --quiet acme=={}.0\n"),
        (".gitlab-ci.yml", "    - uv tool install 'acme=={}.0'\n"),
        ("compose.yml", "    image: acme/orders:{}.0\n"),
        ("go.mod", "module a\n\nrequire example.com/x v1.0.{}\n"),
        (".github/workflows/ci.yml", "      - run: go run example.com/lint/v2@v2.{}.0 ./...\n"),
    ],
)
def test_a_line_that_is_a_pin_goes_to_the_higher_version(tmp_path: Path, path: str, line: str) -> None:
    report, text = both(tmp_path, path, *(line.format(each) for each in (1, 2, 3)))
    assert (report["conflicts"], text) == ([], line.format(3))


def test_a_file_with_another_conflict_is_left_whole_to_a_person(tmp_path: Path) -> None:
    texts = [f"FROM golang:{tag}\n\n\n\n\nUSER {user}\n" for tag, user in (("1.1", "a"), ("1.2", "b"), ("1.3", "c"))]
    report, text = both(tmp_path, "Dockerfile", *texts)
    assert (list(conflicts(report)), report["decided"]) == (["Dockerfile"], {})
    assert text.count("<<<<<<< yours") == 2


def test_versions_in_crlf(tmp_path: Path) -> None:
    yours = module(a="v1.1.0").replace("\n", "\r\n")
    report, text = both(tmp_path, "go.mod", module(), yours, module(a="v1.2.0"))
    assert (report["conflicts"], text) == ([], module(a="v1.2.0").replace("\n", "\r\n"))
