"""The tutorial, followed word by word at a terminal: its commands, its keys, its screens."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.helpers import reads
from tests.helpers.service import fixed_ports
from tests.helpers.snippets import Snippet, go_caches, matches, snippets, steps
from tests.helpers.support import ROOT, missing, need
from tests.helpers.terminal import CTRL_C, CTRL_U, DOWN, ENTER, ESCAPE, LEFT, RIGHT, Size, Terminal, environment

pytestmark = pytest.mark.proof(runs=("generator", "template", "pyproject.toml", "hatch_build.py", "README.md"))

TUTORIALS = sorted((ROOT / "docs").glob("tutorial*.md"))
"""In each language that it is written in."""
KEYS = {
    "Enter": ENTER, "Esc": ESCAPE, "Down": DOWN, "Left": LEFT, "Right": RIGHT, "Ctrl-C": CTRL_C, "Ctrl-U": CTRL_U,
}  # fmt: skip
SIZE = Size(112, 50)
PORTS = (8080, 8081, 6060)


class Key(NamedTuple):
    """A word in bold: a key to press, or a text to type."""

    text: str


def events(text: str) -> Iterator[Key | Snippet]:
    """Yield what a reader does, in order: keys and texts in bold, and the fenced blocks."""
    blocks = {snippet.line: snippet for snippet in snippets(text)}
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
            if number in blocks:
                yield blocks[number]
        elif not fenced:
            for word in re.findall(r"\*\*(.+?)\*\*", line):
                yield Key(KEYS.get(word, word))


class Shell:
    """A shell at a terminal; its prompt counts, so that it is known which command has ended."""

    def __init__(self, home: Path, env: dict[str, str]) -> None:
        self.terminal = Terminal(["/bin/bash", "--noprofile", "--norc", "-i"], home, env, SIZE)
        self.count = 0
        self.echo = 0
        """Lines that the last command itself takes."""
        self.at_prompt()

    def prompt(self) -> str:
        """Return the prompt that follows the last command."""
        return f"<{self.count + 1}>$"

    def at_prompt(self) -> None:
        """Wait until the last command has ended."""
        self.terminal.until(lambda: self.terminal.text().rstrip().endswith(self.prompt()), "the prompt")

    def run(self, command: str) -> None:
        """Type a command, once the one before has ended."""
        self.at_prompt()
        self.terminal.send("clear\r")
        self.count += 1
        self.at_prompt()
        typed = re.sub(r"\\\n *", "", command)
        self.echo = -(-len(f"{self.prompt()} {typed}") // SIZE.columns)
        self.terminal.send(typed + "\r")
        self.count += 1

    def output(self) -> str:
        """Wait for the command's end and return what it printed."""
        self.at_prompt()
        lines = self.terminal.text().rstrip().removesuffix(self.prompt()).split("\n")
        return "\n".join(lines[self.echo :])


def follow(text: str, home: Path, env: dict[str, str]) -> list[Shell]:
    """Do all that a tutorial says, as it says it; fail where something else is seen."""
    shells: dict[str, Shell] = {"": Shell(home, env)}
    for event in events(text):
        first = shells[""]
        if isinstance(event, Key):
            first.terminal.send(event.text)
            first.terminal.drain(0.3)
        elif event.language == "text":
            first.terminal.sees(event.text)
        else:
            name = event.argument
            if name not in shells:
                shells[name] = Shell(home, env)
            run(shells[name], event)
    return list(shells.values())


def run(shell: Shell, block: Snippet) -> None:
    """Run the commands of a block; the last one may go on, where the page shows nothing of its output."""
    for step in steps(block):
        shell.run(step.command)
        if step.expected:
            output = shell.output()
            assert matches(step.expected, output), f"line {step.line}: {step.command}\n{output}"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A machine on which nothing of gocontainer is installed yet."""
    need("python3", "git", "make", "go", "curl")
    with fixed_ports():
        yield machine(tmp_path)


def machine(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody whose home is new."""
    for port in PORTS:
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            missing(f"port {port}, which is taken,")
    (tmp_path / "gocontainer").symlink_to(ROOT)
    ours = str(ROOT / ".venv/bin")
    path = os.pathsep.join(each for each in os.environ["PATH"].split(os.pathsep) if Path(each) != Path(ours))
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    assert shutil.which("gocontainer", path=path) is None
    everything = environment(tmp_path, (), **kept, **go_caches()) | {"PATH": path, "PS1": r"<\#>$ ", "VIRTUAL_ENV": ""}
    # A fresh home has nobody's name; what a machine's own settings of git say is left out.
    nobody = {name: value for name, value in everything.items() if not name.startswith("GIT_")}
    return {**nobody, "GIT_CONFIG_SYSTEM": "/dev/null"}


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda page: page.stem)
def test_the_tutorial_ends_with_a_running_service(tmp_path: Path, fresh: dict[str, str], tutorial: Path) -> None:
    reads.path(tutorial.relative_to(ROOT).as_posix())
    assert who_is_git(tmp_path, fresh) == "", "git knows nobody here, as in a home that is new"
    for shell in follow(tutorial.read_text(), tmp_path, language_of(tutorial, fresh)):
        shell.at_prompt()
        shell.terminal.send("exit\r")
        shell.terminal.end()
    assert (tmp_path / "src/orders/go.mod").exists()
    assert (tmp_path / "src/orders/.git").is_dir()


def who_is_git(home: Path, env: dict[str, str]) -> str:
    """What git has as user.name and user.email."""
    asked = ["git", "config", "--get-regexp", "^user[.]"]
    return subprocess.run(asked, cwd=home, env=env, check=False, capture_output=True, text=True).stdout


def language_of(tutorial: Path, env: dict[str, str]) -> dict[str, str]:
    """The environment of somebody who reads that page: its ending names the language."""
    lang = {"-zh": "zh_CN.UTF-8"}.get(tutorial.stem.removeprefix("tutorial"))
    return {**env, "LANG": lang, "GOCONTAINER_LANG": ""} if lang else env


def test_every_tutorial_is_in_a_language_that_is_spoken() -> None:
    assert {page.stem for page in TUTORIALS} >= {"tutorial"}
    assert {page.stem for page in TUTORIALS} <= {"tutorial", "tutorial-zh"}
    assert language_of(ROOT / "docs/tutorial-zh.md", {"LANG": "C.UTF-8", "GOCONTAINER_LANG": "en"}) == {
        "LANG": "zh_CN.UTF-8",
        "GOCONTAINER_LANG": "",
    }
    assert language_of(ROOT / "docs/tutorial.md", {"LANG": "C.UTF-8"}) == {"LANG": "C.UTF-8"}


def test_what_a_reader_does_is_read_in_order() -> None:
    text = "Press **Down**.\n\n```console\n$ ls\n```\n\nType **orders** and press **Enter**.\n"
    assert [event if isinstance(event, Key) else event.text for event in events(text)] == [
        Key(DOWN),
        "$ ls\n",
        Key("orders"),
        Key(ENTER),
    ]


def test_a_tutorial_that_is_wrong_would_be_noticed(tmp_path: Path) -> None:
    env = environment(tmp_path, ("clear",)) | {"PS1": r"<\#>$ "}
    shells: Sequence[Shell] = follow("```console\n$ echo one\none\n```\n", tmp_path, env)
    assert len(shells) == 1
    with pytest.raises(AssertionError, match="echo one"):
        follow("```console\n$ echo one\ntwo\n```\n", tmp_path, env)
