"""The first wizard, at a real pseudo-terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pexpect
import pytest

from gocontainer.kinds import Toggle
from gocontainer.options import OPTIONS
from tests.support import GOCONTAINER, clean_environment

ENTER, DOWN = "\r", "\x1b[B"


@pytest.fixture
def terminal(tmp_path: Path) -> Any:
    environment = {**clean_environment(), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}

    def start(*arguments: str) -> Any:
        return pexpect.spawn(
            GOCONTAINER,
            ["new", "-o", str(tmp_path / "out"), *arguments],
            env=environment,
            encoding="utf-8",
            dimensions=(24, 80),
            timeout=30,
        )

    (tmp_path / "out").mkdir()
    return start


def end(child: Any) -> int:
    child.expect(pexpect.EOF)
    child.close()
    assert isinstance(child.exitstatus, int)
    return child.exitstatus


def answer(child: Any, question: str, keys: str) -> None:
    child.expect_exact(question)
    child.send(keys)


def lock(tmp_path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((tmp_path / "out/orders/.gocontainer.lock").read_text())
    return loaded


def test_a_name_and_enter_give_the_default_repository(tmp_path: Path, terminal: Any) -> None:
    child = terminal()
    answer(child, "Name of the service", "orders" + ENTER)
    answer(child, "What kind of service", ENTER)
    answer(child, "Go module path", ENTER)
    answer(child, "Where will CI push the image?", ENTER)
    answer(child, "Customise the rest?", ENTER)
    child.expect_exact("Wrote orders")
    assert end(child) == 0
    assert lock(tmp_path)["answers"]["base_image"] == "distroless-static"


def test_choices_are_taken_and_given_answers_are_not_asked(tmp_path: Path, terminal: Any) -> None:
    child = terminal("orders", "--module", "example.com/x", "--image", "ghcr.io/acme/orders")
    answer(child, "What kind of service", DOWN + ENTER)
    answer(child, "Customise the rest?", ENTER)
    assert end(child) == 0
    assert lock(tmp_path)["answers"]["max_replicas"] == 10


def test_a_wrong_answer_is_explained_before_it_is_taken(tmp_path: Path, terminal: Any) -> None:
    child = terminal("--profile", "minimal", "--module", "example.com/x", "--image", "ghcr.io/acme/orders")
    answer(child, "Name of the service", "Orders" + ENTER)
    child.expect_exact("Start with a letter")
    child.send("\x15orders" + ENTER)
    answer(child, "Customise the rest?", ENTER)
    assert end(child) == 0
    assert lock(tmp_path)["answers"]["min_replicas"] == 1


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["ctrl-c", "ctrl-d"])
@pytest.mark.parametrize("steps", range(3))
def test_a_cancelled_wizard_writes_nothing(tmp_path: Path, terminal: Any, key: str, steps: int) -> None:
    child = terminal()
    questions = ["Name of the service", "What kind of service", "Go module path"]
    for question in questions[:steps]:
        answer(child, question, ("orders" if question.startswith("Name") else "") + ENTER)
    if key == "\x04" and questions[steps] == "What kind of service":
        key = "\x03"  # a list does not listen to Ctrl-D yet
    answer(child, questions[steps], ("\x15" if steps == 2 else "") + key)
    child.expect_exact("Cancelled. Nothing was written.")
    assert end(child) == 130
    assert list((tmp_path / "out").iterdir()) == []


def test_no_input_asks_nothing_at_a_terminal_either(tmp_path: Path, terminal: Any) -> None:
    child = terminal("orders", "--no-input")
    child.expect_exact("Wrote orders")
    assert end(child) == 0
    assert lock(tmp_path)["answers"]["service"] == "orders"


def test_a_yes_that_cannot_work_is_asked_again(tmp_path: Path, terminal: Any) -> None:
    toggles = [option.name for option in OPTIONS if isinstance(option, Toggle) and option.name != "cgo"]
    flags = [f"--{name.replace('_', '-')}" for name in toggles]
    others = [f"--set={o.name}={o.default}".format(service="x") for o in OPTIONS if not isinstance(o, Toggle)][1:]
    child = terminal("orders", "--profile", "service", *others, *flags)
    answer(child, "Customise the rest?", "y")
    answer(child, "Link C code.", "y")
    child.expect_exact("That cannot work: a binary with C code needs glibc at run time")
    answer(child, "Link C code.", "n")
    child.expect_exact("Wrote orders")
    assert end(child) == 0
    assert lock(tmp_path)["answers"]["cgo"] is False


def test_an_occupied_folder_is_said_at_once(tmp_path: Path, terminal: Any) -> None:
    (tmp_path / "out/orders").mkdir()
    (tmp_path / "out/orders/mine").touch()
    child = terminal()
    answer(child, "Name of the service", "orders" + ENTER)
    child.expect_exact("is in the way: mine.")
    assert end(child) == 2
