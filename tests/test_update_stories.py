"""The stories that users tell of updates: each comes out right or as a conflict, and no line is ever lost."""

from __future__ import annotations

import re

import pytest

from gocontainer.repository.tree import File
from tests.helpers.support import COMMAND
from tests.helpers.update_outcome import blob, clean, conflicts, merge, refuses, snapshot, unmerged
from tests.helpers.updates import Repository

pytestmark = COMMAND

TEXT = "".join(f"line {number}\n" for number in range(1, 21))
BASE = {"a.txt": TEXT, "k.txt": "k\n"}
NEWER = {**BASE, "a.txt": TEXT.replace("line 5\n", "template 5\n")}
THREE = ("before", "yours", "template")
PICTURE = b"\x89PNG\0" + bytes(range(256))


@pytest.fixture
def orders(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository(tmp_path_factory.mktemp("repository") / "orders", BASE)


def remove(repository: Repository, path: str) -> None:
    (repository.folder / path).unlink()
    repository.commit()


def rename(repository: Repository, old: str, new: str) -> None:
    (repository.folder / new).parent.mkdir(parents=True, exist_ok=True)
    (repository.folder / old).rename(repository.folder / new)
    repository.commit()


def own(repository: Repository, path: str, content: str | bytes) -> None:
    repository.write(path, content)
    repository.commit()


def mode(repository: Repository, path: str) -> str:
    return repository.git("ls-files", "--stage", "--", path)[:6]


def test_01_template_edits_and_user_did_nothing(orders: Repository) -> None:
    assert clean(orders, NEWER)["changes"] == {"a.txt": "changed"}
    assert orders.read("a.txt") == NEWER["a.txt"]


def test_02_both_edit_far_from_each_other(orders: Repository) -> None:
    orders.edit("a.txt", "line 15\n", "mine 15\n")
    clean(orders, NEWER)
    assert orders.read("a.txt") == NEWER["a.txt"].replace("line 15\n", "mine 15\n")


def test_03_the_adjacent_line_is_a_conflict(orders: Repository) -> None:
    orders.edit("a.txt", "line 4\n", "mine 4\n")
    assert conflicts(merge(orders, NEWER)) == {"a.txt": ("contents", *THREE)}
    assert "<<<<<<< yours\nmine 4\nline 5\n||||||| before\n" in orders.read("a.txt")


def test_04_the_same_line_is_a_conflict(orders: Repository) -> None:
    orders.edit("a.txt", "line 5\n", "mine 5\n")
    assert conflicts(merge(orders, NEWER)) == {"a.txt": ("contents", *THREE)}
    assert (
        "line 4\n<<<<<<< yours\nmine 5\n||||||| before\nline 5\n=======\ntemplate 5\n>>>>>>> template\nline 6\n"
        in orders.read("a.txt")
    )


def test_05_an_edited_file_that_the_template_deletes_is_there_still(orders: Repository) -> None:
    orders.edit("a.txt", "line 5\n", "mine 5\n")
    assert conflicts(merge(orders, {"k.txt": "k\n"})) == {"a.txt": ("modify/delete", "before", "yours")}
    assert "mine 5\n" in orders.read("a.txt")


def test_06_an_edit_follows_a_file_that_the_template_renames(orders: Repository) -> None:
    orders.edit("a.txt", "line 5\n", "mine 5\n")
    clean(orders, {"k.txt": "k\n", "b.txt": TEXT})
    assert orders.read("b.txt") == TEXT.replace("line 5\n", "mine 5\n")
    assert not (orders.folder / "a.txt").exists()


def test_07_an_edit_lands_in_the_file_that_the_user_renamed(orders: Repository) -> None:
    rename(orders, "a.txt", "mine/own.txt")
    clean(orders, NEWER)
    assert orders.read("mine/own.txt") == NEWER["a.txt"]
    assert not (orders.folder / "a.txt").exists()


def test_08_what_the_user_deleted_stays_deleted_and_is_named(orders: Repository) -> None:
    remove(orders, "a.txt")
    report = clean(orders, NEWER, "--commit")
    assert (report["kept_deleted"], report["changes"]) == (["a.txt"], {})
    assert not (orders.folder / "a.txt").exists()
    assert "Kept deleted: a.txt\n" in orders.git("log", "-1", "--format=%B")
    assert orders.update(NEWER, "--restore", "a.txt").code == 0
    assert orders.read("a.txt") == NEWER["a.txt"]


def test_08_a_deleted_file_that_the_template_renames_stays_deleted(orders: Repository) -> None:
    remove(orders, "a.txt")
    assert clean(orders, {"k.txt": "k\n", "b.txt": NEWER["a.txt"]})["kept_deleted"] == ["b.txt"]
    assert not (orders.folder / "b.txt").exists()


def test_09_a_path_that_both_added_with_other_content(orders: Repository) -> None:
    own(orders, "n.txt", "mine\n")
    report = merge(orders, {**BASE, "n.txt": "theirs\n"})
    assert conflicts(report) == {"n.txt": ("add/add", "yours", "template")}
    assert orders.read("n.txt") == "<<<<<<< yours\nmine\n||||||| before\n=======\ntheirs\n>>>>>>> template\n"


def test_10_an_edited_binary_survives_a_change_of_another_file(orders: Repository) -> None:
    own(orders, "k.txt", PICTURE)
    clean(orders, NEWER)
    assert (orders.folder / "k.txt").read_bytes() == PICTURE


def test_11_a_binary_that_both_edited_is_the_users_and_a_conflict(orders: Repository) -> None:
    own(orders, "k.txt", PICTURE)
    report = merge(orders, {**BASE, "k.txt": PICTURE + b"template"})
    assert conflicts(report) == {"k.txt": ("binary", *THREE)}
    assert (orders.folder / "k.txt").read_bytes() == PICTURE
    assert blob(orders, unmerged(orders)["k.txt"][3]) == PICTURE + b"template"


def test_12_a_file_in_crlf_merges_and_stays_crlf(orders: Repository) -> None:
    own(orders, "a.txt", TEXT.replace("line 15", "mine 15").replace("\n", "\r\n"))
    clean(orders, NEWER)
    assert orders.read("a.txt") == NEWER["a.txt"].replace("line 15", "mine 15").replace("\n", "\r\n")


def test_12_a_conflict_in_crlf_is_one_of_its_lines_only(orders: Repository) -> None:
    own(orders, "a.txt", TEXT.replace("line 5\n", "mine 5\n").replace("\n", "\r\n"))
    merge(orders, NEWER)
    assert "line 4\r\n<<<<<<< yours\r\nmine 5\r\n||||||| before\r\n" in orders.read("a.txt")
    assert orders.read("a.txt").count("\n") == orders.read("a.txt").count("\r\n") == 26


def test_13_a_retargeted_link_stays_a_link(orders: Repository) -> None:
    remove(orders, "a.txt")
    (orders.folder / "a.txt").symlink_to("k.txt")
    orders.commit()
    clean(orders, {**BASE, "n.txt": "n\n"}, "--commit")
    (orders.folder / "a.txt").unlink()
    (orders.folder / "a.txt").symlink_to("n.txt")
    orders.commit()
    clean(orders, {**BASE, "n.txt": "template n\n"})
    assert str((orders.folder / "a.txt").readlink()) == "n.txt"
    assert mode(orders, "a.txt") == "120000"


def test_13_a_link_in_place_of_a_file_that_the_template_edits_is_a_conflict(orders: Repository) -> None:
    remove(orders, "a.txt")
    (orders.folder / "a.txt").symlink_to("k.txt")
    orders.commit()
    report = merge(orders, NEWER)
    assert set(conflicts(report)) == {"a.txt", "a.txt~template"}
    assert str((orders.folder / "a.txt").readlink()) == "k.txt"
    assert orders.read("a.txt~template") == NEWER["a.txt"]


def test_14_a_file_becomes_a_folder(orders: Repository) -> None:
    clean(orders, {"k.txt": "k\n", "a.txt/x.txt": "x\n"})
    assert orders.read("a.txt/x.txt") == "x\n"


def test_14_an_edited_file_becomes_a_folder(orders: Repository) -> None:
    orders.edit("a.txt", "line 5\n", "mine 5\n")
    report = merge(orders, {"k.txt": "k\n", "a.txt/x.txt": "x\n"})
    assert list(conflicts(report)) == ["a.txt~yours"]
    assert "mine 5\n" in orders.read("a.txt~yours")
    assert orders.read("a.txt/x.txt") == "x\n"


def test_14_a_folder_becomes_a_file(orders: Repository) -> None:
    repository = Repository(orders.top.parent / "folder", {**BASE, "d/a.txt": TEXT, "d/e/b.txt": "b\n"})
    clean(repository, {**BASE, "d": "a file\n"})
    assert repository.read("d") == "a file\n"


def test_15_an_edit_of_a_tracked_but_ignored_file_survives(orders: Repository) -> None:
    own(orders, ".gitignore", "a.txt\n")
    orders.edit("a.txt", "line 15\n", "mine 15\n")
    assert orders.git("check-ignore", "--no-index", "a.txt") == "a.txt\n"
    clean(orders, NEWER)
    assert orders.read("a.txt") == NEWER["a.txt"].replace("line 15\n", "mine 15\n")


def test_16_an_edit_follows_a_file_that_the_template_renames_and_edits(orders: Repository) -> None:
    orders.edit("a.txt", "line 15\n", "mine 15\n")
    clean(orders, {"k.txt": "k\n", "b.txt": NEWER["a.txt"]})
    assert orders.read("b.txt") == NEWER["a.txt"].replace("line 15\n", "mine 15\n")
    assert not (orders.folder / "a.txt").exists()


def test_16_the_same_line_of_a_renamed_file_is_a_conflict_under_its_new_name(orders: Repository) -> None:
    orders.edit("a.txt", "line 5\n", "mine 5\n")
    assert conflicts(merge(orders, {"k.txt": "k\n", "b.txt": NEWER["a.txt"]})) == {"b.txt": ("contents", *THREE)}


def test_16_a_file_that_both_renamed_is_there_under_both_names(orders: Repository) -> None:
    rename(orders, "a.txt", "mine.txt")
    report = merge(orders, {"k.txt": "k\n", "b.txt": TEXT})
    assert {kind for kind, *_ in conflicts(report).values()} == {"rename/rename"}
    assert orders.read("mine.txt") == orders.read("b.txt") == TEXT


def test_17_a_file_added_in_a_folder_that_the_template_renames_stays(orders: Repository) -> None:
    base = {"d/1.txt": TEXT, "d/2.txt": TEXT[:80]}
    repository = Repository(orders.top.parent / "folder", base)
    own(repository, "d/mine.txt", "mine\n")
    clean(repository, {path.replace("d/", "e/"): text for path, text in base.items()})
    assert sorted(repository.files()) == ["d/mine.txt", "e/1.txt", "e/2.txt"]


def test_18_reflowed_white_space_is_a_conflict_of_the_reflowed_lines_only(orders: Repository) -> None:
    orders.edit("a.txt", "line 5\nline 6\n", "    line 5\n    line 6\n")
    assert conflicts(merge(orders, NEWER)) == {"a.txt": ("contents", *THREE)}
    outside = re.sub(r"<<<<<<<.*>>>>>>> template\n", "", orders.read("a.txt"), flags=re.DOTALL)
    assert outside == TEXT.replace("line 5\nline 6\n", "")


def test_19_the_same_change_on_both_sides_is_no_conflict(orders: Repository) -> None:
    own(orders, "a.txt", NEWER["a.txt"])
    own(orders, "n.txt", "n\n")
    assert clean(orders, {**NEWER, "n.txt": "n\n"})["changes"] == {}


def test_20_an_executable_bit_of_the_template_arrives(orders: Repository) -> None:
    orders.edit("a.txt", "line 15\n", "mine 15\n")
    clean(orders, {**BASE, "a.txt": File(TEXT.encode(), executable=True)})
    assert mode(orders, "a.txt") == "100755"
    assert (orders.folder / "a.txt").stat().st_mode & 0o100
    assert "mine 15\n" in orders.read("a.txt")


def test_20_an_executable_bit_of_the_users_stays(orders: Repository) -> None:
    (orders.folder / "a.txt").chmod(0o755)
    orders.commit()
    clean(orders, NEWER)
    assert mode(orders, "a.txt") == "100755"
    assert orders.read("a.txt") == NEWER["a.txt"]


@pytest.mark.parametrize("path", ["with space/two words.txt", "größe/übung.txt", 'a "quoted".txt', "tab\there.txt"])
def test_a_path_of_any_letters(orders: Repository, path: str) -> None:
    repository = Repository(orders.top.parent / "letters", {path: TEXT})
    repository.edit(path, "line 15\n", "mine 15\n")
    clean(repository, {path: NEWER["a.txt"], f"new {path}": "n\n"}, "--commit")
    assert repository.read(path) == NEWER["a.txt"].replace("line 15\n", "mine 15\n")
    repository.edit(path, "template 5\n", "mine 5\n")
    assert list(conflicts(merge(repository, {path: TEXT}, "--set", "port=9090"))) == [path]


def test_a_conflict_at_a_path_that_is_no_utf_8(orders: Repository) -> None:
    rename(orders, "a.txt", b"caf\xe9.txt".decode("utf-8", "surrogateescape"))
    path = next(path for path in orders.files() if path.startswith("caf"))
    orders.edit(path, "line 5\n", "mine 5\n")
    assert orders.update(NEWER).code == 3
    assert set(unmerged(orders)) == {path}
    assert "mine 5\n||||||| before\nline 5\n=======\ntemplate 5\n" in orders.read(path)


def test_a_file_without_a_last_newline(orders: Repository) -> None:
    own(orders, "a.txt", TEXT + "mine without end")
    clean(orders, NEWER)
    assert orders.read("a.txt") == NEWER["a.txt"] + "mine without end"


def test_a_conflict_in_a_last_line_without_newline_keeps_both(orders: Repository) -> None:
    own(orders, "a.txt", TEXT + "mine without end")
    assert list(conflicts(merge(orders, {**BASE, "a.txt": TEXT + "theirs without end"}))) == ["a.txt"]


def test_text_that_is_no_utf_8(orders: Repository) -> None:
    base, newer = TEXT.encode() + b"caf\xe9\n", NEWER["a.txt"].encode() + b"caf\xe9\n"
    repository = Repository(orders.top.parent / "latin", {"a.txt": base})
    own(repository, "a.txt", base.replace(b"line 15", b"gr\xfc\xdfe"))
    clean(repository, {"a.txt": newer}, "--commit")
    assert (repository.folder / "a.txt").read_bytes() == newer.replace(b"line 15", b"gr\xfc\xdfe")
    own(repository, "a.txt", newer.replace(b"line 9", b"m\xef"))
    report = merge(repository, {"a.txt": newer.replace(b"line 9", b"t\xef")}, "--set", "port=9090")
    assert list(conflicts(report)) == ["a.txt"]


def test_a_file_that_is_or_was_empty(orders: Repository) -> None:
    repository = Repository(orders.top.parent / "empty", {"e.txt": "", "f.txt": "", "g.txt": "g\n"})
    own(repository, "e.txt", "mine\n")
    clean(repository, {"e.txt": "", "f.txt": "theirs\n", "g.txt": "", "h.txt": ""})
    assert repository.files() == {"e.txt": b"mine\n", "f.txt": b"theirs\n", "g.txt": b"", "h.txt": b""}


@pytest.mark.parametrize("ignored", [False, True])
def test_a_file_that_git_does_not_track_is_never_overwritten(orders: Repository, *, ignored: bool) -> None:
    if ignored:
        own(orders, ".gitignore", "n.txt\n")
    orders.write("n.txt", "mine\n")
    refuses(orders, {**NEWER, "n.txt": "theirs\n"}, "n.txt", "does not track")


def test_a_file_that_git_does_not_track_where_a_folder_has_to_be(orders: Repository) -> None:
    orders.write("n", "mine\n")
    refuses(orders, {**NEWER, "n/n.txt": "theirs\n"}, "n/n.txt")


def test_a_file_that_git_does_not_track_in_a_folder_that_becomes_a_file(orders: Repository) -> None:
    repository = Repository(orders.top.parent / "folder", {**BASE, "d/a.txt": "d\n"})
    repository.write("d/mine.txt", "mine\n")
    refuses(repository, {**BASE, "d": "a file\n"}, "not track")


def test_a_touched_file_that_is_not_as_committed_is_refused_and_previewed(orders: Repository) -> None:
    orders.write("a.txt", TEXT + "mine\n")
    refuses(orders, NEWER, "a.txt", "not as committed")
    before = snapshot(orders)
    assert orders.report(NEWER, "--dry-run")["exit"] == 4
    assert snapshot(orders) == before


def test_a_staged_change_of_a_touched_file_is_refused(orders: Repository) -> None:
    orders.write("a.txt", TEXT + "mine\n")
    orders.git("add", "a.txt")
    orders.write("a.txt", TEXT)
    refuses(orders, NEWER, "a.txt", "not as committed")


def test_other_files_may_be_dirty(orders: Repository) -> None:
    own(orders, "own.txt", "own\n")
    orders.write("k.txt", "mine\n")
    orders.write("new.txt", "staged\n")
    orders.git("add", "new.txt")
    orders.write("own.txt", "not staged\n")
    clean(orders, NEWER, "--commit")
    assert orders.git("status", "--porcelain") == " M k.txt\nA  new.txt\n M own.txt\n"
    assert orders.git("diff-tree", "--no-commit-id", "--name-only", "-r", "HEAD").split() == [
        ".gocontainer.lock",
        ".gocontainer/base.pack",
        "a.txt",
    ]
