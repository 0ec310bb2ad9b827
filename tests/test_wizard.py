"""The wizard at a real pseudo-terminal: its keys, its manners, and how it ends."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gocontainer.repository import tree
from gocontainer.wizard import resume, speaks_unicode
from tests.helpers.support import COMMAND, GOCONTAINER, gocontainer, need, ok
from tests.helpers.terminal import (
    CTRL_C,
    CTRL_D,
    CTRL_R,
    CTRL_U,
    DOWN,
    ENTER,
    ESCAPE,
    LARGE,
    LEAVE,
    RIGHT,
    SMALL,
    SPACE,
    TAB,
    UP,
    Terminal,
    environment,
    new,
)

pytestmark = COMMAND


def lock(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / ".gocontainer.lock").read_text())
    return loaded


def written(home: Path) -> list[str]:
    """Return what is in the folder that the person stands in."""
    return sorted(path.name for path in (home / "src").iterdir())


def printed(terminal: Terminal) -> str:
    """Return what stands in the terminal's scroll-back after the end."""
    return re.sub(r"\x1b\[[?\d;]*[a-zA-Z]", "", terminal.written.rpartition(LEAVE)[2].decode())


def to_review(terminal: Terminal, name: str = "orders") -> None:
    terminal.sees("What is the service called?")
    terminal.send(name, ENTER)
    terminal.sees("Where does the service run?")
    terminal.send(CTRL_R)
    terminal.sees("Ready to write")


def test_four_enters_give_the_default_repository(tmp_path: Path) -> None:
    terminal = new(tmp_path)
    terminal.send(ENTER, ENTER, ENTER, ENTER)
    assert terminal.end() == 0
    ok(gocontainer("new", "my-service", "--no-input", "--no-git", "-o", str(tmp_path / "again")))
    assert tree.load(tmp_path / "src/my-service") == tree.load(tmp_path / "again/my-service")
    assert "  cd my-service\r\n  make  " in printed(terminal)


@pytest.mark.parametrize(
    ("name", "keys", "value"),
    [
        ("target", [ENTER, RIGHT, ENTER, ENTER, ENTER], "knative"),
        ("base_image", [ENTER, DOWN, "4", ENTER, ENTER, ENTER], "alpine"),
        ("cgo", [ENTER, "c", "y", ENTER, ENTER, ENTER], True),
        ("config_center", [ENTER, UP, RIGHT, ENTER, ENTER, ENTER], "nacos"),
    ],
)
def test_each_of_the_four_is_changed_and_written_with_six_keys_at_most(
    tmp_path: Path, name: str, keys: list[str], value: object
) -> None:
    assert len(keys) <= 6
    terminal = new(tmp_path)
    terminal.sees("What is the service called?")
    terminal.send(keys[0])
    terminal.sees("Target (--target)", "Base image (--base-image)", "CGO (--cgo)", "Config centre (--config-center)")
    terminal.send(*keys[1:])
    assert terminal.end() == 0
    assert lock(tmp_path / "src/my-service")["answers"][name] == value


def test_the_command_at_the_end_writes_the_same_bytes(tmp_path: Path) -> None:
    terminal = new(tmp_path, "--port", "9000", "--no-git", "-o", "there")
    terminal.sees("What is the service called?")
    terminal.send("orders", ENTER)
    terminal.sees("CGO (--cgo)")
    terminal.send("c", UP, UP, RIGHT)
    terminal.sees("knative")
    terminal.send("c", "y", ENTER)
    terminal.sees("Where does CI push the image?")
    terminal.send(ENTER)
    terminal.sees("Ready to write")
    terminal.send("more", ENTER, "desc", ENTER)
    terminal.sees("What does the service do, in one line?")
    terminal.send('Pays "bills" & $(x) 订单', ENTER)
    terminal.sees("Ready to write")
    terminal.send("w")
    assert terminal.end() == 0
    command = printed(terminal).replace("\r\n", "\n").partition("without questions:\n  ")[2]
    words = shlex.split(command)
    assert words[:6] == ["gocontainer", "new", "orders", "--no-input", "-o", "there"]
    assert {"--port", "9000", "--no-git", "--cgo", "--base-image", "distroless-base"} <= set(words)
    first = tree.load(tmp_path / "src/there/orders")
    (tmp_path / "src/there").rename(tmp_path / "first")
    ok(gocontainer(*words[1:], cwd=tmp_path / "src"))
    assert tree.load(tmp_path / "src/there/orders") == first


def test_keys_move_tick_edit_and_go_back(tmp_path: Path) -> None:
    terminal = new(tmp_path, "orders", "--profile", "minimal", "--image", "a.io/x")
    terminal.sees("1/2 Container")
    terminal.send(ENTER)
    terminal.sees("2/2 Review", "minimal")
    terminal.send("des", ENTER)
    terminal.sees("What does the service do, in one line?")
    terminal.send(TAB, " Yes.", ENTER)
    terminal.sees("An HTTP service in Go. Yes.")
    terminal.send("pl", ENTER)
    terminal.sees("For which platforms is the image built?")
    terminal.send(SPACE, DOWN, SPACE)
    terminal.sees("Tick at least one.")
    terminal.send("3", "2", ENTER)
    terminal.sees("2/2 Review", "linux/arm/v7")
    terminal.send(ENTER)
    terminal.sees("For which platforms is the image built?")
    terminal.send("1", ESCAPE)
    terminal.sees("2/2 Review")
    terminal.send("w")
    assert terminal.end() == 0
    answers = lock(tmp_path / "src/orders")["answers"]
    assert (answers["description"], answers["platforms"]) == ("An HTTP service in Go. Yes.", "linux/arm/v7")


def test_an_empty_clone_is_filled(tmp_path: Path) -> None:
    clone = tmp_path / "shop"
    clone.mkdir()
    git = ["git", "-C", str(clone)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "remote", "add", "origin", "git@github.com:acme/shop.git"], check=True)
    terminal = new(tmp_path, place="shop")
    terminal.sees("remote github.com/acme/shop; an empty clone, to be filled")
    terminal.send(ENTER, ENTER)
    terminal.sees("3/3 Review", "Ready to write ~/shop", "ghcr.io/acme/shop", "detected")
    terminal.send(ENTER)
    assert terminal.end() == 0
    assert lock(clone)["answers"]["module"] == "github.com/acme/shop"
    assert f"  cd {clone}\r\n" in printed(terminal)
    assert "gocontainer new shop --no-input -o .. --module" in printed(terminal)


GROUPS = ("basics", "runtime", "observability", "deployment", "delivery")
WAYS: tuple[tuple[str, ...], ...] = (
    (),
    ("x",),
    (ENTER,),
    (ENTER, "c", RIGHT),
    (ENTER, ENTER),
    (CTRL_R,),
    (CTRL_R, DOWN, ENTER),
    *((CTRL_R, DOWN, ENTER, group[0], ENTER) for group in GROUPS),
    (CTRL_R, DOWN, DOWN, ENTER),
    (CTRL_R, "base", ENTER),
)
"""The keys to a page of each kind."""


@pytest.mark.parametrize("key", [CTRL_C, pytest.param(CTRL_D, marks=pytest.mark.slow)], ids=["ctrl-c", "ctrl-d"])
def test_cancelling_at_any_page_writes_nothing_and_leaves_the_terminal_as_it_was(tmp_path: Path, key: str) -> None:
    for way in WAYS:
        if key == CTRL_D and way == ("x",):
            continue  # it deletes a letter there
        terminal = new(tmp_path)
        before = terminal.modes()
        terminal.sees("1/4 Name")
        for press in way:
            terminal.send(press)
        terminal.drain(0.05)
        terminal.send(key)
        assert terminal.end() == 130, way
        kept = " 'gocontainer new --resume' goes on from here." if way else ""  # something was said
        assert printed(terminal) == f"Cancelled. Nothing was written.{kept}\r\n", way
        assert terminal.modes() == before, way
        assert written(tmp_path) == []


@pytest.mark.parametrize("manner", [[], ["--plain"]], ids=["screen", "plain"])
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGHUP, 129), (signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["hup", "term", "int"]
)
def test_a_signal_ends_it_in_order(tmp_path: Path, number: int, code: int, manner: list[str]) -> None:
    terminal = new(tmp_path, *manner)
    before = terminal.modes()
    terminal.sees("What is the service called?")
    terminal.kill(number)
    assert terminal.end() == code
    assert "Nothing was written." in printed(terminal)
    assert "Traceback" not in terminal.written.decode()
    assert terminal.modes() == before
    assert written(tmp_path) == []


@pytest.mark.parametrize("manner", [[], ["--plain"]], ids=["screen", "plain"])
def test_a_closed_terminal_ends_it_and_the_answers_are_kept(tmp_path: Path, manner: list[str]) -> None:
    program = f"{GOCONTAINER} new {' '.join(manner)} 2>{tmp_path}/errors; echo $? >{tmp_path}/code"
    script = f"trap '' HUP; {program}"  # the shell itself has to outlive the terminal
    (tmp_path / "src").mkdir()
    terminal = Terminal(["/bin/sh", "-c", script], tmp_path / "src", environment(tmp_path, ("git",)))
    terminal.sees("What is the service called?")
    terminal.send("orders\r")
    terminal.sees("What kind of service is it?" if manner else "Where does the service run?")
    terminal.hang_up()
    terminal.child.wait()
    # The end of what can be read and the signal come at once; either may be seen first.
    assert (tmp_path / "code").read_text() in ("129\n", "130\n")
    assert "Traceback" not in (tmp_path / "errors").read_text()
    assert written(tmp_path) == []
    assert len(list((tmp_path / "config/gocontainer/left").iterdir())) == 1


def test_what_was_left_is_resumed_with_its_flags(tmp_path: Path) -> None:
    terminal = new(tmp_path, "--port", "9000", "-o", "there")
    to_review(terminal)
    terminal.send(DOWN, ENTER, ENTER)
    terminal.sees("Basics", "What kind of service is it?")
    terminal.send("go")
    terminal.sees("Under which path do others import it?")
    terminal.send("example.com/shop", DOWN, "half a sent")
    terminal.sees("half a sent")
    terminal.send(CTRL_C)
    assert terminal.end() == 130
    terminal = new(tmp_path, "--resume")
    terminal.sees("Basics", "example.com/shop", "What does the service do, in one line?", "half a sent")
    terminal.send(CTRL_U, CTRL_R)
    terminal.sees("4/4 Review", "9000", "flag")
    terminal.send("w")
    assert terminal.end() == 0
    answers = lock(tmp_path / "src/there/orders")["answers"]
    assert (answers["module"], answers["port"]) == ("example.com/shop", 9000)
    assert list((tmp_path / "config/gocontainer/left").iterdir()) == []


@pytest.mark.parametrize("text", [None, "", "{", '{"said": {"prot": 1}}', '{"given": [], "said": {"port": 1}}', "[1]"])
def test_nothing_to_resume_is_one_sentence(tmp_path: Path, text: str | None) -> None:
    kept = resume.file(tmp_path / "config/gocontainer/left", tmp_path / "src")
    if text is not None:
        kept.parent.mkdir(parents=True)
        kept.write_text(text)
    terminal = new(tmp_path, "--resume")
    assert terminal.end() == 2
    assert "Error: There is nothing to resume" in terminal.text()


def test_resuming_needs_a_terminal() -> None:
    run = gocontainer("new", "--resume")
    assert run.code == 2
    assert "--resume asks, and there is no terminal to ask at." in run.err


def test_a_terminal_that_changes_its_size_is_drawn_anew(tmp_path: Path) -> None:
    terminal = new(tmp_path)
    terminal.sees("1/4 Name")
    assert "files" not in terminal.text().split("\n")[2]
    terminal.resize(LARGE)
    terminal.sees("my-service/  60 files")
    terminal.resize(SMALL)
    terminal.until(lambda: "60 files" not in terminal.text(), "the small page")
    terminal.sees("1/4 Name", "Ctrl-C quit")


@pytest.mark.parametrize(("columns", "rows"), [(40, 12), (60, 15), (200, 60)])
def test_every_size_will_do(tmp_path: Path, columns: int, rows: int) -> None:
    terminal = new(tmp_path, size=SMALL._replace(columns=columns, rows=rows))
    terminal.sees("What is the service called?", "❯ my-service", "Enter accept")
    terminal.send("Orders", ENTER)
    terminal.sees("orders would do.")
    terminal.send(CTRL_U, ENTER)
    terminal.sees("Where does the service run?", "❯ 1 kubernetes")
    terminal.send(CTRL_R)
    terminal.sees("4/4 Review", "❯ Write 60 files", "Enter write")
    terminal.send(ENTER)
    assert terminal.end() == 0
    assert written(tmp_path) == ["my-service"]


@pytest.mark.parametrize("columns", [40, 60])
def test_a_label_that_is_cut_says_so_leaves_the_default_in_sight_and_is_said_in_full(
    tmp_path: Path, columns: int
) -> None:
    terminal = new(tmp_path, size=SMALL._replace(columns=columns, rows=20))
    terminal.sees("What is the service called?", "Ctrl-C quit")
    terminal.send(ENTER)
    terminal.sees("❯ 1 kubernetes", "any conformant Kubernetes, through Kustomize")
    lines = [line.rstrip() for line in terminal.text().splitlines()]
    (kubernetes,) = [line for line in lines if "❯ 1 kubernetes" in line]
    (knative,) = [line for line in lines if "  2 knative " in line]
    assert kubernetes.endswith("…  · default")
    assert knative.endswith("…")
    terminal.send(CTRL_C)
    terminal.end()


def test_where_there_is_no_room_it_is_asked_line_by_line(tmp_path: Path) -> None:
    terminal = new(tmp_path, size=SMALL._replace(columns=30, rows=10))
    terminal.sees("Name [my-service]:")
    assert LEAVE not in terminal.written
    terminal.send("orders\n", ">\n", "\n")
    assert terminal.end() == 0
    assert written(tmp_path) == ["orders"]


def test_a_terminal_that_becomes_too_small_is_asked_line_by_line_from_there_on(tmp_path: Path) -> None:
    terminal = new(tmp_path)
    terminal.sees("What is the service called?")
    terminal.send("orders", ENTER)
    terminal.sees("Where does the service run?")
    terminal.resize(SMALL._replace(columns=39))
    terminal.sees("Step 2 of 4", "Take, or change:")
    terminal.send("target\n", "knative\n", ">\n", "\n")
    assert terminal.end() == 0
    assert lock(tmp_path / "src/orders")["answers"]["target"] == "knative"


def test_a_long_line_leaves_the_next_page_in_order(tmp_path: Path) -> None:
    terminal = new(tmp_path)
    to_review(terminal)
    terminal.send(DOWN, ENTER, ENTER, "go")
    terminal.sees("Under which path do others import it?")
    terminal.send("example.com/" + "a" * 120, DOWN)
    terminal.sees("❯ An HTTP service in Go.")


def test_a_stopped_wizard_goes_on(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    env = environment(tmp_path, ("git",)) | {"PS1": "shell> "}
    terminal = Terminal(["/bin/bash", "--noprofile", "--norc", "-i"], tmp_path / "src", env)
    terminal.send(f"{GOCONTAINER} new\r")
    terminal.sees("What is the service called?")
    terminal.send("ord", "\x1a")
    terminal.sees("Stopped")
    terminal.send("fg\r")
    terminal.sees("What is the service called?", "❯ ord")
    terminal.send("ers", ENTER)
    terminal.sees("Where does the service run?")
    terminal.send(CTRL_C)
    terminal.sees("Nothing was written.")
    terminal.send("exit\r")
    terminal.end()


def test_ctrl_d_deletes_a_letter_where_there_is_one(tmp_path: Path) -> None:
    terminal = new(tmp_path)
    terminal.sees("What is the service called?")
    terminal.send("orderss", "\x1b[D", CTRL_D, CTRL_R)
    terminal.sees("Ready to write ~/src/orders")


def test_a_dry_run_says_so_on_its_pages_and_at_its_end(tmp_path: Path) -> None:
    terminal = new(tmp_path, "orders", "--profile", "service", "--dry-run")
    terminal.sees("Where does the service run?")
    terminal.send(CTRL_R)
    terminal.sees("A dry run, nothing is written to ~/src/orders", "❯ List 60 files", "Enter list")
    terminal.send(ENTER)
    assert terminal.end() == 0
    assert "To write it, without questions:" in printed(terminal)


def test_wide_letters_keep_their_columns(tmp_path: Path) -> None:
    terminal = new(tmp_path, "--description", "处理订单和发票的服务", "--owner", "株式会社" * 12, "--image", "a.io/x")
    to_review(terminal)
    terminal.drain()
    lines = {line.split()[0]: line for line in terminal.screen.display if line.strip()}
    assert "处理订单和发票的服务" in lines["Description"].replace(" ", "")
    assert "…" in lines["Owner"]
    assert column(terminal, "Description", "flag") == column(terminal, "CGO", "default")
    assert column(terminal, "Owner", "flag") == column(terminal, "CGO", "default")


def column(terminal: Terminal, name: str, word: str) -> int:
    """Return the column in which ``word`` starts on the line of ``name``; a wide letter takes two."""
    rows = terminal.screen.buffer
    for number in range(terminal.screen.lines):
        cells = [rows[number][place].data for place in range(terminal.screen.columns)]
        text = "".join(cell or "\0" for cell in cells)
        if text.split()[:1] == [name]:
            return text.index(f" {word}")
    raise AssertionError(name)


@pytest.fixture
def plain(tmp_path: Path) -> Terminal:
    terminal = new(tmp_path, "--plain", size=SMALL._replace(rows=200))
    terminal.sees("What is the service called?", "Name [my-service]:")
    return terminal


def test_line_by_line_everything_can_be_said(tmp_path: Path, plain: Terminal) -> None:
    plain.send("<\n")
    plain.sees("This is the first question.")
    plain.send("Orders\n")
    plain.sees("Not taken: 'Orders' is not a DNS label")
    plain.send("orders\n")
    plain.sees("Number or name [service]:")
    plain.send("5\n")
    plain.sees("Step 2 of 4: Container", "4. Config centre (--config-center): none (default)", "Take, or change:")
    plain.send("\n")
    plain.sees("Image [localhost/orders]:")
    plain.send("\n")
    plain.sees("Step 4 of 4: Review", "Most replicas: 10 (profile)", "Write, or change:")
    plain.send("prot\n")
    plain.sees("Not taken: there is no answer 'prot'. Did you mean port?")
    plain.send("?\n")
    plain.sees("It may be all, list, files, or one of profile, service, ")
    plain.send("platforms\n")
    plain.sees("3. linux/arm/v7: 32-bit edge boxes")
    plain.send("1, 3\n")
    plain.sees("Platforms: linux/amd64, linux/arm/v7 (you)")
    plain.send("cgo\n")
    plain.sees("1. yes (not now: C code is compiled on the platform that it runs on")
    plain.send("?\n")
    plain.sees("It may be yes or no.")
    plain.send("<\n")
    plain.send("tracing\n")
    plain.sees("2. no")
    plain.send("n\n")
    plain.sees("Tracing: no (you)")
    plain.send("list\n")
    plain.send("files\n")
    plain.sees("deploy/components/autoscaling/ (target kubernetes, or scale_on lag and")
    plain.send("\n")
    assert plain.end() == 0
    answers = lock(tmp_path / "src/orders")["answers"]
    assert (answers["platforms"], answers["tracing"]) == ("linux/amd64,linux/arm/v7", False)
    assert plain.written.decode().count("Target: kubernetes (default)") == 2, "at first, and when it was asked for"
    assert b"\x1b" not in plain.written, "a screen reader gets text and nothing else"


@pytest.mark.parametrize("name", ["base-image", "base_image", "Base image", "BASE image", "--base-image", "base", "9"])
def test_line_by_line_a_name_is_known_in_any_spelling(plain: Terminal, name: str) -> None:
    plain.send(">\n")
    plain.sees("Write, or change:")
    plain.send(f"{name}\n")
    plain.sees("Which image is below the binary?")
    plain.send("debian\n")
    plain.sees("Base image: debian-slim (you)")


def test_line_by_line_what_begins_several_names_is_asked_for_more(plain: Terminal) -> None:
    plain.send(">\n", "liveness\n")
    plain.sees("'liveness' may be liveness_period, liveness_timeout, liveness_failures. Write more of it.")
    plain.send("xyz\n")
    plain.sees("there is no answer 'xyz'. ? lists them.")
    assert plain.text().count("Enter writes.") == 1, "only the prompt comes again"


def test_line_by_line_only_the_prompt_comes_again_after_an_error(plain: Terminal) -> None:
    plain.send(">\n", "cgo\n")
    plain.sees("Does the binary link C code?")
    plain.send("maybe\n")
    plain.sees("Not taken: 'maybe' is not yes or no. Give yes or no. Number or name [no]:")
    assert plain.text().count("Does the binary link C code?") == 1


def test_line_by_line_all_the_rest_is_taken_as_it_is_from_any_question(tmp_path: Path, plain: Terminal) -> None:
    plain.send("orders\n")
    plain.sees("What kind of service is it?")
    plain.send(">\n")
    plain.sees("Step 4 of 4: Review")
    plain.send("w\n")
    assert plain.end() == 0
    assert written(tmp_path) == ["orders"]


def test_line_by_line_going_back_leads_through_both_questions_of_the_first_page(plain: Terminal) -> None:
    plain.send("orders\n", "\n")
    plain.sees("Take, or change:")
    plain.send("<\n")
    plain.sees("Name [orders]:")
    plain.send("\n", "<\n")
    plain.until(lambda: plain.text().count("Name [orders]:") == 2, "the name again")


@pytest.mark.parametrize("word", ["q", "quit", "exit", "Q"])
def test_line_by_line_q_quits_from_a_text_a_choice_a_page_and_the_review(tmp_path: Path, word: str) -> None:
    for way in ((), ("orders\n",), ("orders\n", "\n"), (">\n",)):
        terminal = new(tmp_path, "--plain")
        terminal.sees("Name [my-service]:")
        terminal.send(*way, f"{word}\n")
        assert terminal.end() == 130
        assert "Nothing was written." in terminal.text()
    assert written(tmp_path) == []


def test_line_by_line_what_moved_at_the_start_is_said_once(tmp_path: Path) -> None:
    terminal = new(tmp_path, "--plain", "--cgo")
    terminal.sees("base_image is distroless-base now, to go with cgo.", "Name [my-service]:")
    terminal.send("\n")
    terminal.sees("Number or name [service]:")
    terminal.send("?\n")
    terminal.sees("It may be minimal, service, serverless, edge, hardened.")
    terminal.send(CTRL_C)
    assert terminal.end() == 130
    assert terminal.written.decode().count("base_image is distroless-base now") == 1


def test_line_by_line_all_is_asked_group_by_group(tmp_path: Path, plain: Terminal) -> None:
    plain.send(">\n")
    plain.sees("Write, or change:")
    plain.send("all\n")
    plain.sees("A number or a name opens a group.")
    plain.send("run\n")
    plain.sees("1. Port (--port): 8080 (default)", "Enter takes them as they are.")
    plain.send("1\n", "9000\n")
    plain.sees("1. Port (--port): 9000 (you)")
    plain.send("\n", "\n", "\n")
    assert plain.end() == 0
    assert lock(tmp_path / "src/my-service")["answers"]["port"] == 9000


@pytest.mark.parametrize(("key", "code"), [(CTRL_C, 130), (CTRL_D, 130)], ids=["ctrl-c", "ctrl-d"])
def test_line_by_line_cancelling_writes_nothing(tmp_path: Path, plain: Terminal, key: str, code: int) -> None:
    plain.send("orders\n")
    plain.sees("Number or name [service]:")
    plain.send(key)
    assert plain.end() == code
    assert "Cancelled. Nothing was written." in plain.text()
    assert written(tmp_path) == []


LINES = [{"TERM": "dumb"}, {"ACCESSIBLE": "1"}, {"GOCONTAINER_PLAIN": "1"}, {"GOCONTAINER_PLAIN": "yes"}]


@pytest.mark.parametrize("variables", LINES, ids=str)
def test_lines_are_asked_for_good_where_the_environment_says_so(tmp_path: Path, variables: dict[str, str]) -> None:
    terminal = new(tmp_path, size=SMALL, place="src", programs=("git",), **variables)
    terminal.sees("Name [my-service]:")
    terminal.send("\n", ">\n", "\n")
    assert terminal.end() == 0
    assert b"\x1b" not in terminal.written


@pytest.mark.parametrize("variables", [{"ACCESSIBLE": ""}, {"GOCONTAINER_PLAIN": "0"}, {"ACCESSIBLE": "no"}], ids=str)
def test_a_variable_that_says_no_leaves_the_screen(tmp_path: Path, variables: dict[str, str]) -> None:
    terminal = new(tmp_path, size=SMALL, place="src", programs=("git",), **variables)
    terminal.sees("1/4 Name")
    terminal.send(CTRL_C)
    assert terminal.end() == 130


@pytest.mark.parametrize("redirection", ["</dev/null", "| cat", "<<< orders"])
def test_a_pipe_is_never_taken_for_a_person(tmp_path: Path, redirection: str) -> None:
    (tmp_path / "src").mkdir()
    arguments = ["/bin/bash", "-c", f"set -o pipefail; {GOCONTAINER} new {redirection}"]
    terminal = Terminal(arguments, tmp_path / "src", environment(tmp_path, ("git", "cat")))
    assert terminal.end() == 2
    assert "SERVICE is missing, and nobody can be asked." in terminal.written.decode()
    assert written(tmp_path) == []


def test_no_input_asks_nothing_at_a_terminal_either(tmp_path: Path) -> None:
    terminal = new(tmp_path, "orders", "--no-input")
    assert terminal.end() == 0
    assert "Wrote orders" in terminal.text()
    assert "The same again" not in terminal.text()


def test_an_occupied_folder_is_said_at_once_where_it_was_named(tmp_path: Path) -> None:
    (tmp_path / "src/orders").mkdir(parents=True)
    (tmp_path / "src/orders/mine").touch()
    terminal = new(tmp_path, "orders")
    assert terminal.end() == 2
    assert "is in the way: mine." in terminal.text()
    terminal = new(tmp_path)
    terminal.sees("What is the service called?")
    terminal.send("orders", ENTER)
    terminal.sees("is in the way: mine.")


def test_a_dry_run_asks_and_writes_nothing_and_can_be_gone_on_with(tmp_path: Path) -> None:
    terminal = new(tmp_path, "--dry-run")
    terminal.send(ENTER, ENTER, ENTER, ENTER)
    assert terminal.end() == 0
    assert "my-service would get 60 files" in printed(terminal)
    assert written(tmp_path) == []
    terminal = new(tmp_path, "--resume")
    terminal.sees("4/4 Review")
    terminal.send(ENTER)
    assert terminal.end() == 0
    assert written(tmp_path) == ["my-service"]


@pytest.mark.parametrize(
    ("environment", "encoding", "speaks"),
    [
        ({"LANG": "en_GB.UTF-8"}, "utf-8", True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", False),  # Python's own doing
        ({"LANG": "C.UTF-8"}, "UTF-8", True),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "C"}, "utf-8", False),
        ({"LANG": "de_DE.ISO-8859-1"}, "iso-8859-1", False),
        ({"LANG": "en_GB.UTF-8", "TERM": "linux"}, "utf-8", False),
        ({}, "utf-8", False),
    ],
)
def test_signs_beyond_ascii_need_a_terminal_for_them(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], encoding: str, *, speaks: bool
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert speaks_unicode(environment, encoding) is speaks


def test_a_wizard_that_cannot_forget_is_no_failure(tmp_path: Path) -> None:
    terminal = new(tmp_path, XDG_CONFIG_HOME="/dev/null")
    terminal.send(ENTER, ENTER, ENTER, ENTER)
    assert terminal.end() == 0
    assert "The same again" in printed(terminal)


def test_letters_that_the_terminal_lacks_are_no_failure(tmp_path: Path) -> None:
    terminal = new(tmp_path, "--owner", "订单", PYTHONIOENCODING="latin-1")
    terminal.send(ENTER, ENTER, ENTER, ENTER)
    assert terminal.end() == 0
    assert "\\u8ba2" in printed(terminal)


def test_no_other_go_is_fetched_to_ask_for_its_version(tmp_path: Path) -> None:
    need("go")
    (tmp_path / "src").mkdir()
    (tmp_path / "src/go.mod").write_text("module x\n\ngo 1.99.0\n")
    terminal = new(tmp_path, programs=("git", "go"), GOTOOLCHAIN="auto", GOPROXY="http://127.0.0.1:9")
    terminal.sees("What is the service called?", "Go 1.")
    terminal.send(CTRL_C)
    assert terminal.end() == 130
