"""What scales a service was called `scaler` in 0.1.0: every place that says so is still understood."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gocontainer import render
from gocontainer.answers import lockfile
from gocontainer.answers.model import Answers, Layer, layers_of_today
from gocontainer.answers.sources import from_environment, from_file
from gocontainer.errors import UsageError
from gocontainer.inspection import explain
from gocontainer.repository import tree
from tests.helpers.support import answers, committed, gocontainer, ok

FUNCTION: dict[str, Any] = {"service": "orders", "target": "knative", "eventing": "kafka"}
NOW = {"knative": "requests", "keda": "lag"}
each_value = pytest.mark.parametrize(("before", "now"), NOW.items())


def released(folder: Path, scaler: str) -> Path:
    """Write a function whose lock says `scaler`, and not yet what is asked since."""
    said = {} if scaler == "knative" else {"scale_on": NOW[scaler]}
    chosen = answers(**FUNCTION, **said, monitoring="none")
    files = dict(lockfile.with_lockfile(render(chosen), chosen))
    document = json.loads(files[lockfile.LOCK].content)
    asked = document["answers"]
    asked["scaler"] = scaler
    del asked["scale_on"], asked["monitoring"]
    document["defaults"] = ["scaler" if name == "scale_on" else name for name in document["defaults"]]
    files[lockfile.LOCK] = tree.File(lockfile.written(document))
    return committed(folder / "orders", files)


def merged(said: dict[str, Any], *layers: Layer) -> Answers:
    """Merge answers as the command does."""
    return Answers.merge(*layers_of_today((Layer("test", {**FUNCTION, **said}), *layers)))


@each_value
def test_an_update_renders_what_the_repository_had_and_writes_the_new_name(
    tmp_path: Path, before: str, now: str
) -> None:
    repository = released(tmp_path, before)
    tree_before = tree.load(repository)
    ok(gocontainer("update", str(repository), "--commit"))
    changed = {path for path, file in tree.load(repository).items() if tree_before.get(path) != file}
    assert changed <= {lockfile.LOCK, lockfile.PACK}
    written = json.loads((repository / lockfile.LOCK).read_text())
    assert written["answers"]["scale_on"] == now
    assert "scaler" not in written["answers"]
    assert ("scale_on" in written["defaults"]) == (before == "knative")
    assert "scaler" not in written["defaults"]


@each_value
def test_explain_and_status_read_the_old_lock(tmp_path: Path, before: str, now: str) -> None:
    repository = released(tmp_path, before)
    names = {each.name for each in explain.explain(repository)}
    assert ("lag" in names) == (now == "lag")
    assert "no option" not in gocontainer("status", str(repository)).err


@each_value
def test_answers_files_variables_flags_and_code_may_still_say_it(tmp_path: Path, before: str, now: str) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(f"scaler: {before}\n")
    layers = (
        from_file(file),
        from_environment({"GOCONTAINER_SCALER": before}),
        Layer("flag", {"scaler": before}, "--set {name}"),
    )
    for layer in layers:
        assert merged({}, layer)["scale_on"] == now


def test_a_value_that_never_was_is_refused_by_the_name_that_was_given() -> None:
    with pytest.raises(UsageError, match="cpu, requests, lag"):
        merged({"scaler": "hpa"})


def test_a_list_is_refused_as_any_wrong_value_is() -> None:
    with pytest.raises(UsageError, match="cpu, requests, lag"):
        merged({"scaler": ["keda"]})


def test_answered_under_both_names_the_new_one_stays() -> None:
    assert merged({"scaler": "keda", "scale_on": "requests"})["scale_on"] == "requests"


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, "cpu"), ({"target": "knative"}, "requests"), ({"profile": "serverless"}, "requests")],
    ids=str,
)
def test_the_target_says_the_default(given: dict[str, Any], expected: str) -> None:
    chosen = answers(**given)
    assert chosen["scale_on"] == expected
    assert "scale_on" in chosen.defaults()


def test_another_target_later_brings_its_own_default(tmp_path: Path) -> None:
    chosen = answers()
    repository = committed(tmp_path / "orders", lockfile.with_lockfile(render(chosen), chosen))
    for target, expected in (("knative", "requests"), ("kubernetes", "cpu")):
        ok(gocontainer("update", str(repository), "--commit", "--set", f"target={target}"))
        assert lockfile.read(repository).answers["scale_on"] == expected


def test_no_answer_moves_the_target() -> None:
    for given in ({"scale_on": "lag"}, {"scale_on": "requests", "monitoring": "none"}):
        with pytest.raises(UsageError):
            Answers.merge_with_room(Layer("flag", {"service": "orders", **given}))
    moved = Answers.merge_with_room(Layer("flag", {"service": "orders", "scale_on": "requests"}))
    assert (moved["target"], moved["monitoring"]) == ("kubernetes", "operator")
