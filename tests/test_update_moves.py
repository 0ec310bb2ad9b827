"""Files and folders that either side moved or deleted: nothing comes back unasked, nothing moves unsaid."""

from __future__ import annotations

from pathlib import Path

import pytest

from gocontainer.answers import lockfile
from tests.helpers.support import COMMAND
from tests.helpers.update_outcome import conflicts
from tests.helpers.updates import Repository

pytestmark = COMMAND

TEXT = "".join(f"line {number}\n" for number in range(1, 21))
NEWER = TEXT.replace("line 5\n", "template 5\n")


def repository(folder: Path, *paths: str) -> Repository:
    return Repository(folder / "orders", {**{path: TEXT.replace("line", path) for path in paths}, "k.txt": "k\n"})


def rendered(*paths: str, **new: str) -> dict[str, str]:
    return {**{path: TEXT.replace("line", path) for path in paths}, "k.txt": "k\n", **new}


def test_an_edit_that_follows_a_rename_by_likeness_is_named(tmp_path: Path) -> None:
    orders = Repository(tmp_path / "orders", {"overlays/staging.yaml": TEXT, "k.txt": "k\n"})
    orders.edit("overlays/staging.yaml", "line 15\n", "replicas: 7\n")
    newer = {"overlays/canary.yaml": NEWER, "k.txt": "k\n"}
    report = orders.report(newer, "--dry-run")
    assert report["moved"] == {"overlays/staging.yaml": "overlays/canary.yaml"}
    out = orders.update(newer).out
    assert "  overlays/staging.yaml: what was changed in it is in overlays/canary.yaml now\n" in out
    assert "replicas: 7\n" in orders.read("overlays/canary.yaml")


def test_an_edit_of_the_template_that_follows_the_owners_rename_is_named(tmp_path: Path) -> None:
    orders = Repository(tmp_path / "orders", {"a.txt": TEXT, "k.txt": "k\n"})
    orders.git("mv", "a.txt", "mine.txt")
    orders.edit("mine.txt", "line 15\n", "mine 15\n")
    report = orders.report({"a.txt": NEWER, "k.txt": "k\n"})
    assert (report["moved"], report["changes"]) == ({"a.txt": "mine.txt"}, {"mine.txt": "changed"})


def test_what_did_not_move_is_not_named(tmp_path: Path) -> None:
    orders = repository(tmp_path, "a.txt", "b.txt", "c.txt")
    orders.edit("a.txt", "a.txt 15\n", "mine\n")
    orders.git("rm", "--quiet", "b.txt")
    orders.commit()
    report = orders.report(
        {"a.txt": TEXT.replace("line", "a.txt").replace("a.txt 5\n", "5\n"), "n.txt": "n\n", "k.txt": "k\n"}
    )
    assert (report["exit"], report["moved"]) == (0, {})


@pytest.mark.parametrize("also", [(), ("deploy/c.yaml",)])
def test_a_folder_that_was_deleted_stays_so_for_new_files_too(tmp_path: Path, also: tuple[str, ...]) -> None:
    paths = ("deploy/a.yaml", "deploy/base/b.yaml", *also)
    orders = repository(tmp_path, *paths, "docs/d.md")
    orders.git("rm", "--quiet", "-r", "deploy")
    orders.commit()
    newer = rendered(*paths, "docs/d.md", **{"deploy/base/n.yaml": "n\n", "deploy/m.yaml": "m\n", "docs/n.md": "n\n"})
    report = orders.report(newer, "--commit")
    assert (report["exit"], report["changes"]) == (0, {"docs/n.md": "added"})
    assert report["kept_deleted"] == ["deploy/base/n.yaml", "deploy/m.yaml"]
    assert not (orders.folder / "deploy").exists()
    report = orders.report({**newer, "deploy/o.yaml": "o\n", "deploy/m.yaml": "M\n"}, "--set", "port=9090", "--commit")
    assert not (orders.folder / "deploy/m.yaml").exists()
    orders.update({}, "--restore", "deploy/m.yaml")
    assert orders.read("deploy/m.yaml") == "M\n"


def test_what_an_answer_asks_for_comes_also_into_a_folder_that_was_deleted(tmp_path: Path) -> None:
    orders = repository(tmp_path, "deploy/a.yaml")
    orders.update(rendered("deploy/a.yaml"), "--commit")
    orders.git("rm", "--quiet", "-r", "deploy")
    orders.commit()
    orders.update(rendered("deploy/a.yaml", **{"deploy/n.yaml": "n\n"}), "--set", "port=9090")
    assert orders.read("deploy/n.yaml") == "n\n"


def test_a_new_file_goes_where_its_folder_was_moved(tmp_path: Path) -> None:
    paths = ("deploy/a.yaml", "deploy/base/b.yaml")
    orders = repository(tmp_path, *paths)
    orders.git("mv", "deploy", "ops")
    orders.commit()
    newer = rendered(*paths, **{"deploy/base/n.yaml": "n\n", "deploy/m.yaml": "m\n"})
    report = orders.report(newer, "--commit")
    assert report["changes"] == {"ops/base/n.yaml": "added", "ops/m.yaml": "added"}
    assert report["moved"] == {"deploy/base/n.yaml": "ops/base/n.yaml", "deploy/m.yaml": "ops/m.yaml"}
    assert not (orders.folder / "deploy").exists()


def test_a_folder_of_which_something_is_left_gets_what_is_new(tmp_path: Path) -> None:
    orders = repository(tmp_path, "deploy/a.yaml", "deploy/b.yaml")
    orders.git("rm", "--quiet", "deploy/a.yaml")
    orders.commit()
    report = orders.report(rendered("deploy/a.yaml", "deploy/b.yaml", **{"deploy/n.yaml": "n\n"}))
    assert (conflicts(report), report["changes"]) == ({}, {"deploy/n.yaml": "added"})
    assert lockfile.LOCK not in report["changes"]
