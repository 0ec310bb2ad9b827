"""An answer that is changed and set back leaves no trace in a repository."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gocontainer.answers import lockfile
from gocontainer.answers.model import Answers, Layer
from gocontainer.answers.updated import answered
from gocontainer.errors import UsageError
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import holds
from gocontainer.rendering.engine import render
from gocontainer.repository.kept import ONCE
from gocontainer.repository.tree import load
from tests.helpers.support import COMMAND, ROWS, committed, git, ok
from tests.helpers.updates import command

pytestmark = COMMAND

TEXTS = {
    "module": "example.com/new/carts",
    "description": "Another service.",
    "owner": "acme",
    "image": "ghcr.io/acme/x",
    "expose_host": "shop.example.com",
    "expose_gateway": "infra/shared",
    "slo": "99.5",
}
VALUES = {
    name: list(dict.fromkeys([*(row[name] for row in ROWS if name in row), *([TEXTS[name]] if name in TEXTS else [])]))
    for name in BY_NAME
    if name not in ("profile", "service")
}
"""What each option is set to; who changes the service's own name has another service."""


def least(row: Mapping[str, Any]) -> Answers:
    """The answers of a row, of which those that nobody would have to give are not given."""
    given = {"service": "orders", **row}
    for name in row:
        rest = {key: value for key, value in given.items() if key != name}
        try:
            given = rest if {**Answers(**rest)} == {**Answers(**given)} else given
        except UsageError:
            continue
    return Answers(**given)


def locked(answers: Answers) -> lockfile.Lock:
    """What a lock remembers of some answers; the digest follows from them."""
    return lockfile.parse(lockfile.lock({}, answers), Path(lockfile.LOCK))


def setting(answers: Answers, name: str, value: object) -> dict[str, object]:
    """What is said to change an answer, and with it what was said of those that lose their meaning by it."""
    by = [name]
    for each in by:
        by += (other for other in answers.applicable() if each in BY_NAME[other].when and other not in by)
    said = (other for other in by[1:] if other not in answers.defaults())
    return {name: value} | {other: answers[other] for other in said if value == answers[name]}


def ways(answers: Answers) -> Iterator[tuple[str, lockfile.Lock, dict[str, object]]]:
    """Every option that can be another, with the lock once it is, and what sets it back."""
    before = locked(answers)
    for name, option in BY_NAME.items():
        if name not in VALUES or not holds(option.when, answers):
            continue
        for value in (each for each in VALUES[name] if each != answers[name]):
            try:
                changed, _ = answered(before, Layer("flag", setting(answers, name, value)))
            except UsageError:
                continue
            yield name, locked(changed), setting(answers, name, answers[name])
            break


def test_each_option_that_is_changed_and_set_back_leaves_the_same_lock_in_every_row() -> None:
    seen = set()
    for row in ROWS:
        answers = least(row)
        before = lockfile.lock({}, answers)
        for name, changed, back in ways(answers):
            again, _ = answered(changed, Layer("flag", back))
            assert lockfile.lock({}, again) == before, (name, row)
            seen.add(name)
    assert seen == {*BY_NAME} - {"profile", "service"}


def test_an_answer_that_stays_another_is_noticed() -> None:
    answers = least(ROWS[0])
    changed, _ = answered(locked(answers), Layer("flag", {"port": 9090}))
    again, _ = answered(locked(changed), Layer("flag", {"port": 9091}))
    assert "port" not in again.defaults()
    assert lockfile.lock({}, again) != lockfile.lock({}, answers)


@pytest.mark.usefixtures("somebody")
@pytest.mark.parametrize("number", range(4))
def test_on_and_off_is_byte_for_byte_the_same_repository(tmp_path: Path, number: int) -> None:
    """Also after edits elsewhere: own files, and own lines in the template's."""
    rng = random.Random(number)
    answers = least(rng.choice(ROWS))
    folder = committed(tmp_path / "orders", lockfile.with_lockfile(render(answers), answers))
    (folder / "internal/own.go").write_text("package internal\n")
    (folder / "NOTES").write_text("mine\n")
    for path in ("README.md", ".gitignore"):
        (folder / path).write_text((folder / path).read_text() + "\nmine at the end\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "edit")
    before, found = load(folder), list(ways(answers))
    for name, changed, back in rng.sample(found, 3):
        there = {name: changed.answers[name]}
        for settings in (there, back):
            words = [
                f"{key}={str(value).lower() if isinstance(value, bool) else value}" for key, value in settings.items()
            ]
            ok(command("update", str(folder), "--commit", *(word for each in words for word in ("--set", each))))
        after = load(folder)
        assert after.keys() - before.keys() <= ONCE.keys(), "what is written once stays"
        assert {path: after[path] for path in before if path != lockfile.LOCK} == {
            path: file for path, file in before.items() if path != lockfile.LOCK
        }, name
        then, now = (json.loads(each[lockfile.LOCK].content) for each in (before, after))
        assert {*now.pop("keep", ())} - {*then.pop("keep", ())} <= ONCE.keys()
        assert now == then, name


@pytest.mark.usefixtures("somebody")
def test_a_profile_is_remembered_and_what_it_presets_is_offered(tmp_path: Path) -> None:
    answers = Answers(service="orders", network_policy="none")
    folder = committed(tmp_path / "orders", lockfile.with_lockfile(render(answers), answers))
    before = load(folder)
    out = ok(command("update", str(folder), "--set", "profile=hardened", "--commit"))
    assert "network_policy stays none; its default is kubernetes now: --set network_policy=kubernetes" in out
    presets = (
        *("base_image=scratch", "min_replicas=3", "max_replicas=10", "policy=native"),
        *("scan=grype", "digests=required", "network_policy=kubernetes"),
    )
    every = [word for each in presets for word in ("--set", each)]
    assert " ".join(("All of these:", *every)) in out
    assert lockfile.read(folder).profile == "hardened"
    assert git(folder, "log", "-1", "--format=%s") == "Update with other answers: profile\n"
    assert {path for path, file in load(folder).items() if before.get(path) != file} == {lockfile.LOCK}
    ok(command("update", str(folder), *every, "--commit"))
    assert lockfile.read(folder).answers["max_replicas"] == 10
    assert [name for name in lockfile.read(folder).answers if name not in lockfile.read(folder).defaults] == ["service"]
    assert "already" in ok(command("update", str(folder), "--set", "profile=hardened"))
    settings = (
        "profile=service",
        "base_image=distroless-static",
        "min_replicas=2",
        "max_replicas=6",
        "network_policy=none",
        "digests=optional",
        "policy=none",
        "scan=none",
    )
    ok(command("update", str(folder), "--commit", *(word for each in settings for word in ("--set", each))))
    assert load(folder) == before
