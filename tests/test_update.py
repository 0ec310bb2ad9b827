"""`gocontainer update`: what is merged, said and written."""

from __future__ import annotations

from pathlib import Path

from gocontainer import __version__
from gocontainer.answers import lockfile
from tests.helpers.updates import Repository, command

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


def test_abort_refuses_to_lose_what_was_edited_since(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", {**BASE, "gone.txt": "old\n"})
    repository.edit("a.txt", "five", "5")
    before = repository.files()
    assert repository.update({**NEWER, "b.txt": "newer\n"}).code == 3
    repository.write("a.txt", "my decision\n")
    repository.write("untouched.txt", "mine\n")
    for path in ("b.txt", "c.txt", "gone.txt"):
        merged = repository.read(path) if path != "gone.txt" else None
        repository.write(path, "mine\n")
        done = command("update", str(repository.folder), "--abort")
        assert (done.code, repository.read(path)) == (2, "mine\n")
        assert f"has been edited since, and would be lost: {path}. Move it away" in done.err
        (repository.folder / path).unlink()
        if merged:
            repository.write(path, merged)
    assert command("update", str(repository.folder), "--abort").code == 0
    assert repository.read("untouched.txt") == "mine\n"
    (repository.folder / "untouched.txt").unlink()
    assert repository.files() == before


def test_what_is_as_committed_again_is_nothing_to_lose(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", BASE)
    repository.edit("a.txt", "five", "5")
    assert repository.update({**NEWER, "b.txt": "newer\n"}).code == 3
    repository.write("b.txt", BASE["b.txt"])
    (repository.folder / "c.txt").unlink()
    assert command("update", str(repository.folder), "--abort").code == 0


def test_an_update_does_not_end_with_its_own_markers(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", BASE)
    repository.edit("a.txt", "five", "5")
    assert repository.update(NEWER).code == 3
    repository.git("add", "--all")
    done = command("update", str(repository.folder), "--continue")
    assert (done.code, "Conflict markers are left in a.txt. Decide there" in done.err) == (2, True)
    repository.write("a.txt", "<<<<<<< of another tool\n")
    assert command("update", str(repository.folder), "--continue").code == 0


def test_a_second_update_changes_nothing(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", BASE)
    assert repository.update(NEWER, "--commit").code == 0
    assert repository.git("status", "--porcelain") == ""
    done = repository.update(NEWER)
    assert (done.code, repository.git("status", "--porcelain")) == (0, "")


def with_old_default(folder: Path) -> Repository:
    """A repository of a version in which drain_seconds was 25 by default."""
    repository = Repository(folder, BASE)
    repository.edit(lockfile.LOCK, '"drain_seconds": 20', '"drain_seconds": 25')
    return repository


def test_a_changed_default_is_offered_and_not_forced(tmp_path: Path) -> None:
    repository = with_old_default(tmp_path / "orders")
    report = repository.report(NEWER)
    assert report["offers"] == {"drain_seconds": {"kept": 25, "default": 20}}
    remembered = lockfile.read(repository.folder)
    assert remembered.answers["drain_seconds"] == 25
    assert "drain_seconds" in remembered.defaults, "it is offered again the next time"


def test_the_offer_says_how_to_take_it_and_taken_it_is_a_default_again(tmp_path: Path) -> None:
    repository = with_old_default(tmp_path / "orders")
    out = repository.update(NEWER, "--dry-run").out
    assert "drain_seconds stays 25; its default is 20 now: --set drain_seconds=20\n" in out
    assert repository.report(NEWER, "--set", "drain_seconds=20")["offers"] == {}
    remembered = lockfile.read(repository.folder)
    assert remembered.answers["drain_seconds"] == 20
    assert "drain_seconds" in remembered.defaults


def test_a_preset_of_the_profile_is_no_changed_default(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", BASE, profile="hardened")
    assert repository.report(NEWER)["offers"] == {}
    assert lockfile.read(repository.folder).profile == "hardened"


def test_another_version_than_asked_for_is_refused(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", BASE)
    done = repository.update(NEWER, "--to", "9.9.9")
    assert (done.code, done.out) == (2, "")
    assert "Install gocontainer 9.9.9 and run it instead." in done.err
    assert repository.update(NEWER, "--to", __version__).code == 0


def test_a_branch_that_is_there_is_refused(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", BASE)
    repository.git("branch", "newer")
    done = repository.update(NEWER, "--branch", "newer")
    assert (done.code, done.out) == (2, "")
    assert "A branch newer is there already. Delete it, or name another.\n" in done.err


def test_the_commit_says_from_which_version_or_which_answers(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", BASE)
    repository.update(NEWER, "--commit")
    repository.update(BASE, "--set", "port=9000", "--commit")
    subjects = repository.git("log", "--format=%s").splitlines()
    assert subjects == [
        "Update with other answers: port",
        f"Update from gocontainer 0.0.9 to {__version__}",
        "start",
    ]
