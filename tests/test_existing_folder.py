"""`gocontainer new` into a folder that holds what a host puts into a fresh repository: all of it stays its owner's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gocontainer.answers import lockfile
from gocontainer.answers.detect import surroundings
from gocontainer.repository import tree
from gocontainer.repository.kept import ONCE, missing_lines
from gocontainer.repository.tree import File
from tests.helpers.support import COMMAND, Run, git, gocontainer, ok
from tests.helpers.templates import Template
from tests.helpers.updates import Repository

THEIRS = {
    ".gitignore": b"# Go\r\n*.exe\r\nbin\r\n",
    "LICENSE": b"All rights reserved. \xe9\n",
    "README.md": b"# orders\n",
}
"""What a host wrote: line ends of its own, and a letter that is no UTF-8."""
LACKING = ["*.test", ".env"]
"""What the template's .gitignore has beside it; its ``/bin/`` is covered by ``bin``."""


def clone(folder: Path, theirs: dict[str, bytes] | None = None) -> Path:
    """A clone of a repository that a host has just made."""
    target = folder / "orders"
    target.mkdir(parents=True)
    git(target, "init", "--quiet", "--initial-branch=main")
    for path, content in (THEIRS if theirs is None else theirs).items():
        (target / path).write_bytes(content)
    git(target, "add", "--all", "--force")
    git(target, "commit", "--quiet", "--message=Initial commit")
    return target


def new(target: Path, *arguments: str) -> Run:
    licence = () if "--license" in arguments else ("--license", "mit")
    return gocontainer("new", "orders", "--no-input", "-o", str(target.parent), *licence, *arguments)


def report(target: Path, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ok(new(target, "--json", *arguments)))
    return found


def theirs_in(target: Path) -> dict[str, bytes]:
    return {path: (target / path).read_bytes() for path in THEIRS}


def committed(target: Path) -> list[str]:
    """The paths of the last commit's own changes."""
    return git(target, "show", "--format=", "--name-only", "-z", "HEAD").strip("\0").split("\0")


@COMMAND
def test_the_files_of_a_fresh_remote_are_kept_and_the_rest_is_written_beside_them(tmp_path: Path) -> None:
    target = clone(tmp_path)
    said = report(target)
    assert theirs_in(target) == THEIRS
    assert said["kept"] == [
        {"path": ".gitignore", "differs": True, "missing": LACKING},
        {"path": "LICENSE", "differs": True, "missing": []},
        {"path": "README.md", "differs": True, "missing": []},
    ]
    written = {each["path"] for each in said["files"]}
    assert not written & THEIRS.keys()
    assert written | THEIRS.keys() == tree.load(target).keys()
    assert {"go.mod", ".gitattributes", lockfile.LOCK} <= written
    assert git(target, "status", "--porcelain") == ""
    assert sorted(committed(target)) == sorted(written), "the commit has our files and nothing else"
    assert git(target, "log", "--format=%s").splitlines()[1:] == ["Initial commit"]


@COMMAND
def test_what_differs_from_the_template_is_listed_for_people(tmp_path: Path) -> None:
    target = clone(tmp_path)
    for text in (ok(new(target, "--dry-run")), ok(new(target))):
        assert "\nKept as they were:\n  .gitignore lacks lines of the template's: *.test, .env\n" in text
        assert "\n  LICENSE differs from the template's\n  README.md differs from the template's\n" in text


@COMMAND
def test_a_kept_file_that_is_the_templates_own_follows_later_updates(tmp_path: Path) -> None:
    ok(gocontainer("new", "orders", "--no-input", "--no-git", "-o", str(tmp_path / "other")))
    same = (tmp_path / "other/orders/.gitignore").read_bytes()
    target = clone(tmp_path, {".gitignore": same.replace(b"\n", b"\r\n"), "README.md": b"# mine\n"})
    kept = {each["path"]: each["differs"] for each in report(target)["kept"]}
    assert kept == {".gitignore": False, "README.md": True}
    assert {*lockfile.read(target).keep} - ONCE.keys() == {"README.md"}


@COMMAND
def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    target = clone(tmp_path)
    said = report(target, "--dry-run")
    assert {path.name for path in target.iterdir()} == {".git", *THEIRS}
    real = report(target)
    assert (said.pop("written"), real.pop("written")) == (False, True)
    assert said == real


@COMMAND
def test_the_lock_and_status_take_the_kept_files_for_the_owners_edits(tmp_path: Path) -> None:
    target = clone(tmp_path)
    ok(new(target))
    assert {*lockfile.read(target).keep} - ONCE.keys() == THEIRS.keys()
    run = gocontainer("status", str(target), "--json")
    assert run.code == 4
    files = json.loads(run.out)["files"]
    assert {path for path, words in files.items() if words != ["clean"]} == THEIRS.keys()
    assert {path: files[path] for path in THEIRS} == {path: ["modified"] for path in THEIRS}


def test_a_newer_template_leaves_every_byte_of_theirs_and_says_what_their_list_lacks(tmp_path: Path) -> None:
    target = clone(tmp_path)
    ok(new(target))
    orders = Repository.at(target)
    newer = {
        path: File(file.content + b"\n# newer\n", file.executable) if path.endswith("file") or path in THEIRS else file
        for path, file in orders.pristine().items()
    }
    newer[".gitignore"] = File(newer[".gitignore"].content + b"/coverage.out\n")
    said = orders.report(newer, "--commit")
    assert (said["exit"], said["conflicts"]) == (0, [])
    assert theirs_in(target) == THEIRS
    assert set(said["changes"]) == {"Dockerfile", "Makefile"}
    assert said["missing_lines"] == {".gitignore": [*LACKING, "/coverage.out"]}
    assert git(target, "status", "--porcelain") == ""
    assert {*lockfile.read(target).keep} - ONCE.keys() == THEIRS.keys(), "nor does the next one touch them"
    newest = {**newer, "LICENSE": File(b"another"), "Makefile": File(b"all:\n")}
    text = orders.update(newest, "--dry-run").out
    assert ".gitignore lacks lines of the template's: *.test, .env, /coverage.out" in text
    assert "LICENSE" not in text


@COMMAND
def test_a_licence_that_the_template_has_none_of_stays_when_an_update_brings_one(tmp_path: Path) -> None:
    target = clone(tmp_path)
    ok(new(target, "--license", "none"))
    ok(gocontainer("update", str(target), "--set", "license=mit"))
    assert theirs_in(target) == THEIRS


@COMMAND
def test_what_the_user_has_not_committed_is_not_committed_for_them(tmp_path: Path) -> None:
    target = clone(tmp_path)
    (target / "README.md").write_bytes(b"# orders, in the middle of it\n")
    (target / "LICENSE").write_bytes(b"staged\n")
    git(target, "add", "LICENSE")
    run = new(target)
    ok(run)
    assert "What you had not committed still is not: LICENSE, README.md" in run.err
    assert git(target, "status", "--porcelain") == "M  LICENSE\n M README.md\n"
    assert not {*committed(target)} & THEIRS.keys()


@COMMAND
@pytest.mark.parametrize("staged", [True, False])
def test_in_a_clone_without_a_commit_only_ours_are_in_the_first_one(tmp_path: Path, staged: bool) -> None:  # noqa: FBT001
    target = tmp_path / "orders"
    target.mkdir()
    git(target, "init", "--quiet")
    (target / "README.md").write_bytes(b"# mine\n")
    if staged:
        git(target, "add", "README.md")
    assert "still is not: README.md" in new(target).err
    assert git(target, "status", "--porcelain") == ("A  README.md\n" if staged else "?? README.md\n")
    assert "README.md" not in committed(target)
    assert "go.mod" in committed(target)


@COMMAND
def test_a_folder_without_git_becomes_a_repository_with_ours_in_its_first_commit(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders/LICENSE").write_bytes(b"mine")
    run = new(tmp_path / "orders")
    ok(run)
    assert git(tmp_path / "orders", "status", "--porcelain") == "?? LICENSE\n"
    assert "still is not: LICENSE" in run.err
    assert git(tmp_path / "orders", "branch", "--show-current") == "main\n"


@COMMAND
def test_without_git_nothing_is_committed(tmp_path: Path) -> None:
    target = clone(tmp_path)
    ok(new(target, "--no-git"))
    assert git(target, "log", "--format=%s") == "Initial commit\n"
    assert theirs_in(target) == THEIRS


@COMMAND
def test_a_kept_list_that_ignores_our_files_keeps_none_of_them_out_of_the_commit(tmp_path: Path) -> None:
    target = clone(tmp_path, {".gitignore": b"*.lock\ndocs/\n.*\n"})
    written = {each["path"] for each in report(target)["files"]}
    assert {*committed(target)} == written


@COMMAND
def test_a_clone_whose_history_has_more_than_a_hosts_files_is_not_committed_to(tmp_path: Path) -> None:
    target = clone(tmp_path, {**THEIRS, "notes.txt": b"mine"})
    (target / "notes.txt").unlink()
    ok(new(target))
    assert git(target, "log", "--format=%s") == "Initial commit\n"


@COMMAND
@pytest.mark.parametrize("names", [("go.mod", "README.md"), ("main.go",), ("go.mod", "main.go", "Makefile")])
def test_go_code_is_left_alone_and_the_error_says_why_and_the_way_out(tmp_path: Path, names: tuple[str, ...]) -> None:
    target = clone(tmp_path, dict.fromkeys(names, b"package main\n"))
    for extra in ([], ["--dry-run"]):
        run = new(target, *extra)
        assert (run.code, run.out) == (2, "")
        others = ", ".join(sorted({*names} - tree.KEPT))
        assert f"orders is in the way: {others}. Go code is left alone: take it up with" in run.err
        assert "or write the service into another folder with --output." in run.err
    assert {path.name for path in target.iterdir()} == {".git", *names}


@COMMAND
@pytest.mark.parametrize("name", ["Makefile", "readme.md", "LICENSE.md", ".github"])
def test_anything_else_is_left_alone_and_the_error_says_what_may_be_there(tmp_path: Path, name: str) -> None:
    target = clone(tmp_path)
    (target / name).mkdir()
    run = new(target)
    assert run.code == 2
    assert f"orders is in the way: {name}. Beside README.md, LICENSE, .gitignore and .gitattributes nothing" in run.err
    assert {path.name for path in target.iterdir()} == {".git", name, *THEIRS}
    assert theirs_in(target) == THEIRS


def test_the_wizard_takes_a_clone_with_a_hosts_files_for_one_to_be_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = clone(tmp_path)
    monkeypatch.chdir(target)
    around = surroundings(None)
    assert around.target("orders") == target
    assert "a fresh clone, to be filled" in around.found("1.26")
    (target / "main.go").touch()
    assert surroundings(None).clone is None


@COMMAND
def test_an_external_template_keeps_them_too(tmp_path: Path) -> None:
    template = Template(
        tmp_path / "template", {"{{cookiecutter.slug}}/README.md": "# x\n", "{{cookiecutter.slug}}/a.txt": "a\n"}
    )
    (tmp_path / "out/orders").mkdir(parents=True)
    (tmp_path / "out/orders/README.md").write_bytes(b"mine")
    arguments = ("--template", str(template.folder), "-o", str(tmp_path / "out"), "--json")
    said = json.loads(ok(gocontainer("new", *arguments)))
    assert said["kept"] == [{"path": "README.md", "differs": True, "missing": []}]
    assert (tmp_path / "out/orders/README.md").read_bytes() == b"mine"
    assert (tmp_path / "out/orders/a.txt").read_bytes() == b"a\n"


@pytest.mark.parametrize(
    ("theirs", "lacking"),
    [
        (b"", ("/bin/", "*.test")),
        (b"bin\n*.test\n", ()),
        (b"/bin\r\n  *.test  \r\n", ()),
        (b"# /bin/\n*.tests\n", ("/bin/", "*.test")),
    ],
)
def test_a_line_of_a_list_is_missing_where_no_line_says_as_much(theirs: bytes, lacking: tuple[str, ...]) -> None:
    rendered = {".gitignore": File(b"# ours\n\n/bin/\n*.test\n"), "README.md": File(b"a\n")}
    assert missing_lines(".gitignore", theirs, rendered) == lacking
    assert missing_lines("README.md", theirs, rendered) == ()


def test_without_the_locks_word_an_update_would_write_into_their_file(tmp_path: Path) -> None:
    target = clone(tmp_path)
    ok(new(target))
    orders = Repository.at(target)
    orders.write(lockfile.LOCK, json.dumps({**json.loads(orders.read(lockfile.LOCK)), "keep": []}))
    orders.commit()
    newer = {**orders.pristine(), "README.md": File(b"# newer\n")}
    assert [each["path"] for each in orders.report(newer)["conflicts"]] == ["README.md"]
    assert theirs_in(target) != THEIRS
