"""``update --verify``: what merges clean and does not work is no clean update, unless it did not work before."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gocontainer.answers.lockfile import with_lockfile
from gocontainer.rendering.engine import render
from gocontainer.verification import kustomizations, texts
from gocontainer.verification.findings import Finding, new
from tests.helpers.planted import BROKEN, MODULE, Case, broken, changed, planted, start
from tests.helpers.proofs import everything
from tests.helpers.support import COMMAND, answers, clean_environment, committed, files_of
from tests.helpers.updates import Repository, command

pytestmark = COMMAND

PLANTED, BROKEN_BEFORE = (300, 300) if everything() else (16, len(BROKEN))
OWN = f'package own\n\nimport "{MODULE}/internal/config"\n\nvar _ = config.Load()\n'


def of(case: Case, folder: Path, place: str = ".") -> Repository:
    """The owner's repository."""
    repository = Repository(folder / "mono", case.base, place=place)
    for path in case.base.keys() - case.mine.keys():
        (repository.folder / path).unlink()
    for path, text in case.mine.items():
        repository.write(path, text)
    repository.commit()
    return repository


def renamed() -> Case:
    """The template renames a function that the owner's own file calls."""
    edits = [("internal/config/config.go", "func Load()", "func Read()"), ("main.go", "config.Load", "config.Read")]
    edits += [
        ("internal/config/config_test.go", "Load()", "Read()"),
        ("internal/config/config.go", "// Load", "// Read"),
    ]
    base = start()
    theirs = changed(base, *edits) | {"internal/config/config_test.go": "package config\n"}
    return Case("symbol", base, {**base, "internal/own/own.go": OWN}, theirs)


def without_go(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Leave git alone in PATH."""
    folder.mkdir()
    (folder / "git").symlink_to(shutil.which("git") or "git")
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize("number", range(PLANTED))
def test_what_works_on_each_side_and_not_together_is_no_clean_update(tmp_path: Path, number: int) -> None:
    case = planted(number)
    repository = of(case, tmp_path, "." if number % 3 else "services/orders")
    head = repository.git("rev-parse", "HEAD")
    report = repository.report(case.theirs, "--verify", "--commit")
    assert (report["exit"], report["conflicts"], report["written"]) == (3, [], True), case.kind
    assert report["verified"]["broken"]
    for found in report["verified"]["broken"]:
        assert_is_there(found["yours"], case.mine, case.base)
        assert_is_there(found["template"], case.theirs, case.base)
    assert repository.git("rev-parse", "HEAD") == head, "what does not work is not committed"
    assert command("update", str(repository.folder), "--abort").code == 0
    assert repository.git("status", "--porcelain") == ""


def assert_is_there(place: Mapping[str, Any], *trees: Mapping[str, str]) -> None:
    """Hold that one of the trees has the line."""
    assert any(0 < place["line"] <= len(tree.get(place["path"], "").splitlines()) for tree in trees), place


@pytest.mark.parametrize("number", range(BROKEN_BEFORE))
def test_what_was_broken_before_is_no_reason_to_refuse(tmp_path: Path, number: int) -> None:
    case = broken(number)
    report = of(case, tmp_path).report(case.theirs, "--verify", "--commit")
    assert (report["exit"], report["conflicts"], report["verified"]["broken"]) == (0, [], []), case.kind
    assert len(report["verified"]["notes"]) <= 1


def test_both_places_are_said_and_the_update_ends_as_one_with_conflicts_does(tmp_path: Path) -> None:
    case = renamed()
    repository = of(case, tmp_path)
    done = repository.update(case.theirs, "--verify")
    place = "internal/own/own.go:5"
    assert done.code == 3
    assert (
        f"  ! {place}: undefined: config.Load (yours: {place}, the template's: internal/config/config.go:16)"
        in done.out
    )
    assert "Mend these, then run 'gocontainer update --continue' and commit." in done.out
    assert repository.read("main.go") == case.theirs["main.go"]
    folder = str(repository.folder)
    assert "run 'gocontainer update --continue', or '--abort'" in command("status", folder).out
    assert command("update", folder).code == 2, "another waits until this one has ended"
    repository.write("internal/own/own.go", OWN.replace("Load", "Read"))
    assert command("update", folder, "--continue").out == "The update has ended. Commit it.\n"
    repository.commit()
    assert repository.update(case.theirs, "--verify").code == 0


def test_what_was_mended_so_far_is_kept_when_it_is_undone(tmp_path: Path) -> None:
    case = renamed()
    repository = of(case, tmp_path)
    assert repository.update(case.theirs, "--verify").code == 3
    mended = case.theirs["internal/config/config.go"] + "\n// Load is Read.\nvar Load = Read\n"
    repository.write("internal/config/config.go", mended)
    done = command("update", str(repository.folder), "--abort")
    assert (done.code, repository.git("status", "--porcelain")) == (0, "")
    oid = done.out.rpartition("git show ")[2].strip("'.\n")
    assert repository.git("show", oid) == mended


@pytest.mark.parametrize("arguments", [["--branch", "topic"], ["--dry-run"], ["--on-conflict", "abort"]])
def test_nothing_is_written_where_nobody_could_mend_it(tmp_path: Path, arguments: list[str]) -> None:
    case = renamed()
    repository = of(case, tmp_path)
    done = repository.update(case.theirs, "--verify", *arguments)
    assert (done.code, repository.git("status", "--porcelain"), repository.git("branch", "--list", "topic")) == (
        3,
        "",
        "",
    )
    assert "Nothing was written." in done.out


def test_without_the_flag_nothing_is_built_and_with_it_a_good_merge_is_said_to_be_one(tmp_path: Path) -> None:
    case = renamed()
    repository = of(case, tmp_path)
    assert repository.report(case.theirs, "--dry-run")["verified"] is None
    report = repository.report(changed(start(), ("main.go", "// main 3.", "// new")), "--verify", "--commit")
    assert (report["exit"], report["verified"]) == (0, {"broken": [], "notes": []})
    text = repository.update(changed(start(), ("main.go", "// main 3.", "// newer")), "--verify", "--commit").out
    assert "Verified: nothing that worked is broken." in text


def test_conflicts_are_decided_first(tmp_path: Path) -> None:
    base = start()
    case = Case(
        "", base, changed(base, ("main.go", "// main 3.", "// a")), changed(base, ("main.go", "// main 3.", "// b"))
    )
    report = of(case, tmp_path).report(case.theirs, "--verify")
    assert (report["exit"], report["verified"]["broken"]) == (3, [])
    assert report["verified"]["notes"] == ["It was not verified, since something has to be decided first."]


@pytest.mark.parametrize("around", ["go.work", "replace", "one module"])
def test_a_service_in_a_repository_of_many_is_built_with_what_is_around_it(tmp_path: Path, around: str) -> None:
    base, library = start(), "package lib\n\n// Answer is there.\nconst Answer = 42\n"
    name = "example.com/mono/lib" if around == "one module" else "example.com/lib"
    own = f'package own\n\nimport "{name}"\n\nvar _ = lib.Answer\n'
    mine = {**base, "internal/own/own.go": own}
    if around == "replace":
        wanted = "go 1.26\n\nrequire example.com/lib v0.0.0\n\nreplace example.com/lib => ../../lib\n"
        mine = changed(mine, ("go.mod", "go 1.26\n", wanted))
    elif around == "one module":
        del mine["go.mod"]
        mine = {path: text.replace(MODULE, "example.com/mono/services/orders") for path, text in mine.items()}
    repository = of(Case("", base, mine, base), tmp_path, "services/orders")
    (repository.top / "lib").mkdir()
    (repository.top / "lib/lib.go").write_text(library)
    (repository.top / "lib/go.mod").write_text("module example.com/lib\n\ngo 1.26\n")
    if around == "go.work":
        (repository.top / "go.work").write_text("go 1.26\n\nuse (\n\t./lib\n\t./services/orders\n)\n")
    elif around == "one module":
        (repository.top / "lib/go.mod").unlink()
        (repository.top / "go.mod").write_text("module example.com/mono\n\ngo 1.26\n")
    repository.commit()
    good = changed(base, ("internal/store/store.go", "// store 3.", "// new"))
    report = repository.report(good, "--verify", "--commit")
    assert (report["exit"], report["verified"]) == (0, {"broken": [], "notes": []})
    bad = {**good, "internal/own/new.go": "package own\n\nvar _ = nothing\n"}
    assert repository.report(bad, "--verify", "--dry-run")["exit"] == 3


def test_go_fetches_nothing_and_runs_nothing_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    names = "CGO_ENABLED GOFLAGS GONOPROXY GOPROXY GOSUMDB GOTOOLCHAIN GOWORK PWD"
    real = shutil.which("go")
    (tools / "go").write_text(
        f'#!/bin/sh\nfor n in {names}; do eval echo "$n=\\$$n"; done >> {tools}/said\nexec {real} "$@"\n'
    )
    (tools / "go").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GOFLAGS", "-toolexec=false")
    monkeypatch.setenv("GOWORK", str(tmp_path / "elsewhere"))
    case = renamed()
    assert of(case, tmp_path).update(case.theirs, "--verify", "--dry-run").code == 3
    said = {tuple(line.split("=", 1)) for line in (tools / "said").read_text().splitlines()}
    known = {(name, value) for name, value in said if name != "PWD"}
    assert known == {
        ("CGO_ENABLED", "0"), ("GOFLAGS", "-trimpath -buildvcs=false"), ("GONOPROXY", "none"), ("GOPROXY", "off"),
        ("GOSUMDB", "off"), ("GOTOOLCHAIN", "local"), ("GOWORK", ""),
    }  # fmt: skip
    assert not any(value.startswith(str(tmp_path)) for name, value in said if name == "PWD"), "built in the work tree"


def test_no_go_is_one_line_and_what_texts_tell_is_found_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = renamed()
    repository = of(case, tmp_path)
    without_go(monkeypatch, tmp_path / "bin")
    done = repository.update(case.theirs, "--verify", "--dry-run")
    assert (done.code, done.out.count("Go is not here: nothing was built.")) == (4, 1)
    base = start()
    twice = Case("", base, {**base, "internal/store/a.go": "package store\n\nfunc (s *Store) Open() {}\n"},
                 {**base, "internal/store/b.go": "package store\n\n// Open.\nfunc (Store) Open() {}\n"})  # fmt: skip
    report = of(twice, tmp_path / "other").report(twice.theirs, "--verify")
    (found,) = report["verified"]["broken"]
    assert (report["exit"], found["said"]) == (3, "Store.Open")
    assert (found["yours"], found["template"]) == (
        {"path": "internal/store/a.go", "line": 3},
        {"path": "internal/store/b.go", "line": 4},
    )


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (
            ("go.mod", "go 1.26\n", "go 1.26\n\nrequire example.com/other v1.0.0\n"),
            "'go mod download example.com/other@v1.0.0'",
        ),
        (("go.mod", "go 1.26\n", "go 1.999\n"), "go.mod asks for Go 1.999, and this is 1."),
    ],
)
def test_what_go_lacks_is_one_line(tmp_path: Path, edit: tuple[str, str, str], said: str) -> None:
    base = start()
    theirs = changed(base, edit) | {"x.go": 'package main\n\nimport _ "example.com/other/x"\n'}
    sums = "example.com/other v1.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    report = of(Case("", base, base, base), tmp_path).report({**theirs, "go.sum": sums}, "--verify")
    (note,) = report["verified"]["notes"]
    assert (report["exit"], said in note) == (0, True), note


def test_a_package_that_was_broken_hides_no_other(tmp_path: Path) -> None:
    case = renamed()
    mine = {**case.mine, "internal/store/own.go": "package store\n\nvar _ = nothing\n"}
    report = of(case._replace(mine=mine), tmp_path).report(case.theirs, "--verify")
    (found,) = report["verified"]["broken"]
    assert (report["exit"], found["path"], found["said"]) == (3, "internal/own/own.go", "undefined: config.Load")
    assert report["verified"]["notes"] == [
        "This was broken before the update, too, and is as it was: internal/store/own.go:3"
    ]


def test_the_default_repository_is_built_with_its_modules(tmp_path: Path, somebody: None) -> None:  # noqa: ARG001
    repository = committed(tmp_path / "orders", with_lockfile(render(answers()), answers()))
    done = command("update", str(repository), "--set", "drain_seconds=60", "--verify", "--commit")
    assert (done.code, "Verified: nothing that worked is broken." in done.out) == (0, True), done.out


@pytest.mark.parametrize(
    ("path", "bad", "said"),
    [
        ("a.yaml", "a: 1\nb:\n  c: 1\n  c: 2\n", "b.c"),
        ("a.yml", "- a: 1\n  a: 2\n", "a"),
        ("a.yaml", "apiVersion: v1\nkind: Pod\nspec:\n  env:\n  - name: A\n  - name: A\n", "spec.env A"),
        ("a.yaml", "a: b: c\n", "mapping values are not allowed here"),
        ("a.json", '{"a": 1, "b": {"c": 1, "c": 2}}', "c"),
        ("a.json", '{"a" 1}', "Expecting ':' delimiter"),
        ("a.toml", "a = 1\na = 2\n", "Cannot overwrite a value"),
        ("Makefile", "a b: c\n\td\n\nb:\n\te\n", "b"),
        ("a.sh", "f() {\n:\n}\nfunction f() {\n:\n}\n", "f"),
        (".env", "A=1\nB=2\nA=3\n", "A"),
    ],
)
def test_what_is_wrong_with_a_text_is_found(path: str, bad: str, said: str) -> None:
    assert [each.said for each in texts.find(path, bad.encode())] == [said]


@pytest.mark.parametrize(
    ("path", "good"),
    [
        ("a.yaml", "a: &a\n  b: 1\nc: *a\n---\na: 1\n"),
        ("a.yaml", "steps:\n- name: a\n- name: a\n"),
        ("Makefile", "a: b\na: c\na:\n\td\n.PHONY: a\n.PHONY: b\nA := 1\nA := 2\n"),
        ("a.txt", "a: b: c\n"),
    ],
)
def test_what_is_right_is_left_alone(path: str, good: str) -> None:
    assert texts.find(path, good.encode()) == []


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("func F() {}", "func F() {}", ["F"]),
        ("func F[T any]() {}", "var F = 1", ["F"]),
        ("func (a A) F() {}", "func (*A) F() {}", ["A.F"]),
        ("func (a A) F() {}", "func (b B) F() {}", []),
        ("func init() {}\nvar _ = 1", "func init() {}\nvar _ = 2", []),
        ("/*\nfunc F() {}\n*/", "var s = `\nfunc F() {}\n`", []),
    ],
)
def test_what_go_files_declare_twice_is_found_in_their_text(one: str, other: str, said: list[str]) -> None:
    files = {"p/a.go": f"package p\n\n{one}\n".encode(), "p/b.go": f"package p\n\n{other}\n".encode()}
    assert [each.said for each in texts.declared_twice(files, {"p"})] == said
    apart = [{**files, "p/b.go": b"//go:build linux\n\n" + files["p/b.go"]},
             {"p/a.go": files["p/a.go"], "p/b_windows.go": files["p/b.go"]},
             {**files, "p/b.go": files["p/b.go"].replace(b"package p", b"package p_test")}]  # fmt: skip
    assert not any(texts.declared_twice(each, {"p"}) for each in apart)


@pytest.mark.parametrize("given", [{}, {"profile": "hardened"}, {"target": "knative"}], ids=str)
def test_kustomize_and_we_agree_about_what_is_rendered(tmp_path: Path, given: dict[str, str]) -> None:
    files = {path: file.content for path, file in files_of(given).items()}
    assert kustomizations.check(files, "") == []
    roots = [path for path in files if path.endswith("kustomization.yaml") and b"kind: Kustomization" in files[path]]
    folder = committed(tmp_path / "orders", files_of(given))
    assert roots
    assert all(kustomize(folder / root) for root in roots)


def kustomize(kustomization: Path) -> bool:
    """Whether the real one builds it."""
    command = ["kubectl", "kustomize", str(kustomization.parent)]
    return subprocess.run(command, check=False, capture_output=True, env=clean_environment()).returncode == 0


@pytest.mark.parametrize("name", [name for name in BROKEN if name.startswith(("a patch", "a resource", "an object"))])
def test_kustomize_refuses_what_we_do(tmp_path: Path, name: str) -> None:
    base = start()
    mine = dict(base)
    for path, old, text in BROKEN[name]:
        mine = changed(mine, (path, old, text)) if old else {**mine, path: text}
    for path, text in mine.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert kustomizations.check({path: text.encode() for path, text in mine.items()}, "")
    assert not kustomize(tmp_path / "deploy/prod/kustomization.yaml")
    assert kustomizations.check({path: text.encode() for path, text in base.items()}, "") == []


def test_what_lies_elsewhere_is_taken_to_be_right() -> None:
    text = b"resources:\n- https://example.com/base?ref=v1\n- github.com/acme/base\npatches:\n- path: p.yaml\n"
    patch = b"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: theirs\n"
    assert kustomizations.check({"kustomization.yaml": text, "p.yaml": patch}, "") == []
    assert kustomizations.check({"kustomization.yaml": text.replace(b"resources", b"nothing"), "p.yaml": patch}, "")


def test_what_was_there_before_counts_once_for_each_time() -> None:
    one, other = (Finding("twice", path, 1, "a") for path in ("a.yaml", "b.yaml"))
    assert new([one, other], [one]) == [other]
    assert new([other], [one], []) == []
    assert new([one, other], [], []) == [one, other]
