"""What people type by habit, from git and from other generators, works or is told the way."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gocontainer import __version__
from gocontainer.cli import click_commands
from gocontainer.options.table import OPTIONS
from tests.helpers.support import GOCONTAINER, clean_environment, git, gocontainer, ok


@pytest.mark.parametrize("call", [("new", "."), ("new", "./"), ("init",)])
def test_this_folder_becomes_the_repository_under_its_own_name(tmp_path: Path, call: tuple[str, ...]) -> None:
    folder = tmp_path / "orders"
    folder.mkdir()
    said = ok(gocontainer(*call, "--no-input", "--port", "9000", cwd=folder))
    assert f"files in {tmp_path}/orders\n" in said
    assert "\n  cd ../orders\n" in said
    assert json.loads((folder / ".gocontainer.lock").read_text())["answers"]["port"] == 9000
    assert [path.name for path in tmp_path.iterdir()] == ["orders"]
    assert git(folder, "rev-list", "--count", "HEAD") == "1\n"


def test_this_folder_may_be_an_empty_clone(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "orders")
    git(tmp_path / "orders", "remote", "add", "origin", "git@github.com:acme/orders.git")
    ok(gocontainer("init", "--no-input", cwd=tmp_path / "orders"))
    assert json.loads((tmp_path / "orders/.gocontainer.lock").read_text())["answers"]["image"] == "ghcr.io/acme/orders"


def test_the_folder_may_be_named_by_output(tmp_path: Path) -> None:
    said = ok(gocontainer("new", ".", "-o", "team/orders", "--no-git", cwd=tmp_path))
    assert f"files in {tmp_path}/team/orders\n" in said


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("Order Service", "order-service"),
        ("café", "cafe"),
        ("Straße", "strasse"),
        ("1a", "service-1a"),
        ("null", "null-service"),
        ("order-service-with-a-name-that-is-far-too-long", "order-service-with-a-name-that-is-far"),
        ("a" * 50, "a" * 40),
    ],
)
def test_a_name_that_cannot_be_is_told_one_that_can(tmp_path: Path, name: str, better: str) -> None:
    """As an argument, and as the name of this folder."""
    (tmp_path / name).mkdir()
    for call, cwd in ((("new", name), tmp_path), (("new", "."), tmp_path / name)):
        run = gocontainer(*call, cwd=cwd)
        assert run.code == 2
        assert run.err.endswith(f". {better} would do.\n")
        ok(gocontainer("new", better, "--dry-run", cwd=cwd))


def test_a_name_without_any_latin_letter_is_told_which_letters_do() -> None:
    assert "Start with a letter from a to z;" in gocontainer("new", "订单服务").err


@pytest.mark.parametrize(
    ("word", "meant"),
    [("create", "new"), ("add", "new"), ("upgrade", "update"), ("version", "--version")],
)
def test_what_other_tools_call_a_command_is_told_ours(word: str, meant: str) -> None:
    run = gocontainer(word, "x")
    assert (run.code, run.err) == (
        2,
        f"Error: No such command '{word}'. Did you mean {meant}? Run 'gocontainer --help' for help.\n",
    )


def test_help_and_version_have_their_other_names() -> None:
    assert gocontainer("help").out == gocontainer("--help").out
    assert gocontainer("help", "update").out == gocontainer("update", "--help").out
    assert gocontainer("-V").out == gocontainer("--version").out
    assert "No such command 'nothing'" in gocontainer("help", "nothing").err


def paths(command: click.Command, *before: str) -> Iterator[tuple[str, ...]]:
    """Every command, with those that it is below."""
    yield before
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below
            yield from paths(below, *before, name)


def test_the_help_of_each_command_needs_nothing_but_its_name() -> None:
    found = [path for path in paths(click_commands.main) if path[:1] != ("dev",)]
    assert ("sites", "wave") in found
    for path in found:
        said = ok(gocontainer(*path, "--help"))
        assert said.startswith(f"Usage: gocontainer {' '.join(path)}".rstrip()), path


def test_who_runs_what_the_makefile_runs_without_its_flag_is_told_so(tmp_path: Path) -> None:
    run = gocontainer("sites", "wave", "1", cwd=tmp_path)
    assert run.code == 2
    assert run.err.startswith("Error: --platform is missing: kubeedge, openyurt, ")
    assert "`make wave` give it" in run.err


def test_short_help_is_not_cut() -> None:
    said = ok(gocontainer("--help"))
    commands = said.partition("Commands:\n")[2].splitlines()
    shown = {line.split()[0] for line in commands}
    assert shown == {
        "adopt", "completion", "cost", "doctor", "explain", "form", "help", "init",
        "keep", "new", "options", "sites", "status", "update",
    }  # fmt: skip
    assert all(line.endswith(".") and len(line) <= 80 for line in commands), commands
    context = click.Context(click_commands.main)
    for name in shown:
        command = click_commands.main.get_command(context, name)
        assert command
        assert command.get_short_help_str().endswith("."), "zsh and fish show this"


def test_nothing_of_the_options_is_wider_than_a_terminal() -> None:
    lines = ok(gocontainer("options")).splitlines()
    assert max(map(len, lines)) <= 80
    assert {line.split()[0] for line in lines if line[:2] == "  " and line[2:3].strip()} >= {
        each.name for each in OPTIONS
    }


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    ok(gocontainer("new", "orders", "-o", str(tmp_path)))
    return tmp_path / "orders"


@pytest.mark.parametrize("command", ["status", "explain", "update"])
def test_a_repository_is_found_from_a_folder_in_it(orders: Path, command: str) -> None:
    inside = gocontainer(command, cwd=orders / "deploy/base")
    assert inside == gocontainer(command, str(orders))
    assert inside == gocontainer(command, "deploy", cwd=orders)


@pytest.mark.parametrize("command", ["status", "explain", "update"])
def test_the_search_ends_at_the_repository_of_git_as_gits_own_does(orders: Path, command: str) -> None:
    git(orders, "init", "--quiet", "vendored")
    git(orders / "vendored", "commit", "--quiet", "--allow-empty", "--message", "First")
    run = gocontainer(command, cwd=orders / "vendored")
    assert run.code == 2
    assert "holds .gocontainer.lock. Name a repository that gocontainer wrote." in run.err


@pytest.mark.parametrize("command", ["status", "explain", "update"])
def test_a_folder_that_is_not_there_is_said_to_be_none(tmp_path: Path, command: str) -> None:
    run = gocontainer(command, "nowhere", cwd=tmp_path)
    assert (run.code, run.err) == (2, f"Error: There is no folder {tmp_path}/nowhere. Name one that is there.\n")


def test_the_status_of_several_is_a_table_and_the_worst_exit_code(orders: Path) -> None:
    shutil.copytree(orders, orders.parent / "订单")
    clean = gocontainer("status", "orders", "订单", cwd=orders.parent)
    assert ok(clean).splitlines() == [
        "path    drifted  update  past  template",
        f"orders  -        -       -     gocontainer {__version__}",
        f"订单    -        -       -     gocontainer {__version__}",
    ]
    (orders / "Makefile").unlink()
    (orders / "go.mod").write_text("")
    run = gocontainer("status", "订单", "orders", cwd=orders.parent)
    assert (run.code, run.out.splitlines()[2]) == (4, f"orders  2        -       -     gocontainer {__version__}")
    run = gocontainer("status", "orders", "nowhere", cwd=orders.parent)
    assert run.code == 2
    assert "\nnowhere  ?\n" in run.out
    assert run.err.startswith("nowhere: There is no folder ")


def test_the_status_of_several_is_a_list_as_json(orders: Path) -> None:
    one = json.loads(ok(gocontainer("status", "--json", str(orders))))
    run = gocontainer("status", "orders", "nowhere", "--json", cwd=orders.parent)
    assert run.code == 2
    found = json.loads(run.out)
    assert found[0] == {"path": "orders", **one}
    assert found[1]["path"] == "nowhere"
    assert found[1]["errors"][0]["reason"].startswith("There is no folder ")


@pytest.mark.parametrize(
    "call", ["options", "options --json", "options --schema", "--help", "help", "new --help", "completion bash", "-V"]
)
def test_a_closed_pipe_is_no_failure(call: str) -> None:
    for sink in ("true", "head -1 >/dev/null"):
        line = f"set -o pipefail; {GOCONTAINER} {call} | {sink}"
        done = subprocess.run(
            ["bash", "-c", line], check=False, capture_output=True, text=True, env=clean_environment()
        )
        assert (done.returncode, done.stderr) == (0, "")


def completed(shell: str, words: str) -> list[str]:
    """What Tab offers behind ``words``, as the shell gets it."""
    parts = words.split(" ")
    place = {"COMP_WORDS": words, "COMP_CWORD": str(len(parts) - 1) if shell != "fish" else parts[-1]}
    out = gocontainer(env={"_GOCONTAINER_COMPLETE": f"{shell}_complete", **place}).out
    if shell == "zsh":
        lines = out.splitlines()
        return [" ".join(lines[at + 1 : at + 3]) for at in range(0, len(lines), 3)]
    return [line.partition(",")[2] for line in out.splitlines() if line]


def test_names_of_answers_complete_and_then_their_values() -> None:
    assert "base_image=\tImage below the binary." in completed("fish", "gocontainer new --set base_im")
    assert [
        each.partition("\t")[0] for each in completed("fish", "gocontainer update --set base_image=distroless")
    ] == [
        "base_image=distroless-static",
        "base_image=distroless-base",
    ]
    assert completed("fish", "gocontainer new --set cgo=") == ["cgo=true\tyes", "cgo=false\tno"]
    assert completed("fish", "gocontainer new --set nothing=") == []


def test_a_list_completes_behind_its_comma_with_what_it_lacks() -> None:
    offered = completed("fish", "gocontainer new --platforms linux/amd64,")
    assert [each.partition("\t")[0] for each in offered] == [
        "linux/amd64,linux/arm64",
        "linux/amd64,linux/arm/v7",
    ]


def test_labels_are_shown_where_the_shell_shows_them() -> None:
    assert "mit MIT License" in completed("zsh", "gocontainer new --license m")
    assert "mit\tMIT License" in completed("fish", "gocontainer new --license m")
    assert any(each.startswith("status Say what drifted") for each in completed("zsh", "gocontainer sta"))
    assert not [each for each in completed("zsh", "gocontainer d") if each.startswith("dev")]
    assert "update" in completed("bash", "gocontainer help up")


BASH = """
source /dev/stdin <<<"$({command} completion bash)"
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
compopt() {{ :; }}
_gocontainer_completion {command}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("new --set base_im", ["base_image="]),
        ("new --set base_image = distroless", ["distroless-static", "distroless-base"]),
        ("new --base-image = alp", ["alpine"]),
        ("new --platforms linux/amd64,linux/arm/", ["linux/amd64,linux/arm/v7"]),
        ("new --set platforms = linux/amd64,linux/arm6", ["linux/amd64,linux/arm64"]),
    ],
)
def test_bash_that_breaks_words_at_an_equals_sign_completes_the_rest(words: str, offered: list[str]) -> None:
    script = BASH.format(command=GOCONTAINER, words=f"gocontainer {words}")
    done = subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True, env=clean_environment())
    assert done.stdout.splitlines() == offered


def test_the_scripts_keep_what_a_comma_or_an_equals_sign_would_cut() -> None:
    assert "compopt -o nospace" in ok(gocontainer("completion", "bash"))
    assert "string split --max 1" in ok(gocontainer("completion", "fish"))
    assert "-S ''" in ok(gocontainer("completion", "zsh"))
