"""A repository's own Go tests notice a statement that is deleted, wherever it stands, and end by themselves."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gocontainer.repository import tree
from tests.deletions.deletions import DIED, HUNG, SURVIVED, Mutable
from tests.helpers.proofs import everything
from tests.helpers.selection import commits
from tests.helpers.support import files_of, need

REPOSITORIES: Mapping[str, Mapping[str, Any]] = {
    "service": {},
    "configured": {"config_center": "nacos"},
    "function": {"profile": "serverless", "eventing": "kafka"},
    "edge": {"profile": "edge", "target": "kubeedge", "edge_features": "model"},
}
OF_ALL, OF_ONE = 300, 10
"""How many statements are drawn: of all repositories, or, in each run, of one of them in turn."""
SHARE = 0.9
"""Of the statements that are drawn, so many have to be noticed."""


@pytest.fixture(autouse=True)
def _tools() -> None:
    need("go")


@cache
def survivors() -> frozenset[str]:
    """Return the names of the statements that may be missed; the file says why."""
    listed: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("survivors.toml").read_text())["survivors"]
    return frozenset(name for group in listed for name in group["statements"])


def mutable(folder: Path, name: str) -> Mutable:
    """Render a repository so that each of its statements can be left out."""
    tree.save(files_of(REPOSITORIES[name]), folder / name)
    return Mutable(folder / name, folder / f"{name}-tests")


@pytest.mark.slow
def test_a_statement_that_is_deleted_is_noticed(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    names = sorted(REPOSITORIES) if everything() else [sorted(REPOSITORIES)[commits() % len(REPOSITORIES)]]
    repositories = [mutable(tmp_path, name) for name in names]
    every = [(repository, statement) for repository in repositories for statement in repository.statements]
    drawn = random.Random(commits()).sample(every, OF_ALL if everything() else OF_ONE)
    found = {(names[repositories.index(each)], statement.name): each.without(statement) for each, statement in drawn}
    missed = sorted(name for name, (how, _) in found.items() if how == SURVIVED)
    assert [name for name, (how, _) in found.items() if how == HUNG] == []
    assert [name for name in missed if name[1] not in survivors()] == []
    noticed = len(found) - len(missed)
    record_property("size", f"code ({', '.join(names)}): of {len(found)} deleted statements {noticed} are noticed")
    if everything():
        assert noticed >= SHARE * len(found)


def test_what_is_listed_as_missed_is_a_statement(tmp_path: Path) -> None:
    there = {statement.name for name in REPOSITORIES for statement in mutable(tmp_path, name).statements}
    assert sorted(survivors() - there) == []


SAMPLE = """package sample

import "sync"

var mu sync.Mutex

func Tested(n int) int {
	mu.Lock()
	defer mu.Unlock()
	n++
	return n
}

func NotTested(n *int) {
	*n++
	*n++
}

func Declared() (n int) {
	wanted := 1
	n = wanted
	if n > 0 {
		return n
	} else {
		return -n
	}
}
"""
SAMPLE_TEST = """package sample

import "testing"

func TestTested(t *testing.T) {
	if Tested(1) != 2 || Tested(2) != 3 {
		t.Error("it is another number")
	}
}

func TestDeclared(t *testing.T) {
	Declared()
}
"""


def test_what_becomes_of_a_statement(tmp_path: Path) -> None:
    sample = tmp_path / "sample"
    sample.mkdir()
    texts = {"go.mod": "module example.com/sample\n\ngo 1.26\n", "s.go": SAMPLE, "s_test.go": SAMPLE_TEST}
    for name, text in texts.items():
        (sample / name).write_text(text)
    repository = Mutable(sample, tmp_path / "tests", timeout="1s")
    outcomes = {statement.name: repository.without(statement)[0] for statement in repository.statements}
    assert outcomes == {
        "s.go Tested: mu.Lock()": DIED,
        "s.go Tested: defer mu.Unlock()": HUNG,
        "s.go Tested: n++": DIED,
        "s.go NotTested: *n++": SURVIVED,
        "s.go NotTested: *n++ (2)": SURVIVED,
    }, "what Go does not compile without is no statement to delete"
