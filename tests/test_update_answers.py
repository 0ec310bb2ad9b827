"""Updates as answers, versions and switches come and go, and where the base of the merge is found."""

from __future__ import annotations

import io
import json
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from gocontainer import Answers, __version__, render
from gocontainer.answers import lockfile, migrations
from gocontainer.answers.migrations import Migration
from gocontainer.repository import tree
from gocontainer.repository.tree import File
from tests.helpers.support import COMMAND, Run, answers, committed, gocontainer, ok
from tests.helpers.update_outcome import clean, conflicts, left, lines, merge, refused, refuses, snapshot, unmerged
from tests.helpers.updates import Files, Repository, as_tree, command

pytestmark = COMMAND

TEXT = "".join(f"line {number}\n" for number in range(1, 21))
BASE = {"a.txt": TEXT, "k.txt": "k\n"}
NEWER = {**BASE, "a.txt": TEXT.replace("line 5\n", "template 5\n"), "n.txt": "n\n"}
NEWEST = {**NEWER, "a.txt": TEXT.replace("line 5\n", "template 5\n").replace("line 18\n", "template 18\n")}
IMAGE = "deploy/overlays/prod/image/kustomization.yaml"


@pytest.fixture
def orders(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "orders", BASE)


@pytest.fixture
def torn(orders: Repository) -> Repository:
    """One whose update is a conflict."""
    orders.edit("a.txt", "line 5\n", "mine 5\n")
    return orders


def relock(repository: Repository, change: Callable[[dict[str, Any]], object]) -> None:
    """Write another lock, as another version would have."""
    document = json.loads(repository.read(lockfile.LOCK))
    change(document)
    repository.write(lockfile.LOCK, json.dumps(document, indent=2) + "\n")
    repository.commit()


def answered(repository: Repository, **given: Any) -> None:
    relock(repository, lambda document: document["answers"].update(given))


def test_an_answer_that_is_no_longer_valid_is_refused_and_can_be_set(orders: Repository) -> None:
    answered(orders, base_image="centos")
    refuses(orders, NEWER, f"base_image in {lockfile.LOCK}", "'centos'")
    clean(orders, NEWER, "--set", "base_image=alpine")
    assert lockfile.read(orders.folder).answers["base_image"] == "alpine"


def test_a_question_that_nobody_knows_is_refused(orders: Repository) -> None:
    answered(orders, colour="red")
    refuses(orders, NEWER, "there is no option 'colour'")


def test_a_question_that_went_away_is_forgotten(orders: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(orders, colour="red")
    monkeypatch.setattr(migrations, "MIGRATIONS", (Migration("colour", None),))
    clean(orders, NEWER)
    assert "colour" not in lockfile.read(orders.folder).answers


def test_a_question_that_was_renamed_keeps_its_answer(orders: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    relock(orders, lambda document: document["answers"].update(listen=document["answers"].pop("port") and 9090))
    renamed = Migration("listen", "port", {"9090": 9091})
    monkeypatch.setattr(migrations, "MIGRATIONS", (renamed,))
    clean(orders, NEWER)
    assert lockfile.read(orders.folder).answers["port"] == 9091


OLD = {"target": "kubeedge", "edge_api": "platform", "edge_model": True, "local_volume": "host-path"}
OLD_DEFAULTS = {"hold_upgrade": False, "device_router": False}


def test_questions_that_became_choices_of_one_keep_their_answers(orders: Repository) -> None:
    answered(orders, **OLD, **OLD_DEFAULTS)
    relock(orders, lambda document: document["defaults"].extend(["edge_api", *OLD_DEFAULTS]))
    clean(orders, NEWER, "--set", "hold_upgrade=yes", "--set", "edge_model=false")
    remembered = lockfile.read(orders.folder)
    assert remembered.answers["edge_features"] == "host-path,held-upgrade"
    assert "edge_features" not in remembered.defaults
    assert {*OLD, *OLD_DEFAULTS} & remembered.answers.keys() == {"target"}


def test_questions_that_became_choices_of_one_are_a_default_where_all_of_them_were(orders: Repository) -> None:
    plain = {"edge_api": "platform", "edge_model": False, "local_volume": "claim", "edge_workload": "deployment"}
    answered(orders, target="openyurt", **plain, **OLD_DEFAULTS)
    relock(orders, lambda document: document["defaults"].extend([*plain, *OLD_DEFAULTS]))
    clean(orders, NEWER)
    remembered = lockfile.read(orders.folder)
    assert (remembered.answers["edge_features"], "edge_features" in remembered.defaults) == ("", True)


@pytest.mark.parametrize(
    ("old", "today"),
    [
        ({"edge_api": "native", "edge_model": "Yes"}, "plain-deployments,model"),
        ({"edge_workload": "daemonset"}, "held-upgrade"),
        ({"hold_upgrade": 1, "device_router": "on"}, "held-upgrade,device-router"),
        ({"edge_features": ["model", "host-path"], "local_volume": "claim"}, "model"),
        ({"edge_model": "off", "edge_workload": "deployment"}, ""),
    ],
    ids=str,
)
def test_an_answers_file_may_say_what_became_a_choice_by_its_old_name(
    tmp_path: Path, old: dict[str, Any], today: str
) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"profile": "edge", "target": "kubeedge", **old}))
    run = gocontainer("new", "orders", "--dry-run", "--json", "--answers", str(tmp_path / "a.json"))
    assert json.loads(ok(run))["answers"]["edge_features"] == today


def test_what_an_old_name_says_stands_above_what_a_weaker_source_says(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("profile: edge\nedge_features: [host-path]\nedge_model: true\n")
    given = ("--answers", str(tmp_path / "a.yaml"), "--set", "local_volume=claim", "--set", "hold_upgrade=true")
    run = gocontainer("new", "orders", "--dry-run", "--json", *given)
    assert json.loads(ok(run))["answers"]["edge_features"] == "model,held-upgrade"
    wrong = gocontainer("new", "orders", "--dry-run", "--set", "target=kubeedge", "--set", "edge_model=maybe")
    assert (wrong.code, wrong.out) == (2, "")
    assert "there is no option 'edge_model'" in wrong.err


def test_a_new_question_has_its_default(orders: Repository) -> None:
    relock(orders, lambda document: [document["answers"].pop("tracing"), document["defaults"].remove("tracing")])
    assert clean(orders, NEWER)["offers"] == {}
    remembered = lockfile.read(orders.folder)
    assert (remembered.answers["tracing"], "tracing" in remembered.defaults) == (True, True)


def test_a_lock_that_is_none_is_refused(orders: Repository) -> None:
    orders.write(lockfile.LOCK, "{}\n")
    orders.commit()
    refuses(orders, NEWER, "is not as gocontainer wrote it")


def test_the_same_version_with_other_answers(orders: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gocontainer.update.base.RELEASED", True)
    clean(orders, NEWER, "--commit")
    orders.edit("a.txt", "line 15\n", "mine 15\n")
    report = clean(orders, NEWEST, "--set", "port=9090", "--commit")
    assert (report["from"], report["to"], report["base"]) == (__version__, __version__, "rendered again")
    assert orders.read("a.txt") == NEWEST["a.txt"].replace("line 15\n", "mine 15\n")
    remembered = lockfile.read(orders.folder)
    assert (remembered.answers["port"], "port" in remembered.defaults) == (9090, False)


@pytest.mark.parametrize(("setting", "words"), [("port=http", "--set port"), ("colour=red", "colour"), ("port", "KEY")])
def test_a_setting_that_cannot_be_is_refused(orders: Repository, setting: str, words: str) -> None:
    before = snapshot(orders)
    done = orders.update(NEWER, "--set", setting)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert snapshot(orders) == before


def test_a_downgrade_is_refused(orders: Repository) -> None:
    relock(orders, lambda document: document["template"].update(version="99.0.0"))
    refuses(orders, NEWER, "of gocontainer 99.0.0", "Install gocontainer 99.0.0 or newer")


def test_a_squashed_update_is_the_base_of_the_next(orders: Repository) -> None:
    orders.git("checkout", "--quiet", "-b", "topic")
    orders.edit("a.txt", "line 15\n", "mine 15\n")
    clean(orders, NEWER, "--commit")
    orders.git("checkout", "--quiet", "main")
    orders.git("merge", "--quiet", "--squash", "topic")
    orders.commit("squashed")
    orders.git("branch", "--quiet", "-D", "topic")
    clean(orders, NEWEST, "--set", "port=9090")
    assert orders.read("a.txt") == NEWEST["a.txt"].replace("line 15\n", "mine 15\n")


def test_two_branches_that_made_the_same_update_merge(orders: Repository) -> None:
    orders.git("branch", "topic")
    orders.edit("a.txt", "line 12\n", "main 12\n")
    clean(orders, NEWER, "--commit")
    orders.git("checkout", "--quiet", "topic")
    orders.edit("a.txt", "line 15\n", "topic 15\n")
    clean(orders, NEWER, "--commit")
    orders.git("merge", "--quiet", "--no-edit", "main")
    clean(orders, NEWEST, "--set", "port=9090")
    assert orders.read("a.txt") == NEWEST["a.txt"].replace("line 12", "main 12").replace("line 15", "topic 15")


def test_two_branches_with_different_updates_and_a_lock_and_pack_of_either(orders: Repository) -> None:
    orders.git("branch", "topic")
    clean(orders, NEWER, "--commit")
    relock(orders, lambda document: document["template"].update(version="0.0.9"))
    orders.git("checkout", "--quiet", "topic")
    clean(orders, NEWEST, "--commit")
    relock(orders, lambda document: document["template"].update(version="0.0.9"))
    orders.git("merge", "--no-edit", "main", codes=(1,))
    orders.git("checkout", "--theirs", lockfile.LOCK)
    orders.git("checkout", "--ours", lockfile.PACK)
    orders.commit("merged")
    report = clean(orders, NEWEST, "--set", "port=9090")
    assert report["base"] == "an earlier commit's pack"
    assert orders.read("a.txt") == NEWEST["a.txt"]


BOTH = {**NEWER, "main.txt": "main\n", "topic.txt": "topic\n"}


def parted(orders: Repository, *settings: str) -> None:
    """Two branches with an answer of their own each, in the middle of their merge."""
    clean(orders, NEWER, "--commit")
    orders.git("branch", "topic")
    clean(orders, {**NEWER, "main.txt": "main\n"}, "--set", settings[0], "--commit")
    orders.git("checkout", "--quiet", "topic")
    clean(orders, {**NEWER, "topic.txt": "topic\n"}, "--set", settings[1], "--commit")
    orders.git("merge", "--no-edit", "main", codes=(1,))


def together(orders: Repository) -> Run:
    with mock.patch("gocontainer.update.lock_merge.render", return_value=as_tree(BOTH)):
        return command("update", str(orders.folder), "--continue")


def test_lock_and_pack_of_two_branches_are_written_anew_for_the_answers_of_both(orders: Repository) -> None:
    parted(orders, "owner=main", "drain_seconds=60")
    assert together(orders).code == 0
    assert orders.git("ls-files", "--unmerged") == ""
    orders.git("commit", "--quiet", "--no-edit")
    remembered = lockfile.read(orders.folder)
    assert (remembered.answers["owner"], remembered.answers["drain_seconds"]) == ("main", 60)
    assert not {"owner", "drain_seconds"} & set(remembered.defaults)
    assert orders.update(BOTH).out.endswith(" already.\n")
    assert orders.git("status", "--porcelain") == ""


def test_two_branches_that_answered_the_same_question_otherwise_are_refused(orders: Repository) -> None:
    parted(orders, "port=9090", "port=9091")
    before = snapshot(orders)
    done = together(orders)
    assert (done.code, snapshot(orders)) == (2, before)
    assert "The branches answered port otherwise: 9091 and 9090. Abort the merge" in done.err


def test_lock_and_pack_of_the_branch_that_has_all_answers_are_taken_as_they_are(orders: Repository) -> None:
    orders.git("branch", "topic")
    clean(orders, NEWEST, "--set", "port=9090", "--commit")
    whole = lockfile.read(orders.folder)
    orders.git("checkout", "--quiet", "topic")
    clean(orders, NEWER, "--commit")
    orders.git("merge", "--no-edit", "main", codes=(1,))
    with mock.patch("gocontainer.update.lock_merge.render", side_effect=AssertionError):
        assert command("update", str(orders.folder), "--continue").code == 0
    orders.git("commit", "--quiet", "--no-edit")
    assert lockfile.read(orders.folder) == whole
    assert orders.update(NEWEST).out.endswith(" already.\n")


def test_a_fork_updates_for_itself(orders: Repository, tmp_path: Path) -> None:
    orders.git("clone", "--quiet", str(orders.top), str(tmp_path / "fork"))
    fork = Repository.at(tmp_path / "fork")
    fork.edit("a.txt", "line 15\n", "fork 15\n")
    clean(orders, NEWER, "--commit")
    clean(fork, NEWEST, "--commit")
    fork.git("pull", "--quiet", "--no-rebase", "--no-edit", "--strategy-option=ours", "origin", "main")
    assert fork.update(NEWEST).out.endswith(" already.\n")
    assert fork.read("a.txt") == NEWEST["a.txt"].replace("line 15\n", "fork 15\n")


def test_a_pack_that_was_removed_is_found_in_an_earlier_commit(orders: Repository) -> None:
    orders.git("rm", "--quiet", lockfile.PACK)
    orders.edit("a.txt", "line 15\n", "mine 15\n")
    assert clean(orders, NEWER, base=BASE)["base"] == "an earlier commit's pack"
    assert orders.read("a.txt") == NEWER["a.txt"].replace("line 15\n", "mine 15\n")
    assert (orders.folder / lockfile.PACK).exists()


def repack(repository: Repository, packed: bytes) -> None:
    """Change the pack, and leave no commit that has the old one."""
    repository.write(lockfile.PACK, packed)
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--amend", "--no-edit")


@pytest.mark.parametrize("packed", [b"", b"no pack\n", lockfile.pack({"a.txt": File(b"another\n")})])
def test_a_changed_pack_is_refused(orders: Repository, packed: bytes) -> None:
    repack(orders, packed)
    refuses(orders, NEWER, f"{lockfile.PACK} is gone or was changed", "--baseless")


def test_a_changed_pack_of_this_very_version_is_refused(orders: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gocontainer.update.base.RELEASED", True)
    clean(orders, NEWER, "--commit")
    orders.write(lockfile.PACK, lockfile.pack({"a.txt": File(b"another\n")}))
    orders.commit()
    before = snapshot(orders)
    done = orders.update(NEWEST, "--set", "port=9090")
    assert (done.code, snapshot(orders)) == (2, before)
    assert f"are not what gocontainer {__version__} writes" in done.err


def member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 2) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.size = kind, size if kind == tarfile.REGTYPE else 0
    made.linkname = "../../outside" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
    return made


UNSAFE = {
    "a symbolic link": member("x", tarfile.SYMTYPE),
    "a hard link": member("x", tarfile.LNKTYPE),
    "a device": member("x", tarfile.CHRTYPE),
    "a pipe": member("x", tarfile.FIFOTYPE),
    "a folder": member("x", tarfile.DIRTYPE),
    "a way out": member("../x"),
    "a way out below": member("d/../../x"),
    "git's own folder": member(".git/hooks/post-checkout"),
    "git's own folder below": member("d/.git/config"),
    "an absolute path": member("/tmp/x"),
    "a backslash": member("..\\x"),
    "a dot": member("./x"),
    "the same path twice": member("a.txt"),
    "no UTF-8": member(b"caf\xe9".decode("utf-8", "surrogateescape")),
    "a bomb": member("x", size=lockfile.LARGEST),
}


def unsafe(more: tarfile.TarInfo) -> bytes:
    """A pack of the base with something in it that this tool does not write."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
        for path, text in BASE.items():
            archive.addfile(member(path, size=len(text)), io.BytesIO(text.encode()))
        archive.addfile(more, io.BytesIO(bytes(more.size)) if more.size else None)
    return out.getvalue()


@pytest.mark.parametrize("what", UNSAFE)
def test_an_unsafe_pack_is_refused(orders: Repository, what: str) -> None:
    packed = unsafe(UNSAFE[what])
    with pytest.raises(ValueError, match=r"."):
        lockfile.unpack(packed)
    repack(orders, packed)
    refuses(orders, NEWER, f"{lockfile.PACK} is gone or was changed")


def test_without_a_base_every_difference_is_a_conflict(torn: Repository) -> None:
    torn.write("own.txt", "own\n")
    repack(torn, b"no pack\n")
    report = merge(torn, NEWER, "--baseless")
    assert conflicts(report) == {"a.txt": ("add/add", "yours", "template")}
    assert report["changes"] == {"a.txt": "changed", "n.txt": "added"}
    assert (torn.read("own.txt"), torn.read("n.txt")) == ("own\n", "n\n")


def test_the_image_that_the_project_names_is_never_touched(tmp_path: Path) -> None:
    base = {**BASE, IMAGE: "images: []\n"}
    repository = Repository(tmp_path / "orders", base)
    repository.edit(IMAGE, "images: []", "images: [mine]")
    report = repository.report({**NEWER, IMAGE: "images: [theirs]\n"}, "--commit")
    assert (report["exit"], report["changes"]) == (0, {"a.txt": "changed", "n.txt": "added"})
    clean(repository, NEWER, "--set", "port=9090", "--commit")
    assert repository.read(IMAGE) == "images: [mine]\n"
    assert repository.report({**NEWEST, IMAGE: "images: [other]\n"}, "--baseless", "--commit")["exit"] == 3
    assert repository.read(IMAGE) == "images: [mine]\n"
    assert set(unmerged(repository)) == {"a.txt"}


def test_a_file_that_the_lock_keeps_is_the_projects_alone(orders: Repository) -> None:
    relock(orders, lambda document: document["keep"].append("a.txt"))
    orders.edit("a.txt", "line 5\n", "mine 5\n")
    report = orders.report(NEWER)
    assert (report["exit"], report["changes"]) == (0, {"n.txt": "added"})
    assert orders.read("a.txt") == TEXT.replace("line 5\n", "mine 5\n")
    assert lockfile.read(orders.folder).keep == ("a.txt",)


@pytest.mark.parametrize(
    ("side", "text"),
    [("ours", TEXT.replace("line 5", "mine 5")), ("theirs", NEWEST["a.txt"])],
)
def test_a_side_decides_the_lines_of_a_conflict_only(torn: Repository, side: str, text: str) -> None:
    report = torn.report(NEWEST, "--on-conflict", side)
    assert (report["exit"], report["conflicts"]) == (0, [])
    assert torn.read("a.txt") == text.replace("line 18", "template 18")


@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_a_side_decides_what_has_no_lines(tmp_path: Path, side: str) -> None:
    picture = b"\x89\0"
    repository = Repository(tmp_path / "orders", {"b.png": picture, "d.txt": TEXT, "k.txt": "k\n"})
    repository.write("b.png", picture + b"mine")
    repository.edit("d.txt", "line 5\n", "mine 5\n")
    report = repository.report({"b.png": picture + b"theirs", "k.txt": "k\n"}, "--on-conflict", side)
    assert (report["exit"], unmerged(repository)) == (0, {})
    found = repository.files()
    assert found["b.png"] == picture + (b"mine" if side == "ours" else b"theirs")
    assert ("d.txt" in found) == (side == "ours")


def test_a_conflict_can_stop_the_update(torn: Repository) -> None:
    before = snapshot(torn)
    report = torn.report(NEWER, "--on-conflict", "abort")
    assert (report["exit"], report["written"], list(conflicts(report))) == (3, False, ["a.txt"])
    assert snapshot(torn) == before
    assert torn.update(NEWER, "--on-conflict", "abort").out.endswith("Nothing was written.\n")


def test_a_branch_has_the_update_and_nothing_else_is_touched(orders: Repository) -> None:
    orders.write("a.txt", "dirty\n")
    before, commit = snapshot(orders), orders.git("rev-parse", "HEAD")
    assert "\nIt is committed as the branch topic.\n" in orders.update(NEWER, "--branch", "topic").out
    assert orders.git("show", "topic:a.txt") == NEWER["a.txt"]
    assert orders.git("rev-parse", "topic^") == commit
    orders.git("branch", "--quiet", "-D", "topic")
    assert snapshot(orders) == before


@pytest.mark.parametrize("name", ["main", "no name", "../x", "-x"])
def test_a_branch_that_cannot_be_made_is_refused(orders: Repository, name: str) -> None:
    before = snapshot(orders)
    done = orders.update(NEWER, f"--branch={name}")
    refused(orders, done, before, name)


def test_a_conflict_makes_no_branch_and_no_commit(torn: Repository) -> None:
    before = snapshot(torn)
    assert torn.report(NEWER, "--branch", "topic")["exit"] == 3
    assert snapshot(torn) == before
    commit = torn.git("rev-parse", "HEAD")
    assert torn.report(NEWER, "--commit")["exit"] == 3
    assert torn.git("rev-parse", "HEAD") == commit


def test_without_a_name_for_the_commit_nothing_is_written(orders: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    orders.git("config", "user.useConfigOnly", "true")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    before = snapshot(orders)
    monkeypatch.setattr("tests.helpers.updates.SOMEBODY", {})
    done = orders.update(NEWER, "--commit")
    monkeypatch.undo()
    assert (done.code, done.out) == (1, "")
    assert "tell me who you are" in done.err
    assert snapshot(orders) == before


def test_what_was_deleted_is_restored_on_demand_only(tmp_path: Path) -> None:
    newer: Files = {**NEWER, "run.sh": File(b"#!/bin/sh\n", executable=True)}
    repository = Repository(tmp_path / "orders", {**BASE, "run.sh": File(b"#!/bin/sh\n", executable=True)})
    for path in ("a.txt", "run.sh"):
        (repository.folder / path).unlink()
    repository.commit()
    assert clean(repository, newer, "--commit")["kept_deleted"] == ["a.txt"]
    before = snapshot(repository)
    assert repository.update(newer, "--restore", "run.sh", "--restore", "nothing.txt").code == 2
    assert repository.update(newer, "--restore", "k.txt").code == 2
    assert snapshot(repository) == before
    done = repository.update(newer, "--restore", "run.sh", "--restore", "a.txt")
    assert (done.code, done.out) == (0, "restored run.sh\nrestored a.txt\n")
    assert repository.read("a.txt") == NEWER["a.txt"]
    assert (repository.folder / "run.sh").stat().st_mode & 0o100


@pytest.mark.parametrize("link", [True, False])
def test_nothing_is_restored_through_a_link_or_a_file(tmp_path: Path, *, link: bool) -> None:
    repository = Repository(tmp_path / "orders", {**BASE, "d/a.txt": "a\n"})
    (tmp_path / "elsewhere").mkdir()
    repository.git("rm", "--quiet", "-r", "d")
    if link:
        (repository.folder / "d").symlink_to(tmp_path / "elsewhere")
    else:
        repository.write("d", "mine\n")
    before = snapshot(repository)
    refused(repository, repository.update({**BASE, "d/a.txt": "a\n"}, "--restore", "d/a.txt"), before, "d/a.txt")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_conflict_that_was_committed_needs_no_more_than_to_be_ended(torn: Repository) -> None:
    assert torn.update(NEWER).code == 3
    torn.write("a.txt", NEWER["a.txt"].replace("template 5", "both 5"))
    torn.commit()
    before = snapshot(torn)
    refused(torn, command("update", str(torn.folder), "--abort"), before, "The update was committed. Undo it with git")
    refuses(torn, NEWEST, "The earlier update was committed. Run 'gocontainer update --continue'.")
    assert command("update", str(torn.folder), "--continue").out == "The update has ended.\n"
    assert torn.update(NEWER).out.endswith(" already.\n")


@pytest.mark.skipif(sys.platform != "linux", reason="skipped: needs the length of a path that Linux has")
def test_without_room_for_its_own_files_an_update_is_refused(
    orders: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot(orders)
    deep = orders.top.parent
    while len(str(deep)) < 4080:  # a path has room for 4095 bytes
        deep /= "d" * min(200, 4079 - len(str(deep)))
        deep.mkdir()
    monkeypatch.setenv("TMPDIR", str(deep))
    line = refused(orders, orders.update(NEWER), before, "gocontainer-", "File name too long", code=1)
    assert "--output" not in line


@pytest.mark.parametrize("switch", ["--diff", "--dry-run"])
def test_a_preview_writes_nothing_and_its_exit_code_says_what_would_be(torn: Repository, switch: str) -> None:
    before = snapshot(torn)
    assert torn.update(NEWER, switch).code == 3
    assert torn.update({**BASE, "k.txt": "newer\n"}, switch).code == 4
    assert snapshot(torn) == before
    clean(torn, BASE, "--commit")
    assert torn.update(BASE, switch).code == 0


def test_a_diff_is_one_that_git_can_apply(orders: Repository, tmp_path: Path) -> None:
    orders.edit("a.txt", "line 15\n", "mine 15\n")
    done = orders.update(NEWER, "--diff")
    (tmp_path / "patch").write_text(done.out[: done.out.index("Would update")])
    orders.git("apply", "--exclude", lockfile.PACK, "--exclude", lockfile.LOCK, str(tmp_path / "patch"))
    assert orders.read("a.txt") == NEWER["a.txt"].replace("line 15\n", "mine 15\n")
    assert orders.read("n.txt") == "n\n"


def test_an_update_that_has_not_ended_stands_in_the_way_of_another(torn: Repository) -> None:
    assert torn.update(NEWER).code == 3
    refuses(torn, NEWEST, "earlier update has not ended", "--continue", "--abort")
    assert lines([b"mine 5", b"template 5"]) <= left(torn, {"decided": {}})


@pytest.mark.parametrize("switch", ["--abort", "--continue"])
def test_without_an_update_there_is_nothing_to_end(orders: Repository, switch: str) -> None:
    before = snapshot(orders)
    done = command("update", str(orders.folder), switch)
    assert (done.code, done.out, snapshot(orders)) == (2, "", before)
    assert done.err == "Error: No update is under way. There is nothing to end.\n"


FUNCTION = {"target": "knative", "eventing": "kafka"}


def without(*names: str) -> Callable[[dict[str, Any]], None]:
    """Make a lock one of the time before some options."""

    def earlier(document: dict[str, Any]) -> None:
        document["answers"] = {name: value for name, value in document["answers"].items() if name not in names}
        document["defaults"] = [name for name in document["defaults"] if name not in names]

    return earlier


def test_an_option_that_is_new_to_a_repository_takes_what_was_rendered_and_its_default_is_offered(
    tmp_path: Path,
) -> None:
    repository = Repository(tmp_path / "orders", BASE, drain_seconds=5, **FUNCTION)
    relock(repository, without("task_seconds"))
    answers = Answers.merge(*lockfile.read(repository.folder).layers())
    assert b'"request-timeout", 5*time.Second' in render(answers)["internal/config/settings.go"].content
    assert repository.report(NEWER)["offers"] == {"task_seconds": {"kept": 5, "default": 10}}
    remembered = lockfile.read(repository.folder)
    assert remembered.answers["task_seconds"] == 5
    assert "task_seconds" in remembered.defaults, "it is offered again the next time"


def test_what_is_asked_for_the_first_time_takes_its_default(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", BASE, drain_seconds=5)
    relock(repository, without("task_seconds"))
    asked = [argument for name, value in FUNCTION.items() for argument in ("--set", f"{name}={value}")]
    assert repository.report(NEWER, *asked)["offers"] == {}
    assert lockfile.read(repository.folder).answers["task_seconds"] == 10


def test_a_function_of_before_goes_on_with_its_variables(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", BASE, profile="serverless", secrets="environment")
    relock(repository, without("secrets"))
    answers = Answers.merge(*lockfile.read(repository.folder).layers())
    assert b"- secretRef:\n" in render(answers)["deploy/knative/service.yaml"].content
    assert "internal/config/secrets.go" not in render(answers)
    assert repository.report(NEWER)["offers"] == {"secrets": {"kept": "environment", "default": "files"}}


@pytest.mark.parametrize("how", [["--commit"], ["--branch", "topic"]])
@pytest.mark.parametrize("signs", [True, False])
def test_a_commit_that_is_not_signed_is_said_to_be_so(orders: Repository, how: list[str], signs: bool) -> None:  # noqa: FBT001
    orders.git("config", "commit.gpgSign", str(signs).lower())
    orders.git("config", "gpg.program", "false")
    done = orders.update(NEWER, *how)
    assert done.code == 0
    assert ("although commit.gpgSign asks for it: 'git commit --amend --no-edit' signs it." in done.err) is signs


def test_an_answer_is_taken_back_with_the_defaults_that_hung_on_it(tmp_path: Path) -> None:
    centre = answers(config_center="nacos")
    folder = committed(tmp_path / "orders", lockfile.with_lockfile(render(centre), centre))
    ok(gocontainer("update", str(folder), "--set", "config_center=none", "--commit"))
    back = Answers.merge(*lockfile.read(folder).layers())
    assert tree.load(folder) == lockfile.with_lockfile(render(answers()), back)
