"""`gocontainer update`: what is merged, said and written."""

from __future__ import annotations

from pathlib import Path

from tests.updates import Repository, command

BASE = {"a.txt": "one\ntwo\nthree\nfour\nfive\n", "b.txt": "b\n"}
NEWER = {**BASE, "a.txt": "one\ntwo\nthree\nfour\nFIVE\n", "c.txt": "c\n"}


def test_user_edit_survives_upstream_change(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", BASE)
    repository.edit("a.txt", "one", "ONE")
    report = repository.report(NEWER)
    assert (report["exit"], report["conflicts"]) == (0, [])
    assert report["changes"] == {"a.txt": "changed", "c.txt": "added"}
    assert repository.read("a.txt") == "ONE\ntwo\nthree\nfour\nFIVE\n"
    assert repository.read("c.txt") == "c\n"


def test_a_conflict_has_markers_in_the_file_stages_in_the_index_and_exit_3(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", BASE)
    repository.edit("a.txt", "five", "5")
    report = repository.report(NEWER)
    assert report["exit"] == 3
    assert report["conflicts"] == [{"path": "a.txt", "kind": "contents", "sides": ["before", "yours", "template"]}]
    assert repository.read("a.txt") == (
        "one\ntwo\nthree\nfour\n<<<<<<< yours\n5\n||||||| before\nfive\n=======\nFIVE\n>>>>>>> template\n"
    )
    assert repository.git("ls-files", "--unmerged").count("a.txt") == 3
    assert command("update", str(repository.folder), "--continue").code == 2
    repository.write("a.txt", "one\ntwo\nthree\nfour\n5 FIVE\n")
    repository.git("add", "a.txt")
    assert command("update", str(repository.folder), "--continue").code == 0


def test_abort_undoes_all_of_it(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", BASE)
    repository.edit("a.txt", "five", "5")
    before = repository.files()
    assert repository.update(NEWER).code == 3
    assert repository.update(NEWER).code == 2, "the first one has not ended"
    assert command("update", str(repository.folder), "--abort").code == 0
    assert repository.files() == before
    assert repository.git("status", "--porcelain") == ""


def test_a_second_update_changes_nothing(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", BASE)
    assert repository.update(NEWER, "--commit").code == 0
    assert repository.git("status", "--porcelain") == ""
    done = repository.update(NEWER)
    assert (done.code, repository.git("status", "--porcelain")) == (0, "")
