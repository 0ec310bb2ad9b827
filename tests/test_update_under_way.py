"""An update that has not ended: whose it is, what became of it by other ways, and which command is right then."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from gocontainer.answers import lockfile
from gocontainer.repository import tree
from tests.helpers.support import Run
from tests.helpers.update_outcome import refuses, snapshot, unmerged
from tests.helpers.updates import Files, Repository, as_tree, command, sealed

TEXT = "".join(f"line {number}\n" for number in range(20))
BASE: Files = {"a.txt": TEXT, "b.txt": TEXT + "b\n", "c.txt": TEXT + "c\n"}
NEWER: Files = {**BASE, "a.txt": TEXT.replace("line 5\n", "template 5\n"), "b.txt": "newer\n", "new.txt": "new\n"}
NEWEST: Files = {**NEWER, "c.txt": "newest\n"}
CLEAN: Files = {**BASE, "b.txt": "newer\n", "new.txt": "new\n"}


@pytest.fixture
def torn(tmp_path: Path) -> Repository:
    """A repository whose update has a conflict in a.txt that waits for a person."""
    repository = Repository(tmp_path / "orders", BASE)
    repository.edit("a.txt", "line 5\n", "mine 5\n")
    assert repository.update(NEWER).code == 3
    return repository


def ended(repository: Repository, switch: str) -> Run:
    return command("update", str(repository.folder), switch)


def status(repository: Repository, current: Files = BASE) -> str:
    with mock.patch("gocontainer.inspection.status.render", return_value=as_tree(current)):
        return command("status", str(repository.folder)).out.splitlines()[-1]


# What became of it by other ways


def reset(repository: Repository) -> None:
    repository.git("reset", "--quiet", "--hard")


def switch(repository: Repository) -> None:
    repository.git("branch", "other")
    repository.git("switch", "--quiet", "--discard-changes", "other")


def stash(repository: Repository) -> None:
    repository.git("add", "--all")
    repository.git("stash", "--quiet")


def switch_and_commit(repository: Repository) -> None:
    switch(repository)
    repository.edit("c.txt", "line 5\n", "other 5\n")


@pytest.mark.parametrize("lose", [reset, switch, stash, switch_and_commit])
def test_an_update_that_git_took_away_is_forgotten_by_an_abort(
    torn: Repository, lose: Callable[[Repository], None]
) -> None:
    lose(torn)
    refuses(torn, NEWEST, "Nothing is left of the earlier update. Run 'gocontainer update --abort'.")
    assert status(torn) == "nothing is left of an update that was under way: run 'gocontainer update --abort'"
    done = ended(torn, "--continue")
    assert (done.code, done.err) == (
        2,
        "Error: Nothing is left of the earlier update. Run 'gocontainer update --abort'.\n",
    )
    before = torn.files()
    assert ended(torn, "--abort").out == "Nothing of the update was left. It is forgotten.\n"
    assert (torn.files(), torn.update(NEWER).code) == (before, 3)


def test_and_what_was_edited_since_stays_where_the_conflict_was_too(torn: Repository) -> None:
    torn.git("reset", "--quiet", "--hard")
    for path in ("a.txt", "b.txt", "new.txt"):
        torn.write(path, "my work\n")
    assert ended(torn, "--abort").code == 0
    assert {torn.read(path) for path in ("a.txt", "b.txt", "new.txt")} == {"my work\n"}


def test_an_update_that_was_committed_is_ended_by_continue(torn: Repository) -> None:
    torn.write("a.txt", "decided\n")
    torn.commit()
    torn.edit("c.txt", "line 5\n", "mine 5\n")
    refuses(torn, NEWEST, "The earlier update was committed. Run 'gocontainer update --continue'.")
    assert status(torn) == "an update was committed: run 'gocontainer update --continue'"
    done = ended(torn, "--abort")
    assert (done.code, done.err) == (2, "Error: The update was committed. Undo it with git, as any other change.\n")
    before = snapshot(torn)
    assert ended(torn, "--continue").out == "The update has ended.\n"
    assert snapshot(torn) == {**before, "journal": False}


def test_an_update_that_went_along_to_another_branch_is_undone_there(torn: Repository) -> None:
    torn.git("branch", "other", "HEAD~1")  # its c.txt is the same, its a.txt as well but for an edit
    torn.git("add", "--all")
    torn.git("switch", "--quiet", "--create", "third")
    torn.git("commit", "--quiet", "--allow-empty", "--message", "third", "--only")
    assert torn.git("status", "--porcelain") != ""
    assert ended(torn, "--abort").code == 0
    assert torn.git("status", "--porcelain") == ""


def test_what_was_reset_in_the_index_alone_is_undone_on_the_disk(torn: Repository) -> None:
    before = torn.git("show", "HEAD:a.txt")
    torn.git("reset", "--quiet")
    assert status(torn).startswith("an update is under way, and all is decided")
    assert "Conflict markers are left in a.txt" in ended(torn, "--continue").err
    assert ended(torn, "--abort").code == 0
    assert (torn.read("a.txt"), torn.git("status", "--porcelain")) == (before, "")


def test_what_was_decided_is_kept_by_git_where_it_is_undone(torn: Repository) -> None:
    torn.write("a.txt", "half a day of work\n")
    done = ended(torn, "--abort")
    assert "mine 5" in torn.read("a.txt")
    _, said = done.out.splitlines()
    assert said.startswith("What was decided in a.txt is kept: 'git show ")
    assert torn.git("show", said.split("git show ")[1].split("'")[0]) == "half a day of work\n"


# Until a clean one is committed


def test_a_clean_update_can_be_undone_until_it_is_committed(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", BASE)
    done = repository.update(CLEAN)
    assert done.out.endswith("\nUntil you commit it, 'gocontainer update --abort' undoes it.\n")
    assert "under way" not in status(repository, CLEAN)
    assert repository.update({**CLEAN, "c.txt": "newest\n"}, "--dry-run").code == 4, "a preview is of the last commit"
    refuses(repository, NEWEST, "The earlier update is not committed. Commit it, or undo it with 'gocontainer")
    assert ended(repository, "--abort").out == "The update is undone.\n"
    assert repository.git("status", "--porcelain") == ""
    assert repository.update(CLEAN).code == 0
    repository.commit()
    assert "The update was committed. Undo it with git" in ended(repository, "--abort").err
    assert repository.update(NEWEST, "--commit").code == 0, "and nobody has to end it"
    assert ended(repository, "--abort").err == "Error: No update is under way. There is nothing to end.\n"


@pytest.mark.parametrize("switch", ["--commit", "--branch=next"])
def test_what_is_committed_is_not_said_to_be_undone_so(tmp_path: Path, switch: str) -> None:
    repository = Repository(tmp_path / "orders", BASE)
    assert "--abort" not in repository.update(CLEAN, switch).out
    assert not (repository.top / ".git/gocontainer-update").exists()


# Whose it is


class Mono:
    """Two services of one repository, and what each is updated to."""

    def __init__(self, top: Path) -> None:
        self.orders = Repository(top, BASE, place="services/orders")
        self.carts = Repository.at(top, "services/carts")
        tree.save(sealed(as_tree(BASE)), self.carts.folder)
        self.orders.commit()
        for each in (self.orders, self.carts):
            each.edit("a.txt", "line 5\n", "mine 5\n")


@pytest.fixture
def mono(tmp_path: Path) -> Mono:
    return Mono(tmp_path / "mono")


def of(repository: Repository) -> str:
    """The index and the files of one service."""
    place = str(repository.folder.relative_to(repository.top))
    return repository.git("ls-files", "--stage", place) + repr(sorted(repository.files().items()))


def test_services_of_one_repository_are_in_conflict_each_for_itself(mono: Mono) -> None:
    start = of(mono.orders), of(mono.carts)
    assert mono.orders.update(NEWER).code == 3
    torn = of(mono.orders)
    assert mono.carts.update(NEWER, "--dry-run").code == 3
    assert mono.carts.update(CLEAN, "--branch", "next").code == 0
    assert mono.carts.update(NEWER).code == 3
    assert of(mono.orders) == torn, "its three sides as well"
    assert unmerged(mono.carts).keys() & {"a.txt"}
    assert json.loads(command("status", "--json", str(mono.carts.folder)).out)["under_way"] == ["services/carts/a.txt"]
    assert ended(mono.carts, "--abort").code == 0
    assert (of(mono.orders), of(mono.carts)) == (torn, start[1])
    mono.orders.write("a.txt", "decided\n")
    mono.orders.git("add", "services/orders")
    assert mono.carts.update(NEWER).code == 3
    assert ended(mono.orders, "--continue").code == 0
    assert unmerged(mono.carts)
    assert ended(mono.carts, "--abort").code == 0
    assert of(mono.carts) == start[1]


def test_a_service_is_updated_and_committed_while_another_is_in_conflict(mono: Mono) -> None:
    start = of(mono.orders)
    assert mono.orders.update(NEWER).code == 3
    torn = of(mono.orders)
    assert mono.carts.update(CLEAN, "--commit").code == 0
    assert of(mono.orders) == torn
    assert mono.carts.git("status", "--porcelain", "services/carts") == ""
    named = mono.carts.git("show", "--name-only", "--format=", "HEAD").split()
    assert all(path.startswith("services/carts/") for path in named)
    assert ended(mono.orders, "--abort").code == 0, "whatever was committed elsewhere"
    assert (of(mono.orders), mono.orders.git("status", "--porcelain")) == (start, "")


@pytest.mark.parametrize("switch", ["--abort", "--continue"])
def test_an_update_of_another_service_is_named_and_not_ended(mono: Mono, switch: str) -> None:
    assert mono.orders.update(NEWER).code == 3
    before = of(mono.orders)
    done = ended(mono.carts, switch)
    assert (done.code, of(mono.orders)) == (2, before)
    assert done.err.startswith(f"Error: An update of {mono.orders.folder} has not ended. End it with 'gocontainer")


def test_paths_that_another_service_has_in_hand_are_refused_by_its_name(tmp_path: Path) -> None:
    """A service at the top, whose template has a file in the folder of another."""
    inner = Repository(tmp_path / "mono", BASE, place="inner")
    outer = Repository.at(tmp_path / "mono")
    tree.save(sealed(as_tree({"a.txt": TEXT, "inner/a.txt": TEXT})), tmp_path / "outer")
    for path in (lockfile.LOCK, lockfile.PACK, "a.txt"):
        outer.write(path, (tmp_path / "outer" / path).read_bytes())
    inner.edit("a.txt", "line 5\n", "mine 5\n")
    assert inner.update(NEWER).code == 3
    before = snapshot(outer)
    done = outer.update({"a.txt": TEXT, "inner/a.txt": "outer\n"})
    assert (done.code, snapshot(outer)) == (2, before)
    assert f"An update of {inner.folder} has not ended" in done.err
    assert outer.update({"a.txt": "newer\n", "inner/a.txt": TEXT}).code == 0
    assert ended(outer, "--abort").code == 0
    assert snapshot(outer) == before


def test_a_journal_of_one_for_the_whole_repository_is_its_own_services(mono: Mono) -> None:
    """So 0.1.0 wrote it."""
    start = of(mono.orders)
    assert mono.orders.update(NEWER).code == 3
    (journal,) = (mono.orders.top / ".git").glob("gocontainer-update*")
    document = json.loads(journal.read_text())
    journal.unlink()
    old = {key: document[key] for key in ("head", "paths", "settled")}
    (mono.orders.top / ".git/gocontainer-update").write_text(json.dumps(old))
    assert f"An update of {mono.orders.folder} has" in ended(mono.carts, "--abort").err
    assert ended(mono.orders, "--abort").code == 0
    assert of(mono.orders) == start
    assert not [*(mono.orders.top / ".git").glob("gocontainer-update*")]


def test_a_killed_update_of_another_service_is_named_where_its_lock_is_there(mono: Mono) -> None:
    assert mono.orders.update(NEWER).code == 3
    (journal,) = (mono.orders.top / ".git").glob("gocontainer-update*")
    journal.write_text(journal.read_text().replace('"settled": true', '"settled": false'))
    (mono.orders.top / ".git/index.lock").write_text("ours\n")
    refuses(mono.carts, NEWER, f"An update of {mono.orders.folder} has not ended")
