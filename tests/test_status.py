"""`gocontainer status`: what drifted, file by file, and whether an update is there."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from gocontainer.answers import lockfile
from tests.helpers.support import PINS, ROOT
from tests.helpers.updates import Files, Repository, as_tree, command

BASE = {"a.txt": "a\n", "b.txt": "b\n", "c.txt": "c\n", "d.txt": "d\n"}


def status(repository: Repository, newest: Files, *arguments: str) -> tuple[int, str]:
    with mock.patch("gocontainer.inspection.status.render", return_value=as_tree(newest)):
        done = command("status", str(repository.folder), *arguments)
    assert done.err == ""
    return done.code, done.out


def report(repository: Repository, newest: Files) -> dict[str, Any]:
    code, out = status(repository, newest, "--json")
    return {**json.loads(out), "exit": code}


def current(folder: Path, base: Files) -> Repository:
    """A repository of the installed version."""
    repository = Repository(folder, {})
    assert repository.update(base, "--commit").code == 0
    return repository


def test_a_repository_as_rendered_is_clean_and_exit_0(tmp_path: Path) -> None:
    found = report(current(tmp_path / "orders", BASE), BASE)
    assert (found["exit"], found["update"], found["extra"]) == (0, False, 0)
    assert set(map(tuple, found["files"].values())) == {("clean",)}


def test_each_file_says_how_it_drifted(tmp_path: Path) -> None:
    repository = current(tmp_path / "orders", BASE)
    repository.write("a.txt", "mine\n")
    repository.write("own/e.txt", "mine\n")
    (repository.folder / "b.txt").unlink()
    found = report(repository, {**BASE, "a.txt": "newer\n", "c.txt": "newer\n"})
    assert found["files"] == {
        "a.txt": ["modified", "outdated"],
        "b.txt": ["missing"],
        "c.txt": ["outdated"],
        "d.txt": ["clean"],
    }
    assert (found["exit"], found["extra"]) == (4, 1)
    _, out = status(repository, BASE)
    assert (
        "2 of 4 files as rendered, 1 of your own\n  modified             a.txt\n  missing              b.txt\n" in out
    )


def test_an_update_that_is_there_is_said_with_exit_4(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", BASE)
    code, out = status(repository, BASE)
    assert code == 4
    assert "has a newer template: run 'gocontainer update --dry-run'\n" in out


def test_an_update_under_way_says_what_there_is_to_decide(tmp_path: Path) -> None:
    repository = current(tmp_path / "orders", BASE)
    repository.edit("a.txt", "a", "mine")
    assert repository.update({**BASE, "a.txt": "newer\n"}).code == 3
    assert report(repository, BASE)["under_way"] == ["a.txt"]
    _, out = status(repository, BASE)
    assert out.endswith(
        "\nan update is under way: decide a.txt, 'git add' it, run 'gocontainer update --continue', or '--abort'\n"
    )
    assert command("update", str(repository.folder), "--abort").code == 0
    assert report(repository, BASE)["under_way"] is None


def test_an_update_that_was_killed_can_only_be_undone(tmp_path: Path) -> None:
    repository = current(tmp_path / "orders", BASE)
    left = "nothing is left of an update that was under way: run 'gocontainer update --abort'"
    (repository.top / ".git/gocontainer-update").write_bytes(b"")
    code, out = status(repository, BASE)
    assert (code, out.splitlines()[-1]) == (4, left)
    journal = {"head": repository.git("rev-parse", "HEAD").strip(), "paths": ["a.txt"], "settled": False}
    (repository.top / ".git/gocontainer-update").write_text(json.dumps(journal))
    (repository.top / "a.txt").unlink()
    code, out = status(repository, BASE)
    assert (code, out.splitlines()[-1]) == (4, "an update is under way: run 'gocontainer update --abort'")


def test_what_git_ignores_is_not_counted(tmp_path: Path) -> None:
    repository = current(tmp_path / "orders", BASE)
    repository.write(".gitignore", "bin/\n")
    repository.write("bin/orders", "a program\n")
    assert report(repository, BASE)["extra"] == 1, "the .gitignore itself"


def test_a_file_with_other_line_ends_is_clean(tmp_path: Path) -> None:
    repository = current(tmp_path / "orders", BASE)
    repository.write("a.txt", "a\r\n")
    assert report(repository, BASE)["exit"] == 0


def test_it_needs_no_git(tmp_path: Path) -> None:
    repository = current(tmp_path / "orders", BASE)
    (repository.top / ".git").rename(tmp_path / "away")
    assert report(repository, BASE)["exit"] == 0


@pytest.mark.parametrize("content", [None, b"", b"no pack"])
def test_a_pack_that_is_not_as_written_is_refused(tmp_path: Path, content: bytes | None) -> None:
    repository = current(tmp_path / "orders", BASE)
    path = repository.folder / lockfile.PACK
    path.unlink() if content is None else path.write_bytes(content)
    done = command("status", str(repository.folder))
    assert (done.code, done.out) == (2, "")
    assert "base.pack is gone or was changed. Bring it back" in done.err


# Images past their end of life

DAY = dt.date(2026, 11, 24)
A = f"@sha256:{'a' * 64}"
ALPINE = PINS["base_image"]["alpine"]["value"]


def endings(folder: Path, dockerfile: str, newest: str = "", path: str = "Dockerfile") -> dict[str, Any]:
    """What status says on DAY of a repository that holds ``dockerfile``, as rendered, with nothing else to say."""
    base = {**BASE, path: dockerfile}
    with mock.patch("gocontainer.inspection.end_of_life.today", return_value=DAY):
        return report(current(folder / "orders", base), {**base, path: newest or dockerfile})


@pytest.mark.parametrize(
    ("image", "last_day"),
    [
        ("alpine:3.20", "2026-04-01"),
        (f"alpine:3.20.3{A}", "2026-04-01"),
        ("docker.io/library/alpine:3.20", "2026-04-01"),
        ("localhost:5000/mirror/alpine:3.20", "2026-04-01"),
        ("alpine:3.21", "2026-11-01"),
        ("debian:bookworm-slim", "2026-07-11"),
        ("debian:12.5", "2026-07-11"),
        ("golang:1.26-bookworm", "2026-07-11"),
        ("golang:1.26.3-alpine3.20", "2026-04-01"),
        ("golang:1.24-trixie", "2026-02-10"),
        ("golang:1.24-bookworm", "2026-02-10"),
        (f"gcr.io/distroless/static-debian12:nonroot{A}", "2026-09-01"),
        ("ubuntu:20.04", "2025-05-31"),
        ("ubuntu:focal-20240101", "2025-05-31"),
    ],
)
def test_an_image_past_its_end_of_life_is_a_finding_with_and_without_a_digest(
    tmp_path: Path, image: str, last_day: str
) -> None:
    found = endings(tmp_path, f"# x\nFROM --platform=$BUILDPLATFORM {image} AS build\nFROM scratch\n")
    assert [(each["path"], each["image"], each["last_day"], each["past"]) for each in found["endings"]] == [
        ("Dockerfile", image.partition("@")[0], last_day, True)
    ]
    assert found["exit"] == 4


@pytest.mark.parametrize(
    "image",
    [
        "alpine:3.24",
        "alpine:3.2",
        "alpine:latest",
        "scratch",
        "golang:1.26-trixie",
        "gcr.io/distroless/static-debian13:nonroot",
        "ubuntu:26.04",
        "acme/bookworm:1",
        "acme/myalpine:3.20",
        "debian:110",
        "golang:1.220",
        "static-debian12",
    ],
)
def test_an_image_that_is_supported_or_unknown_is_none(tmp_path: Path, image: str) -> None:
    found = endings(tmp_path, f"FROM alpine:3.24 AS Static-debian12\nFROM {image}\n")
    assert (found["endings"], found["exit"]) == ([], 0)


@pytest.mark.parametrize(
    ("dockerfile", "named"),
    [
        ("ARG BASE=alpine:3.18\nFROM ${BASE}\n", ["alpine:3.18"]),
        ("ARG RELEASE=3.18\nFROM alpine:${RELEASE}\n", ["alpine:3.18"]),
        ("FROM \\\nalpine:3.18\n", ["alpine:3.18"]),
        ("FROM alpine:3.24\nCOPY <<EOF /notes\nFROM alpine:3.18\nEOF\n", []),
        ("FROM alpine:3.24 AS alpine\nRUN x \\\n# why\nFROM alpine:3.18\nFROM alpine\n", []),
    ],
)
def test_a_dockerfile_is_read_as_the_builder_reads_it(tmp_path: Path, dockerfile: str, named: list[str]) -> None:
    found = endings(tmp_path, dockerfile)
    assert [each["image"] for each in found["endings"]] == named
    assert found["exit"] == (4 if named else 0)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (dt.date(2026, 1, 1), ""),
        (
            dt.date(2026, 1, 2),
            f"ends soon            Dockerfile: alpine:3.20 is supported until 2026-04-01; take {ALPINE}",
        ),
        (
            dt.date(2026, 4, 1),
            f"ends soon            Dockerfile: alpine:3.20 is supported until 2026-04-01; take {ALPINE}",
        ),
        (
            dt.date(2026, 4, 2),
            f"past its end of life Dockerfile: alpine:3.20 was supported until 2026-04-01; take {ALPINE}",
        ),
    ],
)
def test_the_last_ninety_days_are_a_warning_and_the_day_after_is_exit_4(
    tmp_path: Path, day: dt.date, words: str
) -> None:
    base = {"Dockerfile": "FROM alpine:3.20\n"}
    with mock.patch("gocontainer.inspection.end_of_life.today", return_value=day):
        code, out = status(current(tmp_path / "orders", base), base)
    assert out.splitlines()[1:] == ([f"  {words}"] if words else [])
    assert code == (4 if words.startswith("past") else 0)


@pytest.mark.parametrize(
    ("image", "newest", "way_out"),
    [
        ("alpine:3.20", ALPINE, (True, ALPINE)),
        ("alpine:3.20", "alpine:3.20", (False, ALPINE)),
        (
            "gcr.io/distroless/base-debian12",
            "gcr.io/distroless/base-debian13",
            (True, PINS["base_image"]["distroless-base"]["value"]),
        ),
        ("golang:1.25-bookworm", "", (False, PINS["base_image"]["build"]["value"])),
        ("python:3.14-bookworm", "", (False, None)),
        ("python:3.14-bookworm", "python:3.14-trixie", (True, None)),
    ],
)
def test_the_way_out_is_an_update_where_it_brings_another_image(
    tmp_path: Path,
    image: str,
    newest: str,
    way_out: tuple[bool, str | None],
) -> None:
    (found,) = endings(tmp_path, f"FROM {image}\n", newest and f"FROM {newest}\n")["endings"]
    assert (found["update"], found["instead"]) == way_out


@pytest.mark.parametrize(
    ("dockerfile", "words"),
    [
        ("FROM alpine:3.20\n", f"'gocontainer update' brings {ALPINE}"),
        ("FROM python:3-alpine3.20\n", "'gocontainer update' brings another"),
    ],
)
def test_people_are_told_what_an_update_brings(tmp_path: Path, dockerfile: str, words: str) -> None:
    repository = current(tmp_path / "orders", {"Dockerfile": dockerfile})
    with mock.patch("gocontainer.inspection.end_of_life.today", return_value=DAY):
        assert f"; {words}\n" in status(repository, {"Dockerfile": f"FROM {ALPINE}\n"})[1]


def test_an_image_of_the_owners_own_is_not_for_an_update(tmp_path: Path) -> None:
    repository = current(tmp_path / "orders", {"Dockerfile": "FROM alpine:3.24\n"})
    repository.write("Dockerfile", "FROM alpine:3.20\nFROM python:3-bookworm\n")
    with mock.patch("gocontainer.inspection.end_of_life.today", return_value=DAY):
        found = report(repository, {"Dockerfile": "FROM alpine:3.24\n"})["endings"]
        _, out = status(repository, {"Dockerfile": "FROM alpine:3.24\n"})
    assert [each["update"] for each in found] == [False, False]
    assert "python:3-bookworm was supported until 2026-07-11; look for a newer tag, or a newer gocontainer\n" in out


def test_a_file_that_the_owner_keeps_from_updates_is_not_for_an_update(tmp_path: Path) -> None:
    repository = current(tmp_path / "orders", {"Dockerfile": "FROM alpine:3.20\n"})
    document = json.loads(repository.read(lockfile.LOCK))
    repository.write(lockfile.LOCK, json.dumps({**document, "keep": ["Dockerfile"]}))
    with mock.patch("gocontainer.inspection.end_of_life.today", return_value=DAY):
        (found,) = report(repository, {"Dockerfile": f"FROM {ALPINE}\n"})["endings"]
    assert (found["update"], found["instead"]) == (False, ALPINE)


def test_our_own_pin_is_no_way_out_of_itself(tmp_path: Path) -> None:
    repository = current(tmp_path / "orders", {"Dockerfile": f"FROM {ALPINE}.1\n"})
    with mock.patch("gocontainer.inspection.end_of_life.today", return_value=dt.date(2030, 1, 1)):
        (found,) = report(repository, {"Dockerfile": f"FROM {ALPINE}.1\n"})["endings"]
    assert found["instead"] is None


def test_the_reference_names_every_key_of_the_document(tmp_path: Path) -> None:
    found = endings(tmp_path, "FROM alpine:3.20\n")
    page = (ROOT / "docs/reference/automation.md").read_text()
    table = page.partition("## What `status --json` prints\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(\w+)`", table)) - {"clean", "modified", "missing", "outdated"}
    assert named == {*found, *found["endings"][0]} - {"exit"}


def test_other_dockerfiles_of_the_owner_are_read_and_those_of_others_are_not(tmp_path: Path) -> None:
    repository = current(tmp_path / "orders", BASE)
    names = ["Containerfile", "Dockerfile.debug", "tools/migrate.Dockerfile"]
    for name in [*names, "vendor/a/Dockerfile", "node_modules/b/Dockerfile", "Dockerfiles", "docs/notes.md"]:
        repository.write(name, b"\xff\nfrom alpine:3.20\r\n")
    with mock.patch("gocontainer.inspection.end_of_life.today", return_value=DAY):
        assert [each["path"] for each in report(repository, BASE)["endings"]] == names
