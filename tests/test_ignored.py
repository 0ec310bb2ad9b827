"""Files of ours that git ignores: whoever needs them committed hears of the rule that keeps them away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gocontainer.answers import lockfile
from tests.helpers.support import COMMAND, ok
from tests.helpers.updates import Repository, command

pytestmark = COMMAND

BASE = {"a.txt": "a\n", "docs/b.md": "b\n"}


@pytest.fixture
def mono(tmp_path: Path, somebody: None) -> Repository:  # noqa: ARG001 - it sets the environment
    """A repository of many whose rules are not made for us."""
    repository = Repository(tmp_path / "mono", {"x.txt": "x\n"}, place="services/other")
    (repository.top / ".gitignore").write_text("# ours\n*.lock\ndocs/\n!README.md\n")
    repository.commit()
    return repository


def test_a_new_service_says_what_no_commit_would_have(mono: Repository) -> None:
    done = command("new", "orders", "--no-input", "--output", str(mono.top / "services"))
    ok(done)
    assert "git ignores .gocontainer.lock, docs/" in done.err
    assert "by .gitignore:2: *.lock, .gitignore:3: docs/. Commit them with 'git add --force'" in done.err


@pytest.mark.usefixtures("somebody")
def test_a_new_repository_of_ones_own_has_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    excludes = tmp_path / "excludes"
    excludes.write_text("*.lock\n*.pack\n")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.excludesFile")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(excludes))
    done = command("new", "orders", "--no-input", "--output", str(tmp_path))
    assert "git ignores" not in done.err
    committed = Repository.at(tmp_path / "orders").git("ls-files").split()
    assert {lockfile.LOCK, lockfile.PACK} <= {*committed}


def test_an_update_says_by_which_rule_the_lock_is_not_committed(tmp_path: Path) -> None:
    orders = Repository(tmp_path / "orders", BASE)
    orders.git("rm", "--quiet", "--cached", lockfile.LOCK)
    orders.write(".gitignore", "\n*.lock\n")
    orders.commit()
    done = orders.update(BASE)
    assert (done.code, done.out) == (2, "")
    assert ".gocontainer.lock is not committed, since git ignores it by .gitignore:2: *.lock." in done.err
    assert "Run 'git add --force .gocontainer.lock', and commit it." in done.err
    orders.git("add", "--force", lockfile.LOCK)
    orders.git("commit", "--quiet", "--message", "lock")
    assert orders.update({**BASE, "n.txt": "n\n"}).code == 0


def test_an_update_says_by_which_rule_the_pack_is_not_committed(tmp_path: Path) -> None:
    orders = Repository(tmp_path / "orders", BASE)
    (orders.top / ".git/info").mkdir(exist_ok=True)
    (orders.top / ".git/info/exclude").write_text("*.pack\n")
    orders.git("checkout", "--quiet", "--orphan", "squashed")
    orders.git("rm", "--quiet", "--cached", lockfile.PACK)
    orders.git("commit", "--quiet", "--message", "all")
    orders.git("branch", "--quiet", "-D", "main")
    done = orders.update({**BASE, "n.txt": "n\n"})
    assert done.code == 2
    assert ".gocontainer/base.pack is not committed, since git ignores it by .git/info/exclude:1: *.pack." in done.err


def test_status_names_what_is_ignored_but_not_what_the_template_itself_ignores(tmp_path: Path) -> None:
    orders = Repository(tmp_path / "orders", {**BASE, ".gitignore": "/.env\n", ".env": "secret\n"})
    orders.git("rm", "--quiet", "--cached", "docs/b.md")
    orders.write(".gitignore", "/.env\ndocs/\n")
    done = command("status", str(orders.folder))
    assert done.code == 4
    assert "git ignores docs/b.md by .gitignore:2: docs/: run 'git add --force' for it\n" in done.out
    assert json.loads(command("status", str(orders.folder), "--json").out)["ignored"] == {
        "docs/b.md": ".gitignore:2: docs/"
    }


@pytest.mark.usefixtures("somebody")
def test_a_new_repository_has_the_hooks_of_its_owner_once_the_first_commit_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "template/hooks").mkdir(parents=True)
    hook = tmp_path / "template/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    ok(command("new", "carts", "--no-input", "--output", str(tmp_path)))
    assert (tmp_path / "carts/.git/info").is_dir()
    assert (tmp_path / "carts/.git/hooks").is_dir()
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(tmp_path / "template"))
    ok(command("new", "orders", "--no-input", "--output", str(tmp_path)))
    orders = Repository.at(tmp_path / "orders")
    assert orders.git("rev-list", "--count", "HEAD") == "1\n"
    orders.git("commit", "--quiet", "--allow-empty", "--message", "refused", codes=(1,))
