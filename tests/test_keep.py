"""Files of the template that their owner keeps from updates, and gives back to them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from gocontainer.answers import lockfile
from gocontainer.answers.keep import protected
from tests.helpers.support import COMMAND, ok, pip_tool
from tests.helpers.updates import Repository, command

pytestmark = COMMAND

BASE = {"a.txt": "a\nb\nc\n", "docs/b.md": "b\n", "README.md": "r\n", "deploy/base/c.yaml": "c\n"}


@pytest.fixture
def orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    repository = Repository(tmp_path / "orders", BASE)
    monkeypatch.chdir(repository.folder)
    return repository


def kept(repository: Repository) -> list[str]:
    entries: list[str] = json.loads(repository.read(lockfile.LOCK))["keep"]
    return entries


def test_what_is_kept_is_never_updated_until_it_is_given_back(orders: Repository) -> None:
    assert ok(command("keep", "a.txt", "docs")) == (
        "No update touches a.txt from now on.\nNo update touches docs from now on.\nCommit .gocontainer.lock.\n"
    )
    assert (kept(orders), ok(command("keep"))) == (["a.txt", "docs"], "a.txt\ndocs\n")
    orders.edit("a.txt", "a\n", "mine\n")
    newer = {**BASE, "a.txt": "A\nb\nc\n", "docs/b.md": "B\n", "docs/n.md": "n\n"}
    assert orders.report(newer, "--commit")["exit"] == 0
    assert (orders.read("a.txt"), orders.read("docs/b.md")) == ("mine\nb\nc\n", "b\n")
    assert not (orders.folder / "docs/n.md").exists()
    assert "Updates merge into a.txt again." in ok(command("keep", "--remove", "a.txt"))
    orders.commit()
    assert orders.report({**BASE, "a.txt": "A\nb\nC\n"}, "--set", "port=9090")["conflicts"] == []
    assert (orders.read("a.txt"), kept(orders)) == ("mine\nb\nC\n", ["docs"])


def test_a_lock_without_what_is_kept_is_what_it_was(orders: Repository) -> None:
    before = orders.read(lockfile.LOCK)
    ok(command("keep", "*.md"))
    ok(command("keep", "--remove", "*.md"))
    assert (orders.read(lockfile.LOCK), ok(command("keep"))) == (before, "Nothing is kept from updates.\n")


def test_a_path_is_seen_from_where_one_stands(orders: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(orders.folder / "deploy")
    ok(command("keep", "base"))
    assert kept(orders) == ["deploy/base"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["own.txt"], "No file of the template is called own.txt. Name one of the template's"),
        (["--remove", "a.txt"], "A.txt is not kept from updates. Nothing is."),
    ],
)
def test_what_cannot_be_kept_is_refused(orders: Repository, arguments: list[str], sentence: str) -> None:
    before = orders.read(lockfile.LOCK)
    done = command("keep", *arguments)
    assert (done.code, orders.read(lockfile.LOCK)) == (2, before)
    assert sentence.casefold() in done.err.casefold()


PATHS = ("a.cfg", "x/a.cfg", "x/y/a.cfg", "README.md", "x/b.md", "x/y/c.md", "a[1].md", "a1.md", "x/y/z/d.txt")
GLOBS = ("**/a.cfg", "*.md", "x/*", "x/**", "x/**/*.md", "**", "*", "*/y", "x", "a[1].md", "a[1]*", "x/./y/", "*/*.cfg")


@pytest.mark.parametrize("skip", GLOBS)
def test_what_cruft_skips_is_kept_and_nothing_else(tmp_path: Path, skip: str) -> None:
    """cruft's own function says what it leaves alone."""
    from gocontainer.external.cruft import kept_as

    for path in PATHS:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    script = "import sys; from pathlib import Path; from cruft._commands.utils import generate as g; g._remove_paths("
    script += 'Path(sys.argv[1]), g._get_skip_paths({"skip": [sys.argv[2]]}, Path("nowhere")))'
    python = Path(pip_tool("cruft")).with_name("python")
    subprocess.run([python, "-c", script, tmp_path, skip], check=True)
    gone = [path for path in PATHS if not (tmp_path / path).exists()]
    assert protected([kept_as(skip)], PATHS) == gone
