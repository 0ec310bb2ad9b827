"""What is wrong with a call is said all at once, for people and for programs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gocontainer.console import width
from tests.helpers.support import GOCONTAINER, Run, clean_environment, gocontainer, ok

FIVE = ("new", "Orders", "--port", "80", "--set", "cgo=maybe", "--set", "base_imgae=scratch", "--memory", "1Mi")
NAMES = {"service", "port", "cgo", "base_imgae", "memory"}
KEYS = ["option", "where", "value", "reason", "way_out"]


def errors(run: Run) -> list[Any]:
    """The errors of a document; each has the same keys, and its sentence is on stderr as well."""
    document = json.loads(run.out)
    assert [*document] == ["errors"]
    assert all([*each] == KEYS for each in document["errors"])
    said = [line.removeprefix("Error: ") for line in run.err.splitlines()]
    for sentence, each in zip(said, document["errors"], strict=True):
        assert each["reason"] in sentence
        assert each["way_out"] is None or sentence.endswith(each["way_out"])
    found: list[Any] = document["errors"]
    return found


def test_five_wrong_answers_are_five_errors_in_both_forms(tmp_path: Path) -> None:
    run = gocontainer(*FIVE, cwd=tmp_path)
    assert (run.code, run.out) == (2, "")
    lines = run.err.splitlines()
    assert len(lines) == 5
    assert all(line.startswith("Error: ") for line in lines)
    run = gocontainer(*FIVE, "--json", cwd=tmp_path)
    assert run.code == 2
    assert run.err.splitlines() == lines
    found = {each["option"]: each for each in errors(run)}
    assert found.keys() == NAMES
    assert found["port"] == {
        "option": "port",
        "where": "--port",
        "value": "80",
        "reason": "'80' is not a whole number from 1024 to 65535",
        "way_out": "Give one, such as 8080.",
    }
    assert found["service"]["way_out"] == "orders would do."
    assert found["base_imgae"]["way_out"] == "Did you mean base_image?"
    assert list(tmp_path.iterdir()) == []


def test_wrong_answers_of_a_file_and_conflicts_are_said_together(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("cpu: [1]\nmin_replicas: 9\nmax_replicas: 2\nedge_features: model\n")
    run = gocontainer("new", "orders", "--answers", "a.yaml", "--port", "8081", "--json", cwd=tmp_path)
    found = errors(run)
    assert [each["option"] for each in found] == ["cpu", "edge_features", "port", "min_replicas"]
    assert found[0]["where"] == "cpu in a.yaml"
    assert found[0]["value"] == [1]
    assert (found[2]["where"], found[2]["value"], found[2]["way_out"]) == ("--port", 8081, "Take another port.")
    assert found[3]["way_out"] == "Raise max_replicas or lower min_replicas."


def test_an_answer_that_is_wrong_is_not_held_against_others(tmp_path: Path) -> None:
    """Whether the rest of a conflict is wrong can only be told once it is mended."""
    run = gocontainer("new", "orders", "--min-replicas", "x", "--max-replicas", "1", "--target", "moon", cwd=tmp_path)
    assert len(run.err.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["new"], 2, "SERVICE is missing, and nobody can be asked"),
        (["new", "orders", "--prot"], 2, "No such option '--prot'. Did you mean --port?"),
        (["new", "orders", "--answers", "gone.yaml"], 2, "Cannot read answers from gone.yaml: No such file"),
        (["new", "orders", "--set", "port"], 2, "'port' is not KEY=VALUE"),
        (["new", "orders", "-o", "file/below"], 1, "Cannot write "),
        (["status", "nowhere"], 2, "There is no folder "),
        (["status", "."], 2, "Neither "),
        (["explain", "."], 2, "Neither "),
        (["update", "."], 2, "Neither "),
        (["cost"], 2, "Missing option '--seconds'"),
        (["options", "--complete"], 2, "--complete has no meaning without --schema"),
    ],
)  # fmt: skip
def test_every_command_says_its_errors_as_json(tmp_path: Path, arguments: list[str], code: int, reason: str) -> None:
    (tmp_path / "file").touch()
    run = gocontainer(*arguments, "--json", cwd=tmp_path)
    assert run.code == code == gocontainer(*arguments, cwd=tmp_path).code
    (found,) = errors(run)
    assert found["reason"].startswith(reason)
    assert found["way_out"].endswith((".", "?"))


def test_the_document_is_the_same_in_every_language(tmp_path: Path) -> None:
    english = gocontainer(*FIVE, "--json", cwd=tmp_path)
    assert gocontainer(*FIVE, "--json", cwd=tmp_path, env={"GOCONTAINER_LANG": "zh_CN"}).out == english.out


def test_what_follows_in_the_way_of_one_flag_moves_and_is_said(tmp_path: Path) -> None:
    run = gocontainer("new", "orders", "--cgo", "--no-git", cwd=tmp_path)
    assert "Note: base_image is distroless-base now, to go with cgo.\n" in run.err
    assert "Note: platforms is linux/amd64 now, to go with cgo.\n" in run.err
    assert "\n  image     localhost/orders on distroless-base\n  platforms linux/amd64\n" in ok(run)
    report = json.loads(ok(gocontainer("new", "carts", "--cgo", "--dry-run", "--json", cwd=tmp_path)))
    assert report["moved"] == {"base_image": "cgo", "platforms": "cgo"}
    assert report["origins"]["base_image"] == "moved"
    whole = ("--cgo", "--base-image", "distroless-base", "--platforms", "linux/amd64")
    said = json.loads(ok(gocontainer("new", "carts", *whole, "--dry-run", "--json", cwd=tmp_path)))
    assert said["files"] == report["files"], "the same bytes, the lock's as well"
    assert said["moved"] == {}


@pytest.mark.parametrize("profile", ["edge", "serverless"])
def test_what_a_profile_presets_does_not_move(tmp_path: Path, profile: str) -> None:
    flag = {"edge": ("--cgo", "--base-image", "ubuntu"), "serverless": ("--port", "8012")}[profile]
    run = gocontainer("new", "orders", "--profile", profile, *flag, cwd=tmp_path)
    assert run.code == 2
    assert f"(profile {profile})" in run.err


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_summary_is_broken_between_words_at_a_terminal_and_no_command(tmp_path: Path, language: str) -> None:
    call = f"stty cols 60; {GOCONTAINER} new orders --no-input"
    done = subprocess.run(
        ["script", "--quiet", "--return", "--command", call, "/dev/null"],
        check=True, capture_output=True, text=True, cwd=tmp_path, stdin=subprocess.DEVNULL,
        env={**clean_environment(), "GOCONTAINER_LANG": language},
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert [line for line in lines if width(line) > 60 and "curl -s " not in line and str(tmp_path) not in line] == []
    assert "--deps-bot none" in done.stdout
    assert any(line.startswith(" " * 12) and line.strip() for line in lines), "what is longer goes on below its value"


def test_an_error_is_broken_between_words_at_a_terminal(tmp_path: Path) -> None:
    call = f"stty cols 60; {GOCONTAINER} new orders --port 80"
    done = subprocess.run(
        ["script", "--quiet", "--return", "--command", call, "/dev/null"],
        check=False, capture_output=True, text=True, cwd=tmp_path, env=clean_environment(), stdin=subprocess.DEVNULL,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 60
    assert " ".join(lines) == ("Error: --port: '80' is not a whole number from 1024 to 65535. Give one, such as 8080.")
