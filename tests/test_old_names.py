"""A module that gets another name: the owner's files that have the old one are named, and a command mends them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from gocontainer.rendering.engine import render
from tests.helpers.support import COMMAND, answers, clean_environment
from tests.helpers.updates import Repository

pytestmark = COMMAND

OLD, NEW = "example.com/orders", "git.example.com/new/orders"


def base(module: str) -> dict[str, str]:
    imported = f'package main\n\nimport (\n\t"{module}/internal/app"\n\t"context"\n\t"errors"\n)\n'
    return {"go.mod": f"module {module}\n\ngo 1.26\n", "main.go": imported, "docs/a.md": "a\n"}


def shell(repository: Repository, command: str) -> None:
    subprocess.run(["sh", "-c", command], cwd=repository.folder, check=True, env=clean_environment())


@pytest.mark.parametrize("now", [NEW, f"{OLD}/v2", "example.com/order"])
def test_who_still_has_the_old_name_is_said_with_what_mends_it(tmp_path: Path, now: str) -> None:
    repository = Repository(tmp_path / "mono", base(OLD), place="services/orders")
    own = f'package own\n\nimport "{OLD}/internal/app"\n\nvar _ = "{OLD}" // see {OLD}.\n'
    kept = f'package own\n\nimport "{OLD}-client"\n\n// https://{OLD}/docs, {OLD}.git, {OLD}er\n'
    repository.write("internal/own/own.go", own)
    repository.write("internal/own/other.go", kept)
    repository.write("main.go", base(OLD)["main.go"].replace("\n)", f'\n\t"{OLD}/internal/own"\n)'))
    (repository.top / "go.work.go").write_text(own)
    repository.commit()
    head = repository.git("rev-parse", "HEAD")
    done = repository.update(base(now), "--commit")
    listed = "go.work.go, services/orders/internal/own/own.go"
    assert done.code == 3
    assert f"The module {OLD} is {now} now, and these still name the old one: {listed}" in done.out
    assert repository.git("rev-parse", "HEAD") == head, "a broken build is not committed"
    command = next(line for line in done.out.splitlines() if line.startswith("  git grep"))
    for _ in range(2):  # it may be run again
        shell(repository, command)
        assert (repository.top / "go.work.go").read_text() == own.replace(OLD, now)
        assert repository.read("internal/own/own.go") == own.replace(OLD, now)
        assert repository.read("internal/own/other.go") == kept
        assert repository.read("main.go").count(f'"{now}/internal/') == 2
        assert repository.read("go.mod") == base(now)["go.mod"]


def test_programs_are_told_too_and_no_branch_is_made_of_it(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", base(OLD))
    repository.write("own.go", f'package main\n\nimport "{OLD}/x"\n')
    repository.commit()
    report = repository.report(base(NEW), "--branch", "topic")
    assert (report["exit"], report["written"]) == (3, False)
    (found,) = report["old_names"]
    assert (found["before"], found["now"], found["paths"]) == (OLD, NEW, ["own.go"])
    assert found["command"].startswith("git grep -lzF --untracked")
    assert repository.git("branch", "--list", "topic") == ""
    assert repository.update(base(NEW), "--dry-run").code == 3


def test_who_names_it_nowhere_hears_nothing(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", base(OLD))
    repository.write("own.go", f"package main\n\n// {OLD}-client\n")
    repository.commit()
    report = repository.report(base(NEW), "--commit")
    assert (report["exit"], report["old_names"]) == (0, [])


def test_our_own_template_leaves_no_old_name_once_the_command_has_run(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", render(answers()))
    repository.write("internal/own/own.go", f'package own\n\nimport _ "{OLD}/internal/config"\n')
    repository.commit()
    report = repository.report(render(answers(module=NEW)), "--set", f"module={NEW}")
    assert (report["exit"], [each["paths"] for each in report["old_names"]]) == (3, [["internal/own/own.go"]])
    shell(repository, report["old_names"][0]["command"])
    found = [path for path, content in repository.files().items() if OLD.encode() in content.replace(NEW.encode(), b"")]
    assert found == []
    assert json.loads(repository.read(".gocontainer.lock"))["answers"]["module"] == NEW
