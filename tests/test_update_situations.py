"""An update in every situation of git: it comes out right, or one sentence refuses it and nothing is written."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gocontainer.answers import lockfile
from tests.helpers.support import COMMAND, Run
from tests.helpers.update_outcome import (
    CALM,
    aborted,
    blob,
    clean,
    conflicts,
    merge,
    refused,
    refuses,
    snapshot,
    unmerged,
)
from tests.helpers.updates import Repository, command

pytestmark = COMMAND

TEXT = "".join(f"line {number}\n" for number in range(1, 21))
BASE = {"a.txt": TEXT, "deploy/b.txt": TEXT, "k.txt": "k\n"}
NEWER = {
    "a.txt": TEXT.replace("line 5\n", "template 5\n"),
    "deploy/b.txt": TEXT.replace("line 5\n", "template 5\n"),
    "k.txt": "k\n",
    "deploy/n.txt": "n\n",
}
FILE = ("-c", "protocol.file.allow=always")
HOOKS = """
applypatch-msg commit-msg fsmonitor-watchman post-applypatch post-checkout post-commit post-index-change post-merge
post-receive post-rewrite post-update pre-applypatch pre-auto-gc pre-commit pre-merge-commit pre-push pre-rebase
pre-receive prepare-commit-msg proc-receive push-to-checkout reference-transaction sendemail-validate update
"""


@pytest.fixture
def orders(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "orders", BASE)


def mine(text: str, number: int = 15) -> str:
    return text.replace(f"line {number}\n", f"mine {number}\n")


def settles(repository: Repository) -> None:
    """Merge cleanly, then meet a conflict, undo it, and meet it again."""
    repository.edit("a.txt", "line 15\n", "mine 15\n")
    clean(repository, NEWER, "--commit")
    assert repository.read("a.txt") == mine(NEWER["a.txt"])
    assert repository.read("deploy/n.txt") == "n\n"
    repository.edit("deploy/b.txt", "line 9\n", "mine 9\n")
    before = snapshot(repository)
    newest = {**NEWER, "deploy/b.txt": NEWER["deploy/b.txt"].replace("line 9\n", "template 9\n")}
    for _ in range(2):
        assert list(conflicts(merge(repository, newest, "--set", "port=9090"))) == ["deploy/b.txt"]
        assert "<<<<<<< yours\nmine 9\n" in repository.read("deploy/b.txt")
        aborted(repository, before)


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_a_repository_without_a_commit_is_refused(orders: Repository) -> None:
    shutil.rmtree(orders.top / ".git")
    orders.git("init", "--quiet", "--initial-branch=main")
    refuses(orders, NEWER, "has no commit yet")


def test_a_folder_without_git_is_refused(orders: Repository) -> None:
    shutil.rmtree(orders.top / ".git")
    assert "not in the work tree of a git repository" in orders.update(NEWER).err
    assert orders.read("a.txt") == TEXT


def test_a_folder_that_was_never_generated_is_refused(tmp_path: Path) -> None:
    done = command("update", str(tmp_path))
    assert (done.code, done.out, list(tmp_path.iterdir())) == (2, "", [])
    assert "holds .gocontainer.lock. Name a repository" in done.err


def test_a_bare_repository_is_refused(orders: Repository) -> None:
    bare = orders.top.parent / "bare.git"
    orders.git("clone", "--quiet", "--bare", str(orders.top), str(bare))
    assert command("update", str(bare)).code == 2


def test_a_lock_that_is_not_committed_is_refused(orders: Repository) -> None:
    orders.git("rm", "--quiet", "--cached", lockfile.LOCK)
    orders.git("commit", "--quiet", "--message", "forget")
    refuses(orders, NEWER, f"{lockfile.LOCK} is not committed")


@pytest.mark.parametrize("place", ["services/orders", "größe/two words"])
def test_a_service_in_a_folder_of_a_monorepo(tmp_path: Path, place: str) -> None:
    repository = Repository(tmp_path / "mono", BASE, place=place)
    for path in ("a.txt", "deploy/b.txt", "deploy/n.txt"):
        (repository.top / path).parent.mkdir(exist_ok=True)
        (repository.top / path).write_text("not the service's\n")
    repository.commit()
    settles(repository)
    for path in ("a.txt", "deploy/b.txt", "deploy/n.txt"):
        assert (repository.top / path).read_text() == "not the service's\n"


def test_a_pack_that_a_monorepo_removed_is_found_in_its_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = Repository(tmp_path / "mono", BASE, place="services/orders")
    repository.git("rm", "--quiet", f"services/orders/{lockfile.PACK}")
    repository.edit("a.txt", "line 15\n", "mine 15\n")
    monkeypatch.setenv("GIT_LITERAL_PATHSPECS", "1")
    assert clean(repository, NEWER, base=BASE)["base"] == "an earlier commit's pack"
    assert repository.read("a.txt") == mine(NEWER["a.txt"])


def test_another_service_of_a_monorepo_may_be_dirty(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "mono", BASE, place="orders")
    (repository.top / "a.txt").write_text("other\n")
    repository.commit()
    (repository.top / "a.txt").write_text("dirty\n")
    settled = clean(repository, NEWER)
    assert settled["changes"] == {"a.txt": "changed", "deploy/b.txt": "changed", "deploy/n.txt": "added"}
    assert (repository.top / "a.txt").read_text() == "dirty\n"


def test_a_linked_worktree(orders: Repository) -> None:
    other = orders.top.parent / "other"
    orders.git("worktree", "add", "--quiet", "-b", "other", str(other))
    before = snapshot(orders)["ls-files --stage -v"]
    settles(Repository.at(other))
    assert snapshot(orders)["ls-files --stage -v"] == before
    assert orders.files().keys() == BASE.keys()


def test_a_detached_head_gets_the_commit(orders: Repository) -> None:
    before = orders.git("rev-parse", "main")
    orders.git("checkout", "--quiet", "--detach")
    assert orders.update(NEWER, "--commit").code == 0
    assert orders.git("rev-parse", "main", "HEAD^") == before * 2
    assert orders.git("status", "--porcelain") == ""


def test_a_service_that_is_a_submodule(orders: Repository, tmp_path: Path) -> None:
    whole = Repository(tmp_path / "whole", {"x.txt": "x\n"})
    whole.git(*FILE, "submodule", "--quiet", "add", str(orders.top), "services/orders")
    whole.commit()
    settles(Repository.at(whole.top / "services/orders"))
    assert whole.git("status", "--porcelain").split() == ["M", "services/orders"]


def with_submodule(repository: Repository, path: str) -> Path:
    other = Repository(repository.top.parent / "library", {"l.txt": "library\n"})
    repository.git(*FILE, "submodule", "--quiet", "add", str(other.top), path)
    repository.commit()
    return repository.top / path


def test_a_service_with_a_submodule_in_it(orders: Repository) -> None:
    folder = with_submodule(orders, "library")
    (folder / "l.txt").write_text("dirty\n")
    orders.write("a.txt", mine(TEXT))
    orders.git("commit", "--quiet", "--message", "edit", "--", "a.txt")
    assert orders.report(NEWER)["exit"] == 0
    assert orders.read("a.txt") == mine(NEWER["a.txt"])
    assert (folder / "l.txt").read_text() == "dirty\n"


def test_a_submodule_in_place_of_a_file_of_the_template(orders: Repository) -> None:
    orders.git("rm", "--quiet", "k.txt")
    folder = with_submodule(orders, "k.txt")
    assert orders.report(NEWER, "--commit")["exit"] == 0
    assert (folder / "l.txt").read_text() == "library\n"
    report = orders.report({**NEWER, "k.txt": "newer\n"}, "--set", "port=9090")
    assert report["exit"] == 3
    assert (folder / "l.txt").read_text() == "library\n"
    assert (orders.folder / "k.txt~template").read_text() == "newer\n"


def test_a_file_of_the_template_in_a_submodule(orders: Repository) -> None:
    folder = with_submodule(orders, "library")
    refuses(orders, {**NEWER, "library/n.txt": "n\n"}, "submodule is in the way of library/n.txt")
    assert not (folder / "n.txt").exists()


@pytest.mark.parametrize("kind", [("--cone", "docs"), ("--no-cone", "/*", "!/deploy/")], ids=["cone", "patterns"])
def test_a_sparse_checkout_stays_sparse(orders: Repository, kind: tuple[str, ...]) -> None:
    orders.write("docs/d.txt", "d\n")
    orders.edit("a.txt", "line 15\n", "mine 15\n")
    orders.git("sparse-checkout", "set", *kind)
    assert not (orders.folder / "deploy").exists()
    report = orders.report(NEWER, "--commit")
    assert (report["exit"], orders.read("a.txt")) == (0, mine(NEWER["a.txt"]))
    assert not (orders.folder / "deploy").exists()
    assert orders.git("show", "HEAD:deploy/b.txt") == NEWER["deploy/b.txt"]
    assert orders.git("status", "--porcelain") == ""


@pytest.mark.parametrize("kind", [("--cone", "docs"), ("--no-cone", "/*", "!/deploy/")], ids=["cone", "patterns"])
def test_a_conflict_outside_of_a_sparse_checkout_is_there_to_be_decided(
    orders: Repository, kind: tuple[str, ...]
) -> None:
    orders.edit("deploy/b.txt", "line 5\n", "mine 5\n")
    orders.git("sparse-checkout", "set", *kind)
    before = snapshot(orders)
    assert list(conflicts(merge(orders, NEWER))) == ["deploy/b.txt"]
    assert "<<<<<<< yours\nmine 5\n" in orders.read("deploy/b.txt")
    aborted(orders, before)


def test_a_shallow_clone(orders: Repository, tmp_path: Path) -> None:
    orders.edit("k.txt", "k", "K")
    orders.edit("k.txt", "K", "k")
    orders.git("clone", "--quiet", "--depth", "1", orders.top.as_uri(), str(tmp_path / "shallow"))
    shallow = Repository.at(tmp_path / "shallow")
    assert shallow.git("rev-parse", "--is-shallow-repository") == "true\n"
    settles(shallow)


def test_a_clone_that_borrows_its_objects(orders: Repository, tmp_path: Path) -> None:
    orders.git("clone", "--quiet", "--shared", str(orders.top), str(tmp_path / "shared"))
    settles(Repository.at(tmp_path / "shared"))


def test_a_repository_of_sha256(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", BASE, "--object-format=sha256")
    assert len(repository.git("rev-parse", "HEAD")) == 65
    settles(repository)


def test_autocrlf_has_crlf_on_the_disk_and_lf_in_git(orders: Repository) -> None:
    orders.edit("a.txt", "line 15\n", "mine 15\n")
    orders.edit("deploy/b.txt", "line 5\n", "mine 5\n")
    orders.git("config", "core.autocrlf", "true")
    orders.git("rm", "--quiet", "-r", "--cached", ".")
    orders.git("reset", "--quiet", "--hard")
    before = snapshot(orders)
    assert list(conflicts(merge(orders, NEWER))) == ["deploy/b.txt"]
    assert orders.read("a.txt") == mine(NEWER["a.txt"]).replace("\n", "\r\n")
    assert "<<<<<<< yours\r\nmine 5\r\n" in orders.read("deploy/b.txt")
    assert orders.git("show", ":a.txt") == mine(NEWER["a.txt"])
    assert blob(orders, unmerged(orders)["deploy/b.txt"][2]).count(b"\r") == 0
    aborted(orders, before)


def with_filter(repository: Repository, log: Path) -> None:
    turn = script(repository.top.parent / "turn", f"echo x >> '{log}'; exec tr a-z n-za-m")
    for name in ("clean", "smudge"):
        repository.git("config", f"filter.turned.{name}", f"'{turn}'")
    repository.write(".gitattributes", "*.txt filter=turned\n")
    repository.git("add", "--renormalize", ".")
    repository.commit()


def test_a_filter_of_the_project_takes_part(orders: Repository) -> None:
    with_filter(orders, orders.top.parent / "log")
    assert orders.git("show", "HEAD:k.txt") == "x\n"
    orders.edit("a.txt", "line 15\n", "mine 15\n")
    clean(orders, NEWER, "--commit")
    assert orders.read("a.txt") == mine(NEWER["a.txt"])
    assert orders.git("show", "HEAD:a.txt").startswith("yvar 1\n")
    assert orders.git("show", "HEAD:deploy/n.txt") == "a\n"
    assert orders.git("status", "--porcelain") == ""


def test_a_filter_that_fails_writes_nothing(orders: Repository) -> None:
    with_filter(orders, orders.top.parent / "log")
    orders.git("config", "filter.turned.clean", "false")
    orders.git("config", "filter.turned.required", "true")
    refuses(orders, NEWER, "git hash-object failed", code=1)


def test_an_executable_bit_where_the_disk_has_none(orders: Repository) -> None:
    orders.git("config", "core.fileMode", "false")
    orders.git("update-index", "--chmod=+x", "a.txt")
    orders.git("commit", "--quiet", "--message", "run it")
    clean(orders, NEWER, "--commit")
    assert orders.git("ls-files", "--stage", "a.txt").startswith("100755 ")
    assert orders.read("a.txt") == NEWER["a.txt"]
    assert orders.git("status", "--porcelain") == ""


def hostile(repository: Repository, ran: Path) -> None:
    """Let everything that a configuration can have run leave a trace in ``ran``, and fail."""
    trap = script(ran.parent / "trap", f"echo \"$0 $*\" >> '{ran}'; exit 1")
    for folder in (repository.top / ".git/hooks", ran.parent / "hooks"):
        for name in HOOKS.split():
            script(folder / name, f"echo \"$0 $*\" >> '{ran}'; exit 1")
    config = [("core.hooksPath", ran.parent / "hooks"), ("commit.gpgSign", "true"), ("log.showSignature", "true")]
    config += [("merge.trap.driver", f"'{trap}' %A"), ("diff.trap.command", trap), ("diff.trap.textconv", trap)]
    config += [(f"alias.{name}", f"!'{trap}'") for name in ("merge-tree", "read-tree", "commit-tree", "status", "log")]
    runs = "core.fsmonitor core.pager core.editor core.askPass core.sshCommand diff.external gpg.program pager.log"
    config += [(key, trap) for key in [*runs.split(), "pager.status", "pager.diff", "credential.helper"]]
    config += [("gc.auto", "1"), ("tag.gpgSign", "true"), ("push.gpgSign", "true"), ("log.follow", "true")]
    for key, value in config:
        repository.git(*CALM, "config", key, str(value))
    (repository.top / ".git/info/attributes").write_text("* merge=trap diff=trap\n")


@pytest.fixture
def trapped(orders: Repository, monkeypatch: pytest.MonkeyPatch) -> tuple[Repository, Path]:
    ran = orders.top.parent / "traps/ran"
    orders.edit("a.txt", "line 15\n", "mine 15\n")
    ran.parent.mkdir()
    hostile(orders, ran)
    trap = str(ran.parent / "trap")
    for name in ("GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_EDITOR", "GIT_ASKPASS", "GIT_SSH_COMMAND", "PAGER", "EDITOR"):
        monkeypatch.setenv(name, trap)
    for name in ("LITERAL", "ICASE"):
        monkeypatch.setenv(f"GIT_{name}_PATHSPECS", "1")
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, str(ran.parent / "elsewhere"))
    return orders, ran


def test_the_trap_would_be_noticed(trapped: tuple[Repository, Path]) -> None:
    repository, ran = trapped
    repository.git("commit", "--quiet", "--allow-empty", "--message", "caught", codes=(0, 1, 128))
    assert ran.exists()


@pytest.mark.parametrize("how", ["--commit", "--diff", "--dry-run", "--branch=topic"])
def test_nothing_of_a_hostile_configuration_runs(trapped: tuple[Repository, Path], how: str) -> None:
    repository, ran = trapped
    done = repository.update(NEWER, how)
    assert not ran.exists(), ran.read_text()
    assert done.code in (0, 4), done
    where = {"--commit": "HEAD", "--branch=topic": "topic"}.get(how)
    if where:
        assert repository.git(*CALM, "cat-file", "blob", f"{where}:a.txt") == mine(NEWER["a.txt"])
    assert not (ran.parent / "elsewhere").exists()


def test_nothing_of_a_hostile_configuration_runs_in_a_conflict(trapped: tuple[Repository, Path]) -> None:
    repository, ran = trapped
    before = snapshot(repository)
    ran.unlink(missing_ok=True)
    assert repository.update({**NEWER, "a.txt": TEXT.replace("line 15\n", "template 15\n")}).code == 3
    assert not ran.exists(), ran.read_text()
    assert command("update", str(repository.folder), "--abort").code == 0
    assert not ran.exists(), ran.read_text()
    assert snapshot(repository) == before


def test_no_signature_is_checked_while_the_pack_is_looked_for(orders: Repository) -> None:
    ran = orders.top.parent / "traps/ran"
    sign = "cat > /dev/null; echo '[GNUPG:] SIG_CREATED D' >&2; echo '-----BEGIN PGP SIGNATURE-----'"
    signer = script(orders.top.parent / "traps/sign", f"{sign}; echo; echo '-----END PGP SIGNATURE-----'")
    orders.git("rm", "--quiet", lockfile.PACK)
    orders.git("-c", f"gpg.program={signer}", "commit", "--quiet", "--gpg-sign=me", "--message", "forget")
    assert "gpgsig" in orders.git("cat-file", "commit", "HEAD")
    hostile(orders, ran)
    assert orders.report(NEWER, "--dry-run")["base"] == "an earlier commit's pack"
    assert not ran.exists(), ran.read_text()


UNDER_WAY = {
    "merge": ("a merge", ["merge", "topic"]),
    "rebase": ("a rebase", ["rebase", "topic"]),
    "cherry-pick": ("a cherry-pick", ["cherry-pick", "topic"]),
    "revert": ("a revert", ["revert", "--no-edit", "HEAD~1"]),
}


@pytest.mark.parametrize("what", UNDER_WAY)
def test_while_git_is_in_the_middle_of_something_an_update_is_refused(orders: Repository, what: str) -> None:
    words, arguments = UNDER_WAY[what]
    orders.git("checkout", "--quiet", "-b", "topic")
    orders.edit("k.txt", "k", "topic")
    orders.git("checkout", "--quiet", "main")
    orders.edit("k.txt", "k", "one")
    orders.edit("k.txt", "one", "two")
    orders.git(*arguments, codes=(1,))
    refuses(orders, NEWER, words[2:], "is under way")


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_an_edit_that_git_is_told_to_look_away_from_is_not_overwritten(orders: Repository, flag: str) -> None:
    orders.git("update-index", flag, "a.txt")
    orders.write("a.txt", mine(TEXT))
    refuses(orders, NEWER, "a.txt", "look away")
    clean(orders, {**BASE, "k.txt": "newer\n"})
    assert orders.read("a.txt") == mine(TEXT)


def failing(folder: Path, word: str, what: str) -> Path:
    """A git that does its work and then ends in another way once an argument is ``word``."""
    act = f'case " $* " in *" {word} "*) {shutil.which("git")} "$@"; {what};; esac; exec {shutil.which("git")} "$@"'
    return script(folder / "bin/git", act).parent


@pytest.mark.parametrize(
    "step",
    ["index-pack", "merge-tree", "ls-files", "unpack-objects", "read-tree -m", "checkout-index", "update-index -z"],
)
def test_a_git_that_fails_half_way_leaves_nothing(
    orders: Repository, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    orders.edit("a.txt", "line 5\n", "mine 5\n")
    before, once = snapshot(orders), orders.top.parent / "once"
    end = f"[ -e '{once}' ] || {{ touch '{once}'; echo No space left >&2; exit 128; }}; exit"
    with monkeypatch.context() as patched:
        patched.setenv("PATH", str(failing(orders.top.parent, step, end)), prepend=os.pathsep)
        done = orders.update(NEWER)
    refused(orders, done, before, "No space left", code=1)


def test_conflicts_of_the_users_own_are_left_alone(orders: Repository) -> None:
    orders.write("k.txt", "stashed\n")
    orders.git("stash", "--quiet")
    orders.edit("k.txt", "k", "committed")
    orders.git("stash", "pop", codes=(1,))
    before = snapshot(orders)
    done = orders.update(NEWER)
    assert done.code in (1, 2)
    assert snapshot(orders) == before


def test_the_template_that_wrote_it_need_not_be_there_any_more(orders: Repository) -> None:
    orders.edit("a.txt", "line 15\n", "mine 15\n")
    assert clean(orders, NEWER)["base"] == "the pack"
    assert orders.read("a.txt") == mine(NEWER["a.txt"])


@pytest.mark.parametrize("version", ["2.37.1", "2.30.2", "1.8.3.1"])
def test_an_old_git_is_refused(orders: Repository, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    known = int(version.split(".")[1]) > 31
    real, old = shutil.which("git"), "" if known else '--path-format=absolute) echo "$word"; continue;;'
    script(
        orders.top.parent / "bin/git",
        f'for word; do shift; case "$word" in version) echo "git version {version}"; exit;; '
        f'merge-tree) echo "usage: git merge-tree" >&2; exit 129;; {old} esac; '
        f'set -- "$@" "$word"; done; exec {real} "$@"',
    )
    before = snapshot(orders)
    monkeypatch.setenv("PATH", str(orders.top.parent / "bin"), prepend=os.pathsep)
    monkeypatch.chdir(orders.top.parent)
    done = orders.update(NEWER)
    refused(orders, done, before, f"git {version}", "Install git 2.38 or newer", code=1)


def test_without_git_an_update_is_refused(orders: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(orders)
    pristine = orders.pristine()
    with monkeypatch.context() as patched:
        patched.setattr(Repository, "pristine", lambda _: pristine)
        patched.setenv("PATH", str(orders.top.parent / "nowhere"))
        done = orders.update(NEWER)
    refused(orders, done, before, "git", code=1)


@pytest.mark.parametrize("place", ["HEAD:a.txt", "HEAD:deploy", "HEAD^{tree}"])
def test_an_object_that_is_missing_is_refused(orders: Repository, place: str) -> None:
    orders.edit("a.txt", "line 15\n", "mine 15\n")
    oid = orders.git("rev-parse", place).strip()
    (orders.top / ".git/objects" / oid[:2] / oid[2:]).unlink()
    refuses(orders, NEWER, "git", "failed", code=1)


@contextlib.contextmanager
def nobody(folder: Path) -> Iterator[None]:
    """Act without root's powers, as the owner of ``folder``."""
    if os.geteuid() != 0:
        yield
        return
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, 65534, 65534, follow_symlinks=False)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """A repository in a folder that everybody may reach, of which everything is imported that an update needs."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        repository = Repository(Path(folder) / "orders", BASE)
        assert repository.update(NEWER, "--dry-run").code == 4
        yield repository


def without_rights(repository: Repository, path: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("HOME", str(repository.top))
    locked = [path_ for path_ in (repository.top / path, *(repository.top / path).rglob("*")) if path_.is_dir()]
    with nobody(repository.top.parent):
        for each in locked:
            each.chmod(0o555)
        done = repository.update(NEWER)
        for each in locked:
            each.chmod(0o755)
    return done


@pytest.mark.parametrize("path", [".", "deploy", ".git", ".git/objects", ".gocontainer"])
def test_a_folder_that_may_not_be_written_is_refused(
    shared: Repository, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    before = snapshot(shared)
    done = without_rights(shared, path, monkeypatch)
    refused(shared, done, before, code=1)
    assert "--output" not in done.err
    assert shared.git(*CALM, "status", "--porcelain") == ""


PARTIAL = {
    "blobless": ("--filter=blob:none",),
    "treeless": ("--filter=tree:0",),
    "sparse": ("--sparse",),
    "blobless and sparse": ("--filter=blob:none", "--sparse"),
    "treeless and sparse": ("--filter=tree:0", "--sparse"),
    "shallow, blobless and sparse": ("--depth=1", "--filter=blob:none", "--sparse"),
}


@pytest.mark.parametrize("kind", PARTIAL)
def test_a_partial_clone_gets_what_it_lacks(orders: Repository, tmp_path: Path, kind: str) -> None:
    """Also what the merge looks at where the owner renamed a file."""
    orders.git("config", "uploadpack.allowFilter", "true")
    orders.git("config", "uploadpack.allowAnySHA1InWant", "true")
    orders.write("ops/b.txt", mine(TEXT))
    orders.git("rm", "--quiet", "deploy/b.txt")
    orders.edit("a.txt", "line 15\n", "mine 15\n")
    orders.write("docs/d.txt", TEXT.replace("line", "own"))
    orders.commit()
    orders.git("clone", "--quiet", *PARTIAL[kind], orders.top.as_uri(), str(tmp_path / "clone"))
    clone = Repository.at(tmp_path / "clone")
    report = clone.report({**NEWER, "ops/n.txt": "n\n"}, "--commit")
    assert (report["exit"], conflicts(report)) == (0, {})
    assert clone.git("show", "HEAD:ops/b.txt") == mine(NEWER["deploy/b.txt"])
    assert clone.git("status", "--porcelain") == ""
    clone.edit("a.txt", "mine 15\n", "other 15\n")
    before = snapshot(clone)
    newest = {**NEWER, "a.txt": NEWER["a.txt"].replace("line 15\n", "template 15\n")}
    assert list(conflicts(clone.report(newest, "--set", "port=9090"))) == ["a.txt"]
    aborted(clone, before)


def test_a_partial_clone_whose_remote_is_gone_says_so_and_is_left_alone(orders: Repository, tmp_path: Path) -> None:
    orders.git("config", "uploadpack.allowFilter", "true")
    orders.edit("deploy/b.txt", "line 15\n", "mine 15\n")
    orders.git("clone", "--quiet", "--filter=blob:none", "--sparse", orders.top.as_uri(), str(tmp_path / "clone"))
    orders.top.rename(tmp_path / "elsewhere")
    refuses(Repository.at(tmp_path / "clone"), NEWER, "could not fetch", "from promisor remote", code=1)


def test_a_worktree_of_a_bare_repository(orders: Repository, tmp_path: Path) -> None:
    orders.git("clone", "--quiet", "--bare", str(orders.top), str(tmp_path / "hub/.bare"))
    (tmp_path / "hub/.git").write_text("gitdir: ./.bare\n")
    orders.git("-C", str(tmp_path / "hub"), "worktree", "add", "--quiet", str(tmp_path / "hub/main"), "main")
    settles(Repository.at(tmp_path / "hub/main"))


@pytest.mark.parametrize("verb", ["cherry-pick", "revert"])
def test_a_sequence_of_picks_is_finished_first(orders: Repository, verb: str) -> None:
    """Also where its current step is committed already: then only git's list of the rest is left."""
    for number in (5, 6):
        orders.edit("a.txt", f"line {number}\n", f"mine {number}\n")
    commits = orders.git("rev-list", "-2", "HEAD").split()
    orders.edit("a.txt", "mine 5\nmine 6\n", "other\n")
    orders.git(verb, *(commits if verb == "revert" else reversed(commits)), codes=(1,))
    orders.write("a.txt", TEXT)
    orders.commit()
    assert not (orders.top / ".git/CHERRY_PICK_HEAD").exists()
    refuses(orders, NEWER, "of several commits is under way. Finish or abort it first.")


def test_settings_of_the_environment_reach_git(orders: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """And cannot change how trees are merged."""
    settings = {"core.autocrlf": "true", "merge.renames": "false", "merge.conflictStyle": "merge"}
    monkeypatch.setenv("GIT_CONFIG_COUNT", str(len(settings)))
    for number, (name, value) in enumerate(settings.items()):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", name)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
    orders.git("mv", "a.txt", "c.txt")
    orders.edit("deploy/b.txt", "line 5\n", "mine 5\n")
    orders.commit()
    report = orders.report(NEWER)
    assert list(conflicts(report)) == ["deploy/b.txt"]
    assert orders.read("c.txt") == NEWER["a.txt"].replace("\n", "\r\n")
    assert "||||||| before" in orders.read("deploy/b.txt")
